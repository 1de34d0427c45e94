// A filter's text as tokens with their places. What a word may hold depends on where it stands, so the parser asks for one at a time.
import { FilterError, quoted, type Span } from "./mistake.js";

/** A step of a path: a name after a dot, or what stands in brackets. */
export type Step = string | number;

export interface Token {
  readonly kind: "end" | "word" | "string" | "symbol" | "tilde";
  /** A string's value, a tilde's letters, else the text itself. */
  readonly text: string;
  readonly span: Span;
  /** Of a word with brackets: name by name; a bracket's text is no name and is not split. */
  readonly steps?: readonly Step[];
}

/** `term`: where a field or a bare word may stand. `value`: behind an operator. `pattern`: behind =~, where backslashes are kept. */
export type LexMode = "term" | "value" | "pattern";

const SYMBOLS = [
  "&&",
  "||",
  "==",
  "!=",
  "<=",
  ">=",
  "=~",
  "<",
  ">",
  "=",
  "!",
  "&",
  "|",
  "(",
  ")",
  "[",
  "]",
  ",",
  "{",
  "}",
  "~",
];
const WORD_END = /[\s()[\]{},"'!=<>~&|]/;
const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["'", "'"],
  ["\\", "\\"],
  ["/", "/"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
  ["b", "\b"],
  ["f", "\f"],
  ["0", "\0"],
]);

/** @throws FilterError for a string or bracket that does not end */
export function readToken(text: string, from: number, mode: LexMode): Token {
  const start = skipSpace(text, from);
  if (start >= text.length) return { kind: "end", text: "", span: [text.length, text.length] };
  const char = text[start]!;
  if (char === '"' || char === "'") return readString(text, start, mode === "pattern");
  if (mode === "pattern") return readPattern(text, start);
  const tilde = mode === "term" ? /^~([A-Za-z]+)/.exec(text.slice(start, start + 20)) : null;
  if (tilde !== null) return { kind: "tilde", text: tilde[1]!, span: [start, start + tilde[0].length] };
  const symbol = SYMBOLS.find((known) => text.startsWith(known, start));
  if (symbol !== undefined) return { kind: "symbol", text: symbol, span: [start, start + symbol.length] };
  return readWord(text, start, mode === "term");
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && /\s/.test(text[at]!)) at++;
  return at;
}

function readWord(text: string, start: number, brackets: boolean): Token {
  const steps: Step[] = [];
  let at = start;
  let bracketed = false;
  for (;;) {
    const from = at;
    while (at < text.length && !WORD_END.test(text[at]!)) at++;
    // Behind a bracket names begin with a dot.
    const names = bracketed && text[from] === "." ? text.slice(from + 1, at) : text.slice(from, at);
    if (at > from) steps.push(...names.split("."));
    if (!brackets || text[at] !== "[") break;
    const bracket = readBracket(text, at);
    steps.push(bracket.step);
    at = bracket.end;
    bracketed = true;
  }
  const token = { kind: "word" as const, text: text.slice(start, at), span: [start, at] as const };
  return bracketed ? { ...token, steps } : token;
}

function readBracket(text: string, start: number): { readonly step: Step; readonly end: number } {
  const inner = skipSpace(text, start + 1);
  const quote = text[inner] === '"' || text[inner] === "'";
  const digits = /^\d{1,15}/.exec(text.slice(inner, inner + 15));
  if (!quote && digits === null)
    throw new FilterError('expected a number or a text in quotes after "["', [inner, Math.min(inner + 1, text.length)]);
  const string = quote ? readString(text, inner, false) : undefined;
  const end = skipSpace(text, string === undefined ? inner + digits![0].length : string.span[1]);
  if (text[end] !== "]") throw new FilterError('"[" without "]"', [start, end]);
  return { step: string === undefined ? Number(digits![0]) : string.text, end: end + 1 };
}

function readString(text: string, start: number, raw: boolean): Token {
  const quote = text[start]!;
  let value = "";
  let at = start + 1;
  while (at < text.length && text[at] !== quote) {
    if (text[at] !== "\\" || at + 1 >= text.length) {
      value += text[at++];
    } else if (raw) {
      value += text[at + 1] === quote ? quote : text.slice(at, at + 2);
      at += 2;
    } else {
      const escaped = readEscape(text, at);
      value += escaped.value;
      at = escaped.end;
    }
  }
  if (at >= text.length) throw new FilterError(`text in quotes does not end; expected ${quote}`, [start, text.length]);
  return { kind: "string", text: value, span: [start, at + 1] };
}

function readEscape(text: string, at: number): { readonly value: string; readonly end: number } {
  const char = text[at + 1]!;
  const known = ESCAPES.get(char);
  if (known !== undefined) return { value: known, end: at + 2 };
  const hex = /^(?:x[0-9a-f]{2}|u[0-9a-f]{4})/i.exec(text.slice(at + 1, at + 6));
  if (hex === null)
    throw new FilterError(`${quoted(`\\${char}`)} means nothing in a text; a backslash is \\\\`, [at, at + 2]);
  return { value: String.fromCharCode(Number.parseInt(hex[0].slice(1), 16)), end: at + 1 + hex[0].length };
}

/** To the next space or a parenthesis that the pattern did not open; `&&` and `||` end it too. */
function readPattern(text: string, start: number): Token {
  let depth = 0;
  let at = start;
  for (; at < text.length && !/\s/.test(text[at]!); at++) {
    const char = text[at]!;
    if (char === "\\") at++;
    else if (char === "(") depth++;
    else if (char === ")" && --depth < 0) break;
    else if (depth === 0 && /^(?:&&|\|\|)/.test(text.slice(at, at + 2))) break;
  }
  at = Math.min(at, text.length);
  const word = text.slice(start, at);
  // Nothing that could be a pattern, as in "=~ )" or "=~ && x".
  if (word === "") return { kind: "symbol", text: text[start]!, span: [start, start + 1] };
  return { kind: "word", text: word, span: [start, at] };
}
