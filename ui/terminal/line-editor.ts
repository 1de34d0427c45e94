// One line of text being typed, with the keys that shells have for it and the lines typed before.
import type { Key } from "./keyboard.js";

/** Lines remembered of each prompt, and characters of one. */
const MAX_HISTORY = 100;
const MAX_CHARS = 10_000;

export class LineEditor {
  text: string;
  /** UTF-16 code units before it. */
  cursor: number;
  readonly #history: string[];
  /** Where in the history; its length for the line being typed. */
  #at: number;
  #typed: string;

  /** @param history oldest first; kept, and added to by {@link remember} */
  constructor(text: string, history: string[] = []) {
    this.text = text;
    this.cursor = text.length;
    this.#history = history;
    this.#at = history.length;
    this.#typed = text;
  }

  /** @returns whether the key was for the editor */
  press(key: Key): boolean {
    const edit = EDITS[key.name];
    if (edit !== undefined) {
      edit(this);
      return true;
    }
    if (key.name === "up" || key.name === "ctrl-p") return this.#recall(-1);
    if (key.name === "down" || key.name === "ctrl-n") return this.#recall(1);
    if (key.text === "" || this.text.length + key.text.length > MAX_CHARS) return false;
    this.replace(this.cursor, this.cursor, key.text);
    return true;
  }

  /** Puts text in place of [start, end), and the cursor behind it. */
  replace(start: number, end: number, text: string): void {
    this.text = this.text.slice(0, start) + text + this.text.slice(end);
    this.cursor = start + text.length;
  }

  remember(): void {
    if (this.text.trim() === "") return;
    const before = this.#history.indexOf(this.text);
    if (before >= 0) this.#history.splice(before, 1);
    this.#history.push(this.text);
    if (this.#history.length > MAX_HISTORY) this.#history.shift();
  }

  /** The place one character to the left or right; a pair of surrogates is one character. */
  step(by: -1 | 1): number {
    const next = this.cursor + by;
    const low = this.text.charCodeAt(by < 0 ? next : next);
    return low >= 0xdc00 && low <= 0xdfff ? next + by : Math.max(0, Math.min(this.text.length, next));
  }

  #recall(by: -1 | 1): boolean {
    const to = this.#at + by;
    if (to < 0 || to > this.#history.length) return true;
    if (this.#at === this.#history.length) this.#typed = this.text;
    this.#at = to;
    this.text = this.#history[to] ?? this.#typed;
    this.cursor = this.text.length;
    return true;
  }
}

function wordStart({ text, cursor }: LineEditor): number {
  return text
    .slice(0, cursor)
    .trimEnd()
    .search(/[^\s.]+\.?$/);
}

const EDITS: Readonly<Record<string, (editor: LineEditor) => void>> = {
  left: (editor) => (editor.cursor = editor.step(-1)),
  "ctrl-b": (editor) => (editor.cursor = editor.step(-1)),
  right: (editor) => (editor.cursor = editor.step(1)),
  "ctrl-f": (editor) => (editor.cursor = editor.step(1)),
  home: (editor) => (editor.cursor = 0),
  "ctrl-a": (editor) => (editor.cursor = 0),
  end: (editor) => (editor.cursor = editor.text.length),
  "ctrl-e": (editor) => (editor.cursor = editor.text.length),
  backspace: (editor) => editor.replace(editor.step(-1), editor.cursor, ""),
  delete: (editor) => {
    const at = editor.cursor;
    editor.replace(at, editor.step(1), "");
  },
  "ctrl-u": (editor) => editor.replace(0, editor.cursor, ""),
  "ctrl-k": (editor) => editor.replace(editor.cursor, editor.text.length, ""),
  "ctrl-w": (editor) => editor.replace(Math.max(0, wordStart(editor)), editor.cursor, ""),
};
