// What is measured, and what framelens is to reach: one table entry a case.

/** The numbers a target can speak of; all but what was told are ratios. */
export type Measure = "rate/pipe" | "rate/nghttpx" | "rate/framelens" | "cpu/pipe" | "told";

export interface Target {
  readonly measure: Measure;
  readonly atLeast?: number;
  readonly atMost?: number;
  /** Whose; default framelens. */
  readonly of?: string;
}

/** A case that is measured in rounds: the same calls through every relay in turn. */
export interface RoundsCase {
  readonly name: string;
  readonly title: string;
  readonly tls: boolean;
  readonly connections: number;
  readonly inFlight: number;
  readonly requestBytes: number;
  /** Another `grpc-timeout` in each call, as from clients with deadlines; our own load generator then. */
  readonly deadlines: boolean;
  /** Messages of one answer, and the size of each. */
  readonly messages: number;
  readonly messageBytes: number;
  /** Told of in the table: whole calls, or the messages of streams. */
  readonly unit: "calls" | "messages";
  readonly targets: readonly Target[];
  /** The relays to compare; default `proxies`: all that there are. */
  readonly contenders?: "proxies" | "outputs" | "screens" | "readers";
  /** Whose rate the others are told against, besides the pipe's; default nghttpx. */
  readonly against?: string;
  /** Longer rounds, for what happens a few times a second; so many times the usual. */
  readonly longer?: number;
  /** What the numbers mean, where that is not plain. */
  readonly note?: string;
}

const MESSAGE_BYTES = 64; // a small message: an id, a name, a few numbers

const UNARY = {
  tls: false,
  connections: 1,
  inFlight: 100,
  requestBytes: MESSAGE_BYTES,
  deadlines: false,
  messages: 1,
  messageBytes: MESSAGE_BYTES,
  unit: "calls",
} as const;

const UNARY_TARGETS: readonly Target[] = [
  { measure: "rate/pipe", atLeast: 0.9 },
  { measure: "rate/nghttpx", atLeast: 1.1 },
  { measure: "cpu/pipe", atMost: 1.8 },
];

export const ROUNDS_CASES: readonly RoundsCase[] = [
  {
    ...UNARY,
    name: "unary",
    title: "unary calls, 100 in flight on 1 connection",
    targets: UNARY_TARGETS,
  },
  {
    ...UNARY,
    name: "unary-4",
    title: "unary calls, 100 in flight on 4 connections",
    connections: 4,
    inFlight: 25,
    targets: UNARY_TARGETS,
  },
  {
    ...UNARY,
    name: "unary-deadlines",
    title: "unary calls, each with its deadline, 100 in flight on 1 connection",
    deadlines: true,
    targets: UNARY_TARGETS,
    note: "every request has another grpc-timeout, so that no header block is like the one before",
  },
  {
    ...UNARY,
    name: "one-at-a-time",
    title: "unary calls, one at a time",
    inFlight: 1,
    targets: [{ measure: "rate/pipe", atLeast: 0.95 }],
  },
  {
    ...UNARY,
    name: "stream-64k",
    title: "server streams of 64 KiB messages, 16 a call, 4 calls in flight",
    inFlight: 4,
    messages: 16,
    messageBytes: 65_536,
    unit: "messages",
    targets: [{ measure: "rate/pipe", atLeast: 0.95 }],
  },
  {
    ...UNARY,
    name: "stream-100",
    title: "server streams of 100-byte messages, 1,000 a call, 4 calls in flight",
    inFlight: 4,
    messages: 1000,
    messageBytes: 100,
    unit: "messages",
    targets: [{ measure: "rate/pipe", atLeast: 0.85 }],
  },
  {
    ...UNARY,
    name: "tls",
    title: "unary calls over TLS on both sides, 100 in flight on 1 connection",
    tls: true,
    targets: [{ measure: "rate/nghttpx", atLeast: 1.0 }],
    note: "the pipe passes the encrypted bytes on and does no TLS of its own",
  },
];

/** What an output costs the traffic. */
export const OUTPUT_CASES: readonly RoundsCase[] = [
  {
    ...UNARY,
    name: "ndjson",
    title: "unary calls, 100 in flight on 1 connection, with and without --output ndjson >/dev/null",
    contenders: "outputs",
    against: "framelens",
    targets: [{ measure: "rate/framelens", atLeast: 0.5, of: "ndjson" }],
    note: "ndjson has a schema that knows the messages; it decodes each of them, as far as it keeps up",
  },
  {
    ...UNARY,
    name: "feed",
    title: "unary calls, 100 in flight on 1 connection, with and without 10 subscribers to every event",
    contenders: "readers",
    against: "framelens",
    longer: 4,
    targets: [
      { measure: "rate/framelens", atLeast: 0.85, of: "10 readers" },
      { measure: "told", atLeast: 50_000, of: "10 readers" },
    ],
    note: "subscribers that cannot keep up are told how many messages they missed; told is events/s, all of them together",
  },
  {
    ...UNARY,
    name: "terminal",
    title: "unary calls, 100 in flight on 1 connection, with and without the terminal's screen",
    contenders: "screens",
    longer: 4,
    against: "framelens",
    targets: [
      { measure: "rate/framelens", atLeast: 0.9, of: "80x24" },
      { measure: "rate/framelens", atLeast: 0.9, of: "160x50" },
    ],
    note: "the screens follow the newest call and are read by nobody but a counter",
  },
];

/** Many connections that do nothing: what each costs in memory. */
export const IDLE_CASE = { name: "idle", connections: 10_000 } as const;

/** A long run: whether call number 1,000,000 costs what call number 1 did. */
export const MILLION_CASE = { name: "million", calls: 1_000_000, parts: 10, maxMemory: "64MiB" } as const;

export const CASE_NAMES: readonly string[] = [
  ...[...ROUNDS_CASES, ...OUTPUT_CASES].map((c) => c.name),
  IDLE_CASE.name,
  MILLION_CASE.name,
];

/** The call of the two cases above. */
export const SMALL_CALL = {
  requestBytes: MESSAGE_BYTES,
  deadlines: false,
  messages: 1,
  messageBytes: MESSAGE_BYTES,
} as const;

/** DATA payload of one answer: its messages with their 5-byte prefixes (gRPC PROTOCOL-HTTP2, "Length-Prefixed-Message"). */
export function answerBytes(call: { readonly messages: number; readonly messageBytes: number }): number {
  return call.messages * (5 + call.messageBytes);
}
