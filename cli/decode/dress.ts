// The dresses in which bytes are pasted: dumps of xxd, hexdump, od and Wireshark, arrays of programming languages, URLs, quotes.

/**
 * Takes off what a tool or language has put around bytes.
 * @param text printable
 * @returns the bytes; or the text that is left, in which octets may still be hex, base64 or C escapes
 */
export function undress(text: string): Uint8Array | string {
  const dumped = readDump(text) ?? readNumbers(text);
  if (dumped !== undefined) return dumped;
  const url = /^\s*data:[^,]*;base64,(.*)$/is.exec(text)?.[1] ?? text;
  const unescaped = readPercent(url.trim());
  if (typeof unescaped !== "string") return unescaped;
  return unescaped
    .replace(/^\s*<Buffer ([^>]*)>\s*$/, "$1")
    .replace(/^\s*\[\]byte\s*\{/, "{")
    .replace(/^\s*unsigned char \w+\[\] = (\{[^}]*\});\s*(?:unsigned int \w+ = \d+;\s*)?$/, "$1")
    .replace(/^\s*bytearray\((.*)\)\s*$/s, "$1")
    .replace(/^\s*\\\\x((?:[0-9a-f]{2})+)\s*$/i, "$1")
    .replace(/^\s*[xXhH]?(["'`])([A-Za-z0-9+/=_\-\s:]*)\1\s*;?\s*$/, "$2");
}

interface DumpLine {
  readonly offset: string;
  readonly octets: readonly string[];
  /** Words of two octets without a colon before them: hexdump's and od's, in the order of the machine. */
  readonly words: boolean;
  /** Something beside the octets says that the line is of a dump. */
  readonly sure: boolean;
}

/** "*": lines like the one before, up to the next offset. */
const SAME_AGAIN: DumpLine = { offset: "", octets: [], words: false, sure: false };

/** Lines that a "*" may stand for: 16 MiB of zeros. */
const MAX_SAME_BYTES = 16 * 1024 * 1024;

/** Offset, octets in groups, and perhaps the same as text; the last offset may stand alone. */
const DUMP_LINE = /^\s*(?:0x)?([0-9a-f]{4,16})(:?)(?:\s+([0-9a-f].*))?$/i;

/** @returns undefined when a line is of no dump, or the offsets do not fit the octets */
function readDump(text: string): Uint8Array | undefined {
  const lines: DumpLine[] = [];
  for (const line of text.split("\n")) {
    if (line.trim() === "") continue;
    const parsed = line.trim() === "*" ? SAME_AGAIN : dumpLine(line.trimEnd());
    if (parsed === undefined) return undefined;
    lines.push(parsed);
  }
  const [first] = lines;
  if (first === undefined || !(first.sure || lines.length > 1)) return undefined;
  // od counts in eights and pads to seven digits; hexdump's seven digits stand before words
  const bases = first.offset.length === 7 && !first.words ? [8, 16] : [16, 8];
  return joined(lines, bases[0]!) ?? joined(lines, bases[1]!);
}

function dumpLine(line: string): DumpLine | undefined {
  const match = DUMP_LINE.exec(line);
  if (match === null) return undefined;
  const [, offset = "", colon = "", rest = ""] = match;
  const octets: string[] = [];
  let at = 0;
  let width = 0;
  for (const group of rest.matchAll(/([0-9a-f]+)(\s+|$)/gi)) {
    const [whole, digits = "", gap = ""] = group;
    if (group.index !== at || digits.length % 2 !== 0) break;
    octets.push(...(digits.match(/../g) ?? []));
    width = Math.max(width, digits.length);
    at += whole.length;
    // text follows, except for the gap in the middle of a line
    if (gap.length > 2 || (gap.length === 2 && octets.length !== 8)) break;
  }
  const beside = rest.slice(at) !== "";
  const zero = /^0+$/.test(offset) && width === 2;
  return { offset, octets, words: colon === "" && width === 4 && !beside, sure: colon !== "" || beside || zero };
}

/** @param base of the offsets */
function joined(lines: readonly DumpLine[], base: number): Uint8Array | undefined {
  const out: number[] = [];
  const offsets = lines.map(({ offset }) => Number.parseInt(offset, base));
  const start = offsets[0]!;
  let widest = Number.POSITIVE_INFINITY;
  let before: readonly number[] = [];
  for (const [index, line] of lines.entries()) {
    const next = (offsets[index + 1] ?? Number.NaN) - start;
    if (line === SAME_AGAIN) {
      if (before.length === 0 || !(next <= MAX_SAME_BYTES)) return undefined;
      while (out.length + before.length <= next) for (const octet of before) out.push(octet);
      continue;
    }
    if (offsets[index]! - start !== out.length) return undefined;
    const octets = valuesOf(line);
    // what lies beyond the next offset is text that looks like octets, or the padding of an odd last word
    const length = Number.isNaN(next) ? widest : next - out.length;
    if (index === 0 && length > 0) widest = length;
    before = octets.slice(0, Math.max(0, Math.min(length, widest)));
    out.push(...before);
  }
  return out.length === 0 ? undefined : Uint8Array.from(out);
}

function valuesOf({ octets, words }: DumpLine): number[] {
  const values = octets.map((pair) => Number.parseInt(pair, 16));
  if (words) for (let at = 0; at + 1 < values.length; at += 2) values.splice(at, 2, values[at + 1]!, values[at]!);
  return values;
}

/** `[8, 233, 7]` as JavaScript, Python and Rust print it, `[8 233 7]` as Go, with Java's negative octets; not `[08 e9 07]`. */
function readNumbers(text: string): Uint8Array | undefined {
  const inner = /^\s*(?:\w+(?:\(\d+\))?\s*)?\[([-\d\s,]+)\]\s*$/.exec(text)?.[1];
  if (inner === undefined) return undefined;
  const words = inner.split(/[\s,]+/).filter((word) => word !== "");
  if (!words.every((word) => /^(0|-?[1-9]\d{0,2})$/.test(word) && Number(word) >= -128 && Number(word) <= 255))
    return undefined;
  if (!inner.includes(",") && words.every((word) => word.length === 2)) return undefined;
  return Uint8Array.from(words, Number);
}

/** `%08%e9` as URLs have it; what is text after it may be hex or base64. */
function readPercent(text: string): Uint8Array | string {
  if (!text.includes("%") || /\s|%(?![0-9a-f]{2})/i.test(text)) return text;
  const plain = text.replace(/%(..)/g, (_, pair: string) => String.fromCharCode(Number.parseInt(pair, 16)));
  return /^[\x20-\x7e]+$/.test(plain) ? plain : Uint8Array.from(plain, (char) => char.charCodeAt(0));
}
