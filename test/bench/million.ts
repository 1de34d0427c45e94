// A long run on one connection with little memory: the last calls of a million must cost what the first did. Each part
// alternates with one through the pipe, so that the machine's own ups and downs can be told from the relay's.
import { type Bench, type Missing, startBackend, startRelays } from "./bench.js";
import { answerBytes, MILLION_CASE, SMALL_CALL } from "./cases.js";
import type { Relay } from "./proxies.js";
import { cpuMicros, residentBytes } from "./usage.js";

export interface Part {
  readonly perSecond: number;
  readonly overPipe: number | undefined;
  readonly cpuMicros: number | undefined;
  readonly residentBytes: number | undefined;
}

export interface MillionResult {
  readonly kind: "million";
  readonly calls: number;
  readonly maxMemory: string;
  readonly parts: readonly Part[];
  readonly lost: number;
  readonly problem?: string;
  readonly missing: readonly Missing[];
}

const WARM_UP_CALLS = 50_000; // for the compiler, without which the first part would look slow and hide growth

export async function runMillion(bench: Bench): Promise<MillionResult> {
  const calls = Math.round((MILLION_CASE.calls * bench.scale) / MILLION_CASE.parts) * MILLION_CASE.parts;
  const backend = await startBackend(bench, SMALL_CALL);
  const { relays, missing } = await startRelays(
    bench,
    bench.proxies.filter((proxy) => proxy.name === "pipe" || proxy.name === "framelens"),
    {
      upstreamPort: backend.port,
      tls: false,
      folder: bench.folder,
      framelensArgs: ["--max-memory", MILLION_CASE.maxMemory],
    },
  );
  const pipe = relays.find((relay) => relay.name === "pipe");
  const framelens = relays.find((relay) => relay.name === "framelens");
  const parts: Part[] = [];
  let lost = 0;
  let problem: string | undefined;
  const send = async (relay: Relay, count: number): Promise<{ perSecond: number; cpuMicros: number | undefined }> => {
    const before = cpuMicros(relay.child.pid);
    const outcome = await bench.own.order({
      port: relay.port,
      tls: false,
      connections: 1,
      inFlight: 100,
      ...SMALL_CALL,
      answerBytes: answerBytes(SMALL_CALL),
      calls: count,
      keep: `million ${relay.name}`,
    });
    const after = cpuMicros(relay.child.pid);
    lost += outcome.lost;
    problem ??= outcome.problem;
    return {
      perSecond: (outcome.allCalls * 1000) / outcome.elapsedMs,
      cpuMicros: before === undefined || after === undefined ? undefined : (after - before) / count,
    };
  };
  if (framelens !== undefined) {
    for (const relay of relays) await send(relay, WARM_UP_CALLS);
    for (let i = 0; i < MILLION_CASE.parts && lost === 0; i++) {
      const yardstick = pipe === undefined ? undefined : await send(pipe, calls / MILLION_CASE.parts);
      const part = await send(framelens, calls / MILLION_CASE.parts);
      parts.push({
        ...part,
        overPipe: yardstick === undefined ? undefined : part.perSecond / yardstick.perSecond,
        residentBytes: residentBytes(framelens.child.pid),
      });
    }
  }
  for (const relay of relays) await bench.children.stop(relay.child);
  await bench.children.stop(backend.child);
  const { maxMemory } = MILLION_CASE;
  return { kind: "million", calls, maxMemory, parts, lost, missing, ...(problem === undefined ? {} : { problem }) };
}
