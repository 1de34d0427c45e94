// Reads a regular expression: JavaScript's syntax (ECMA-262, "Patterns") without what cannot be matched in linear time.
import { ANY, type CharSet, charSet, DIGITS, foldCase, negate, SPACE, WORD } from "./char-set.js";

/** A longer pattern is no person's. */
export const MAX_PATTERN_CHARS = 1000;
/** Groups within groups; the reader calls itself for each. */
const MAX_DEPTH = 50;
const MAX_REPEAT = 1000;

export type RegexNode =
  | { readonly kind: "set"; readonly set: CharSet }
  | { readonly kind: "assert"; readonly what: "start" | "end" | "word" | "not-word" }
  | { readonly kind: "sequence"; readonly parts: readonly RegexNode[] }
  | { readonly kind: "choice"; readonly options: readonly RegexNode[] }
  | { readonly kind: "repeat"; readonly part: RegexNode; readonly min: number; readonly max: number };

/** A mistake in a pattern; `at` is its place in it. */
export class RegexMistake extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

/** @throws RegexMistake */
export function parseRegex(pattern: string): RegexNode {
  if (pattern.length > MAX_PATTERN_CHARS)
    throw new RegexMistake(`pattern has ${pattern.length} characters; ${MAX_PATTERN_CHARS} at most`, MAX_PATTERN_CHARS);
  const ignoreCase = pattern.startsWith("(?i)");
  return new Reader(pattern, ignoreCase ? 4 : 0, ignoreCase).read();
}

const ESCAPED_SETS: ReadonlyMap<string, CharSet> = new Map([
  ["d", DIGITS],
  ["D", negate(DIGITS)],
  ["w", WORD],
  ["W", negate(WORD)],
  ["s", SPACE],
  ["S", negate(SPACE)],
]);
const ESCAPED_CHARS: ReadonlyMap<string, number> = new Map([
  ["t", 0x09],
  ["n", 0x0a],
  ["v", 0x0b],
  ["f", 0x0c],
  ["r", 0x0d],
  ["0", 0],
]);

class Reader {
  readonly #text: string;
  readonly #ignoreCase: boolean;
  #at: number;

  constructor(text: string, at: number, ignoreCase: boolean) {
    this.#text = text;
    this.#at = at;
    this.#ignoreCase = ignoreCase;
  }

  read(): RegexNode {
    const node = this.#choice(0);
    if (this.#at < this.#text.length) throw new RegexMistake('")" without "("', this.#at);
    return node;
  }

  #choice(depth: number): RegexNode {
    const options = [this.#sequence(depth)];
    while (this.#take("|")) options.push(this.#sequence(depth));
    return options.length === 1 ? options[0]! : { kind: "choice", options };
  }

  #sequence(depth: number): RegexNode {
    const parts: RegexNode[] = [];
    while (this.#at < this.#text.length && this.#peek() !== "|" && this.#peek() !== ")")
      parts.push(this.#repeat(depth));
    return parts.length === 1 ? parts[0]! : { kind: "sequence", parts };
  }

  #repeat(depth: number): RegexNode {
    const start = this.#at;
    const part = this.#one(depth);
    const times = this.#times();
    if (times === undefined) return part;
    if (/^(?:[$^]|\\b|\\B)/.test(this.#text.slice(start, start + 2)))
      throw new RegexMistake("nothing to repeat", start);
    this.#take("?");
    const again = this.#at;
    if (this.#times() !== undefined) throw new RegexMistake("nothing to repeat", again);
    return { kind: "repeat", part, ...times };
  }

  /** @returns undefined when no quantifier stands here */
  #times(): { readonly min: number; readonly max: number } | undefined {
    const at = this.#at;
    if (this.#take("*")) return { min: 0, max: Number.POSITIVE_INFINITY };
    if (this.#take("+")) return { min: 1, max: Number.POSITIVE_INFINITY };
    if (this.#take("?")) return { min: 0, max: 1 };
    const match = /^\{(\d{1,9})(?:(,)(\d{1,9})?)?\}/.exec(this.#text.slice(at, at + 24));
    if (match === null) return undefined;
    const min = Number(match[1]);
    const max = match[2] === undefined ? min : match[3] === undefined ? Number.POSITIVE_INFINITY : Number(match[3]);
    if (max < min) throw new RegexMistake(`{${min},${max}}; the first number must not be the larger`, at);
    if (min > MAX_REPEAT || (max > MAX_REPEAT && max !== Number.POSITIVE_INFINITY))
      throw new RegexMistake(`repeats more than ${MAX_REPEAT} times`, at);
    this.#at += match[0].length;
    return { min, max };
  }

  #one(depth: number): RegexNode {
    const start = this.#at;
    const char = this.#text[this.#at++]!;
    switch (char) {
      case "(":
        return this.#group(depth, start);
      case "[":
        return this.#set(this.#charClass(start));
      case ".":
        return { kind: "set", set: ANY };
      case "^":
        return { kind: "assert", what: "start" };
      case "$":
        return { kind: "assert", what: "end" };
      case "*":
      case "+":
      case "?":
        throw new RegexMistake("nothing to repeat", start);
      case "\\":
        return this.#escaped(start);
      default:
        return this.#char(char.charCodeAt(0));
    }
  }

  #group(depth: number, start: number): RegexNode {
    if (depth >= MAX_DEPTH) throw new RegexMistake(`groups within more than ${MAX_DEPTH} groups`, start);
    if (this.#take("?")) {
      const rest = this.#text.slice(this.#at, this.#at + 100);
      const opening = /^:|^<[A-Za-z_$][\w$]*>/.exec(rest);
      if (opening === null) {
        const ahead = /^(=|!|<=|<!)/.test(rest);
        const what = ahead
          ? "look-around is not possible in linear time"
          : '"(?" must be followed by ":", or stand first as "(?i)"';
        throw new RegexMistake(what, start);
      }
      this.#at += opening[0].length;
    }
    const node = this.#choice(depth + 1);
    if (!this.#take(")")) throw new RegexMistake('"(" without ")"', start);
    return node;
  }

  #escaped(start: number): RegexNode {
    const char = this.#text[this.#at];
    if (char === "b" || char === "B") {
      this.#at++;
      return { kind: "assert", what: char === "b" ? "word" : "not-word" };
    }
    if (char !== undefined && (/[1-9]/.test(char) || (char === "k" && this.#text[this.#at + 1] === "<")))
      throw new RegexMistake("back-references are not possible in linear time", start);
    const escaped = this.#escape(start);
    return typeof escaped === "number" ? this.#char(escaped) : this.#set(escaped);
  }

  /** What follows a backslash. */
  #escape(start: number): number | CharSet {
    const char = this.#text[this.#at];
    if (char === undefined) throw new RegexMistake("nothing after the last \\", start);
    this.#at++;
    const hex = char === "x" ? 2 : char === "u" ? 4 : 0;
    if (hex > 0) {
      const digits = this.#text.slice(this.#at, this.#at + hex);
      if (digits.length < hex || /[^0-9a-f]/i.test(digits))
        throw new RegexMistake(`\\${char} and not ${hex} hexadecimal digits`, start);
      this.#at += hex;
      return Number.parseInt(digits, 16);
    }
    const known = ESCAPED_SETS.get(char) ?? ESCAPED_CHARS.get(char);
    if (known !== undefined) return known;
    if (/[a-z]/i.test(char)) throw new RegexMistake(`\\${char} means nothing here`, start);
    return char.charCodeAt(0);
  }

  #charClass(start: number): CharSet {
    const not = this.#take("^");
    const ranges: number[] = [];
    for (;;) {
      if (this.#at >= this.#text.length) throw new RegexMistake('"[" without "]"', start);
      if (this.#take("]")) break;
      const from = this.#classPart();
      if (this.#peek() !== "-" || this.#text[this.#at + 1] === "]" || this.#at + 1 >= this.#text.length) {
        addPart(ranges, from);
        continue;
      }
      const dash = this.#at++;
      const to = this.#classPart();
      if (typeof from === "number" && typeof to === "number") {
        if (to < from) throw new RegexMistake("range of characters out of order", dash);
        ranges.push(from, to);
      } else {
        addPart(ranges, from);
        addPart(ranges, to);
        ranges.push(0x2d, 0x2d);
      }
    }
    const set = charSet(ranges);
    const folded = this.#ignoreCase ? foldCase(set) : set;
    return not ? negate(folded) : folded;
  }

  #classPart(): number | CharSet {
    const start = this.#at;
    const char = this.#text[this.#at++]!;
    if (char !== "\\") return char.charCodeAt(0);
    if (this.#take("b")) return 0x08;
    return this.#escape(start);
  }

  #char(code: number): RegexNode {
    const set = charSet([code, code]);
    return { kind: "set", set: this.#ignoreCase ? foldCase(set) : set };
  }

  #set(set: CharSet): RegexNode {
    return { kind: "set", set };
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }
}

function addPart(ranges: number[], part: number | CharSet): void {
  if (typeof part === "number") ranges.push(part, part);
  else ranges.push(...part);
}
