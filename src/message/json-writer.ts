// JSON text while it grows: brackets, commas, indentation, its greatest length, and where in the message the writer is.
import type { Problem } from "../model/events.js";
import { scalarText } from "./json-scalar.js";
import { LongValues } from "./long-text.js";
import type { FieldPlan, TypeLookup } from "./plan.js";
import { type PlacedProblem, problemsOf } from "./problem-list.js";
import type { MessageNode } from "./tree.js";

export interface JsonOptions {
  /** Indented by two spaces. */
  readonly pretty?: boolean;
  /** Replaces fields marked `debug_redact` by `REDACTED`. */
  readonly mask?: boolean;
  readonly maxLength?: number;
  /** Lets go of text once it is counted: see {@link JsonWriter.byteLength}. */
  readonly countOnly?: boolean;
  /** Leaves values of megabytes in their octets: see {@link JsonWriter.long}. */
  readonly long?: boolean;
}

/**
 * Characters of JSON from one message: a schema can have names of a kilobyte for fields of two octets, and a JavaScript
 * string ends at 2^29. Fields beyond are left out, the text stays JSON.
 */
export const MAX_JSON_LENGTH = 64 * 1024 * 1024;

/** Text that is held until it is counted: encoding it piece by piece would cost more than writing it. */
const COUNTED_PIECE = 16_384;

export class JsonWriter {
  /** With `countOnly`, what has been written since it was counted last. */
  text = "";
  readonly types: TypeLookup;
  /** The buffer that all nodes of the tree lie in. */
  readonly bytes: Buffer;
  readonly mask: boolean;
  readonly problems: PlacedProblem[] = [];
  /** The values for which there are gaps in the text. */
  readonly long: LongValues | undefined;
  readonly #maxLength: number;
  readonly #countOnly: boolean;
  #countedBytes = 0;
  readonly #path: string[] = [];
  readonly #colon: string;
  /** A line break and the indentation; empty when everything is on one line. */
  #line: string;
  /** What goes before the next key or element. */
  #before: string;
  #isFull = false;

  constructor(bytes: Uint8Array, types: TypeLookup, options: JsonOptions) {
    this.bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    this.types = types;
    this.mask = options.mask ?? false;
    this.#maxLength = options.maxLength ?? MAX_JSON_LENGTH;
    this.#countOnly = options.countOnly ?? false;
    this.long = options.long === true ? new LongValues(this.bytes) : undefined;
    this.#line = options.pretty ? "\n" : "";
    this.#before = "";
    this.#colon = options.pretty ? " " : "";
  }

  /** Of all that was written, in UTF-8. */
  get byteLength(): number {
    return this.#countedBytes + Buffer.byteLength(this.text) + (this.long?.byteLength ?? 0);
  }

  /** A value that is no message, to be written next. */
  scalar(plan: FieldPlan, start: number, end: number): string {
    return this.long?.take(plan.type, start, end) ?? scalarText(plan, this.bytes, start, end);
  }

  open(bracket: "{" | "["): void {
    this.text += bracket;
    if (this.#line !== "") this.#line += "  ";
    this.#before = this.#line;
  }

  close(bracket: "}" | "]"): void {
    const isEmpty = this.#before === this.#line;
    if (this.#line !== "") this.#line = this.#line.slice(0, -2);
    this.text += isEmpty ? bracket : this.#line + bracket;
    this.#before = `,${this.#line}`;
  }

  /** An element of an array, or the beginning of one. */
  element(text: string): void {
    this.text += this.#before + text;
    this.#before = `,${this.#line}`;
  }

  /** A key, and the beginning of its value. @param key quoted and with its colon */
  member(key: string, text: string): void {
    this.text += this.#before + key + this.#colon + text;
    this.#before = `,${this.#line}`;
  }

  enter(step: string): void {
    this.#path.push(step);
  }

  leave(): void {
    this.#path.pop();
  }

  /** Reports that what is being written is not whole, or not as it stands on the wire. */
  problem(problem: Problem, at: MessageNode): void {
    this.problems.push({ ...problem, path: joinPath(this.#path), start: at.start, end: at.end });
  }

  /** Reports what the walker found in a message. */
  addProblems(message: MessageNode): void {
    for (const problem of problemsOf(message))
      this.problems.push({ ...problem, path: joinPath([...this.#path, problem.path]) });
  }

  /** @returns true when no more is to be written than closing brackets */
  isFull(at: MessageNode): boolean {
    if (this.#countOnly && this.text.length > COUNTED_PIECE) {
      this.#countedBytes += Buffer.byteLength(this.text);
      this.text = "";
    }
    if (this.#countedBytes + this.text.length + (this.long?.length ?? 0) <= this.#maxLength) return false;
    if (!this.#isFull)
      this.problem({ code: "ERR_JSON_TOO_LONG", message: `more than ${this.#maxLength} characters of JSON` }, at);
    this.#isFull = true;
    return true;
  }
}

function joinPath(steps: readonly string[]): string {
  let path = "";
  for (const step of steps) path += path === "" || step === "" || step.startsWith("[") ? step : `.${step}`;
  return path;
}
