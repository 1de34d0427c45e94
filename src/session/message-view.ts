// A captured message as something to look at: its tree, its JSON, a line of text, what is wrong; each worked out when asked for first.
import type { MessageGuess, MessageGuesser } from "../message/guess.js";
import { hiddenBytes } from "../message/hidden-bytes.js";
import { jsonByteLength, REDACTED, toLongJson } from "../message/json.js";
import { MAX_JSON_LENGTH } from "../message/json-writer.js";
import { LONG_VALUE_BYTES, type LongText } from "../message/long-text.js";
import { mayHide } from "../message/may-hide.js";
import { preview } from "../message/preview.js";
import type { PlacedProblem } from "../message/problem-list.js";
import { isFatal } from "../message/problems.js";
import type { MessageNode } from "../message/tree.js";
import { walk } from "../message/walk.js";
import type { MessageEvent, Problem } from "../model/events.js";
import type { Side } from "../model/fields.js";
import type { MessageType } from "../schema/message-decoder.js";
import { type Finding, findingsIn } from "./contract-findings.js";

export interface MessageSizes {
  /** On the wire, without the 5-byte prefix. */
  readonly wire: number;
  /** After decompression; undefined when it could not be inflated. */
  readonly protobuf: number | undefined;
  /** As canonical JSON in UTF-8, with what is hidden; undefined when no schema knows the type, or it passes `MAX_JSON_LENGTH`. */
  readonly json: number | undefined;
}

/** What a view is made of. */
export interface MessageParts {
  /** With the `length` after decompression, where it is known. */
  readonly event: MessageEvent;
  /** "/pkg.Service/Name"; empty when the call is not kept any more. */
  readonly method: string;
  /** As they crossed the wire; undefined when trimmed. */
  readonly wireBytes: Uint8Array | undefined;
  /** After decompression; undefined when there is none that can be had. */
  readonly bytes: Uint8Array | undefined;
  /** Why it was not inflated, where that was tried. */
  readonly problem: Problem | undefined;
  readonly type: MessageType | undefined;
  /** Asked when no schema knows the type; undefined when nobody is to be asked. */
  readonly guesser: MessageGuesser | undefined;
}

/** A field of a tree with its arrays and its share of a message: from 100 to 300 bytes each, see `MAX_FIELDS`. */
const FIELD_BYTES = 200;
/** The object itself, its event, its entry in a map. */
const VIEW_BYTES = 500;

const NO_DRIFTS: readonly Finding[] = [];
const NO_PROBLEMS: readonly PlacedProblem[] = [];

export class MessageView {
  readonly #parts: MessageParts;
  /** Is told when more is held than before. */
  readonly #onGrow: (() => void) | undefined;
  #tree: MessageNode | undefined;
  #drifts: readonly Finding[] | undefined;
  #json: { readonly text: LongText; readonly problems: readonly PlacedProblem[] } | undefined;
  #value: { readonly of: string; readonly value: unknown } | undefined;
  #guess: { readonly version: number; readonly guess: MessageGuess } | undefined;
  #shown: Uint8Array | undefined;
  #heldBytes: number;
  #holders = 0;

  constructor(parts: MessageParts, onGrow?: () => void) {
    this.#parts = parts;
    this.#onGrow = onGrow;
    const { bytes, wireBytes } = parts;
    const inflated = bytes === wireBytes ? 0 : (bytes?.length ?? 0);
    this.#heldBytes = VIEW_BYTES + (wireBytes?.length ?? 0) + inflated;
  }

  /** As captured, with the `length` after decompression where it is known. */
  get event(): MessageEvent {
    return this.#parts.event;
  }

  get from(): Side {
    return this.#parts.event.kind === "client-message" ? "client" : "server";
  }

  /** "/pkg.Service/Name"; empty when the call is not kept any more. */
  get method(): string {
    return this.#parts.method;
  }

  /** As they crossed the wire, of a truncated message the first part; undefined when trimmed. */
  get wireBytes(): Uint8Array | undefined {
    return this.#parts.wireBytes;
  }

  /** After decompression; undefined when trimmed, and for a compressed message that is not whole or could not be inflated. */
  get bytes(): Uint8Array | undefined {
    return this.#parts.bytes;
  }

  /**
   * {@link bytes}, else {@link wireBytes}, with the values of hidden fields covered by `*`: what a view of octets shows. Undefined also where
   * something may be hidden in octets that could not be inflated.
   */
  get shownBytes(): Uint8Array | undefined {
    const { event, bytes, wireBytes, type } = this.#parts;
    if (type?.mask === true && bytes === undefined && event.compressed === true && mayHide(type.type)) return undefined;
    const { tree } = this;
    if (type?.mask !== true || bytes === undefined || tree === undefined) return bytes ?? wireBytes;
    if (this.#shown === undefined) {
      this.#shown = hiddenBytes(tree, type.types);
      if (this.#shown !== bytes) this.#grow(bytes.length);
    }
    return this.#shown;
  }

  /** Full name of its type; undefined when no schema knows the method. */
  get type(): string | undefined {
    return this.#parts.type?.type.typeName;
  }

  /**
   * Its fields with their byte ranges in {@link bytes}: by its type, else as it was guessed, else by wire types alone.
   * `treeLines` prints it.
   */
  get tree(): MessageNode | undefined {
    const { bytes, type } = this.#parts;
    if (bytes === undefined) return undefined;
    const guess = this.guess;
    if (guess !== undefined) return guess.tree;
    if (this.#tree === undefined) {
      this.#tree = walk(bytes, type?.type, type?.types);
      if (this.#onGrow !== undefined) this.#grow(FIELD_BYTES * countFields(this.#tree));
    }
    return this.#tree;
  }

  /** Canonical protobuf JSON on one line, of a broken message what could be read; undefined when no schema knows the type. */
  get json(): string | undefined {
    const text = this.#text()?.text;
    if (text === undefined) return undefined;
    const before = text.heldLength;
    const whole = text.text;
    if (whole.length > before) this.#grow((whole.length - before) * 2);
    return whole;
  }

  /** {@link json} in pieces, of which none is made before it is asked for. */
  get jsonPieces(): Iterable<string> | undefined {
    return this.#text()?.text;
  }

  /** Whether it may have values that are better told in pieces. */
  get isLong(): boolean {
    const { bytes, wireBytes } = this.#parts;
    return ((bytes ?? wireBytes)?.length ?? 0) >= LONG_VALUE_BYTES;
  }

  /** Somebody reads it over several turns of the event loop, and says {@link release} when that is done. */
  hold(): void {
    this.#holders++;
  }

  get isHeld(): boolean {
    return this.#holders > 0;
  }

  /** One who held it is done. @returns whether nobody holds it any more */
  release(): boolean {
    return --this.#holders === 0;
  }

  /** What does not fit the type, at most 100 of them; none when the type is not known. */
  get problems(): readonly PlacedProblem[] {
    return this.#text()?.problems ?? NO_PROBLEMS;
  }

  /** Where it does not fit its type, each kind once; none when the type is not known. */
  get drifts(): readonly Finding[] {
    const { type } = this.#parts;
    const { tree } = this;
    if (type === undefined || tree === undefined) return NO_DRIFTS;
    this.#drifts ??= findingsIn(tree, type.types).drifts;
    return this.#drifts;
  }

  /** Why it could not be read whole: it was cut, not inflated, or protobuf's own readers would reject it. */
  get problem(): Problem | undefined {
    const { event, problem } = this.#parts;
    return event.problem ?? problem ?? this.problems.find(isFatal);
  }

  /** The schemaless reading, where no schema knows the type. Read anew when the guesser knows better. */
  get guess(): MessageGuess | undefined {
    const { bytes, type, guesser, method } = this.#parts;
    if (bytes === undefined || type !== undefined || guesser === undefined) return undefined;
    if (this.#guess?.version !== guesser.version(method, this.from)) {
      const guess = guesser.guess(method, this.from, bytes);
      if (this.#onGrow !== undefined) {
        const before = this.#guess === undefined ? 0 : guessBytes(this.#guess.guess);
        this.#grow(guessBytes(guess) - before);
      }
      this.#guess = { version: guesser.version(method, this.from), guess };
    }
    return this.#guess?.guess;
  }

  /** The JSON, or else the guess, as a value that filters can look into; undefined when there is neither. */
  get value(): unknown {
    const text = this.json ?? this.guess?.values ?? this.guess?.json;
    if (text === undefined) return undefined;
    if (this.#value?.of !== text) {
      this.#value = { of: text, value: JSON.parse(text) as unknown };
      this.#grow(text.length * 4);
    }
    return this.#value.value;
  }

  get sizes(): MessageSizes {
    const { event, bytes } = this.#parts;
    return {
      wire: event.wireLength,
      protobuf: event.compressed === true ? bytes?.length : event.length,
      json: this.#jsonLength(),
    };
  }

  /**
   * One line that no terminal obeys, as in `id:1001 name:"Alice"`; `{}` for an empty message.
   * @param width cells of a terminal
   * @returns undefined when neither a schema nor a guess says what it is
   */
  preview(width: number): string | undefined {
    const { type } = this.#parts;
    if (type === undefined) return this.guess?.preview(width);
    const { tree } = this;
    if (tree === undefined) return undefined;
    const text = preview(tree, width, type.types, type.mask);
    return text === "" ? "{}" : text;
  }

  /** About as much memory as it holds; only kept up for those that were made with a listener for it. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  /** The text is not made for its length alone; where it is there, it says how long it is, unless something is hidden in it. */
  #jsonLength(): number | undefined {
    const { type } = this.#parts;
    const tree = type === undefined ? undefined : this.tree;
    if (type === undefined || tree === undefined) return undefined;
    const text = this.#json?.text;
    if (text !== undefined && text.length < MAX_JSON_LENGTH && !(type.mask && text.includes(REDACTED)))
      return text.byteLength;
    return jsonByteLength(tree, type.types);
  }

  #text(): { readonly text: LongText; readonly problems: readonly PlacedProblem[] } | undefined {
    const { type } = this.#parts;
    if (this.#json !== undefined || type === undefined) return this.#json;
    const { tree } = this;
    if (tree === undefined) return undefined;
    this.#json = toLongJson(tree, type.types, { mask: type.mask, long: true });
    this.#grow(this.#json.text.heldLength * 2);
    return this.#json;
  }

  #grow(bytes: number): void {
    this.#heldBytes += bytes;
    this.#onGrow?.();
  }
}

function guessBytes(guess: MessageGuess): number {
  return FIELD_BYTES * countFields(guess.tree) + guess.json.length * 2;
}

/** Recursion is no deeper than the tree, which has a limit. */
function countFields(message: MessageNode): number {
  let count = message.fields.length;
  for (const { message: inner } of message.fields) if (inner !== undefined) count += countFields(inner);
  return count;
}
