// What a connection costs that does nothing: each has exchanged prefaces and SETTINGS and finished one call.
import { type Bench, type Missing, startBackend, startRelays } from "./bench.js";
import { answerBytes, IDLE_CASE, SMALL_CALL } from "./cases.js";
import type { Relay } from "./proxies.js";
import { openFilesLimit, residentBytes } from "./usage.js";

export interface IdleRow {
  readonly proxy: string;
  readonly connections: number;
  readonly bytesBefore: number | undefined;
  readonly bytesAfter: number | undefined;
  readonly lost: number;
  readonly problem?: string;
}

export interface IdleResult {
  readonly kind: "idle";
  readonly wanted: number;
  readonly rows: readonly IdleRow[];
  readonly missing: readonly Missing[];
  /** Why there were fewer connections than wanted. */
  readonly limit?: string;
}

const SPARE_FILES = 100; // what a Node program has open besides its connections, generously
const WARM_UP_CONNECTIONS = 200; // so that code and first pools are not counted
const SETTLE_MS = 1500; // for garbage of the opening to go, as far as it will by itself

export async function runIdle(bench: Bench): Promise<IdleResult> {
  const wanted = Math.round(IDLE_CASE.connections * bench.scale);
  const backend = await startBackend(bench, SMALL_CALL);
  // only relays that open one upstream connection for each of the client's can be compared
  const pairing = bench.proxies.filter((proxy) => proxy.pairs);
  const job = { upstreamPort: backend.port, tls: false, folder: bench.folder, connections: wanted };
  const { relays, missing } = await startRelays(bench, pairing, job);
  const rows: IdleRow[] = [];
  let limit: string | undefined;
  for (const relay of relays) {
    const fits = Math.min(
      room(bench.own.child.pid),
      room(backend.child.pid),
      Math.floor(room(relay.child.pid) / 2), // a client's socket and a server's each
    );
    if (fits < wanted) limit = `the system's limit of open files allows ${fits} connections through a relay`;
    rows.push(await hold(bench, relay, Math.min(wanted, fits)));
    await bench.children.stop(relay.child);
  }
  await bench.children.stop(backend.child);
  return { kind: "idle", wanted, rows, missing, ...(limit === undefined ? {} : { limit }) };
}

async function hold(bench: Bench, relay: Relay, connections: number): Promise<IdleRow> {
  const call = { port: relay.port, tls: false, inFlight: 1, ...SMALL_CALL, answerBytes: answerBytes(SMALL_CALL) };
  await bench.own.order({ ...call, connections: WARM_UP_CONNECTIONS, calls: WARM_UP_CONNECTIONS });
  await settle();
  const bytesBefore = residentBytes(relay.child.pid);
  const outcome = await bench.own.order({ ...call, connections, calls: connections, keep: relay.name });
  await settle();
  const bytesAfter = residentBytes(relay.child.pid);
  return {
    proxy: relay.name,
    connections,
    bytesBefore,
    bytesAfter,
    lost: outcome.lost + (connections - outcome.allCalls - outcome.lost),
    ...(outcome.problem === undefined ? {} : { problem: outcome.problem }),
  };
}

function room(pid: number): number {
  return (openFilesLimit(pid) ?? Number.POSITIVE_INFINITY) - SPARE_FILES;
}

function settle(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, SETTLE_MS));
}
