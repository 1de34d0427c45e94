// The demo's clients: three programs that keep calling, at a pace that a person can read.
import { setMaxListeners } from "node:events";
import { Client, compressionAlgorithms, credentials, Metadata } from "@grpc/grpc-js";
import { makeCall, type Outcome } from "./client-calls.js";
import { type DemoMethods, loadMethods } from "./protos.js";
import { createRandom, type Random } from "./random.js";
import { APPS, type App, endlessChat, pause, SCENARIOS, type Scenario, type Stage } from "./scenarios.js";
import { VALID_TOKEN } from "./services/users.js";

export interface DemoClientsOptions {
  /** Host and port, as in "127.0.0.1:50050". */
  readonly target: string;
  /** The same seed makes the same calls. */
  readonly seed?: number;
  /** 1, the default, is about {@link CALLS_PER_SECOND}. */
  readonly rate?: number;
  readonly onOutcome?: (scenario: Scenario, outcome: Outcome) => void;
}

export interface DemoClients {
  /** Cancels every call and closes every connection. */
  stop(): Promise<void>;
}

export const CALLS_PER_SECOND = 4.5;

/** More open calls than this mean that nobody answers; then no new ones are made. */
const MAX_OPEN_CALLS = 40;
/** How long a stream that should stay open stays closed when it breaks. */
const REOPEN_MS = 1000;

/** Starts calling at once. Survives a target that goes away, and goes on when it is back. */
export function startDemoClients(options: DemoClientsOptions): DemoClients {
  const random = createRandom(options.seed ?? 1);
  const troupe = createTroupe(options.target, random.fork());
  const stopped = new AbortController();
  const running = new Set<Promise<unknown>>();
  const run = (task: Promise<unknown>): void => {
    running.add(task);
    task.finally(() => running.delete(task));
  };
  const { stage } = troupe;
  const lines = random.fork();
  run(
    keepOpen(stopped.signal, () => stage.call("mobile", stage.methods.chatSession, (over) => endlessChat(lines, over))),
  );
  run(keepOpen(stopped.signal, () => stage.call("agent", stage.methods.healthWatch, [{}])));

  const order = playOrder(random);
  const gapMs = 1000 / (CALLS_PER_SECOND * (options.rate ?? 1));
  let timer: NodeJS.Timeout;
  const next = (): void => {
    timer = setTimeout(next, gapMs * (0.4 + 1.2 * random.fraction()));
    if (running.size >= MAX_OPEN_CALLS) return;
    const scenario = order.next().value;
    run(scenario.run({ ...stage, random: random.fork() }).then((outcome) => options.onOutcome?.(scenario, outcome)));
  };
  next();

  return {
    async stop() {
      clearTimeout(timer);
      stopped.abort();
      troupe.dismiss();
      await Promise.all(running);
    },
  };
}

/** The apps on their connections, and the stage on which they play. */
export function createTroupe(target: string, random: Random): { readonly stage: Stage; dismiss(): void } {
  const methods: DemoMethods = loadMethods();
  const dismissed = new AbortController();
  setMaxListeners(MAX_OPEN_CALLS + 10, dismissed.signal); // one for each open call
  const clients = Object.fromEntries(
    Object.entries(APPS).map(([app, { userAgent, compresses }]) => [app, connect(target, userAgent, compresses)]),
  ) as Record<App, Client>;
  return {
    stage: {
      methods,
      random,
      call(app, method, requests, { adjust, ...settings } = {}) {
        const metadata = metadataOf(app, random);
        adjust?.(metadata);
        return makeCall(clients[app], method, requests, { ...settings, metadata, signal: dismissed.signal });
      },
    },
    dismiss() {
      dismissed.abort();
      for (const client of Object.values(clients)) client.close();
    },
  };
}

function connect(target: string, userAgent: string, compresses: boolean): Client {
  return new Client(target, credentials.createInsecure(), {
    "grpc.primary_user_agent": userAgent,
    // Connections of our own, which close with the client.
    "grpc.use_local_subchannel_pool": 1,
    // The proxy is the target; http_proxy in the environment must not come between.
    "grpc.enable_http_proxy": 0,
    "grpc.initial_reconnect_backoff_ms": 200,
    "grpc.max_reconnect_backoff_ms": 2000,
    ...(compresses ? { "grpc.default_compression_algorithm": compressionAlgorithms.gzip } : {}),
  });
}

function metadataOf(app: App, random: Random): Metadata {
  const metadata = new Metadata();
  metadata.set("authorization", VALID_TOKEN);
  metadata.set("x-request-id", [8, 4, 4, 4, 12].map((digits) => random.hex(digits)).join("-"));
  switch (app) {
    case "web":
      metadata.set("traceparent", `00-${random.hex(32)}-${random.hex(16)}-01`);
      break;
    case "mobile":
      // The same name twice is two values, for text as for bytes.
      metadata.add("x-experiment", "new-profile");
      metadata.add("x-experiment", "fast-lists");
      metadata.add("x-device-key-bin", random.bytes(16));
      metadata.add("x-device-key-bin", Buffer.from([0, 1, 2, 255]));
      metadata.set("accept-language", "de-CH, ja;q=0.8");
      break;
    case "agent":
      metadata.set("x-host", `node-${random.between(1, 4)}`);
      break;
  }
  return metadata;
}

/** Opens a call again whenever it ends. */
async function keepOpen(stopped: AbortSignal, open: () => Promise<Outcome>): Promise<void> {
  do await open();
  while (await pause(REOPEN_MS, stopped));
}

/** First every scenario once, with the first one between the others; then at random by weight. */
export function* playOrder(random: Random): Generator<Scenario, never> {
  const [alice] = SCENARIOS as readonly [Scenario];
  for (const [index, scenario] of SCENARIOS.entries()) {
    yield scenario;
    if (index % 3 === 2) yield alice;
  }
  for (;;) yield pickByWeight(random) ?? alice;
}

function pickByWeight(random: Random): Scenario | undefined {
  let left = random.fraction() * SCENARIOS.reduce((sum, { weight }) => sum + weight, 0);
  for (const scenario of SCENARIOS) {
    left -= scenario.weight;
    if (left < 0) return scenario;
  }
  return undefined;
}
