// One message: its tree with types and byte ranges, its octets tied to it both ways, its JSON, a value read as every type that fits.
import { MAX_TREE_ROWS, type TreeRow, treeRows } from "../../src/message/tree-rows.js";
import type { MessageView } from "../../src/session/message-view.js";
import { type Area, type Canvas, MARK } from "../../src/view/canvas.js";
import { cutLine } from "../../src/view/styled.js";
import { treeLine } from "../../src/view/tree-line.js";
import { visible } from "../../src/view/visible.js";
import type { Context } from "./actions.js";
import { rule, wall } from "./box.js";
import { DecodedCounter } from "./decoded-counter.js";
import type { Desk, View } from "./desk.js";
import { GuessedFields, noteOf } from "./guessed-fields.js";
import { HexPane } from "./hex-pane.js";
import { indentJson } from "./json-lines.js";
import { emptyText, headingOf, jsonLine, notesOf, readingLines } from "./message-lines.js";
import { Prompt } from "./prompt.js";
import { Scroll } from "./scroll.js";

/** Tree and octets stand side by side from this width on, and one below the other where there is height for it. */
const SIDE_BY_SIDE = { columns: 72, roomy: 110, rows: 14 } as const;
/** Rows that the tree keeps whatever stands below it. */
const MIN_TREE_ROWS = 4;
/** With so many rows there is room for the octets without being asked. */
const HEX_FROM_ROWS = 20;

export class MessagePane implements View {
  readonly #desk: Desk;
  readonly #tree = new Scroll();
  readonly #text = new Scroll();
  #view: MessageView | undefined;
  #seq: number | undefined;
  #version = 0;
  #rows: readonly TreeRow[] = [];
  #json: readonly string[] | undefined;
  #toggled = new Set<string>();
  mode: "tree" | "json" = "tree";
  /** Undefined while the user has not said. */
  #hex: boolean | undefined;
  #roomy = false;
  #readings = false;
  #hexFocused = false;
  readonly #octets = new HexPane();
  readonly #guesses: GuessedFields;
  readonly #counter: DecodedCounter;
  #loading = false;
  #hexX = Number.POSITIVE_INFINITY;
  #hexY = Number.POSITIVE_INFINITY;

  constructor(desk: Desk) {
    this.#desk = desk;
    this.#guesses = new GuessedFields(desk);
    this.#counter = new DecodedCounter(desk.stats);
  }

  get contexts(): readonly Context[] {
    return this.#hexFocused ? ["hex", "message", "call", "moving", "global"] : ["message", "call", "moving", "global"];
  }

  get title(): string {
    return "Message";
  }

  get seq(): number | undefined {
    return this.#seq;
  }

  get view(): MessageView | undefined {
    return this.#view;
  }

  /** Whether the octets are shown. */
  get hex(): boolean {
    return this.#hex ?? this.#roomy;
  }

  /** The field the cursor is on, in the tree or by its octets. */
  get row(): TreeRow | undefined {
    return this.#rows[this.#tree.cursor];
  }

  /** Names of the fields that are shown. */
  get names(): readonly string[] {
    return [...new Set(this.#rows.map(({ name }) => name))];
  }

  /** @param seq of a message's event; undefined for none */
  show(seq: number | undefined): void {
    if (seq === this.#seq && this.#version === this.#desk.reader.version) return;
    if (seq !== this.#seq) {
      this.#tree.reset();
      this.#text.reset();
      this.#octets.reset();
      this.#toggled = new Set();
    }
    this.#seq = seq;
    this.#version = this.#desk.reader.version;
    this.#view = seq === undefined ? undefined : this.#desk.reader.peek(seq);
    this.#loading = seq !== undefined && this.#view === undefined;
    this.#refresh();
    if (this.#loading && seq !== undefined) void this.#load(seq);
  }

  paint(canvas: Canvas, area: Area, focused: boolean): void {
    this.show(this.#seq);
    rule(canvas, area.x, area.y, area.width, headingOf(this.#view), this.mode === "json" ? "t tree" : "x hex  t JSON");
    const inside = { ...area, y: area.y + 1, height: area.height - 1 };
    this.#hexX = Number.POSITIVE_INFINITY;
    this.#hexY = Number.POSITIVE_INFINITY;
    this.#roomy = inside.height >= HEX_FROM_ROWS;
    if (inside.height <= 0) return;
    if (this.#view === undefined) {
      const text = this.#seq === undefined ? "no message is chosen" : this.#loading ? "inflating…" : "no longer kept";
      canvas.text(area.x + 1, inside.y, text, "dim");
      return;
    }
    if (this.mode === "json") this.#paintJson(canvas, inside, focused);
    else {
      const above = this.#paintReadings(canvas, inside);
      if (this.hex) this.#paintBoth(canvas, above, focused);
      else this.#paintTree(canvas, above, focused && !this.#hexFocused);
    }
  }

  act(action: string, argument: string | undefined): boolean {
    if (this.#hexFocused && this.#actHex(action)) return true;
    switch (action) {
      case "hex":
        if (this.mode === "json") this.mode = "tree";
        else this.#hex = !this.hex;
        this.#hexFocused = false;
        return true;
      case "json":
        this.mode = this.mode === "json" ? "tree" : "json";
        this.#hexFocused = false;
        return true;
      case "readings":
        this.#readings = !this.#readings;
        return true;
      case "fold":
        return this.#fold("open") || this.#toParent();
      case "unfold":
        this.#fold("closed");
        return true;
      case "toggle-fold":
        this.#fold(this.row?.fold ?? "none");
        return true;
      case "read-as":
        this.#guesses.chooseType(this.#view, this.row);
        return true;
      case "name-field":
        this.#guesses.askName(this.#view, this.row, argument);
        return true;
      case "find":
        if (argument === undefined) this.#askFind();
        else this.find(argument, 1);
        return true;
      default:
        if (this.mode === "json") return this.#text.act(action, this.#json?.length ?? 0);
        if (!this.#tree.act(action, this.#rows.length)) return false;
        this.#octets.octet = this.row?.start ?? 0;
        return true;
    }
  }

  /** Goes on to the octets, and from there back to the tree. @returns whether there was one more pane */
  nextPane(by: 1 | -1): boolean {
    if (!this.hex || this.mode === "json" || this.#hexFocused === by > 0) return false;
    this.#hexFocused = by > 0;
    return true;
  }

  leaveHex(): boolean {
    const was = this.#hexFocused;
    this.#hexFocused = false;
    return was;
  }

  click(x: number, y: number, twice: boolean): void {
    if (y === 0) return;
    if (this.mode === "json") {
      this.#text.cursor = this.#text.top + y - 1;
      return;
    }
    if (x >= this.#hexX || y >= this.#hexY) {
      this.#hexFocused = true;
      const left = x >= this.#hexX ? this.#hexX : 0;
      this.#toOctet(this.#octets.at(x - left, y - (y >= this.#hexY ? this.#hexY : 1)));
      return;
    }
    this.#hexFocused = false;
    this.#tree.cursor = Math.min(this.#rows.length - 1, this.#tree.top + y - 1);
    this.#octets.octet = this.row?.start ?? 0;
    if (twice) this.#fold(this.row?.fold ?? "none");
  }

  wheel(_x: number, _y: number, lines: number): void {
    if (this.mode === "json") this.#text.wheel(lines, this.#json?.length ?? 0);
    else this.#tree.wheel(lines, this.#rows.length);
  }

  /** Puts the cursor on the next field whose name or value has the text. @returns whether there is one */
  find(text: string, by: 1 | -1): boolean {
    const wanted = text.toLowerCase();
    const count = this.#rows.length;
    for (let step = 1; step <= count; step++) {
      const index = (((this.#tree.cursor + step * by) % count) + count) % count;
      const row = this.#rows[index]!;
      if (!`${row.name} ${row.value} ${row.problem ?? ""}`.toLowerCase().includes(wanted)) continue;
      this.#tree.cursor = index;
      this.#octets.octet = row.start;
      return true;
    }
    this.#desk.say(`"${visible(text)}" is not in this message`, "warning");
    return false;
  }

  #askFind(): void {
    this.#desk.lay(
      new Prompt({
        label: "find",
        hint: "↵ find  Esc leave",
        accept: (text) => {
          this.find(text, 1);
          return undefined;
        },
      }),
    );
  }

  async #load(seq: number): Promise<void> {
    const view = await this.#desk.reader.read(seq);
    if (seq !== this.#seq) return;
    this.#loading = false;
    this.#view = view;
    this.#refresh();
    this.#desk.changed();
  }

  #refresh(): void {
    const view = this.#view;
    this.#json = undefined;
    const tree = view?.tree;
    if (view === undefined || tree === undefined) {
      this.#rows = [];
      return;
    }
    const type = this.#desk.reader.decoder?.typeOf(view.method, view.from);
    this.#rows = treeRows(tree, {
      types: type?.types,
      mask: type?.mask === true && !this.#desk.reveal,
      toggled: this.#toggled,
      noteOf: noteOf(view.guess),
    });
    this.#counter.count(view);
    const text = view.json ?? view.guess?.values ?? view.guess?.json;
    this.#json = text === undefined ? undefined : indentJson(text, MAX_TREE_ROWS);
  }

  /** Tree and octets, where they have most room. */
  #paintBoth(canvas: Canvas, inside: Area, focused: boolean): void {
    const { columns, roomy, rows } = SIDE_BY_SIDE;
    if (inside.width < columns || (inside.width < roomy && inside.height >= rows)) {
      const height = Math.max(1, (inside.height >> 1) - 1);
      this.#paintTree(canvas, { ...inside, height }, focused && !this.#hexFocused);
      rule(canvas, inside.x, inside.y + height, inside.width);
      this.#hexY = height + 2;
      const below = { ...inside, y: inside.y + height + 1, height: inside.height - height - 1 };
      this.#paintHex(canvas, below, focused && this.#hexFocused);
      return;
    }
    const width = Math.max(inside.width - 76, inside.width >> 1);
    this.#paintTree(canvas, { ...inside, width: width - 1 }, focused && !this.#hexFocused);
    wall(canvas, inside.x + width - 1, inside.y, inside.height);
    this.#hexX = width;
    const beside = { ...inside, x: inside.x + width, width: inside.width - width };
    this.#paintHex(canvas, beside, focused && this.#hexFocused);
  }

  #paintTree(canvas: Canvas, area: Area, focused: boolean): void {
    const notes = notesOf(this.#view, this.row, area.width);
    let y = area.y;
    for (const note of notes) canvas.line(area.x, y++, area.width, note);
    const height = area.height - notes.length;
    const top = this.#tree.fit(this.#rows.length, height);
    const digits = String(this.#view?.bytes?.length ?? 0).length;
    for (let row = 0; row < height; row++) {
      const item = this.#rows[top + row];
      if (item === undefined) break;
      const isCursor = top + row === this.#tree.cursor;
      const mark = isCursor ? (focused ? MARK.selected : MARK.unfocused) : MARK.none;
      canvas.line(
        area.x,
        y + row,
        area.width,
        treeLine(item, area.width, digits, isCursor, this.#view?.guess !== undefined),
        mark,
      );
    }
    if (this.#rows.length === 0 && height > 0) canvas.text(area.x + 1, y, emptyText(this.#view), "dim");
  }

  /** The value at the cursor as every type that fits, below all else. @returns what is left above */
  #paintReadings(canvas: Canvas, area: Area): Area {
    const lines = this.#readings ? readingLines(this.#view, this.row) : [];
    const rows = Math.min(lines.length, Math.max(0, area.height - MIN_TREE_ROWS - 1));
    if (rows === 0) return area;
    const above = { ...area, height: area.height - rows - 1 };
    canvas.fill(area.x, area.y + above.height, area.width, "┈", "border");
    lines.slice(0, rows).forEach((line, index) => {
      canvas.line(area.x, area.y + above.height + 1 + index, area.width, cutLine(line, area.width));
    });
    return above;
  }

  #paintJson(canvas: Canvas, area: Area, focused: boolean): void {
    const lines = this.#json;
    if (lines === undefined) {
      canvas.text(area.x + 1, area.y, "no schema knows this message, and nothing was guessed; t for the tree", "dim");
      return;
    }
    const top = this.#text.fit(lines.length, area.height);
    for (let row = 0; row < area.height; row++) {
      const text = lines[top + row];
      if (text === undefined) break;
      const mark = top + row === this.#text.cursor && focused ? MARK.selected : MARK.none;
      canvas.line(area.x + 1, area.y + row, area.width - 1, jsonLine(text), mark);
    }
  }

  #paintHex(canvas: Canvas, area: Area, focused: boolean): void {
    const bytes = this.#view?.shownBytes;
    if (bytes !== undefined) this.#octets.paint(canvas, area, bytes, this.row, focused);
  }

  #actHex(action: string): boolean {
    const to = this.#octets.step(action, this.#rows, this.#tree.cursor);
    if (to === undefined) return false;
    this.#toOctet(to);
    return true;
  }

  /** The tree follows: the innermost field that is shown and has the octet. */
  #toOctet(wanted: number): void {
    const octet = Math.max(0, Math.min(wanted, (this.#view?.bytes?.length ?? 1) - 1));
    this.#octets.octet = octet;
    let found = -1;
    this.#rows.forEach((row, index) => {
      if (row.start <= octet && octet < row.end) found = index;
    });
    if (found >= 0) this.#tree.cursor = found;
  }

  /** @param when the field is folded only when it is so now */
  #fold(when: "open" | "closed" | "none"): boolean {
    const row = this.row;
    if (row === undefined || row.fold === "none" || row.fold !== when) return false;
    if (!this.#toggled.delete(row.path)) this.#toggled.add(row.path);
    this.#refresh();
    return true;
  }

  #toParent(): boolean {
    const row = this.row;
    if (row === undefined) return true;
    for (let index = this.#tree.cursor - 1; index >= 0; index--) {
      if (this.#rows[index]!.depth >= row.depth) continue;
      this.#tree.cursor = index;
      return true;
    }
    return true;
  }
}
