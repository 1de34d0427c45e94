// Random conversations for property tests: valid gRPC over HTTP/2 in every shape, with what a reader must make of each call.
import fc from "fast-check";
import { FLAG, FRAME } from "../../src/http2/frames.js";
import { CLIENT, SERVER, type SideIndex } from "../../src/http2/stream.js";
import type { Turn } from "./any-split.js";
import {
  type BlockOptions,
  concat,
  data,
  encodeFrame,
  encodeReset,
  encodeSettings,
  encodeWindowUpdate,
  hello,
  message,
  ping,
  RESPONSE,
  request,
  Speaker,
  trailers,
  trailersOnly,
} from "./frames.js";
import { CallHandle, RecordingSink } from "./recording-sink.js";

interface Message {
  readonly content: Uint8Array;
  readonly flag: number;
}

interface Plan {
  readonly requests: readonly Message[];
  readonly responses: readonly Message[];
  /** How many octets of a body each DATA frame takes, round and round. */
  readonly dataBytes: readonly number[];
  readonly padding: number | undefined;
  readonly cuts: readonly number[];
  readonly priority: boolean;
  readonly informational: boolean;
  readonly halfClose: "with-data" | "empty-data" | "never";
  readonly ending: "trailers" | "trailers-only" | "end-stream" | "none";
  /** A reset, and after how many of the call's steps. */
  readonly reset: { readonly by: SideIndex; readonly code: number; readonly after: number } | undefined;
  readonly status: number;
}

export interface Conversation {
  readonly turns: readonly Turn[];
  /** The lines of each call, in the order in which the calls were opened. */
  readonly calls: readonly (readonly string[])[];
}

const anyMessage: fc.Arbitrary<Message> = fc.record({
  content: fc.oneof(fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ minLength: 100, maxLength: 400 })),
  flag: fc.constantFrom(0, 0, 0, 1),
});

const anyPlan: fc.Arbitrary<Plan> = fc.record({
  requests: fc.array(anyMessage, { maxLength: 4 }),
  responses: fc.array(anyMessage, { maxLength: 4 }),
  dataBytes: fc
    .array(fc.integer({ min: 0, max: 150 }), { minLength: 1, maxLength: 5 })
    .filter((all) => Math.max(...all) > 0),
  padding: fc.option(fc.nat(30), { nil: undefined }),
  cuts: fc.array(fc.nat(60), { maxLength: 3 }).map((cuts) => cuts.toSorted((a, b) => a - b)),
  priority: fc.boolean(),
  informational: fc.boolean(),
  halfClose: fc.constantFrom("with-data", "empty-data", "never"),
  ending: fc.constantFrom("trailers", "trailers", "trailers", "trailers-only", "end-stream", "none"),
  reset: fc.option(
    fc.record({ by: fc.constantFrom(CLIENT, SERVER), code: fc.constantFrom(0, 2, 7, 8, 11), after: fc.nat(12) }),
    { nil: undefined, freq: 4 },
  ),
  status: fc.nat(16),
});

/** More than 16 calls make streams and calls be used again. */
export function conversations(minCalls: number, maxCalls: number): fc.Arbitrary<Conversation> {
  return fc
    .record({
      plans: fc.array(anyPlan, { minLength: minCalls, maxLength: maxCalls, size: "max" }),
      order: fc.array(fc.nat(), { minLength: 1, maxLength: 60 }),
      tableBytes: fc.constantFrom(undefined, 0, 200, 4096),
    })
    .map(({ plans, order, tableBytes }) => converse(plans, order, tableBytes));
}

/** One thing that a side does on a stream: its octets, and what a reader says of it. */
interface Step {
  readonly from: SideIndex;
  bytes(stream: number): Uint8Array;
  told(sink: RecordingSink, call: CallHandle): void;
}

function converse(plans: readonly Plan[], order: readonly number[], tableBytes: number | undefined): Conversation {
  const speakers = [new Speaker(), new Speaker()] as const;
  const turns: Turn[] = [
    [CLIENT, hello()],
    [SERVER, encodeSettings([])],
  ];
  const calls = plans.map((plan) => new PlannedCall(plan, speakers));
  const opened: PlannedCall[] = [];
  for (let at = 0; ; at++) {
    const dice = order[at % order.length]! + at;
    const going = opened.filter((call) => call.hasMore);
    const next = calls[opened.length];
    if (next !== undefined && (going.length === 0 || dice % 3 === 0)) opened.push(next);
    else if (going.length === 0) break;
    const call = opened.at(-1) === next && next !== undefined ? next : going[dice % going.length]!;
    turns.push(call.step(2 * opened.indexOf(call) + 1, opened.indexOf(call) + 1, dice));
    if (dice % 5 === 0) turns.push([dice % 2 === 0 ? CLIENT : SERVER, noise(Math.floor(dice / 5))]);
    if (dice % 11 === 0 && tableBytes !== undefined) speakers[dice % 2]!.hpack.resize(tableBytes);
  }
  for (const call of opened) call.cutOff();
  return { turns, calls: opened.map((call) => call.sink.lines) };
}

/** Frames that belong to no call. */
function noise(dice: number): Uint8Array {
  const all = [
    ping("pingpong"),
    encodeFrame(0xbe, 0xff, dice % 9, new Uint8Array(dice % 300)),
    encodeFrame(FRAME.priority, 0, 1, new Uint8Array(5)),
    encodeWindowUpdate(0, 1 + (dice % 1000)),
    encodeSettings([[0xabcd, dice % 1000]]),
    encodeFrame(FRAME.settings, FLAG.ack, 0, new Uint8Array(0)),
  ];
  return all[dice % all.length]!;
}

/** Says the steps of one call in an order that HTTP/2 allows, and notes what a reader must say of each. */
class PlannedCall {
  readonly sink = new RecordingSink();
  readonly #call = new CallHandle();
  readonly #plan: Plan;
  readonly #client: Step[];
  readonly #server: Step[];
  #steps = 0;
  #clientBody: Body;
  #serverBody: Body;
  #clientEnded = false;
  #serverEnded = false;

  constructor(plan: Plan, speakers: readonly [Speaker, Speaker]) {
    this.#plan = plan;
    this.#clientBody = new Body(CLIENT, plan.requests, plan.dataBytes);
    this.#serverBody = new Body(SERVER, plan.responses, plan.dataBytes);
    this.#client = this.#clientSteps(speakers[CLIENT]);
    this.#server = this.#serverSteps(speakers[SERVER]);
  }

  get hasMore(): boolean {
    return this.#client.length + this.#server.length > 0;
  }

  step(stream: number, id: number, dice: number): Turn {
    this.#call.id = id;
    const { reset } = this.#plan;
    if (reset !== undefined && this.#steps > 0 && this.#steps >= reset.after) {
      this.#reset(reset.by, reset.code);
      return [reset.by, encodeReset(stream, reset.code)];
    }
    const first = this.#steps++ === 0;
    const queue =
      !first && this.#server.length > 0 && (dice % 2 === 0 || this.#client.length === 0) ? this.#server : this.#client;
    const step = queue.shift()!;
    const bytes = step.bytes(stream);
    step.told(this.sink, this.#call);
    return [step.from, bytes];
  }

  /** The connection ends: what a client knows of a call that has not ended. */
  cutOff(): void {
    if (this.#clientEnded && this.#serverEnded) return;
    this.#finishBodies();
    if (!this.#call.over) this.sink.endCall(this.#call, "connection-lost", "client", 14, "connection", 0);
  }

  #reset(by: SideIndex, code: number): void {
    this.#client.length = this.#server.length = 0;
    this.#finishBodies();
    this.#clientEnded = this.#serverEnded = true;
    this.sink.cancel(this.#call, by, code);
    const status = ({ 0: 13, 2: 13, 7: 14, 8: 1, 11: 8 } as const)[code as 0 | 2 | 7 | 8 | 11];
    if (!this.#call.over)
      this.sink.endCall(this.#call, "reset", by === CLIENT ? "client" : "server", status, "reset", code);
  }

  #finishBodies(): void {
    if (!this.#clientEnded) this.#clientBody.cut(this.sink, this.#call);
    if (!this.#serverEnded) this.#serverBody.cut(this.sink, this.#call);
  }

  #block(endStream: boolean): BlockOptions {
    const { padding, priority, cuts } = this.#plan;
    return { endStream, priority, cuts, ...(padding === undefined ? {} : { padding }) };
  }

  #clientSteps(speaker: Speaker): Step[] {
    const { halfClose, requests } = this.#plan;
    const method = `/s/M${requests.length}`;
    const alone = halfClose === "with-data" && requests.length === 0;
    const steps: Step[] = [
      {
        from: CLIENT,
        bytes: (stream) => speaker.headers(stream, request(method), this.#block(alone)),
        told: (sink, call) => {
          sink.note(`${call.id} client-header grpc ${method}`);
          if (alone) this.#halfClosed(sink, call);
        },
      },
    ];
    const body = this.#dataSteps(this.#clientBody, halfClose === "with-data", (sink, call) =>
      this.#halfClosed(sink, call),
    );
    steps.push(...body);
    if (halfClose === "empty-data") steps.push(this.#emptyEnd(CLIENT, (sink, call) => this.#halfClosed(sink, call)));
    return steps;
  }

  #halfClosed(sink: RecordingSink, call: CallHandle): void {
    this.#clientEnded = true;
    sink.halfClose(call);
  }

  #serverSteps(speaker: Speaker): Step[] {
    const { informational, ending, status } = this.#plan;
    const steps: Step[] = [];
    const headers = (fields: readonly (readonly [string, string])[], endStream: boolean, told: Step["told"]): Step => ({
      from: SERVER,
      bytes: (stream) => speaker.headers(stream, fields, this.#block(endStream)),
      told,
    });
    const end =
      (how: "trailers" | "trailers-only" | "end-stream", code: number, source: "trailers" | "missing"): Step["told"] =>
      (sink, call) => {
        this.#serverEnded = true;
        if (how !== "end-stream")
          sink.note(`${call.id} server-trailer${how === "trailers-only" ? " trailers-only" : ""}`);
        sink.endCall(call, how, "server", code, source, 0);
      };
    if (informational) {
      steps.push(headers([[":status", "103"]], false, (sink, call) => sink.note(`${call.id} server-header 1xx`)));
    }
    if (ending === "trailers-only") {
      steps.push(headers(trailersOnly(status), true, end("trailers-only", status, "trailers")));
      return steps;
    }
    steps.push(headers(RESPONSE, false, (sink, call) => sink.note(`${call.id} server-header`)));
    steps.push(...this.#dataSteps(this.#serverBody, false, () => {}));
    if (ending === "trailers") steps.push(headers(trailers(status), true, end("trailers", status, "trailers")));
    if (ending === "end-stream") steps.push(this.#emptyEnd(SERVER, end("end-stream", 13, "missing")));
    return steps;
  }

  #dataSteps(body: Body, endStream: boolean, ended: Step["told"]): Step[] {
    return body.frames.map((bytes, i) => {
      const last = endStream && i === body.frames.length - 1;
      return {
        from: body.from,
        bytes: (stream) => this.#data(stream, bytes, last),
        told: (sink, call) => {
          body.sent(bytes.length, sink, call);
          if (last) ended(sink, call);
        },
      };
    });
  }

  #emptyEnd(from: SideIndex, told: Step["told"]): Step {
    return { from, bytes: (stream) => this.#data(stream, new Uint8Array(0), true), told };
  }

  #data(stream: number, bytes: Uint8Array, endStream: boolean): Uint8Array {
    const { padding } = this.#plan;
    return data(stream, bytes, { endStream, ...(padding === undefined ? {} : { padding }) });
  }
}

/** One side's messages as DATA frames, and which of them have come when so many octets have. */
class Body {
  readonly from: SideIndex;
  readonly frames: Uint8Array[] = [];
  readonly #messages: readonly Message[];
  #sent = 0;
  #told = 0;

  constructor(from: SideIndex, messages: readonly Message[], sizes: readonly number[]) {
    this.from = from;
    this.#messages = messages;
    const octets = concat(...messages.map(({ content, flag }) => message(content, flag)));
    for (let at = 0, i = 0; at < octets.length; i++) {
      const end = Math.min(octets.length, at + sizes[i % sizes.length]!);
      this.frames.push(octets.subarray(at, end));
      at = end;
    }
  }

  sent(octets: number, sink: RecordingSink, call: CallHandle): void {
    this.#sent += octets;
    for (; this.#told < this.#messages.length && this.#end(this.#told) <= this.#sent; this.#told++) {
      const { content, flag } = this.#messages[this.#told]!;
      sink.message(call, this.from, flag, content, 0, content.length);
    }
  }

  /** Nothing more comes. */
  cut(sink: RecordingSink, call: CallHandle): void {
    const have = this.#sent - (this.#told === 0 ? 0 : this.#end(this.#told - 1));
    const under = this.#messages[this.#told];
    if (under === undefined || have === 0) return;
    if (have < 5) {
      sink.prefixCut(call, this.from, have);
      return;
    }
    sink.messageStart(call, this.from, under.flag, under.content.length);
    if (have > 5) sink.messagePart(call, this.from, under.content, 0, have - 5);
    sink.messageEnd(call, this.from, false);
  }

  /** Where a message ends, in octets of the body. */
  #end(index: number): number {
    return this.#messages.slice(0, index + 1).reduce((sum, { content }) => sum + 5 + content.length, 0);
  }
}
