// How wide text is in a terminal's cells, and making it fit (Unicode TR 11, by its blocks).

/** Blocks whose characters take two cells: East Asian scripts, full-width forms, emoji (the ranges of East_Asian_Width W and F). */
const WIDE =
  /[\u1100-\u115f\u231a\u231b\u2329\u232a\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{16fe0}-\u{18cff}\u{1b000}-\u{1b2ff}\u{1f004}\u{1f0cf}\u{1f18e}\u{1f191}-\u{1f19a}\u{1f200}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f7e0}-\u{1f7eb}\u{1f90c}-\u{1f9ff}\u{1fa70}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const NO_WIDTH = /\p{M}/u;
const ASCII = /^[ -~]*$/;
const ELLIPSIS = "…";

/** Cells that a text without control characters takes. */
export function textWidth(text: string): number {
  if (ASCII.test(text)) return text.length;
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

/** @param char one code point that is no control character */
export function charWidth(char: string): number {
  // Most of what is no ASCII is a letter of the west, or one of our own glyphs: arrows, lines, blocks.
  if (char < "\u0300" || (char >= "\u2190" && char <= "\u22ff") || (char >= "\u2500" && char <= "\u25fc")) return 1;
  if (NO_WIDTH.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}

/**
 * The beginning of a text, ended by "…" when something is missing.
 * @param width cells, 1 at least; also the most marks that may stand on one another, so that none flood
 */
export function cutText(text: string, width: number): string {
  if (text.length <= width && textWidth(text) <= width) return text;
  let kept = "";
  let used = 0;
  let marks = 0;
  let held = "";
  for (const char of text) {
    const cells = charWidth(char);
    if (cells === 0 && ++marks > width) return `${held}${ELLIPSIS}`;
    if (used + cells > width) return `${held}${ELLIPSIS}`;
    used += cells;
    kept += char;
    if (used < width) held = kept;
  }
  return kept;
}

/** The end of a text, begun by "…" when something is missing. */
export function cutStart(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  const chars = [...text];
  let used = 1;
  let from = chars.length;
  while (from > 0 && used + charWidth(chars[from - 1]!) <= width) used += charWidth(chars[--from]!);
  return `${ELLIPSIS}${chars.slice(from).join("")}`;
}

export function padEnd(text: string, width: number): string {
  return text + " ".repeat(Math.max(0, width - textWidth(text)));
}

/** The text in lines of at most so many cells, broken at blanks where there are any. */
export function wrapText(text: string, width: number): readonly string[] {
  const room = Math.max(1, width);
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const next = line === "" ? word : `${line} ${word}`;
    if (textWidth(next) <= room) {
      line = next;
      continue;
    }
    if (line !== "") lines.push(line);
    line = word;
    while (textWidth(line) > room) {
      let head = "";
      for (const char of line) {
        if (textWidth(head) + charWidth(char) > room) break;
        head += char;
      }
      // A wide character in a single cell would never fit.
      if (head === "") head = line.slice(0, 1);
      lines.push(head);
      line = line.slice(head.length);
    }
  }
  lines.push(line);
  return lines;
}
