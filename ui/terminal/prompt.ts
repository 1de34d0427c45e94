// A prompt in the last rows: text being typed, what may complete it, what is wrong with it and where.
import type { Canvas } from "../../src/view/canvas.js";
import { MARK } from "../../src/view/canvas.js";
import { cutLine, type Line, type Style, span } from "../../src/view/styled.js";
import { cutText, padEnd, textWidth } from "../../src/view/text-width.js";
import { visible } from "../../src/view/visible.js";
import { box } from "./box.js";
import type { Key } from "./keyboard.js";
import { keyHint } from "./keymap.js";
import { LineEditor } from "./line-editor.js";
import type { Overlay } from "./overlay.js";

export interface Suggestion {
  /** What takes the place of what was typed. */
  readonly text: string;
  /** Shown beside it. */
  readonly help: string;
  readonly type?: string;
}

export interface Suggestions {
  /** [start, end) of the text that a suggestion replaces. */
  readonly start: number;
  readonly end: number;
  readonly items: readonly Suggestion[];
}

export interface Mistake {
  readonly message: string;
  readonly span: readonly [start: number, end: number];
}

export interface PromptOptions {
  readonly label: string;
  readonly text?: string;
  readonly history?: string[];
  /** Called at each change of the text. */
  readonly change?: (text: string) => Mistake | undefined;
  readonly suggest?: (text: string, cursor: number) => Suggestions;
  /** What is said at the right: how many calls match, say. */
  readonly note?: () => { readonly text: string; readonly style: Style };
  /** What keys do here, for the key line. */
  readonly hint: string;
  /** Whether Enter takes the first suggestion, as where one of several is to be found. */
  readonly picks?: boolean;
  /** @returns a mistake when it cannot be done; the prompt then stays */
  accept(text: string, picked: Suggestion | undefined): Mistake | undefined;
  cancel?(): void;
}

/** Room for names before what they mean is cut: those of most fields. */
const MIN_NAME_CELLS = 18;
/** Suggestions shown at once. */
const MAX_SHOWN = 8;
const MAX_TYPE_CELLS = 26;
/** Below this width what a thing is called and is for matters more than its type. */
const NARROW = 90;
const NARROW_TYPE_CELLS = 14;
const NOTHING: Suggestions = { start: 0, end: 0, items: [] };

export class Prompt implements Overlay {
  readonly rows = 3;
  readonly #options: PromptOptions;
  readonly #editor: LineEditor;
  #mistake: Mistake | undefined;
  #suggestions: Suggestions = NOTHING;
  /** The suggestion that is chosen, which stands in the text, too, unless Enter is to take one; -1 for none. */
  #chosen = -1;
  #closedList = false;

  constructor(options: PromptOptions) {
    this.#options = options;
    this.#editor = new LineEditor(options.text ?? "", options.history);
    if (options.text !== undefined && options.text !== "") this.#mistake = options.change?.(options.text);
    this.#suggest();
    this.#closedList = options.picks !== true;
  }

  press(key: Key): "stays" | "gone" {
    const { items } = this.#suggestions;
    const listed = !this.#closedList && items.length > 0;
    switch (key.name) {
      case "escape":
      case "ctrl-c":
        this.#options.cancel?.();
        return "gone";
      case "enter":
        return this.#accept();
      case "tab":
        if (items.length > 0) this.#complete();
        return "stays";
      case "shift-tab":
        if (items.length > 0) this.#choose(-1);
        return "stays";
      case "down":
      case "up":
        if (listed && (this.#chosen >= 0 || this.#options.picks === true)) {
          this.#choose(key.name === "down" ? 1 : -1);
          return "stays";
        }
    }
    const { text, cursor } = this.#editor;
    if (text === "" && key.name === "backspace") {
      this.#options.cancel?.();
      return "gone";
    }
    if (!this.#editor.press(key)) return "stays";
    if (text !== this.#editor.text) this.#mistake = this.#options.change?.(this.#editor.text);
    if (text !== this.#editor.text || cursor !== this.#editor.cursor) {
      this.#closedList = key.text === "" && key.name !== "backspace" && this.#options.picks !== true;
      this.#suggest();
    }
    return "stays";
  }

  paint(canvas: Canvas): void {
    const { label, note, hint } = this.#options;
    const { text, cursor } = this.#editor;
    const { width } = canvas;
    const y = canvas.height - this.rows;
    canvas.fill(0, y - 0, width, " ", "plain");
    const start = textWidth(label) + (label.length > 1 ? 2 : 1);
    // The cursor stays in sight however long the text is.
    const before = textWidth(text.slice(0, cursor));
    const told = note?.();
    const room = Math.max(5, width - start - 1 - (told === undefined ? 0 : textWidth(told.text) + 2));
    const skip = Math.max(0, before - room);
    canvas.line(0, y, width, [span(` ${label}`, "key")]);
    canvas.text(start - skip, y, text, "strong", MARK.none, start + room);
    if (skip > 0) canvas.text(0, y, ` ${label}…`, "key");
    if (told !== undefined) canvas.text(width - textWidth(told.text) - 1, y, told.text, told.style);
    canvas.cursor = { x: Math.min(width - 1, start + before - skip), y };
    canvas.line(0, y + 2, width, [span(` ${keyHint(hint, canvas.ascii)}`, "dim")]);
    this.#paintMistake(canvas, y + 1, start - skip);
    if (!this.#closedList) this.#paintList(canvas, y, start - skip);
  }

  #paintMistake(canvas: Canvas, y: number, start: number): void {
    canvas.fill(0, y, canvas.width, " ", "plain");
    const mistake = this.#mistake;
    if (mistake === undefined) return;
    const [from, to] = mistake.span;
    const at = start + textWidth(this.#editor.text.slice(0, from));
    const marks = "^".repeat(Math.max(1, Math.min(40, textWidth(this.#editor.text.slice(from, to)))));
    if (at >= 0) canvas.text(at, y, marks, "serverFault");
    const message = visible(mistake.message);
    const width = textWidth(message);
    const after = at + marks.length + 1;
    // Beside the place where there is room, else below it.
    if (after + width < canvas.width) canvas.text(Math.max(1, after), y, message, "warning");
    else if (width < at - 1) canvas.text(at - 1 - width, y, message, "warning");
    else canvas.line(0, y + 1, canvas.width, cutLine([span(` ${message}`, "warning")], canvas.width));
  }

  #paintList(canvas: Canvas, bottom: number, start: number): void {
    const { items } = this.#suggestions;
    const rows = Math.min(MAX_SHOWN, items.length, bottom - 3);
    if (rows <= 0) return;
    const chosen = Math.max(0, this.#chosen);
    const top = Math.max(0, Math.min(chosen - rows + 1, items.length - rows));
    const shown = items.slice(top, top + rows);
    const longest = Math.max(...shown.map(({ text }) => textWidth(text)));
    const types = Math.min(
      canvas.width < NARROW ? NARROW_TYPE_CELLS : MAX_TYPE_CELLS,
      Math.max(...shown.map(({ type }) => textWidth(type ?? ""))),
    );
    const helps = Math.max(...shown.map(({ help }) => textWidth(help)));
    // A name that is longer than most takes the room of its own help, not of all.
    const names = Math.min(longest, Math.max(MIN_NAME_CELLS, canvas.width - types - helps - 8));
    const width = Math.min(canvas.width, Math.max(longest, names + helps) + types + 8);
    const x = Math.max(0, Math.min(start + this.#suggestions.start - 2, canvas.width - width));
    const more = items.length > rows ? `${chosen + 1} of ${items.length}` : "";
    const inside = box(canvas, { x, y: bottom - rows - 2, width, height: rows + 2 }, more);
    shown.forEach((item, row) => {
      const picked = top + row === this.#chosen || (this.#options.picks === true && top + row === chosen);
      const line: Line = [
        span(picked ? "▌" : " ", "open"),
        span(padEnd(visible(item.text), names), "strong"),
        span(`  ${padEnd(cutText(item.type ?? "", Math.max(1, types)), types)}`, "type"),
        span(`  ${visible(item.help)}`, "dim"),
      ];
      canvas.line(
        inside.x,
        inside.y + row,
        inside.width,
        cutLine(line, inside.width),
        picked ? MARK.selected : MARK.none,
      );
    });
  }

  /** As shells do: what all that begin like the word have in common, then one after the other. */
  #complete(): void {
    const { start, end, items } = this.#suggestions;
    const word = this.#editor.text.slice(start, end).toLowerCase();
    const beginning = items.filter(({ text }) => text.toLowerCase().startsWith(word)).map(({ text }) => text);
    const common = word === "" || this.#chosen >= 0 || this.#options.picks === true ? "" : commonStart(beginning);
    if (common.length <= word.length) {
      this.#choose(1);
      return;
    }
    this.#closedList = false;
    this.#chosen = items.findIndex(({ text }) => text === common);
    this.#put(common);
  }

  #choose(by: number): void {
    const { items } = this.#suggestions;
    this.#closedList = false;
    const from = this.#chosen < 0 && by < 0 ? 0 : this.#chosen;
    this.#chosen = (Math.max(this.#options.picks === true ? 0 : -1, from) + by + items.length) % items.length;
    if (this.#options.picks !== true) this.#put(items[this.#chosen]!.text);
  }

  /** In place of what was typed, or was put there before. */
  #put(text: string): void {
    const { start, end, items } = this.#suggestions;
    this.#editor.replace(start, end, text);
    this.#suggestions = { start, end: start + text.length, items };
    this.#mistake = this.#options.change?.(this.#editor.text);
    if (items.length > 1) return;
    this.#suggest();
    this.#closedList = true;
  }

  #accept(): "stays" | "gone" {
    const picked = this.#suggestions.items[Math.max(0, this.#chosen)];
    const mistake = this.#options.accept(this.#editor.text, this.#options.picks === true ? picked : undefined);
    if (mistake !== undefined) {
      this.#mistake = mistake;
      return "stays";
    }
    this.#editor.remember();
    return "gone";
  }

  #suggest(): void {
    this.#chosen = -1;
    this.#suggestions = this.#options.suggest?.(this.#editor.text, this.#editor.cursor) ?? NOTHING;
  }
}

/** Of texts in any case, as the first of them has it. */
function commonStart(texts: readonly string[]): string {
  const [first = "", ...others] = texts;
  let length = first.length;
  for (const other of others) while (!other.toLowerCase().startsWith(first.slice(0, length).toLowerCase())) length--;
  return first.slice(0, length);
}
