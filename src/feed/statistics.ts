// Statistics for the clients of a feed: counted from the first time that somebody asks, and then kept up when asked again.
import { TrafficStats } from "../session/traffic-stats.js";
import { jsonLine } from "./json-line.js";
import type { Stats } from "./messages.js";
import type { FeedSource } from "./source.js";

/** At a stretch, before others get their turn. */
const SLICE_MS = 4;
/** What one answer may take: what is not counted then is told to be missing. */
const ANSWER_MS = 200;

export class Statistics {
  readonly #source: FeedSource;
  #stats: TrafficStats | undefined;

  constructor(source: FeedSource) {
    this.#source = source;
  }

  async answer({ id, history = 0 }: Stats): Promise<string> {
    const clock = () => performance.now();
    this.#stats ??= new TrafficStats({ capture: this.#source.capture, clock });
    const until = clock() + ANSWER_MS;
    let behind = this.#stats.update(SLICE_MS);
    while (behind && clock() < until) {
      await new Promise((resolve) => setImmediate(resolve));
      behind = this.#stats.update(SLICE_MS);
    }
    const at = this.#source.now();
    return jsonLine({ kind: "stats", id, at, ...this.#stats.toJson(at, history), behind });
  }
}
