// Fields that were guessed: what else they may be, and the user's word on them.
import type { MessageGuess } from "../../src/message/guess.js";
import type { FieldNode } from "../../src/message/tree.js";
import type { TreeRow } from "../../src/message/tree-rows.js";
import { FramelensError } from "../../src/model/errors.js";
import { type FieldGuess, type GuessTree, SURE_BITS } from "../../src/schemaless/guess.js";
import type { Fixed } from "../../src/schemaless/path-node.js";
import type { MessageView } from "../../src/session/message-view.js";
import { readAs } from "../../src/view/read-as.js";
import { span } from "../../src/view/styled.js";
import { cutText, padEnd } from "../../src/view/text-width.js";
import { visible } from "../../src/view/visible.js";
import type { Desk } from "./desk.js";
import { Menu } from "./menu.js";
import { type Mistake, Prompt } from "./prompt.js";

/** Types by what is on the wire: what a user may say a field is. */
const TYPES: ReadonlyMap<number, readonly string[]> = new Map([
  [0, ["int32", "int64", "uint32", "uint64", "sint32", "sint64", "bool"]],
  [1, ["fixed64", "sfixed64", "double"]],
  [
    2,
    ["string", "bytes", "message", "packed int32", "packed sint64", "packed fixed32", "packed float", "packed double"],
  ],
  [5, ["fixed32", "sfixed32", "float"]],
]);

/** Octets of a value that are read, and cells it is shown in. */
const MAX_READ_BYTES = 4096;
const VALUE_CELLS = 30;
const NOTHING = new Uint8Array(0);

/** What is said of a field beside its value: "UUID", "or bytes (3 bits)". Undefined for a message that was not guessed. */
export function noteOf(guess: MessageGuess | undefined): ((node: FieldNode) => string) | undefined {
  if (guess === undefined || !("fieldGuess" in guess)) return undefined;
  const tree = guess as GuessTree;
  return (node) => {
    const found = tree.fieldGuess(node);
    return found === undefined ? "" : noteText(found);
  };
}

function noteText({ shape, runners, fixed }: FieldGuess): string {
  const parts = shape === undefined ? [] : [shape];
  if (fixed) parts.push("as you said");
  for (const { kind, bits } of runners) parts.push(`or ${kind.replace(".", " ")} (${bits.toFixed(0)} bits)`);
  return parts.join(", ");
}

function guessOf({ guess }: MessageView, row: TreeRow): FieldGuess | undefined {
  if (guess === undefined || !("fieldGuess" in guess)) return undefined;
  const tree = guess as GuessTree;
  const waiting = [tree.tree];
  for (let message = waiting.pop(); message !== undefined; message = waiting.pop())
    for (const node of message.fields) {
      if (node.start === row.start && node.end === row.end && node.number === row.number) return tree.fieldGuess(node);
      if (node.message !== undefined && node.start <= row.start && row.end <= node.end) waiting.push(node.message);
    }
  return undefined;
}

/** Where a type stands among what was guessed, and how that is said. */
function placeOf(
  type: string,
  row: TreeRow,
  guess: FieldGuess | undefined,
): { readonly rank: number; readonly said: string } {
  if (guess === undefined) return { rank: 1000, said: "" };
  const kind = kindOf(type);
  const shown = row.type.replace("repeated ", "");
  if (
    kind === guess.kind &&
    (shown === element(type) || (element(type) === type && !/^(u?int|sint)|^bool|fixed/.test(type)))
  )
    return { rank: 0, said: guess.fixed ? "as you said" : sureText(guess) };
  if (kind === guess.kind) return { rank: 0.5, said: "the same octets" };
  const runner = guess.runners.find((candidate) => candidate.kind === kind);
  return runner === undefined
    ? { rank: 1000, said: "" }
    : { rank: 1 + runner.bits, said: `${runner.bits.toFixed(1)} bits less likely` };
}

function sureText({ bits }: FieldGuess): string {
  if (bits === undefined) return "guessed";
  return bits > SURE_BITS ? "guessed" : `guessed by ${bits.toFixed(1)} bits`;
}

function element(type: string): string {
  return type.replace("packed ", "");
}

/** Octets do not tell integers from each other: all of them are one kind. */
function kindOf(type: string): string {
  const of = element(type);
  const kind = /^(u?int|sint)(32|64)$|^bool$/.test(of) ? "varint" : of.replace("sfixed", "fixed");
  return type.startsWith("packed ") ? `packed.${kind}` : kind;
}

export class GuessedFields {
  readonly #desk: Desk;
  /** What was said, by method, side and path: a name and a type are said one after the other. */
  readonly #said = new Map<string, Fixed>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  chooseType(view: MessageView | undefined, row: TreeRow | undefined): void {
    if (view === undefined || row === undefined || !this.#isGuessed(view, row)) return;
    const guess = guessOf(view, row);
    const value = (view.bytes ?? NOTHING).subarray(row.valueStart, Math.min(row.end, row.valueStart + MAX_READ_BYTES));
    const choose = (type: string | undefined) => () => {
      this.#say(view, row, { type });
      return false;
    };
    const readable = (TYPES.get(row.wireType) ?? []).flatMap((type) => {
      const text = type === "message" ? `${value.length} bytes` : readAs(type, value);
      return text === undefined ? [] : [{ type, text, place: placeOf(type, row, guess) }];
    });
    // What was guessed, then the runners-up, nearest first; the rest is in the table's order.
    const sorted = readable.sort((a, b) => a.place.rank - b.place.rank);
    const items = [
      ...sorted.map(({ type, text, place }, index) => ({
        key: String(index + 1),
        line: [
          span(type.padEnd(16), "strong"),
          span(padEnd(cutText(visible(text), VALUE_CELLS), VALUE_CELLS)),
          span(` ${place.said}`, place.rank === 0 ? "open" : "dim"),
        ],
        choose: choose(type),
      })),
      { key: "0", line: [span("whatever is guessed", "dim")], choose: choose(undefined) },
    ];
    this.#desk.lay(new Menu(`field ${row.numbers} is`, () => items));
  }

  askName(view: MessageView | undefined, row: TreeRow | undefined, name: string | undefined): void {
    if (view === undefined || row === undefined || !this.#isGuessed(view, row)) return;
    if (name !== undefined) {
      const mistake = this.#say(view, row, { name });
      if (mistake !== undefined) this.#desk.say(mistake.message, "warning");
      return;
    }
    this.#desk.lay(
      new Prompt({
        label: `field ${row.numbers} is called`,
        hint: "↵ name it; empty takes the name back  Esc leave",
        accept: (text) => this.#say(view, row, { name: text.trim() === "" ? undefined : text.trim() }),
      }),
    );
  }

  #isGuessed(view: MessageView, row: TreeRow): boolean {
    const guessed = this.#desk.types !== undefined && view.guess !== undefined && row.number > 0;
    if (!guessed) this.#desk.say("only a guessed field can be read as another", "warning");
    return guessed;
  }

  /** @returns what is wrong with it */
  #say(
    view: MessageView,
    row: TreeRow,
    part: { readonly name?: string | undefined; readonly type?: string | undefined },
  ): Mistake | undefined {
    const key = `${view.from} ${row.numbers} ${view.method}`;
    const { name, type } = { ...this.#said.get(key), ...part };
    const said: Fixed = { ...(name === undefined ? {} : { name }), ...(type === undefined ? {} : { type }) };
    try {
      this.#desk.types?.set(view.method, view.from, row.numbers, said);
    } catch (error) {
      if (!(error instanceof FramelensError)) throw error;
      return { message: error.message, span: [0, part.name?.length ?? 0] };
    }
    this.#said.set(key, said);
    this.#desk.changed();
    return undefined;
  }
}
