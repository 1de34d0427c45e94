// JSON text with values of megabytes in it, which are written piece by piece when it is told: the whole is never a string.
import { stringText } from "./json-scalar.js";
import { base64 } from "./json-text.js";
import { TYPE } from "./wire.js";

/** From here on a value is left in its octets: about as much as V8 keeps among what is collected cheaply. */
export const LONG_VALUE_BYTES = 65_536;
/** Octets of one piece, a multiple of three: 32 KiB of base64. */
const PIECE_BYTES = 24_576;
const PIECE_CHARS = 32_768;
/** Stands in the text where a long value belongs: in JSON a control is always escaped. */
const GAP = "\0";

type LongType = typeof TYPE.string | typeof TYPE.bytes;

/** One value, [start, end) of the message's octets. */
interface LongValue {
  readonly type: LongType;
  readonly start: number;
  readonly end: number;
}

/** A text that is told in pieces of at most some 32 KiB, where values are what is long in it. */
export class LongText implements Iterable<string> {
  readonly #values: LongValues | undefined;
  #text: string;
  #isWhole: boolean;

  /** @param text with gaps for the values */
  constructor(text: string, values?: LongValues) {
    this.#text = text;
    this.#values = values;
    this.#isWhole = values === undefined || values.count === 0;
  }

  /** The whole, which is then remembered. */
  get text(): string {
    if (!this.#isWhole) this.#text = [...this].join("");
    this.#isWhole = true;
    return this.#text;
  }

  /** About how many characters it has. */
  get length(): number {
    return this.#text.length + (this.#isWhole ? 0 : this.#values!.length);
  }

  /** How many of them are there already. */
  get heldLength(): number {
    return this.#text.length;
  }

  /** In UTF-8. */
  get byteLength(): number {
    const length = Buffer.byteLength(this.#text);
    return this.#isWhole ? length : length + this.#values!.byteLength;
  }

  /** Whether some text is in it that is no value's. */
  includes(text: string): boolean {
    return this.#text.includes(text);
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#isWhole ? textPieces(this.#text, 0, this.#text.length) : this.#values!.pieces(this.#text);
  }
}

/** The long values of one text, in the order in which they come in it. */
export class LongValues {
  readonly #bytes: Buffer;
  readonly #values: LongValue[] = [];
  /** About how many characters they have. */
  length = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get count(): number {
    return this.#values.length;
  }

  /** @returns what stands for the value in the text; undefined for one that is not long, or of another type */
  take(type: number, start: number, end: number): string | undefined {
    if (end - start < LONG_VALUE_BYTES || (type !== TYPE.string && type !== TYPE.bytes)) return undefined;
    this.#values.push({ type, start, end });
    this.length += type === TYPE.string ? end - start : base64Length(end - start);
    return `"${GAP}"`;
  }

  /** @param text with what {@link take} returned in it, once and in order */
  *pieces(text: string): IterableIterator<string> {
    let at = 0;
    for (const value of this.#values) {
      const gap = text.indexOf(GAP, at);
      yield* textPieces(text, at, gap);
      yield* this.#piecesOf(value);
      at = gap + 1;
    }
    yield* textPieces(text, at, text.length);
  }

  /** In UTF-8, less the gaps. */
  get byteLength(): number {
    let length = -this.#values.length;
    for (const value of this.#values) {
      if (value.type === TYPE.bytes) length += base64Length(value.end - value.start);
      else for (const piece of this.#piecesOf(value)) length += Buffer.byteLength(piece);
    }
    return length;
  }

  #piecesOf({ type, start, end }: LongValue): IterableIterator<string> {
    return type === TYPE.bytes ? base64Pieces(this.#bytes, start, end) : stringPieces(this.#bytes, start, end);
  }
}

/** Text of many small values; no character is cut. */
function* textPieces(text: string, start: number, end: number): IterableIterator<string> {
  for (let at = start; at < end; ) {
    let to = Math.min(end, at + PIECE_CHARS);
    // The first half of a character of two.
    if (to < end && (text.charCodeAt(to - 1) & 0xfc00) === 0xd800) to--;
    yield text.slice(at, to);
    at = to;
  }
}

/** Octets as base64, a piece at a time. */
export function* base64Pieces(bytes: Buffer, start: number, end: number): IterableIterator<string> {
  for (let at = start; at < end; at += PIECE_BYTES) yield base64(bytes, at, Math.min(end, at + PIECE_BYTES));
}

function* stringPieces(bytes: Buffer, start: number, end: number): IterableIterator<string> {
  for (let at = start; at < end; ) {
    const to = end - at <= PIECE_BYTES ? end : characterBefore(bytes, at + PIECE_BYTES);
    yield stringText(bytes, at, to).slice(1, -1);
    at = to;
  }
}

/**
 * Where UTF-8 may be cut at or before an octet, so that the parts read as the whole does. No character has more than three
 * octets after its first: a fourth in a row is a mistake that stands alone.
 */
function characterBefore(bytes: Buffer, at: number): number {
  for (let back = 0; back < 4; back++) if ((bytes[at - back]! & 0xc0) !== 0x80) return at - back;
  return at;
}

function base64Length(octets: number): number {
  return Math.ceil(octets / 3) * 4;
}
