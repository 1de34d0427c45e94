// JSON text (RFC 8259) read without loss: numbers keep their digits, objects their order, and a key that comes twice is a mistake.
import { FramelensError } from "../model/errors.js";

/** What a JSON value may be: from {@link parseJson}, or made by hand. */
export type Json =
  | null
  | boolean
  | string
  | number
  | bigint
  | JsonNumber
  | readonly Json[]
  | ReadonlyMap<string, Json>
  | { readonly [key: string]: Json };

/** A number as it was written: 64-bit integers do not fit a double. */
export class JsonNumber {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** Arrays and objects within each other; a message of depth 100 needs two or three for each level. */
export const MAX_JSON_DEPTH = 400;

/** @throws FramelensError `ERR_JSON` with line and column */
export function parseJson(text: string): Json {
  const parser = new Parser(text);
  const value = parser.value(0);
  parser.end();
  return value;
}

const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS: ReadonlyMap<string, Json> = new Map<string, Json>([
  ["true", true],
  ["false", false],
  ["null", null],
]);

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(depth: number): Json {
    if (depth > MAX_JSON_DEPTH) throw this.#mistake("nested too deeply");
    const char = this.#peek();
    if (char === "{") return this.#object(depth);
    if (char === "[") return this.#array(depth);
    if (char === '"') return this.#string();
    for (const [word, value] of WORDS) {
      if (!this.#text.startsWith(word, this.#at)) continue;
      this.#at += word.length;
      return value;
    }
    NUMBER.lastIndex = this.#at;
    const number = NUMBER.exec(this.#text)?.[0];
    if (number === undefined) throw this.#mistake("expected a value");
    this.#at += number.length;
    return new JsonNumber(number);
  }

  end(): void {
    if (this.#peek() !== "") throw this.#mistake("expected the end");
  }

  #object(depth: number): ReadonlyMap<string, Json> {
    const members = new Map<string, Json>();
    this.#at++;
    if (this.#take("}")) return members;
    do {
      if (this.#peek() !== '"') throw this.#mistake("expected a key");
      const start = this.#at;
      const key = this.#string();
      if (!this.#take(":")) throw this.#mistake('expected ":"');
      if (members.has(key)) {
        this.#at = start;
        throw this.#mistake(`${JSON.stringify(key)} comes twice`);
      }
      members.set(key, this.value(depth + 1));
    } while (this.#take(","));
    if (!this.#take("}")) throw this.#mistake('expected "," or "}"');
    return members;
  }

  #array(depth: number): readonly Json[] {
    const elements: Json[] = [];
    this.#at++;
    if (this.#take("]")) return elements;
    do elements.push(this.value(depth + 1));
    while (this.#take(","));
    if (!this.#take("]")) throw this.#mistake('expected "," or "]"');
    return elements;
  }

  #string(): string {
    const start = this.#at;
    let end = start + 1;
    while (end < this.#text.length && this.#text[end] !== '"') end += this.#text[end] === "\\" ? 2 : 1;
    if (end >= this.#text.length) throw this.#mistake("a string without its end");
    this.#at = end + 1;
    try {
      const value: unknown = JSON.parse(this.#text.slice(start, this.#at));
      return String(value);
    } catch {
      this.#at = start;
      throw this.#mistake("a string with a control character or an unknown escape");
    }
  }

  /** @returns the next character that is no space; "" at the end */
  #peek(): string {
    SPACE.lastIndex = this.#at;
    this.#at += SPACE.exec(this.#text)?.[0].length ?? 0;
    return this.#text[this.#at] ?? "";
  }

  #take(char: string): boolean {
    if (this.#peek() !== char) return false;
    this.#at++;
    return true;
  }

  #mistake(what: string): FramelensError {
    const before = this.#text.slice(0, this.#at);
    const line = before.split("\n").length;
    const column = this.#at - before.lastIndexOf("\n");
    return new FramelensError("ERR_JSON", `JSON, line ${line}, column ${column}: ${what}`);
  }
}
