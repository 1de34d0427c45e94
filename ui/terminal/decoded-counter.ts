// Tells statistics, once of each message that was looked at, how large it is in other forms.
import type { MessageView } from "../../src/session/message-view.js";
import type { TrafficStats } from "../../src/session/traffic-stats.js";

/** Messages that are looked at, 40 bytes each; what comes after them is not counted. */
const MAX_COUNTED = 100_000;

export class DecodedCounter {
  readonly #stats: TrafficStats;
  readonly #counted = new Set<number>();

  constructor(stats: TrafficStats) {
    this.#stats = stats;
  }

  count({ event, method, from, sizes }: MessageView): void {
    if (sizes.protobuf === undefined || this.#counted.has(event.seq) || this.#counted.size >= MAX_COUNTED) return;
    this.#counted.add(event.seq);
    this.#stats.addDecoded({
      method,
      side: from,
      protobufBytes: sizes.protobuf,
      ...(event.compressed === true ? { compressedBytes: sizes.wire } : {}),
      ...(sizes.json === undefined ? {} : { jsonBytes: sizes.json }),
    });
  }
}
