// The tokens of .proto text, after protoc's io/tokenizer.h; also those of text format inside option values.

export type TokenKind = "identifier" | "number" | "string" | "symbol" | "end" | "bad";

export interface Position {
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units. */
  readonly column: number;
}

/** What made a file unreadable, and at which offset; it never leaves the parser. */
export class ParseFailure extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const TAB = 9;
const LF = 10;
const CR = 13;
const SPACE = 32;
const QUOTE = 34;
const HASH = 35;
const APOSTROPHE = 39;
const STAR = 42;
const DOT = 46;
const SLASH = 47;
const BACKSLASH = 92;
const BOM = 0xfeff;

/**
 * Walks over .proto text token by token, without an object per token: after `next()`, `kind`, `start` and `end` describe the token.
 * Never throws: what is no token is of kind "bad", with the reason in `reason`.
 */
export class Tokenizer {
  readonly source: string;
  kind: TokenKind = "end";
  start = 0;
  end = 0;
  reason = "";
  /** Text format has # comments, .proto text has none. */
  hashComments = false;

  constructor(source: string) {
    this.source = source;
    if (source.charCodeAt(0) === BOM) this.end = 1;
  }

  next(): void {
    const source = this.source;
    const at = this.#skipBlanks();
    this.start = at;
    if (this.kind === "bad") return;
    if (at >= source.length) {
      this.kind = "end";
      this.end = at;
      return;
    }
    const code = source.charCodeAt(at);
    if (isLetter(code)) {
      let end = at + 1;
      while (isLetterOrDigit(source.charCodeAt(end))) end++;
      this.#take("identifier", end);
    } else if (isDigit(code) || (code === DOT && isDigit(source.charCodeAt(at + 1)))) {
      this.#take("number", endOfNumber(source, at));
    } else if (code === QUOTE || code === APOSTROPHE) {
      this.#string(code);
    } else if (code > SPACE && code < 127) {
      this.#take("symbol", at + 1);
    } else {
      this.#bad(`unexpected character ${JSON.stringify(source[at])}`, at + 1);
    }
  }

  text(): string {
    return this.source.slice(this.start, this.end);
  }

  is(symbol: string): boolean {
    return this.end - this.start === symbol.length && this.source.startsWith(symbol, this.start);
  }

  /** Goes back to a token's start and reads it again. */
  rewind(start: number): void {
    this.kind = "end";
    this.end = start;
    this.next();
  }

  #take(kind: TokenKind, end: number): void {
    this.kind = kind;
    this.end = end;
  }

  #bad(reason: string, end: number): void {
    this.kind = "bad";
    this.reason = reason;
    this.end = end;
  }

  #skipBlanks(): number {
    const source = this.source;
    let at = this.end;
    this.kind = "end";
    for (;;) {
      const code = source.charCodeAt(at);
      if (code === SPACE || (code >= TAB && code <= CR)) {
        at++;
      } else if ((code === SLASH && source.charCodeAt(at + 1) === SLASH) || (code === HASH && this.hashComments)) {
        const end = source.indexOf("\n", at);
        at = end < 0 ? source.length : end + 1;
      } else if (code === SLASH && source.charCodeAt(at + 1) === STAR) {
        const end = source.indexOf("*/", at + 2);
        if (end < 0) {
          this.#bad("this comment is never closed; expected */", source.length);
          return at;
        }
        at = end + 2;
      } else {
        return at;
      }
    }
  }

  #string(quote: number): void {
    const source = this.source;
    for (let at = this.start + 1; at < source.length; at++) {
      const code = source.charCodeAt(at);
      if (code === quote) {
        this.#take("string", at + 1);
        return;
      }
      if (code === LF) break;
      if (code === BACKSLASH) at++;
    }
    const end = source.indexOf("\n", this.start);
    this.#bad("this string is not closed on its line", end < 0 ? source.length : end);
  }
}

/** Where an offset lies in a text. */
export function positionOf(source: string, offset: number): Position {
  return positionFinder(source)(offset);
}

/** Like positionOf, for many offsets of one text. */
export function positionFinder(source: string): (offset: number) => Position {
  let starts: number[] | undefined;
  return (offset) => {
    starts ??= lineStarts(source);
    let low = 0;
    for (let high = starts.length; high - low > 1; ) {
      const middle = (low + high) >> 1;
      if (starts[middle]! <= offset) low = middle;
      else high = middle;
    }
    return { line: low + 1, column: offset - starts[low]! + 1 };
  };
}

function lineStarts(source: string): number[] {
  const starts = [0];
  for (let at = source.indexOf("\n"); at >= 0; at = source.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

const SIMPLE_ESCAPES: Readonly<Record<string, number>> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  "\\": 92,
  "?": 63,
  "'": 39,
  '"': 34,
};

const ESCAPE =
  /\\(?:([abfnrtv\\?'"])|([0-7]{1,3})|[xX]([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([\s\S]))/g;

/**
 * The bytes that a quoted string stands for: UTF-8, with \ooo and \xhh as bare octets.
 * @param quoted with its quotes
 * @returns undefined when an escape is not one of protobuf's
 */
export function unquote(quoted: string): Uint8Array | undefined {
  const inner = quoted.slice(1, -1);
  if (!inner.includes("\\")) return new TextEncoder().encode(inner);
  const pieces: number[] = [];
  const encoder = new TextEncoder();
  let last = 0;
  for (const match of inner.matchAll(ESCAPE)) {
    pieces.push(...encoder.encode(inner.slice(last, match.index)));
    last = match.index + match[0].length;
    const [, simple, octal, hex, short, long] = match;
    if (simple !== undefined) pieces.push(SIMPLE_ESCAPES[simple] ?? 0);
    else if (octal !== undefined) pieces.push(Number.parseInt(octal, 8) & 0xff);
    else if (hex !== undefined) pieces.push(Number.parseInt(hex, 16));
    else {
      const digits = short ?? long;
      const point = digits === undefined ? Number.NaN : Number.parseInt(digits, 16);
      if (!(point <= 0x10ffff)) return undefined;
      pieces.push(...encoder.encode(String.fromCodePoint(point)));
    }
  }
  for (const byte of encoder.encode(inner.slice(last))) pieces.push(byte);
  return Uint8Array.from(pieces);
}

function endOfNumber(source: string, start: number): number {
  const hex = source.charCodeAt(start) === 48 && (source.charCodeAt(start + 1) | 32) === 120;
  let at = start + 1;
  for (; ; at++) {
    const code = source.charCodeAt(at);
    if (isLetterOrDigit(code) || code === DOT) continue;
    // a sign belongs to the number only behind a decimal exponent
    if ((code === 43 || code === 45) && !hex && (source.charCodeAt(at - 1) | 32) === 101) continue;
    return at;
  }
}

function isLetter(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95;
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isLetterOrDigit(code: number): boolean {
  return isLetter(code) || isDigit(code);
}
