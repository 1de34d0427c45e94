// A frame as a grid of cells: what a view draws on, whatever paints it afterwards. Pure, so that screens can be tested as text.
import { type Line, STYLES, type Style } from "./styled.js";
import { charWidth } from "./text-width.js";
import { visible } from "./visible.js";

/** How a cell stands out beyond its style. */
export const MARK = { none: 0, selected: 1, unfocused: 2, found: 3 } as const;
export type Mark = (typeof MARK)[keyof typeof MARK];

/** Marks that stand on one character: more are a flood, and no script needs them. */
const MAX_MARKS = 3;
const NUMBER_OF: ReadonlyMap<Style, number> = new Map(STYLES.map((style, number) => [style, number]));

export interface Area {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export class Canvas {
  readonly width: number;
  readonly height: number;
  /** A cell's character with its marks; "" for the right half of a wide one. */
  readonly chars: string[];
  /** The number of its style, and above bit 7 its {@link Mark}. */
  readonly looks: Uint16Array;
  /** Whether it is shown with ASCII glyphs only: keys then have words for names. */
  ascii = false;
  /** Where text is being typed. */
  cursor: { readonly x: number; readonly y: number } | undefined;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
    this.chars = new Array<string>(width * height).fill(" ");
    this.looks = new Uint16Array(width * height);
  }

  get area(): Area {
    return { x: 0, y: 0, width: this.width, height: this.height };
  }

  clear(): void {
    this.chars.fill(" ");
    this.looks.fill(0);
    this.cursor = undefined;
  }

  /**
   * Writes text from a cell on, no further than `end`. What is not safe to show is made visible.
   * @returns the column behind it
   */
  text(x: number, y: number, text: string, style: Style, mark: Mark = MARK.none, end: number = this.width): number {
    if (y < 0 || y >= this.height) return x;
    const look = (NUMBER_OF.get(style) ?? 0) | (mark << 8);
    const limit = Math.min(end, this.width);
    const row = y * this.width;
    const { chars, looks } = this;
    if (text !== "" && x < limit) this.#takeFrom(row, x);
    let at = x;
    for (let index = 0; index < text.length && at < limit; index++) {
      const code = text.charCodeAt(index);
      if (code < 0x20 || code > 0x7e) {
        at = this.#wide(at, row, visible(text.slice(index)), look, limit, x);
        break;
      }
      if (at >= 0) {
        chars[row + at] = text[index]!;
        looks[row + at] = look;
      }
      at++;
    }
    if (at > x) this.#tookUpTo(row, at);
    return at;
  }

  // A wide character of which one half is written over is none any more.

  /** What begins at a cell may take the right half of one. */
  #takeFrom(row: number, at: number): void {
    if (at > 0 && this.chars[row + at] === "") this.chars[row + at - 1] = this.chars[row + at] = " ";
  }

  /** What ended before a cell may have taken the left half of one. */
  #tookUpTo(row: number, at: number): void {
    if (at > 0 && at < this.width && this.chars[row + at] === "") this.chars[row + at] = " ";
  }

  /** The same for text that is not all ASCII. */
  #wide(from: number, row: number, text: string, look: number, limit: number, first: number): number {
    const { chars, looks } = this;
    let at = from;
    let marks = 0;
    for (const char of text) {
      const cells = charWidth(char);
      if (cells === 0) {
        // A mark needs something to stand on.
        const base = chars[row + at - 1] === "" ? at - 2 : at - 1;
        if (at > first && base >= 0 && marks++ < MAX_MARKS) chars[row + base] += char;
        continue;
      }
      if (at >= limit) break;
      marks = 0;
      // Half of a wide character is no character.
      const fits = at + cells <= limit;
      if (at >= 0) {
        chars[row + at] = fits ? char : " ";
        looks[row + at] = look;
        if (fits && cells === 2) {
          chars[row + at + 1] = "";
          looks[row + at + 1] = look;
        }
      }
      at += cells;
    }
    return Math.min(at, limit);
  }

  /**
   * Writes a line into `width` cells and fills the rest of them.
   * @returns the column behind its text
   */
  line(x: number, y: number, width: number, line: Line, mark: Mark = MARK.none): number {
    const end = Math.min(x + width, this.width);
    let at = x;
    for (const piece of line) at = this.text(at, y, piece.text, piece.style, mark, end);
    this.fill(at, y, end - at, " ", line.at(-1)?.style === "bar" ? "bar" : "plain", mark);
    return at;
  }

  fill(x: number, y: number, width: number, char: string, style: Style, mark: Mark = MARK.none): void {
    if (y < 0 || y >= this.height) return;
    const look = (NUMBER_OF.get(style) ?? 0) | (mark << 8);
    const row = y * this.width;
    if (width > 0 && x < this.width) this.#takeFrom(row, x);
    for (let at = Math.max(0, x); at < Math.min(this.width, x + width); at++) {
      this.chars[row + at] = char;
      this.looks[row + at] = look;
    }
    if (width > 0) this.#tookUpTo(row, x + width);
  }

  /** Empties an area, for what is laid over others. */
  wipe({ x, y, width, height }: Area): void {
    for (let row = y; row < y + height; row++) this.fill(x, row, width, " ", "plain");
  }

  /** The frame as lines of text without blanks at their ends. */
  toText(): string {
    const lines: string[] = [];
    for (let y = 0; y < this.height; y++)
      lines.push(
        this.chars
          .slice(y * this.width, (y + 1) * this.width)
          .join("")
          .trimEnd(),
      );
    return lines.join("\n");
  }
}
