// Functions against each other in one process: rounds A B C, B C A …, as ratios within each round.
import { median } from "./bench.js";

export interface Timed {
  readonly name: string;
  readonly run: () => unknown;
}

export interface Timing {
  readonly name: string;
  /** Of one run, the median of the rounds. */
  readonly nanos: number;
  /** The first function's time over this one's: how many times as fast it is. */
  readonly ratio: number;
  readonly min: number;
  readonly max: number;
}

export interface TimingOptions {
  readonly rounds: number;
  readonly roundMs: number;
}

/** Keeps what the functions give in use, so that no run is left out as useless. */
export let kept: unknown;

export function timeAgainstFirst(all: readonly Timed[], { rounds, roundMs }: TimingOptions): readonly Timing[] {
  const runs = all.map((each) => runsWithin(each, roundMs));
  const nanos: number[][] = all.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < all.length; turn++) {
      const which = (round + turn) % all.length;
      nanos[which]!.push((timeOf(all[which]!, runs[which]!) * 1e6) / runs[which]!);
    }
  }
  return all.map(({ name }, which) => {
    const ratios = nanos[which]!.map((each, round) => nanos[0]![round]! / each);
    return {
      name,
      nanos: median(nanos[which]!),
      ratio: median(ratios),
      min: Math.min(...ratios),
      max: Math.max(...ratios),
    };
  });
}

/** Cold code is several times as slow: it is run for as long as some rounds before it counts. */
const WARM_UP_ROUNDS = 8;

/** How often it can be run in so many milliseconds, found by doubling; warms it up, too. */
function runsWithin(each: Timed, ms: number): number {
  let runs = 1;
  let warm = 0;
  for (;;) {
    const took = timeOf(each, runs);
    warm += took;
    if (took < ms / 2) runs *= 2;
    else if (warm < ms * WARM_UP_ROUNDS) runs = Math.max(1, Math.round((runs * ms) / took));
    else return Math.max(1, Math.round((runs * ms) / took));
  }
}

/** @returns milliseconds of processor time, so that other programs do not count; the collection of garbage does */
function timeOf({ run }: Timed, runs: number): number {
  const before = process.cpuUsage();
  for (let left = runs; left > 0; left--) kept = run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
