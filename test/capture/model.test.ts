// The capture store against a naive one that keeps everything: random histories, with memory for a small part of them.
import { createHash, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { Capture, MIN_MAX_MEMORY_BYTES } from "../../src/capture/capture.js";
import { EventCursor } from "../../src/capture/cursor.js";
import type { OpenCall } from "../../src/capture/open-call.js";
import { FieldList } from "../../src/http2/hpack/field-list.js";
import { CLIENT, SERVER, type SideIndex } from "../../src/http2/stream.js";
import type { CaptureEvent } from "../../src/model/events.js";
import type { Field } from "../../src/model/fields.js";
import { requestFacts } from "../../src/rpc/grpc.js";
import { randomNumbers } from "../support/any-split.js";

interface ModelEvent {
  readonly kind: CaptureEvent["kind"];
  readonly call: number;
  readonly fields?: readonly Field[];
  readonly index?: number;
  readonly length?: number;
  /** Of the bytes that are to be kept. */
  readonly hash?: string;
  readonly truncated?: boolean;
  readonly totals?: readonly [clientMessages: number, clientBytes: number, serverMessages: number, serverBytes: number];
}

interface ModelCall {
  readonly id: number;
  readonly handle: OpenCall;
  readonly method: string;
  readonly events: number[];
  readonly messages: [number, number];
  readonly bytes: [number, number];
  /** A message under way, of each side. */
  readonly growing: [Uint8Array[] | undefined, Uint8Array[] | undefined];
  over: boolean;
}

const MAX_MESSAGE = 300_000;
const hash = (bytes: Uint8Array) => createHash("sha1").update(bytes).digest("hex");

class Model {
  readonly capture = new Capture({ maxMemoryBytes: MIN_MAX_MEMORY_BYTES, maxMessageBytes: MAX_MESSAGE });
  readonly random: () => number;
  /** By seq less 1. */
  readonly events: ModelEvent[] = [];
  /** By id less 1. */
  readonly calls: ModelCall[] = [];
  readonly open: ModelCall[] = [];
  readonly lists: FieldList[] = [];
  #chunk = new Uint8Array(0);
  #at = 0;
  #used: OpenCall | undefined;
  readonly #pool = randomBytes(1_000_000);

  constructor(seed: number) {
    this.random = randomNumbers(seed);
    for (let i = 0; i < 20; i++) this.lists.push(this.#list(i));
  }

  below(limit: number): number {
    return Math.floor(this.random() * limit);
  }

  step(): void {
    const kind = this.random();
    const call = this.open[this.below(this.open.length)];
    if (call === undefined || (kind < 0.15 && this.open.length < 300)) this.#open();
    else if (kind < 0.55) this.#message(call);
    else if (kind < 0.72) this.#part(call);
    else if (kind < 0.8) this.#header(call);
    else if (kind < 0.82) this.#connectionEvent();
    else if (kind < 0.84) this.#problem(call);
    else if (kind < 0.86) this.#late();
    else this.#end(call);
  }

  #list(seed: number): FieldList {
    const fields: Field[] = [
      [":path", `/model.Service/Method${seed}`],
      ["x-long", "é".repeat(this.below(400))],
    ];
    return new FieldList(fields, 0, fields.flat().join("").length);
  }

  /** A list that says the same as another but for one value, or both. */
  #like(model: FieldList): FieldList {
    const values = model.fields.map(([, value]) => (this.random() < 0.7 ? `${value}${this.below(1000)}` : value));
    const fields = model.fields.map(([name], place): Field => [name, values[place]!]);
    const places = model.fields.map(([, value], place) => (values[place] === value ? 0 : 1 << place));
    const changed = places.reduce((bits, bit) => bits | bit, 0);
    return new FieldList(fields, 0, fields.flat().join("").length, model, changed);
  }

  /** Octets of a chunk, as the relay's readers would give them: a new chunk every now and then. */
  #octets(length: number): readonly [bytes: Uint8Array, start: number, end: number] {
    if (this.#at + length > this.#chunk.length || this.random() < 0.2) {
      this.capture.beginChunk();
      const size = Math.max(length, 8000);
      const from = this.below(this.#pool.length - size);
      this.#chunk = new Uint8Array(this.#pool.subarray(from, from + size));
      this.#at = 0;
    }
    const start = this.#at;
    this.#at += length;
    return [this.#chunk, start, start + length];
  }

  #length(): number {
    const kind = this.random();
    return kind < 0.9 ? this.below(300) : kind < 0.998 ? this.below(10_000) : this.below(400_000);
  }

  #append(event: ModelEvent): void {
    this.events.push(event);
    if (event.call > 0) this.calls[event.call - 1]!.events.push(this.events.length);
    if (this.capture.newestSeq !== this.events.length) throw new Error(`seq ${this.capture.newestSeq}`);
  }

  #open(): void {
    const known = this.lists[this.below(20)]!;
    const kind = this.random();
    const list = kind < 0.5 ? known : kind < 0.9 ? this.#like(known) : this.#list(1000 + this.events.length);
    const facts = requestFacts(list.fields);
    const used = this.#used;
    this.#used = undefined;
    const handle = this.capture.openCall(1, this.calls.length * 2 + 1, "grpc", list, facts, false, used)!;
    const id = this.calls.length + 1;
    const call: ModelCall = {
      id,
      handle,
      method: facts.method,
      events: [],
      messages: [0, 0],
      bytes: [0, 0],
      growing: [undefined, undefined],
      over: false,
    };
    this.calls.push(call);
    this.open.push(call);
    this.#append({ kind: "client-header", call: id, fields: list.fields });
  }

  #message(call: ModelCall): void {
    const from = this.#side();
    if (call.growing[from] !== undefined) return;
    const [bytes, start, end] = this.#octets(this.#length());
    this.capture.message(call.handle, from, 0, bytes, start, end);
    this.#appended(call, from, [bytes.slice(start, end)]);
  }

  #part(call: ModelCall): void {
    const from = this.#side();
    let parts = call.growing[from];
    if (parts === undefined) {
      parts = [];
      call.growing[from] = parts;
      this.capture.messageStart(call.handle, from, 0, 1_000_000);
    }
    const [bytes, start, end] = this.#octets(this.#length());
    if (end > start) this.capture.messagePart(call.handle, from, bytes, start, end);
    parts.push(bytes.slice(start, end));
    if (this.random() < 0.4) this.#finish(call, from);
  }

  #finish(call: ModelCall, from: SideIndex): void {
    const parts = call.growing[from];
    if (parts === undefined) return;
    call.growing[from] = undefined;
    this.capture.messageEnd(call.handle, from, true);
    this.#appended(call, from, parts);
  }

  #appended(call: ModelCall, from: SideIndex, parts: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(parts);
    const index = call.messages[from]++;
    call.bytes[from] += bytes.length;
    this.#append({
      kind: from === CLIENT ? "client-message" : "server-message",
      call: call.id,
      index,
      length: bytes.length,
      hash: hash(bytes.subarray(0, MAX_MESSAGE)),
      truncated: bytes.length > MAX_MESSAGE,
    });
  }

  #side(): SideIndex {
    return this.random() < 0.5 ? CLIENT : SERVER;
  }

  #header(call: ModelCall): void {
    const list = this.lists[this.below(20)]!;
    this.capture.serverHeader(call.handle, list, true);
    this.#append({ kind: "server-header", call: call.id, fields: list.fields });
  }

  #connectionEvent(): void {
    this.capture.connectionEvent({ kind: "ping", connection: 7, from: "client", data: "00" });
    this.#append({ kind: "ping", call: 0 });
  }

  #problem(call: ModelCall): void {
    this.capture.problem(1, call.handle, CLIENT, "ERR_X", "x".repeat(this.below(700)));
    this.#append({ kind: "protocol-error", call: call.id });
  }

  #late(): void {
    const call = this.calls[this.below(this.calls.length)]!;
    if (!call.over || call.handle.id !== call.id) return;
    this.capture.cancel(call.handle, SERVER, 0xffffffff);
    this.#append({ kind: "cancel", call: call.id });
  }

  #end(call: ModelCall): void {
    this.#finish(call, CLIENT);
    this.#finish(call, SERVER);
    this.capture.endCall(call.handle, "trailers", "server", 0, "trailers", 0);
    call.over = true;
    // A handle is used again when its stream is; until then something may come late.
    if (this.random() < 0.5) this.#used = call.handle;
    this.open.splice(this.open.indexOf(call), 1);
    const totals = [call.messages[0], call.bytes[0], call.messages[1], call.bytes[1]] as const;
    this.#append({ kind: "call-end", call: call.id, totals });
  }

  checkEvent(seq: number): void {
    const event = this.capture.event(seq);
    const expected = this.events[seq - 1]!;
    if (event === undefined) {
      // Gone, or a connection event of which nothing but its place is left.
      expect(seq < this.capture.oldestSeq || expected.kind === "ping").toBe(true);
      return;
    }
    expect(event).toMatchObject({ seq, kind: expected.kind });
    if ("call" in event) expect(event.call).toBe(expected.call);
    if ("fields" in event && event.trimmed !== true) expect(event.fields).toEqual(expected.fields);
    if (event.kind === "call-end") {
      const { client, server } = event;
      expect([client.messages, client.bytes, server.messages, server.bytes]).toEqual(expected.totals);
    }
    if (event.kind !== "client-message" && event.kind !== "server-message") return;
    expect(event).toMatchObject({ index: expected.index, wireLength: expected.length });
    expect(event.truncated ?? false).toBe(expected.truncated);
    const bytes = this.capture.messageBytes(seq);
    if (event.trimmed === true) expect(bytes).toBeUndefined();
    else expect(hash(bytes!)).toBe(expected.hash);
  }

  checkCall(id: number): void {
    const expected = this.calls[id - 1]!;
    const call = this.capture.call(id);
    const events = [...this.capture.eventsOf(id)].map(({ seq }) => seq);
    if (call === undefined) {
      expect(expected.over).toBe(true);
      expect(events).toEqual([]);
      return;
    }
    expect(call).toMatchObject({
      id,
      method: expected.method,
      client: { messages: expected.messages[0], bytes: expected.bytes[0] },
      server: { messages: expected.messages[1], bytes: expected.bytes[1] },
    });
    expect(call.end !== undefined).toBe(expected.over);
    expect(events).toEqual(expected.events.filter((seq) => seq >= this.capture.oldestSeq));
  }

  checkAll(cursor: EventCursor): void {
    const { capture } = this;
    const { counters } = capture;
    expect(counters.keptBytes).toBeLessThanOrEqual(MIN_MAX_MEMORY_BYTES);
    expect(counters).toMatchObject({
      events: this.events.length,
      calls: this.calls.length,
      openCalls: this.open.length,
      trimmedEvents: capture.oldestSeq - 1,
    });
    const kept = [...capture.calls()].map(({ id }) => id);
    expect(kept.length).toBe(counters.calls - counters.trimmedCalls);
    expect(kept).toEqual([...kept].sort((a, b) => a - b));
    for (let i = 0; i < 30; i++) {
      this.checkEvent(1 + this.below(this.events.length));
      this.checkEvent(this.events.length - this.below(Math.min(2000, this.events.length)));
      this.checkCall(1 + this.below(this.calls.length));
    }
    for (const { id } of this.open.slice(0, 20)) this.checkCall(id);
    for (let left = this.below(3000); left > 0; left--) {
      const { next } = cursor;
      const read = cursor.read();
      if (read === undefined) break;
      if (read.kind === "dropped") {
        expect(read).toEqual({ kind: "dropped", from: next, to: cursor.next - 1, events: cursor.next - next });
      } else expect(read).toMatchObject({ seq: next, kind: this.events[next - 1]!.kind });
    }
  }
}

test("a random history reads back as it was, as far as it is kept", () => {
  const model = new Model(1);
  const cursor = new EventCursor(model.capture);
  for (let round = 0; round < 60; round++) {
    for (let left = 2000; left > 0; left--) model.step();
    model.checkAll(cursor);
  }
  const { counters } = model.capture;
  // All of the ways of trimming were gone.
  expect(counters.trimmedMessageBytes).toBeGreaterThan(0);
  expect(counters.trimmedEvents).toBeGreaterThan(0);
  for (const call of [...model.open]) model.checkCall(call.id);
});
