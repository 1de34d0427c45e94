// What the program would have written to stderr while the screen is ours: kept, and shown as a view.

import { formatTime } from "../../src/view/format.js";
import { type Line, span } from "../../src/view/styled.js";
import { wrapText } from "../../src/view/text-width.js";
import { visible } from "../../src/view/visible.js";

/** Lines kept, and characters of one. */
const MAX_LINES = 2000;
const MAX_CHARS = 4000;
/** Before what is to be noticed. */
const PROGRAM = "framelens: ";

export class LogLines {
  readonly #lines: { readonly at: number; readonly text: string }[] = [];
  #rest = "";
  /** Notices since somebody looked: lines that only say what was done are none. */
  unseen = 0;
  /** Is told of each line. @param notice what the user should hear of; undefined for the rest */
  onLine: (notice: string | undefined) => void = () => {};

  /** @param text as it was written; a line may come in pieces @param at Unix ms */
  write(text: string, at: number): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = (lines.pop() ?? "").slice(0, MAX_CHARS);
    for (const line of lines) {
      const shown = visible(plainText(line).slice(0, MAX_CHARS));
      const notice = noticeIn(shown);
      this.#lines.push({ at, text: shown });
      if (notice !== undefined) this.unseen++;
      this.onLine(notice);
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

/** What the program tells of itself begins with its name and a colon; a server that was asked may have answered with a fault. */
function noticeIn(line: string): string | undefined {
  if (line.startsWith(PROGRAM)) return line.slice(PROGRAM.length);
  return /^framelens asked .*\(ERR_/.test(line) ? line : undefined;
}

/** Colours that our own lines may have. */
function plainText(line: string): string {
  return line.replace(/\x1b\[[0-9;]*m/g, "");
}
