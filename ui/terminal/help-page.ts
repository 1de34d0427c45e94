// The help page, made from the table of actions and the filter language's own tables.
import { filterHelp } from "../../src/filter/help.js";
import { type Canvas, MARK } from "../../src/view/canvas.js";
import { cutLine, type Line, lineText, lineWidth, span } from "../../src/view/styled.js";
import { textWidth, wrapText } from "../../src/view/text-width.js";
import { CONTEXTS, type Context } from "./actions.js";
import { box } from "./box.js";
import type { Key } from "./keyboard.js";
import { type Keymap, keyHint, keyLabel } from "./keymap.js";
import type { Overlay } from "./overlay.js";
import { Scroll } from "./scroll.js";

const MOVES: Readonly<Record<string, string>> = {
  j: "down",
  down: "down",
  k: "up",
  up: "up",
  space: "page-down",
  pagedown: "page-down",
  "ctrl-f": "page-down",
  pageup: "page-up",
  "ctrl-b": "page-up",
  g: "first",
  home: "first",
  G: "last",
  end: "last",
};
const TWO_COLUMNS_FROM = 100;
/** Help with less room beside its name stands below it, so far to the right. */
const MIN_HELP_CELLS = 24;
const BELOW_CELLS = 4;

export class HelpPage implements Overlay {
  readonly rows = 0;
  readonly #keymap: Keymap;
  readonly #contexts: readonly Context[];
  readonly #scroll = new Scroll();
  #count = 0;
  #typing = false;
  #wanted = "";
  #shown: readonly Line[] = [];
  /** Whether what is searched for is nowhere. */
  #missing = false;

  /** @param contexts of where the user is: told first */
  constructor(keymap: Keymap, contexts: readonly Context[]) {
    this.#keymap = keymap;
    this.#contexts = [...contexts, ...(Object.keys(CONTEXTS) as Context[]).filter((name) => !contexts.includes(name))];
  }

  press(key: Key): "stays" | "gone" {
    if (this.#typing) {
      if (key.name === "enter" || key.name === "escape") this.#typing = false;
      else if (key.name === "backspace") this.#wanted = this.#wanted.slice(0, -1);
      else this.#wanted += key.text;
      this.#find(0);
      return "stays";
    }
    if (["q", "escape", "?", "ctrl-c"].includes(key.name)) return "gone";
    if (key.name === "/") {
      this.#typing = true;
      this.#wanted = "";
    }
    if (key.name === "n") this.#find(1);
    const move = MOVES[key.name];
    if (move !== undefined) this.#scroll.page(move, this.#count);
    return "stays";
  }

  paint(canvas: Canvas): void {
    const inside = box(canvas, canvas.area, "help");
    const found = this.#missing ? "  not found" : "";
    const hint = this.#typing
      ? `/${this.#wanted}▌${found}`
      : keyHint("↑↓ Space scroll  / search  n next  q close", canvas.ascii);
    canvas.text(Math.max(8, canvas.width - textWidth(hint) - 4), 0, ` ${hint} `, this.#missing ? "warning" : "key");
    const keys = this.#contexts.map((context) => keySection(this.#keymap, context, canvas.ascii));
    this.#shown = layOut([...keys, ...filterSections()], inside.width - 2);
    this.#count = this.#shown.length;
    const top = this.#scroll.fit(this.#count, inside.height);
    for (let row = 0; row < inside.height; row++) {
      const line = this.#shown[top + row];
      if (line === undefined) break;
      const found = this.#wanted !== "" && lineText(line).toLowerCase().includes(this.#wanted.toLowerCase());
      const mark = found ? MARK.found : MARK.none;
      canvas.line(inside.x + 1, inside.y + row, inside.width - 2, line, mark);
    }
  }

  wheel(lines: number): void {
    this.#scroll.wheel(lines, this.#count);
  }

  #find(from: number): void {
    this.#missing = false;
    if (this.#wanted === "") return;
    for (let step = from; step < this.#count; step++) {
      const at = (this.#scroll.cursor + step) % this.#count;
      if (!lineText(this.#shown[at]!).toLowerCase().includes(this.#wanted.toLowerCase())) continue;
      this.#scroll.cursor = at;
      // With what belongs to it: the line found is not the last of the page.
      this.#scroll.top = Math.max(0, at - 2);
      return;
    }
    this.#missing = true;
  }
}

/** A title, and what is told below it: a name of some kind, and what it means. */
interface Section {
  readonly title: string;
  readonly entries: readonly { readonly head: Line; readonly help: string }[];
}

function keySection(keymap: Keymap, context: Context, ascii: boolean): Section {
  const entries = keymap.actionsOf(context).map(({ action, keys }) => {
    const shown = keys.length === 0 ? `:${action.name}` : keys.map((key) => keyLabel(key, ascii)).join(" ");
    const argument = action.argument === undefined || keys.length > 0 ? "" : ` ${action.argument}`;
    return { head: [span(` ${`${shown}${argument}`.padEnd(14)} `, "key")], help: action.help };
  });
  return { title: CONTEXTS[context], entries };
}

function filterSections(): readonly Section[] {
  return filterHelp().map(({ title, lines }) => ({
    title: `FILTER: ${title}`,
    entries: lines.map(({ name, type, help }) => {
      return { head: [span(` ${name.padEnd(18)} `, "key"), span(`${type.padEnd(14)} `, "type")], help };
    }),
  }));
}

function sectionLines({ title, entries }: Section, width: number): readonly Line[] {
  const lines: Line[] = [[span(title.toUpperCase(), "title")]];
  for (const { head, help } of entries) {
    const beside = width - lineWidth(head);
    const isBeside = beside >= Math.min(MIN_HELP_CELLS, textWidth(help));
    const indent = isBeside ? lineWidth(head) : BELOW_CELLS;
    const [first = "", ...rest] = wrapText(help, Math.max(1, width - indent));
    if (isBeside) lines.push([...head, span(first)]);
    else lines.push(cutLine(head, width), [span(" ".repeat(indent)), span(first)]);
    for (const text of rest) lines.push([span(" ".repeat(indent)), span(text)]);
  }
  return [...lines, []];
}

/** Sections one below the other, in two columns where there is room. */
function layOut(sections: readonly Section[], width: number): readonly Line[] {
  if (width < TWO_COLUMNS_FROM) return sections.flatMap((section) => sectionLines(section, width));
  const half = (width >> 1) - 1;
  const columns: Line[][] = [[], []];
  for (const section of sections) {
    const shorter = columns[0]!.length <= columns[1]!.length ? columns[0]! : columns[1]!;
    shorter.push(...sectionLines(section, half));
  }
  const [left = [], right = []] = columns;
  return Array.from({ length: Math.max(left.length, right.length) }, (_, row) => {
    const first = left[row] ?? [];
    return [...first, span(" ".repeat(Math.max(0, half - lineWidth(first) + 2))), ...(right[row] ?? [])];
  });
}
