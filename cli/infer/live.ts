// framelens infer --live: a proxy beside which .proto files are kept that say what its traffic says.
import { EVENT_KIND } from "../../src/capture/event-facts.js";
import { type Capture, FramelensError, type Side } from "../../src/index.js";
import type { ProtoDraft } from "../../src/schemaless/proto-draft.js";
import { MessageReader } from "../../src/session/message-reader.js";

/** Of a method and side every message is learned from up to here, and then one of so many: few say anything new. */
const ALL_OF_FIRST = 500;
const THEN_ONE_OF = 20;
/** Calls of a method whose end is looked at, for sides that send nothing. */
const MAX_ENDS = 100;
const MAX_METHODS = 5000;
/** The traffic has the thread for three quarters of the time at least. */
const TURN_MS = 2;
const REST_MS = 6;
/** Between two drafts: writing one of a large service takes a tenth of that. */
const WRITE_MS = 2000;

interface Counts {
  readonly messages: Record<Side, number>;
  ends: number;
}

export class LiveDraft {
  readonly #capture: Capture;
  readonly #draft: ProtoDraft;
  readonly #messages: MessageReader;
  readonly #write: () => void;
  readonly #counts = new Map<string, Counts>();
  #next: number;
  #isChanged = false;
  #isOver = false;
  readonly #done: Promise<void>;

  /** @param write is called when there is something new to write, now and then */
  constructor(capture: Capture, draft: ProtoDraft, write: () => void) {
    this.#capture = capture;
    this.#draft = draft;
    this.#messages = new MessageReader({ capture });
    this.#write = write;
    this.#next = capture.oldestSeq;
    this.#done = this.#run();
  }

  /** Learns from what there still is, and writes for the last time. */
  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#done;
    this.#messages.close();
    this.#write();
  }

  async #run(): Promise<void> {
    const capture = this.#capture;
    let written = performance.now();
    for (;;) {
      const began = performance.now();
      this.#next = Math.max(this.#next, capture.oldestSeq);
      while (this.#next <= capture.newestSeq && performance.now() - began < TURN_MS) await this.#take(this.#next++);
      if (this.#isOver && this.#next > capture.newestSeq) return;
      if (this.#isChanged && began - written > WRITE_MS) {
        this.#isChanged = false;
        this.#write();
        written = performance.now();
      }
      await new Promise((resolve) => setTimeout(resolve, this.#isOver ? 0 : REST_MS));
    }
  }

  async #take(seq: number): Promise<void> {
    const events = this.#capture.eventFacts();
    if (!events.moveTo(seq)) return;
    const { kind, call, index } = events;
    const isMessage = kind === EVENT_KIND.clientMessage || kind === EVENT_KIND.serverMessage;
    if (!isMessage && kind !== EVENT_KIND.callEnd) return;
    const method = this.#capture.methodOf(call);
    const counts = method === "" ? undefined : this.#of(method);
    if (counts === undefined) return;
    if (!isMessage) {
      if (++counts.ends <= MAX_ENDS) this.#end(method, seq);
      return;
    }
    const from = kind === EVENT_KIND.clientMessage ? "client" : "server";
    if (index > 0) this.#draft.streams(method, from);
    const count = ++counts.messages[from];
    if (count > ALL_OF_FIRST && count % THEN_ONE_OF !== 0) return;
    const view = await this.#messages.read(seq);
    if (view?.bytes === undefined || view.problem !== undefined) return;
    this.#draft.add(method, from, view.bytes);
    this.#isChanged = true;
  }

  /** A call that went well without a message of a side is a stream of none. */
  #end(method: string, seq: number): void {
    const event = this.#capture.event(seq);
    if (event?.kind !== "call-end" || event.status?.code !== 0) return;
    if (event.client.messages === 0) this.#draft.streams(method, "client");
    if (event.server.messages === 0) this.#draft.streams(method, "server");
  }

  #of(method: string): Counts | undefined {
    let counts = this.#counts.get(method);
    if (counts === undefined && this.#counts.size < MAX_METHODS) {
      counts = { messages: { client: 0, server: 0 }, ends: 0 };
      this.#counts.set(method, counts);
    }
    return counts;
  }
}

/** @throws FramelensError ERR_USAGE for what --live cannot do */
export function checkLive(input: string | undefined, out: string | undefined): asserts out is string {
  if (out === undefined) {
    throw new FramelensError("ERR_USAGE", "--live: where to? expected --out FOLDER", { exitCode: 2 });
  }
  if (input === undefined || input === "-") {
    throw new FramelensError("ERR_USAGE", "--live: expected the server, as in framelens infer --live localhost:50051", {
      exitCode: 2,
    });
  }
}
