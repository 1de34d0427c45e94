// Octets as rows of hex and text, with the field that is chosen standing out: its tag and its value apart.
import { type Line, type Span, type Style, span } from "./styled.js";

/** What stands out: [start, valueStart) is a tag and a length, [valueStart, end) a value. */
export interface HexSelection {
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
  /** The octet the cursor is on; undefined where it is in the tree. */
  readonly cursor: number | undefined;
}

/** Before the first octet of a row. */
export const HEX_OFFSET_CELLS = 7;

/** Octets of a row in so many cells: 4, 8, 16 or 32. */
export function hexColumns(width: number): number {
  for (const octets of [32, 16, 8]) if (hexWidth(octets) <= width) return octets;
  return 4;
}

/** Offset, octets with a wider gap after every eighth, text. */
function hexWidth(octets: number): number {
  return HEX_OFFSET_CELLS + octets * 3 + (octets > 8 ? octets / 8 - 1 : 0) + 1 + octets;
}

/** @param offset of the row's first octet */
export function hexRow(bytes: Uint8Array, offset: number, octets: number, selection: HexSelection | undefined): Line {
  const spans: Span[] = [span(` ${offset.toString(16).padStart(5, "0")} `, "dim")];
  const text: Span[] = [span(" ")];
  for (let column = 0; column < octets; column++) {
    const at = offset + column;
    const octet = bytes[at];
    const wide = column % 8 === 7 && column !== octets - 1 ? "  " : " ";
    if (octet === undefined) {
      spans.push(span(`  ${wide}`));
      continue;
    }
    const style = styleAt(at, selection);
    spans.push(span(octet.toString(16).padStart(2, "0"), style));
    // The gap belongs to what is chosen when both sides do.
    spans.push(span(wide, style !== "plain" && style === styleAt(at + 1, selection) ? style : "plain"));
    const printable = octet >= 0x20 && octet < 0x7f;
    text.push(span(printable ? String.fromCharCode(octet) : "·", style === "plain" && !printable ? "dim" : style));
  }
  return [...spans, ...text];
}

function styleAt(at: number, selection: HexSelection | undefined): Style {
  if (selection === undefined) return "plain";
  if (at === selection.cursor) return "cursor";
  if (at < selection.start || at >= selection.end) return "plain";
  return at < selection.valueStart ? "name" : "match";
}

/** "0a0b…", as other tools read it. */
export function hexText(bytes: Uint8Array): string {
  let text = "";
  for (const octet of bytes) text += octet.toString(16).padStart(2, "0");
  return text;
}
