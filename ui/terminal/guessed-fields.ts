// Fields that were guessed: what else they may be, and the user's word on them.
import type { MessageGuess } from "../../src/message/guess.js";
import type { FieldNode } from "../../src/message/tree.js";
import type { TreeRow } from "../../src/message/tree-rows.js";
import { FramelensError } from "../../src/model/errors.js";
import type { FieldGuess, GuessTree } from "../../src/schemaless/guess.js";
import type { Fixed } from "../../src/schemaless/path-node.js";
import type { MessageView } from "../../src/session/message-view.js";
import { span } from "../../src/view/styled.js";
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

export class GuessedFields {
  readonly #desk: Desk;
  /** What was said, by method, side and path: a name and a type are said one after the other. */
  readonly #said = new Map<string, Fixed>();

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  chooseType(view: MessageView | undefined, row: TreeRow | undefined): void {
    if (view === undefined || row === undefined || !this.#isGuessed(view, row)) return;
    const types = TYPES.get(row.wireType) ?? [];
    const items = ["as guessed", ...types].map((type, index) => ({
      key: index === 0 ? "" : String(index),
      line: [span(type, index === 0 ? "dim" : "strong")],
      choose: () => {
        this.#say(view, row, { type: index === 0 ? undefined : type });
        return false;
      },
    }));
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
