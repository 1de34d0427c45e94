// Text with its meaning: what a view function returns, and what a terminal or a page paints.
import { cutText, textWidth } from "./text-width.js";

/** What a piece of text is; a theme says how that looks. */
export const STYLES = [
  "plain",
  "dim",
  "strong",
  /** The bar at the top and what is chosen in it. */
  "bar",
  "barStrong",
  "barAlert",
  "key",
  "border",
  "title",
  /** By what became of a call. */
  "open",
  "cancelled",
  "callerFault",
  "serverFault",
  "warning",
  "client",
  "server",
  "name",
  "number",
  "text",
  "type",
  "unknown",
  "guess",
  "match",
  "cursor",
  /** Hues for services, told apart by eyes of every kind. */
  "hue0",
  "hue1",
  "hue2",
  "hue3",
  "hue4",
  "hue5",
  "hue6",
  "hue7",
] as const;
export type Style = (typeof STYLES)[number];

export interface Span {
  readonly text: string;
  readonly style: Style;
}

/** One line of a screen, from left to right. Its text has passed `visible()`. */
export type Line = readonly Span[];

export function span(text: string, style: Style = "plain"): Span {
  return { text, style };
}

export function lineText(line: Line): string {
  let text = "";
  for (const piece of line) text += piece.text;
  return text;
}

export function lineWidth(line: Line): number {
  let width = 0;
  for (const piece of line) width += textWidth(piece.text);
  return width;
}

/** The beginning of a line, ended by "…" when something is missing. @param width cells */
export function cutLine(line: Line, width: number): Line {
  if (lineWidth(line) <= width) return line;
  if (width <= 0) return [];
  const kept: Span[] = [];
  let left = width;
  for (const piece of line) {
    const cells = textWidth(piece.text);
    if (cells >= left) {
      // Something follows or is cut, so the mark belongs here.
      const cut = cells === left ? cutText(`${piece.text}  `, left) : cutText(piece.text, left);
      kept.push({ text: cut, style: piece.style });
      return kept;
    }
    kept.push(piece);
    left -= cells;
  }
  return kept;
}

/** A line with one part at each end; the left one gives way. @param width cells */
export function justify(left: Line, right: Line, width: number): Line {
  const rightWidth = lineWidth(right);
  if (rightWidth > width) return cutLine(left, width);
  const start = cutLine(left, Math.max(0, width - rightWidth - (rightWidth > 0 ? 1 : 0)));
  return [...start, span(" ".repeat(Math.max(0, width - rightWidth - lineWidth(start)))), ...right];
}

/** One of the eight hues, always the same for the same text (FNV-1a). */
export function hueOf(text: string): Style {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return `hue${(hash >>> 3) & 7}` as Style;
}
