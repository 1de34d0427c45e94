// The two ways to put load on a relay: h2load where it is installed, else our own generator (load.ts).
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Child, type Children, findProgram, firstMessage } from "./children.js";
import { grpcMessage } from "./h2.js";
import type { LoadOrder, LoadResult } from "./load.js";

/** One round's work: as many calls as fit into `ms`. */
export interface Round {
  readonly port: number;
  readonly tls: boolean;
  readonly connections: number;
  readonly inFlight: number;
  readonly requestBytes: number;
  /** Another `grpc-timeout` in each call; h2load cannot do that. */
  readonly deadlines: boolean;
  /** DATA payload of every answer; only our own generator checks it. */
  readonly answerBytes: number;
  readonly ms: number;
}

export type Outcome = Omit<LoadResult, "id">;

export interface Loader {
  readonly name: string;
  run(round: Round): Promise<Outcome>;
}

/** Our generator in its own process. */
export class OwnLoader implements Loader {
  readonly name = "own load generator";
  readonly child: Child;
  readonly #waiting = new Map<number, { resolve: (result: LoadResult) => void; reject: (error: Error) => void }>();
  #last = 0;

  private constructor(child: Child) {
    this.child = child;
    child.process.on("message", (result: LoadResult) => {
      this.#waiting.get(result.id)?.resolve(result);
      this.#waiting.delete(result.id);
    });
    child.process.once("exit", () => {
      for (const each of this.#waiting.values()) each.reject(new Error(`the load generator ended: ${child.output()}`));
    });
  }

  static async start(children: Children): Promise<OwnLoader> {
    const child = children.startOwn("load.js", [], { role: "load", manyFiles: true });
    await firstMessage(child);
    return new OwnLoader(child);
  }

  run(round: Round): Promise<Outcome> {
    return this.order(round);
  }

  order(order: Omit<LoadOrder, "id">): Promise<Outcome> {
    const id = ++this.#last;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.child.process.send({ ...order, id } satisfies LoadOrder);
    });
  }
}

/** nghttp2's h2load. */
export class H2load implements Loader {
  readonly name = "h2load";
  readonly #children: Children;
  readonly #folder: string;

  constructor(children: Children, folder: string) {
    this.#children = children;
    this.#folder = folder;
  }

  static installed(): boolean {
    return findProgram("h2load") !== undefined;
  }

  async run(round: Round): Promise<Outcome> {
    const body = join(this.#folder, `request-${round.requestBytes}.bin`);
    writeFileSync(body, grpcMessage(round.requestBytes));
    const args = [`--clients=${round.connections}`, `--max-concurrent-streams=${round.inFlight}`, "--threads=1"];
    args.push(`--duration=${round.ms}ms`, `--data=${body}`, "--header=te: trailers");
    args.push("--header=content-type: application/grpc", "--header=user-agent: framelens-bench/1");
    args.push(`${round.tls ? "https" : "http"}://127.0.0.1:${round.port}/bench.v1.Bench/Call`);
    const child = this.#children.start(findProgram("h2load") ?? "h2load", args, { role: "load" });
    await new Promise((resolve) => child.process.once("close", resolve));
    return readH2load(child.output(), round.ms);
  }
}

/** Reads what h2load 1.4x–1.6x prints at its end. */
function readH2load(text: string, ms: number): Outcome {
  const counts = /requests: (\d+) total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored/.exec(
    text,
  );
  const dataBytes = Number(/(\d+)\) data\s*$/m.exec(text)?.[1] ?? 0);
  if (counts === null) {
    const nothing = { calls: 0, elapsedMs: ms, allCalls: 0, dataBytes: 0, allDataBytes: 0 };
    return { ...nothing, lost: 1, problem: `h2load said: ${text.slice(-300)}` };
  }
  const [done, succeeded, failed, errored] = counts.slice(2).map(Number) as [number, number, number, number];
  const lost = Math.max(done - succeeded, failed + errored);
  const problem = lost > 0 ? { problem: `h2load counted ${failed} failed, ${errored} errored` } : {};
  return { calls: done, elapsedMs: ms, allCalls: done, dataBytes, allDataBytes: dataBytes, lost, ...problem };
}
