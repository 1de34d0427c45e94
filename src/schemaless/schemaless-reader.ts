// Reads messages that no schema knows, and learns from each how to read the others of its method and side.
import type { MessageGuesser } from "../message/guess.js";
import { toJson } from "../message/json.js";
import type { LongText } from "../message/long-text.js";
import type { MessagePlan } from "../message/plan.js";
import { preview } from "../message/preview.js";
import { treeLines } from "../message/print.js";
import type { FieldNode, MessageNode } from "../message/tree.js";
import { walkPlan } from "../message/walk.js";
import type { Side } from "../model/fields.js";
import { visible } from "../view/visible.js";
import { FixedTypes } from "./fixed-types.js";
import type { FieldGuess, GuessTree } from "./guess.js";
import { fieldGuessOf, guessJson } from "./guess-json.js";
import { messagePlan, plannedField } from "./guess-plan.js";
import { Learner } from "./learner.js";
import { otherValues } from "./other-values.js";

/** Paths of all methods together, at 1 to 3 KB each, and octets of messages that are kept: 100 MB at most. */
const MAX_TOTAL_PATHS = 24_000;
const MAX_TOTAL_BYTES = 32 * 1024 * 1024;
const MAX_METHODS = 5000;
/** Of the limits, what may stay when they were passed. */
const KEPT_SHARE = 0.9;

/** Fields of one tree: 20,000 numbers take 4 ms to read, and 10,000 messages 15. */
export const MAX_GUESSED_FIELDS = 20_000;
const TREE_LIMITS = { fields: MAX_GUESSED_FIELDS, perMessage: 1 } as const;

/** What is known of one method and side. */
class Known {
  readonly learner = new Learner();
  plan: MessagePlan | undefined;
  planVersion = 0;
  typesVersion = 0;
  /** Its share of the limits. */
  paths = 0;
  bytes = 0;
  /** Grows from one that is asked for to the next. */
  usedAt = 0;
}

export class SchemalessReader implements MessageGuesser {
  /** What the user said; may be changed at any time. */
  readonly types: FixedTypes;
  /** By method. */
  readonly #known: Readonly<Record<Side, Map<string, Known>>> = { client: new Map(), server: new Map() };
  #uses = 0;
  #paths = 0;
  #bytes = 0;

  constructor(types: FixedTypes = new FixedTypes()) {
    this.types = types;
  }

  /** Paths that are known, of all methods. */
  get paths(): number {
    return this.#paths;
  }

  /** Learns from a message without reading it. @param bytes after decompression; not kept */
  learn(method: string, from: Side, bytes: Uint8Array): void {
    const known = this.#of(method, from);
    known.learner.learn(bytes);
    this.#count(known);
  }

  /** Brings what was learned in line: after it the order in which messages came does not matter. */
  settle(method: string, from: Side): void {
    this.#of(method, from).learner.settle();
  }

  /** Reads a message and learns from it. */
  guess(method: string, from: Side, bytes: Uint8Array): GuessTree {
    this.learn(method, from, bytes);
    return this.read(method, from, bytes);
  }

  /** Reads a message by what was learned so far. @param bytes kept by the tree, not copied */
  read(method: string, from: Side, bytes: Uint8Array): GuessTree {
    return new Guess(walkPlan(bytes, this.planOf(method, from), undefined, TREE_LIMITS));
  }

  /** The type of the messages, as far as is known. */
  planOf(method: string, from: Side): MessagePlan {
    const known = this.#of(method, from);
    known.learner.settleNowAndThen();
    const { version } = known.learner;
    if (known.plan === undefined || known.planVersion !== version || known.typesVersion !== this.types.version) {
      known.plan = messagePlan(known.learner.root, this.types.of(method, from));
      known.planVersion = version;
      known.typesVersion = this.types.version;
    }
    return known.plan;
  }

  /** Whether some message has fields that are not in the order of their numbers, or that are written wider than they must be. */
  isOdd(method: string, from: Side): boolean {
    return this.#of(method, from).learner.root.isOdd;
  }

  version(method: string, from: Side): number {
    const known = this.#known[from].get(method);
    return (known?.learner.version ?? 0) + this.types.version;
  }

  onChange(listener: () => void): () => void {
    return this.types.onChange(listener);
  }

  #of(method: string, from: Side): Known {
    let known = this.#known[from].get(method);
    if (known === undefined) {
      known = new Known();
      this.#known[from].set(method, known);
    }
    known.usedAt = ++this.#uses;
    return known;
  }

  #count(known: Known): void {
    const { paths, keptBytes } = known.learner;
    this.#paths += paths - known.paths;
    this.#bytes += keptBytes - known.bytes;
    known.paths = paths;
    known.bytes = keptBytes;
    if (!this.#fits(1)) this.#forget(known);
  }

  /** @param share of the limits that may be used */
  #fits(share: number): boolean {
    const { client, server } = this.#known;
    return (
      this.#paths <= MAX_TOTAL_PATHS * share &&
      this.#bytes <= MAX_TOTAL_BYTES * share &&
      client.size + server.size <= MAX_METHODS * share
    );
  }

  /** Forgets the methods that were longest not asked for, and some more: to find which they are takes as long as for one. */
  #forget(but: Known): void {
    const all = (["client", "server"] as const).flatMap((from) =>
      Array.from(this.#known[from], ([method, known]) => ({ from, method, known })),
    );
    all.sort((a, b) => a.known.usedAt - b.known.usedAt);
    for (const { from, method, known } of all) {
      if (this.#fits(KEPT_SHARE) || known === but) return;
      this.#known[from].delete(method);
      this.#paths -= known.paths;
      this.#bytes -= known.bytes;
    }
  }
}

class Guess implements GuessTree {
  readonly tree: MessageNode;
  #json: LongText | undefined;
  #values: string | undefined;

  constructor(tree: MessageNode) {
    this.tree = tree;
  }

  get json(): string {
    return this.jsonPieces.text;
  }

  get jsonPieces(): LongText {
    this.#json ??= guessJson(this.tree);
    return this.#json;
  }

  get values(): string {
    this.#values ??= toJson(this.tree).text;
    return this.#values;
  }

  preview(width: number): string {
    return preview(this.tree, width);
  }

  fieldGuess(node: FieldNode): FieldGuess | undefined {
    return fieldGuessOf(node);
  }

  lines(): Iterable<string> {
    return treeLines(this.tree, undefined, { note: noteOf });
  }
}

/** Below this, a line says how sure the reading is. */
const SURE = 8;

/** What stands behind a value: how sure it is, and what else it may be. */
function noteOf(node: FieldNode): string {
  const guess = fieldGuessOf(node);
  const field = plannedField(node.plan);
  if (guess === undefined || field === undefined) return "";
  const notes: string[] = [];
  if (guess.shape !== undefined) notes.push(guess.shape);
  if (guess.bits !== undefined && guess.bits < SURE) notes.push(`${guess.bits} bits sure`);
  for (const { type, value } of otherValues(node, field)) notes.push(`or ${type} ${value}`);
  return notes.length === 0 ? "" : visible(`  (${notes.join("; ")})`);
}
