// Measures relays against each other: rounds A B C D, B C D A …, so that a machine that speeds up or slows down does so for
// all of them, with the ratios taken inside each round and the median of the rounds quoted.
import { type Bench, type Missing, median, startBackend, startRelays } from "./bench.js";
import { answerBytes, type RoundsCase } from "./cases.js";
import type { Loader, Outcome } from "./loaders.js";
import { OUTPUTS, READERS, type Relay, SCREENS } from "./proxies.js";
import { cpuMicros } from "./usage.js";

/** A ratio over the rounds. */
export interface Ratio {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export interface Row {
  readonly proxy: string;
  /** Calls or messages a second, the median of the rounds. */
  readonly perSecond: number;
  /** Rate over another relay's in the same round, by that relay's name. */
  readonly over: Readonly<Record<string, Ratio>>;
  /** Processor time of the relay a call or message, all rounds together; undefined where the system does not tell. */
  readonly cpuMicros: number | undefined;
  /** The same over the pipe's. */
  readonly cpuOverPipe: number | undefined;
  /** Processors kept busy by the relay: near 1 means that it was what limited the rate. */
  readonly busy: number | undefined;
  readonly lost: number;
  /** Events a second that readers of its feed were told, all readers together, the median of the rounds; undefined without readers. */
  readonly told?: number;
  readonly problem?: string;
}

export interface RoundsResult {
  readonly kind: "rounds";
  readonly case: RoundsCase;
  readonly loader: string;
  readonly rounds: number;
  readonly roundMs: number;
  readonly rows: readonly Row[];
  readonly missing: readonly Missing[];
}

interface Sample {
  readonly perSecond: number;
  readonly units: number;
  readonly cpu: number | undefined;
  readonly wallMs: number;
  /** Events told meanwhile. */
  readonly told: number | undefined;
  readonly outcome: Outcome;
}

/** After the warm-up an output catches up with what it can: it, too, is to have its code compiled, of which a busy traffic leaves it little time. */
const CATCH_UP_MS = 2000;
/** A relay is warm when a call costs it this much of what it did before, or more: V8 compiles for many seconds what it has not seen for long. */
const WARM = 0.95;

const CONTENDERS = { proxies: undefined, outputs: OUTPUTS, screens: SCREENS, readers: READERS } as const;

export async function runRounds(bench: Bench, it: RoundsCase): Promise<RoundsResult> {
  const backend = await startBackend(bench, it, it.tls);
  const job = { upstreamPort: backend.port, tls: it.tls, folder: bench.folder };
  const contenders = it.contenders === undefined ? undefined : CONTENDERS[it.contenders];
  const { relays, missing } = await startRelays(bench, contenders ?? bench.proxies, job);
  const roundMs = bench.roundMs * (it.longer ?? 1);
  const samples = new Map<Relay, Sample[]>(relays.map((relay) => [relay, []]));
  const isolated = contenders !== undefined;
  const measure = async (relay: Relay, ms: number, afterwardsMs = 0): Promise<Sample> => {
    if (isolated) process.kill(relay.pid ?? relay.child.pid, "SIGCONT");
    const measured = await sample(bench, it, relay, ms);
    if (isolated) await new Promise((resolve) => setTimeout(resolve, afterwardsMs));
    // What an output has not caught up with would be work in the others' rounds.
    if (isolated) process.kill(relay.pid ?? relay.child.pid, "SIGSTOP");
    return measured;
  };
  const warmUp = async (relay: Relay): Promise<readonly Sample[]> => {
    const all: Sample[] = [];
    while (all.length < bench.maxWarmUps && !isWarm(all)) all.push(await measure(relay, bench.warmUpMs, CATCH_UP_MS));
    return all;
  };
  const warmUps = new Map<Relay, readonly Sample[]>();
  for (const relay of relays) warmUps.set(relay, await warmUp(relay));
  for (let round = 0; round < bench.rounds; round++) {
    for (let i = 0; i < relays.length; i++) {
      const relay = relays[(round + i) % relays.length]!;
      samples.get(relay)!.push(await measure(relay, roundMs));
    }
  }
  if (isolated) for (const relay of relays) process.kill(relay.pid ?? relay.child.pid, "SIGCONT");
  for (const relay of relays) await bench.children.stop(relay.child);
  await bench.children.stop(backend.child);
  return {
    kind: "rounds",
    case: it,
    loader: loaderFor(bench, it).name,
    rounds: bench.rounds,
    roundMs,
    rows: rows(samples, warmUps),
    missing,
  };
}

function isWarm(warmUps: readonly Sample[]): boolean {
  const [before, last] = warmUps.slice(-2).map((sample) => cpuPerUnit([sample]));
  if (warmUps.length === 1) return before === undefined;
  return before !== undefined && last !== undefined && last >= before * WARM;
}

function cpuPerUnit(of: readonly Sample[]): number | undefined {
  const cpu = total(of, (s) => s.cpu ?? Number.NaN);
  return Number.isNaN(cpu) ? undefined : cpu / total(of, (s) => s.units);
}

function loaderFor(bench: Bench, it: RoundsCase): Loader {
  return it.deadlines ? bench.own : bench.loader;
}

async function sample(bench: Bench, it: RoundsCase, relay: Relay, ms: number): Promise<Sample> {
  const cpuBefore = cpuMicros(relay.child.pid);
  const toldBefore = relay.told?.();
  const begin = performance.now();
  const outcome = await loaderFor(bench, it).run({ ...it, port: relay.port, ms, answerBytes: answerBytes(it) });
  const wallMs = performance.now() - begin;
  const cpuAfter = cpuMicros(relay.child.pid);
  // streams are counted by their bytes: only a few of them end in a round
  const messageBytes = answerBytes(it) / it.messages;
  const [units, allUnits] =
    it.unit === "messages"
      ? [outcome.dataBytes / messageBytes, outcome.allDataBytes / messageBytes]
      : [outcome.calls, outcome.allCalls];
  return {
    perSecond: (units * 1000) / outcome.elapsedMs,
    units: allUnits,
    cpu: cpuBefore === undefined || cpuAfter === undefined ? undefined : cpuAfter - cpuBefore,
    wallMs,
    told: toldBefore === undefined ? undefined : (relay.told?.() ?? 0) - toldBefore,
    outcome,
  };
}

function rows(samples: ReadonlyMap<Relay, readonly Sample[]>, warmUps: ReadonlyMap<Relay, readonly Sample[]>): Row[] {
  const entries = [...samples].map(([relay, of]) => ({
    name: relay.name,
    of,
    all: [...(warmUps.get(relay) ?? []), ...of],
  }));
  const pipe = entries.find((e) => e.name === "pipe");
  const pipeCpu = pipe === undefined ? undefined : cpuPerUnit(pipe.of);
  return entries.map(({ name, of, all }) => {
    const cpu = cpuPerUnit(of);
    const problem = all.find((s) => s.outcome.problem !== undefined)?.outcome.problem;
    const told = of.flatMap((s) => (s.told === undefined ? [] : [(s.told * 1000) / s.wallMs]));
    return {
      proxy: name,
      perSecond: median(of.map((s) => s.perSecond)),
      over: Object.fromEntries(entries.map((other) => [other.name, ratio(of, other.of)])),
      cpuMicros: cpu,
      cpuOverPipe: cpu === undefined || pipeCpu === undefined ? undefined : cpu / pipeCpu,
      busy: cpu === undefined ? undefined : total(of, (s) => s.cpu ?? 0) / 1000 / total(of, (s) => s.wallMs),
      lost: total(all, (s) => s.outcome.lost), // in the warm-up too: a lost call is a lost call
      ...(told.length === 0 ? {} : { told: median(told) }),
      ...(problem === undefined ? {} : { problem }),
    };
  });
}

function ratio(of: readonly Sample[], to: readonly Sample[]): Ratio {
  const ratios = of.map((s, i) => s.perSecond / (to[i]?.perSecond ?? Number.NaN));
  return { median: median(ratios), min: Math.min(...ratios), max: Math.max(...ratios) };
}

function total(samples: readonly Sample[], read: (sample: Sample) => number): number {
  return samples.reduce((sum, each) => sum + read(each), 0);
}
