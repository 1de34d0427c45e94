// framelens decode --infer: messages without a schema, each read by what all of them tell together.
import { EXIT, FramelensError, type Side } from "../../src/index.js";
import { problemsOf } from "../../src/message/problem-list.js";
import { isFatal } from "../../src/message/problems.js";
import { ANY_METHOD } from "../../src/schemaless/fixed-types.js";
import type { GuessTree } from "../../src/schemaless/guess.js";
import { SchemalessReader } from "../../src/schemaless/schemaless-reader.js";
import { openTypesFile } from "../types-file.js";
import { readBase64 } from "./input.js";

export interface InferArguments {
  readonly method: string | undefined;
  readonly side: Side;
  readonly types: string | undefined;
  readonly format: "json" | "tree" | "text";
}

/** Characters of lines that are learned from before they are answered. */
const BATCH_CHARS = 64 * 1024 * 1024;
const TEXT_COLUMNS = 200;

export class Inference {
  readonly #reader: SchemalessReader;
  readonly #args: InferArguments;

  /** @throws FramelensError for a types file that is none */
  constructor(args: InferArguments) {
    this.#args = args;
    this.#reader = new SchemalessReader(openTypesFile(args.types));
  }

  /** @returns what is printed of each message, and why it is not whole */
  whole(messages: readonly Uint8Array[]): { readonly text: string; readonly problem: string | undefined }[] {
    const method = methodOf(this.#args.method);
    for (const bytes of messages) this.#reader.learn(method, this.#args.side, bytes);
    this.#reader.settle(method, this.#args.side);
    return messages.map((bytes) => {
      const guess = this.#reader.read(method, this.#args.side, bytes);
      const fatal = problemsOf(guess.tree).find(isFatal);
      const problem = fatal && `${fatal.message} (bytes ${fatal.start} to ${fatal.end})`;
      return { text: this.#print(guess), problem };
    });
  }

  /** One line for each line: BASE64, or METHOD BASE64. All are learned from before the first is answered. */
  async *lines(input: AsyncIterable<string> | Iterable<string>): AsyncGenerator<string> {
    let batch: string[] = [];
    let chars = 0;
    for await (const line of input) {
      if (line.trim() === "") continue;
      batch.push(line.trim());
      chars += line.length;
      if (chars < BATCH_CHARS) continue;
      yield* this.#answer(batch);
      batch = [];
      chars = 0;
    }
    yield* this.#answer(batch);
  }

  *#answer(lines: readonly string[]): Generator<string> {
    const { side } = this.#args;
    const read = lines.map((line) => this.#readLine(line));
    const methods = new Set<string>();
    for (const one of read) {
      if ("problem" in one) continue;
      this.#reader.learn(one.method, side, one.bytes);
      methods.add(one.method);
    }
    for (const method of methods) this.#reader.settle(method, side);
    for (const one of read)
      yield "problem" in one ? JSON.stringify(one) : this.#print(this.#reader.read(one.method, side, one.bytes));
  }

  #readLine(line: string) {
    const [name, base64] = line.includes(" ") ? line.split(/\s+/, 2) : [undefined, line];
    try {
      return { method: methodOf(name ?? this.#args.method), bytes: readBase64(base64 ?? "") };
    } catch (error) {
      if (!(error instanceof FramelensError)) throw error;
      return { problem: { code: error.code, message: error.message } };
    }
  }

  #print(guess: GuessTree): string {
    switch (this.#args.format) {
      case "json":
        return guess.json;
      case "text":
        return guess.preview(process.stdout.columns ?? TEXT_COLUMNS);
      default:
        return [...guess.lines()].join("\n");
    }
  }
}

/** Types that are said of any method hold where none is named. */
function methodOf(name: string | undefined): string {
  if (name === undefined) return ANY_METHOD;
  return name.startsWith("/") || !name.includes("/") ? name : `/${name}`;
}

/** @throws FramelensError ERR_USAGE for options that make no sense together */
export function checkInference(args: {
  readonly type: string | undefined;
  readonly infer: boolean;
  readonly types: string | undefined;
}): void {
  if (args.infer && args.type !== undefined) throw usage("--infer reads without a schema; expected no --type");
  if (!args.infer && args.types !== undefined) throw usage("--types says what --infer is to read; expected --infer");
}

function usage(message: string): FramelensError {
  return new FramelensError("ERR_USAGE", message, { exitCode: EXIT.usage });
}
