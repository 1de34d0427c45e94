// How wide text is in a terminal's cells, and making it fit (Unicode TR 11, by its blocks).

/** Blocks whose characters take two cells: East Asian scripts, full-width forms, emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1f64f}\u{1f680}-\u{1f6ff}\u{1f900}-\u{1f9ff}\u{1fa70}-\u{1faff}\u{20000}-\u{3fffd}]/u;
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

function charWidth(char: string): number {
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
