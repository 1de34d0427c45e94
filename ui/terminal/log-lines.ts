// What the program would have written to stderr while the screen is ours: kept, and shown as a view.

import { formatTime } from "../../src/view/format.js";
import { type Line, span } from "../../src/view/styled.js";
import { wrapText } from "../../src/view/text-width.js";
import { visible } from "../../src/view/visible.js";

/** Lines kept, and characters of one. */
const MAX_LINES = 2000;
const MAX_CHARS = 4000;

export class LogLines {
  readonly #lines: { readonly at: number; readonly text: string }[] = [];
  #rest = "";
  /** Lines since somebody looked. */
  unseen = 0;

  /** @param text as it was written; a line may come in pieces @param at Unix ms */
  write(text: string, at: number): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = (lines.pop() ?? "").slice(0, MAX_CHARS);
    for (const line of lines) {
      this.#lines.push({ at, text: visible(plainText(line).slice(0, MAX_CHARS)) });
      this.unseen++;
    }
    if (this.#lines.length > MAX_LINES) this.#lines.splice(0, this.#lines.length - MAX_LINES);
  }

  get last(): string | undefined {
    return this.#lines.at(-1)?.text;
  }

  lines(width: number): readonly Line[] {
    return this.#lines.flatMap(({ at, text }) =>
      wrapText(text, Math.max(10, width - 11)).map(
        (part, index): Line => [
          span(index === 0 ? ` ${formatTime(at).slice(0, 8)} ` : " ".repeat(10), "dim"),
          span(part, /\b(error|bug|failed|cannot)\b/i.test(text) ? "warning" : "plain"),
        ],
      ),
    );
  }
}

/** Colours that our own lines may have. */
function plainText(line: string): string {
  return line.replace(/\x1b\[[0-9;]*m/g, "");
}
