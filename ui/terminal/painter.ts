// Puts a frame into blessed's lines, so that its draw() sends only what changed, with every cell in its column.
import { asciiChar, asciiPair } from "../../src/view/ascii.js";
import type { Canvas } from "../../src/view/canvas.js";

/** A cell of blessed: [attribute word, character]. */
type BlessedCell = [attribute: number, char: string];
export type BlessedLine = BlessedCell[] & { dirty?: boolean };

/**
 * Terminals do not agree on how wide some characters are (emoji, ambiguous width, marks). Behind every one that could be
 * such a character the cursor is put where we think it is (CHA): a line stays straight whatever the terminal thinks.
 */
function columnAfter(x: number): string {
  return `\x1b[${x + 2}G`;
}

/**
 * @param shown the frame that the lines hold, of the same size; undefined when they hold something else
 * @param attributes see theme.ts, the same as when that frame was painted
 * @returns whether anything is to be drawn
 */
export function paint(
  canvas: Canvas,
  shown: Canvas | undefined,
  lines: readonly BlessedLine[],
  attributes: Int32Array,
  ascii: boolean,
): boolean {
  const { chars, looks, width } = canvas;
  let changed = false;
  for (let y = 0; y < canvas.height; y++) {
    const line = lines[y];
    if (line === undefined) break;
    if (shown !== undefined && isSameRow(canvas, shown, y)) continue;
    const row = y * width;
    for (let x = 0; x < width; x++) {
      const cell = line[x];
      if (cell === undefined) break;
      const index = row + x;
      const attribute = attributes[looks[index]!]!;
      let char = chars[index]!;
      if (ascii) char = toAscii(chars, index, x, width);
      else if (char === "" || char > "~") {
        // Lines and blocks are one cell wide everywhere, and many.
        const code = char.charCodeAt(0);
        if (char.length !== 1 || code < 0x2500 || code > 0x259f) char += columnAfter(x);
      }
      if (cell[0] === attribute && cell[1] === char) continue;
      cell[0] = attribute;
      cell[1] = char;
      line.dirty = true;
      changed = true;
    }
  }
  return changed;
}

/** Most rows of most frames are. */
function isSameRow({ chars, looks, width }: Canvas, shown: Canvas, y: number): boolean {
  const end = (y + 1) * width;
  for (let at = y * width; at < end; at++)
    if (chars[at] !== shown.chars[at] || looks[at] !== shown.looks[at]) return false;
  return true;
}

function toAscii(chars: readonly string[], index: number, x: number, width: number): string {
  const char = chars[index]!;
  if (char === "") return " ";
  if (char === " " && x > 0) {
    const pair = asciiPair(chars[index - 1]!, char);
    if (pair !== undefined) return pair[1]!;
  }
  if (x + 1 < width) {
    const pair = asciiPair(char, chars[index + 1]!);
    if (pair !== undefined) return pair[0]!;
  }
  return asciiChar(char);
}
