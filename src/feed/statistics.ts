// Statistics for the clients of a feed: counted from the first time that somebody asks, and then kept up when asked again.
import { TrafficStats } from "../session/traffic-stats.js";
import { catchUp } from "./catch-up.js";
import { jsonLine } from "./json-line.js";
import type { Stats } from "./messages.js";
import type { FeedSource } from "./source.js";

export class Statistics {
  readonly #source: FeedSource;
  #stats: TrafficStats | undefined;

  constructor(source: FeedSource) {
    this.#source = source;
  }

  async answer({ id, history = 0 }: Stats): Promise<string> {
    this.#stats ??= new TrafficStats({ capture: this.#source.capture, clock: () => performance.now() });
    const behind = await catchUp(this.#stats);
    const at = this.#source.now();
    return jsonLine({ kind: "stats", id, at, ...this.#stats.toJson(at, history), behind });
  }
}
