// Holds every message and call against the schemas, as events come: what does not fit, and what could not be checked.
import type { CallFacts } from "../capture/call-facts.js";
import type { Capture } from "../capture/capture.js";
import type { ContractEvent } from "../model/contract.js";
import type { CallEndEvent, CaptureEvent, DroppedEvent, MessageEvent } from "../model/events.js";
import type { Side } from "../model/fields.js";
import type { MethodStanding, SchemaSet } from "../schema/schema-set.js";
import { splitMethodPath } from "../schema/schema-set.js";
import { Contract, type DriftNews, type DriftSource } from "./contract.js";
import { findingsIn } from "./contract-findings.js";
import type { MessageReader } from "./message-reader.js";
import type { MessageView } from "./message-view.js";

/** Methods whose standing is remembered; clients choose their names. */
const MAX_METHODS = 10_000;
/** Messages of unknown methods that are looked at again at the end, as a schema may come late: 8 bytes each. */
const MAX_LATER = 100_000;
/** Of methods without a schema, those that are named. */
const MAX_UNKNOWN_METHODS = 10;
const MAX_METHOD_LENGTH = 300;
/** Messages that are nobody's contract: their receivers could not read them either. */
const BROKEN: ReadonlySet<string> = new Set([
  "ERR_MESSAGE_CUT",
  "ERR_MESSAGE_FLAG",
  "ERR_NO_ENCODING",
  "ERR_DECOMPRESS",
]);
/** How problems of a connection end that was given up; nothing else tells that its messages are not seen. */
const NOT_DECODED = "no longer decoded";

export interface ContractCheckOptions {
  readonly capture: Capture;
  readonly messages: MessageReader;
  readonly schema: SchemaSet;
  /** How a method's path is told; default as it is. See maskPath. */
  readonly show?: ((path: string) => string) | undefined;
}

export class ContractCheck {
  readonly #capture: Capture;
  readonly #messages: MessageReader;
  readonly #schema: SchemaSet;
  readonly #facts: CallFacts;
  readonly #show: (path: string) => string;
  readonly #contract = new Contract();
  readonly #standings = new Map<string, MethodStanding>();
  readonly #stop: () => void;
  /** Seqs of messages of methods that were not known. */
  #later: number[] = [];
  /** Messages of such methods that are not looked at again. */
  #forgotten = 0;

  constructor({ capture, messages, schema, show = (path) => path }: ContractCheckOptions) {
    this.#show = show;
    this.#capture = capture;
    this.#facts = capture.callFacts();
    this.#messages = messages;
    this.#schema = schema;
    this.#stop = schema.onChange(() => this.#standings.clear());
  }

  /**
   * Takes every event, each once and in order.
   * @returns a promise where something must be waited for before the next event: its inflation, or a server's word on its type
   */
  see(event: CaptureEvent | DroppedEvent): Promise<void> | undefined {
    switch (event.kind) {
      case "client-message":
      case "server-message":
        return this.#message(event);
      case "call-end":
        return this.#callEnd(event);
      case "dropped":
        this.#contract.lost += event.events;
        return undefined;
      case "protocol-error":
        if (event.call === undefined && event.message.endsWith(NOT_DECODED)) this.#contract.lost++;
        return undefined;
      default:
        return undefined;
    }
  }

  /** What was found for the first time since this was called last. */
  takeNews(): readonly DriftNews[] {
    return this.#contract.takeNews();
  }

  /** What is known of all events seen so far; messages whose schema came late are checked first. */
  async settle(): Promise<ContractEvent> {
    const later = this.#later;
    this.#later = [];
    const unknownMethods = new Set<string>();
    for (const seq of later) {
      const event = this.#capture.event(seq);
      if (event === undefined || !("call" in event) || event.call === undefined) this.#forgotten++;
      else if (this.#messages.decoder?.knows(this.#capture.methodOf(event.call)) === true) await this.see(event);
      else {
        this.#later.push(seq);
        if (unknownMethods.size < MAX_UNKNOWN_METHODS)
          unknownMethods.add(this.#show(this.#capture.methodOf(event.call)).slice(0, MAX_METHOD_LENGTH));
      }
    }
    const { result } = this.#contract;
    const { unfollowedCalls } = this.#capture.counters;
    const unknown = this.#forgotten + this.#later.length;
    const unchecked = { ...result.unchecked, lost: result.unchecked.lost + unfollowedCalls, unknown };
    // What no schema knows is somebody else's, unless that is all there was: then the schemas are the wrong ones.
    const sawNothing = result.checked === 0 && unknown > 0;
    return {
      ...result,
      fits: result.fits && unfollowedCalls === 0 && !sawNothing,
      unchecked,
      ...(unknownMethods.size === 0 ? {} : { unknownMethods: [...unknownMethods] }),
    };
  }

  close(): void {
    this.#stop();
  }

  #message(event: MessageEvent): Promise<void> | undefined {
    if (!this.#isGrpc(event.call)) return undefined;
    const view = this.#messages.readOnce(event);
    if (view instanceof Promise) return view.then((read) => this.#read(event, read));
    this.#read(event, view);
    return undefined;
  }

  #read(event: MessageEvent, view: MessageView): void {
    const contract = this.#contract;
    const side: Side = event.kind === "client-message" ? "client" : "server";
    const type = this.#messages.decoder?.typeOf(view.method, side);
    if (type === undefined) {
      if (this.#later.length < MAX_LATER) this.#later.push(event.seq);
      else this.#forgotten++;
      return;
    }
    const source: DriftSource = {
      at: event.at,
      call: event.call,
      index: event.index,
      method: this.#show(view.method),
      side,
    };
    // The second says it all; it comes once a call.
    if (event.index === 1 && !this.#streams(view.method, side)) contract.add(SECOND_MESSAGE, source);
    const { bytes } = view;
    if (bytes === undefined || event.problem !== undefined || event.truncated === true) {
      const code = event.problem?.code ?? (bytes === undefined ? view.problem?.code : undefined) ?? "";
      if (view.wireBytes === undefined) contract.lost++;
      else if (!BROKEN.has(code)) contract.unreadable++;
      return;
    }
    const { drifts, isPartial } = findingsIn(view.tree!, type.types);
    for (const found of drifts) contract.add(found, source);
    if (isPartial) contract.unreadable++;
    else contract.checked++;
  }

  #callEnd(event: CallEndEvent): Promise<void> | undefined {
    if (!this.#isGrpc(event.call)) return undefined;
    const method = this.#capture.methodOf(event.call);
    // A call without messages has nobody asked yet.
    const asked = this.#messages.decoder?.ask(method);
    if (asked !== undefined) return asked.then(() => this.#judge(event, method));
    this.#judge(event, method);
    return undefined;
  }

  #judge(event: CallEndEvent, method: string): void {
    const shown = this.#show(method);
    const common = { at: event.at, call: event.call, method: shown };
    const standing = this.#standing(method);
    const names = splitMethodPath(shown);
    if (names !== undefined && (standing === "no-method" || standing === "no-service")) {
      const found =
        standing === "no-method"
          ? { code: "ERR_UNKNOWN_METHOD", message: `${names.service} has no method ${names.method}` }
          : { code: "ERR_UNKNOWN_SERVICE", message: `no schema has the service ${names.service}, though its package` };
      this.#contract.add({ ...found, ...WHOLE }, { ...common, side: "client" });
    }
    if (standing !== "known" || event.status.code !== 0 || event.status.source !== "trailers") return;
    for (const side of ["client", "server"] as const)
      if (event[side].messages === 0 && !this.#streams(method, side))
        this.#contract.add(NO_MESSAGE, { ...common, side });
  }

  #standing(method: string): MethodStanding {
    const known = this.#standings.get(method);
    if (known !== undefined) return known;
    const standing = this.#schema.standing(method);
    if (this.#standings.size >= MAX_METHODS) this.#standings.clear();
    this.#standings.set(method, standing);
    return standing;
  }

  /** Whether the schema lets a side send any number of messages; also when it does not say. */
  #streams(method: string, side: Side): boolean {
    const kind = this.#schema.method(method)?.methodKind;
    return kind === undefined || kind === "bidi_streaming" || kind === `${side}_streaming`;
  }

  #isGrpc(call: number): boolean {
    return this.#facts.moveTo(call) && this.#facts.protocol !== "unknown";
  }
}

/** Of what concerns no field. */
const WHOLE = { path: "", field: "" } as const;
const SECOND_MESSAGE = {
  code: "ERR_NOT_STREAMING",
  message: "a second message, where the schema has one",
  ...WHOLE,
} as const;
const NO_MESSAGE = { code: "ERR_NO_MESSAGE", message: "no message, where the schema has one", ...WHOLE } as const;
