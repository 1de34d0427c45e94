// What the demo's clients do: one entry for each thing that can happen to a call. A new one is one more entry.
import { setTimeout as sleep } from "node:timers/promises";
import { status as Code, type Metadata } from "@grpc/grpc-js";
import type { Outcome, Requests } from "./client-calls.js";
import { type ChatMessage, type MetricSample, timestampOf } from "./messages.js";
import { createPhoto, FIRST_USER_ID, SPECIAL_IDS, UNLUCKY_LIMIT, USER_COUNT } from "./people.js";
import type { DemoMethod, DemoMethods } from "./protos.js";
import type { Random } from "./random.js";
import { MAX_REQUEST_BYTES } from "./server.js";

/** The programs that the demo pretends to run; each has a connection of its own. */
export const APPS = {
  web: { userAgent: "web-frontend/3.2", compresses: false },
  /** Compresses every request with gzip. */
  mobile: { userAgent: "mobile-app/8.0.1", compresses: true },
  agent: { userAgent: "metrics-agent/1.9", compresses: false },
} as const;
export type App = keyof typeof APPS;

/** What a scenario can do. */
export interface Stage {
  readonly methods: DemoMethods;
  readonly random: Random;
  call<Request, Response>(
    app: App,
    method: DemoMethod<Request, Response>,
    requests: Requests<Request>,
    settings?: StageSettings,
  ): Promise<Outcome<Response>>;
}

export interface StageSettings {
  readonly deadlineMs?: number;
  readonly cancelAfter?: number;
  /** Changes the metadata that the app sends with every call. */
  readonly adjust?: (metadata: Metadata) => void;
}

export interface Scenario {
  readonly name: string;
  /** How often it comes, relative to the others. */
  readonly weight: number;
  /** How the call ends when nothing stands in its way. */
  readonly ends: Code;
  run(stage: Stage): Promise<Outcome>;
}

/** In the order of the demo's first seconds. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: "a user with nothing but an id and a name",
    weight: 30,
    ends: Code.OK,
    run: ({ call, methods }) => call("web", methods.getUser, [{ id: FIRST_USER_ID }], { deadlineMs: 5000 }),
  },
  {
    name: "a user with every kind of field",
    weight: 18,
    ends: Code.OK,
    run: ({ call, methods, random }) =>
      call("web", methods.getUser, [{ id: ordinaryId(random), readMask: { paths: ["name", "address.city"] } }], {
        deadlineMs: 5000,
      }),
  },
  {
    name: "a live list",
    weight: 4,
    ends: Code.OK,
    run: ({ call, methods, random }) =>
      call("web", methods.listUsers, [{ limit: random.between(UNLUCKY_LIMIT + 1, 30), role: "ROLE_EDITOR" }], {
        deadlineMs: 30_000,
      }),
  },
  {
    name: "a user who does not exist, with rich details",
    weight: 4,
    ends: Code.NOT_FOUND,
    run: ({ call, methods }) => call("web", methods.getUser, [{ id: SPECIAL_IDS.missing }]),
  },
  {
    name: "hundreds of samples, a handful at a time",
    weight: 2,
    ends: Code.OK,
    run: ({ call, methods, random }) => call("agent", methods.uploadMetrics, (over) => liveSamples(random, 240, over)),
  },
  {
    name: "a compressed request",
    weight: 7,
    ends: Code.OK,
    run: ({ call, methods, random }) =>
      call("mobile", methods.updateUser, [
        { user: { id: ordinaryId(random), name: "Zoë 李娜", labels: { theme: "dark" } }, version: 7 },
      ]),
  },
  {
    name: "a deadline that runs out",
    weight: 2,
    ends: Code.DEADLINE_EXCEEDED,
    run: ({ call, methods }) => call("web", methods.getUser, [{ id: SPECIAL_IDS.slow }], { deadlineMs: 400 }),
  },
  {
    name: "a short conversation",
    weight: 2,
    ends: Code.OK,
    run: ({ call, methods }) => call("mobile", methods.chatSession, (over) => shortChat(over), { deadlineMs: 60_000 }),
  },
  {
    name: "a large compressed answer",
    weight: 2,
    ends: Code.OK,
    run: ({ call, methods, random }) =>
      call("mobile", methods.batchGetUsers, [{ ids: [...everyId(random.between(150, USER_COUNT)), 7] }]),
  },
  {
    name: "a request with two wrong fields",
    weight: 3,
    ends: Code.INVALID_ARGUMENT,
    run: ({ call, methods, random }) =>
      call("web", methods.updateUser, [{ user: { id: ordinaryId(random), name: "", email: "nobody" }, version: 7 }]),
  },
  {
    name: "a client that has seen enough of a list",
    weight: 3,
    ends: Code.CANCELLED,
    run: ({ call, methods }) => call("web", methods.listUsers, [{ limit: 40 }], { cancelAfter: 7 }),
  },
  {
    name: "a photo of one mebibyte",
    weight: 1,
    ends: Code.OK,
    run: ({ call, methods, random }) => call("mobile", methods.getPhoto, [{ userId: ordinaryId(random) }]),
  },
  {
    name: "a method nobody implemented",
    weight: 1,
    ends: Code.UNIMPLEMENTED,
    run: ({ call, methods, random }) => call("web", methods.deleteUser, [{ id: ordinaryId(random) }]),
  },
  {
    name: "a service without a contract",
    weight: 4,
    ends: Code.OK,
    run: ({ call, methods, random }) =>
      call("agent", methods.quote, [
        { sku: `SKU-${random.between(100, 999)}`, quantity: random.between(1, 20), customer: ordinaryId(random) },
      ]),
  },
  {
    name: "an expired token",
    weight: 2,
    ends: Code.UNAUTHENTICATED,
    run: ({ call, methods, random }) =>
      call("web", methods.getUser, [{ id: ordinaryId(random) }], {
        adjust: (metadata) => metadata.set("authorization", "Bearer expired"),
      }),
  },
  {
    name: "a stream that the server gives up",
    weight: 1,
    ends: Code.ABORTED,
    run: ({ call, methods }) => call("web", methods.listUsers, [{ limit: UNLUCKY_LIMIT }]),
  },
  {
    name: "a private profile",
    weight: 2,
    ends: Code.PERMISSION_DENIED,
    run: ({ call, methods }) => call("web", methods.getUser, [{ id: SPECIAL_IDS.hidden }]),
  },
  {
    name: "all users at once",
    weight: 1,
    ends: Code.OK,
    run: ({ call, methods }) => call("agent", methods.listUsers, [{}], { deadlineMs: 30_000 }),
  },
  {
    name: "a health check",
    weight: 5,
    ends: Code.OK,
    run: ({ call, methods }) => call("agent", methods.healthCheck, [{}], { deadlineMs: 1000 }),
  },
  {
    name: "a server that is busy elsewhere",
    weight: 1,
    ends: Code.UNAVAILABLE,
    run: ({ call, methods }) => call("web", methods.getUser, [{ id: SPECIAL_IDS.shardAway }]),
  },
  {
    name: "a stream of compressed answers",
    weight: 2,
    ends: Code.OK,
    run: ({ call, methods, random }) =>
      call("mobile", methods.listUsers, [{ limit: random.between(UNLUCKY_LIMIT + 1, 25), view: "USER_VIEW_FULL" }]),
  },
  {
    name: "a burst of samples",
    weight: 1,
    ends: Code.OK,
    run: ({ call, methods, random }) => call("agent", methods.uploadMetrics, samples(random, 400)),
  },
  {
    name: "a request that makes no sense",
    weight: 1,
    ends: Code.INVALID_ARGUMENT,
    run: ({ call, methods }) => call("mobile", methods.getUser, [{ id: -1 }]),
  },
  {
    name: "a bug in the server",
    weight: 1,
    ends: Code.INTERNAL,
    run: ({ call, methods }) => call("web", methods.getUser, [{ id: SPECIAL_IDS.bug }]),
  },
  {
    name: "an upload of 300 kibibytes",
    weight: 1,
    ends: Code.OK,
    run: ({ call, methods, random }) =>
      call("web", methods.setPhoto, [{ userId: ordinaryId(random), photo: createPhoto(random, 300 * 1024) }]),
  },
  {
    name: "terms that were not accepted",
    weight: 1,
    ends: Code.FAILED_PRECONDITION,
    run: ({ call, methods, random }) =>
      call("web", methods.updateUser, [{ user: { id: ordinaryId(random), name: "Bob" } }]),
  },
  {
    name: "a server that resets the stream",
    weight: 1,
    ends: Code.INTERNAL,
    run: ({ call, methods }) => call("web", methods.getUser, [{ id: SPECIAL_IDS.crash }]),
  },
  {
    name: "too many questions",
    weight: 1,
    ends: Code.RESOURCE_EXHAUSTED,
    run: ({ call, methods }) => call("agent", methods.getUser, [{ id: SPECIAL_IDS.overQuota }]),
  },
  {
    name: "an upload of one mebibyte",
    weight: 0.5,
    ends: Code.OK,
    run: ({ call, methods, random }) =>
      call("mobile", methods.setPhoto, [{ userId: ordinaryId(random), photo: createPhoto(random) }]),
  },
  {
    name: "a request larger than the server takes",
    weight: 0.3,
    ends: Code.RESOURCE_EXHAUSTED,
    run: ({ call, methods, random }) =>
      call("web", methods.setPhoto, [{ userId: ordinaryId(random), photo: createPhoto(random, MAX_REQUEST_BYTES) }]),
  },
  {
    name: "a service whose health nobody knows",
    weight: 0.5,
    ends: Code.NOT_FOUND,
    run: ({ call, methods }) => call("agent", methods.healthCheck, [{ service: "shop.orders.OrderService" }]),
  },
];

/** A user who exists and whom the server has no reason to hide or delay. */
function ordinaryId(random: Random): number {
  return random.between(FIRST_USER_ID + 1, FIRST_USER_ID + 399);
}

function everyId(count: number): number[] {
  return Array.from({ length: count }, (_, index) => FIRST_USER_ID + index);
}

function* samples(random: Random, count: number): Generator<MetricSample> {
  const names = ["http.server.duration", "process.cpu.time", "queue.depth", "job.up"] as const;
  for (let index = 0; index < count; index++) {
    const name = random.pick(names);
    const common = { name, time: timestampOf(Date.now()), attributes: { host: `node-${random.between(1, 4)}` } };
    switch (name) {
      case "http.server.duration": {
        const counts = [random.between(50, 90), random.between(5, 30), random.between(0, 4), random.between(0, 1)];
        yield { ...common, histogram: { bounds: [0.01, 0.1, 1], counts, sum: random.between(100, 900) / 100 } };
        break;
      }
      case "process.cpu.time":
        yield { ...common, counter: 1_000_000 + index * random.between(90, 110) };
        break;
      case "queue.depth":
        yield { ...common, gauge: random.between(0, 40) };
        break;
      case "job.up":
        yield { ...common, up: random.between(0, 9) > 0 };
        break;
    }
  }
}

async function* liveSamples(random: Random, count: number, over: AbortSignal): AsyncGenerator<MetricSample> {
  let sent = 0;
  for (const sample of samples(random, count)) {
    yield sample;
    if (++sent % 12 === 0 && !(await pause(100, over))) return;
  }
}

const LINES = [
  "morning! who is on call?",
  "is it just me or is /checkout slow?",
  "p99 went from 80 ms to 2.4 s at 14:02",
  "rolling back 🚒",
  "größer als gestern, kleiner als morgen",
  "ログを見ています",
  "thanks ❤️",
] as const;

async function* shortChat(over: AbortSignal): AsyncGenerator<ChatMessage> {
  for (const [index, text] of LINES.slice(0, 3).entries()) {
    yield chatLine(index + 1, "alice", text);
    if (!(await pause(250, over))) return;
  }
}

/** A line now and then for as long as the call is open. */
export async function* endlessChat(random: Random, over: AbortSignal): AsyncGenerator<ChatMessage> {
  for (let sequence = 1; ; sequence++) {
    yield chatLine(sequence, "alice", random.pick(LINES));
    if (!(await pause(random.between(3000, 8000), over))) return;
  }
}

function chatLine(sequence: number, author: string, text: string): ChatMessage {
  return { sequence, sentAt: timestampOf(Date.now()), room: "#incidents", author, line: { text } };
}

/** Waits; false when `over` aborted first. */
export async function pause(ms: number, over: AbortSignal): Promise<boolean> {
  return sleep(ms, true, { signal: over }).catch(() => false);
}
