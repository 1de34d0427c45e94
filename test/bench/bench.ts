// What every case is given to work with, and the backend it starts.
import type { BackendOptions } from "./backend.js";
import { type Child, type Children, firstMessage } from "./children.js";
import type { Loader, OwnLoader } from "./loaders.js";
import type { Contender, Relay, RelayJob } from "./proxies.js";

export interface Bench {
  readonly children: Children;
  readonly proxies: readonly Contender[];
  /** For the rounds: h2load or our own. */
  readonly loader: Loader;
  /** For what h2load cannot do: connections that stay, a run in parts. */
  readonly own: OwnLoader;
  /** Holds `key.pem`, `cert.pem` and `both.pem`. */
  readonly folder: string;
  readonly keys: { readonly key: string; readonly cert: string };
  readonly rounds: number;
  readonly roundMs: number;
  /** One warm-up, of which there are up to so many. */
  readonly warmUpMs: number;
  readonly maxWarmUps: number;
  /** 1, or less for a shorter run of the cases that go by number. */
  readonly scale: number;
}

export interface Backend {
  readonly port: number;
  readonly child: Child;
}

export async function startBackend(bench: Bench, options: Omit<BackendOptions, "tls">, tls = false): Promise<Backend> {
  const { messages, messageBytes } = options;
  const all: BackendOptions = { messages, messageBytes, ...(tls ? { tls: bench.keys } : {}) };
  const child = bench.children.startOwn("backend.js", [JSON.stringify(all)], { role: "backend", manyFiles: true });
  return { child, ...(await firstMessage<{ port: number }>(child)) };
}

/** Starts every relay that can run; the others with the reason why not. */
export async function startRelays(
  bench: Bench,
  proxies: readonly Contender[],
  job: RelayJob,
): Promise<{ readonly relays: readonly Relay[]; readonly missing: readonly Missing[] }> {
  const relays: Relay[] = [];
  const missing: Missing[] = [];
  for (const proxy of proxies) {
    const why = proxy.missing(job);
    if (why !== undefined) {
      missing.push({ proxy: proxy.name, why });
      continue;
    }
    try {
      relays.push(await proxy.start(bench.children, job));
    } catch (error) {
      const why = `did not start: ${(error as Error).message.trim().replaceAll(/\s+/g, " ")}`;
      missing.push({ proxy: proxy.name, why, broken: true });
    }
  }
  return { relays, missing };
}

export interface Missing {
  readonly proxy: string;
  readonly why: string;
  readonly broken?: boolean;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
