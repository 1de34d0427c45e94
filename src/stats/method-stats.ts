// What is counted of one method, or of all of them together.
import { STATUS_NAMES } from "../model/status.js";
import { Histogram, type HistogramJson } from "./histogram.js";
import { Rate } from "./rate.js";

/** Times are told apart by the microsecond; the unit of all times is ms. */
const MICROSECOND = 0.001;
/** Seconds that the rate of now looks back. */
export const RATE_SECONDS = 10;
/** What a chart of one method looks back: two times 4 bytes a second. */
const CHART_SECONDS = 180;

/** One side's messages. */
export interface SideStatsJson {
  readonly messages: number;
  /** On the wire. */
  readonly bytes: number;
  /** Messages that were marked as compressed. */
  readonly compressed: number;
  /** Of compressed messages that somebody decompressed: bytes before and after. */
  readonly compressedBytes: number;
  readonly inflatedBytes: number;
  /** Of messages that somebody decoded: protobuf bytes, and bytes of their JSON. */
  readonly protobufBytes: number;
  readonly jsonBytes: number;
  /** Bytes on the wire a message. */
  readonly size: HistogramJson;
}

/** Numbers of one method. All times in ms. */
export interface MethodStatsJson {
  /** "/pkg.Service/Name"; "(other)" for those that found no place, "" for all together. */
  readonly method: string;
  readonly calls: number;
  readonly open: number;
  /** Ended with a status that is not OK. */
  readonly errors: number;
  /** Ended calls by status code; under -1 those with a code that gRPC does not define. */
  readonly statuses: Readonly<Record<number, number>>;
  /** Calls begun a second, over the last {@link RATE_SECONDS}. */
  readonly rate: number;
  readonly latency: HistogramJson;
  /** From the call's first header to the server's first message. */
  readonly firstMessage: HistogramJson;
  /** Between a message and the one before it on the same side. */
  readonly gap: HistogramJson;
  readonly client: SideStatsJson;
  readonly server: SideStatsJson;
  /** Calls begun, and ended with a status that is not OK, in each of the last seconds, where they were asked for. */
  readonly begun?: readonly number[];
  readonly failed?: readonly number[];
}

export class SideStats {
  messages = 0;
  bytes = 0;
  compressed = 0;
  compressedBytes = 0;
  inflatedBytes = 0;
  protobufBytes = 0;
  jsonBytes = 0;
  readonly size = new Histogram();

  addMessage(wireBytes: number, isCompressed: boolean): void {
    this.messages++;
    this.bytes += wireBytes;
    if (isCompressed) this.compressed++;
    this.size.add(wireBytes);
  }

  /** @param wireBytes undefined for a message that was not compressed. @param jsonBytes undefined when no schema knew it */
  addDecoded(wireBytes: number | undefined, protobufBytes: number, jsonBytes: number | undefined): void {
    if (wireBytes !== undefined) {
      this.compressedBytes += wireBytes;
      this.inflatedBytes += protobufBytes;
    }
    if (jsonBytes === undefined) return;
    this.protobufBytes += protobufBytes;
    this.jsonBytes += jsonBytes;
  }

  /** How many times smaller than JSON; undefined while nothing was decoded. */
  get jsonRatio(): number | undefined {
    return this.protobufBytes === 0 ? undefined : this.jsonBytes / this.protobufBytes;
  }

  /** Share of the bytes that compression saved, of messages that were decompressed; undefined while there are none. */
  get saved(): number | undefined {
    return this.inflatedBytes === 0 ? undefined : 1 - this.compressedBytes / this.inflatedBytes;
  }

  toJson(): SideStatsJson {
    const { messages, bytes, compressed, compressedBytes, inflatedBytes, protobufBytes, jsonBytes, size } = this;
    const counts = { messages, bytes, compressed, compressedBytes, inflatedBytes, protobufBytes, jsonBytes };
    return { ...counts, size: size.toJson() };
  }
}

export class MethodStats {
  readonly method: string;
  calls = 0;
  open = 0;
  ended = 0;
  errors = 0;
  readonly latency = new Histogram(MICROSECOND);
  readonly firstMessage = new Histogram(MICROSECOND);
  readonly gap = new Histogram(MICROSECOND);
  readonly client = new SideStats();
  readonly server = new SideStats();
  readonly begun: Rate;
  readonly failed: Rate;
  /** By code; the last place is for codes that gRPC does not define. */
  readonly #statuses = new Float64Array(STATUS_NAMES.length + 1);

  /** @param seconds how far back its rate can be asked */
  constructor(method: string, seconds: number = CHART_SECONDS) {
    this.method = method;
    this.begun = new Rate(seconds);
    this.failed = new Rate(seconds);
  }

  /** @param at Unix ms */
  callBegan(at: number): void {
    this.calls++;
    this.open++;
    this.begun.add(at);
  }

  /** @param at Unix ms */
  callEnded(statusCode: number, durationMs: number, at: number): void {
    // Its beginning may have been missed.
    if (this.open > 0) this.open--;
    this.ended++;
    if (statusCode !== 0) {
      this.errors++;
      this.failed.add(at);
    }
    this.#statuses[Math.min(statusCode, STATUS_NAMES.length)]!++;
    this.latency.add(durationMs);
  }

  /** Ended calls by status code; under -1 those with a code that gRPC does not define. */
  get statuses(): Readonly<Record<number, number>> {
    const counts: Record<number, number> = {};
    for (const [code, count] of this.#statuses.entries()) {
      if (count > 0) counts[code < STATUS_NAMES.length ? code : -1] = count;
    }
    return counts;
  }

  /** @param now Unix ms @param history seconds; 0 for none */
  toJson(now: number, history = 0): MethodStatsJson {
    const { method, calls, open, errors, statuses } = this;
    return {
      method,
      calls,
      open,
      errors,
      statuses,
      rate: this.begun.perSecond(now, RATE_SECONDS),
      latency: this.latency.toJson(),
      firstMessage: this.firstMessage.toJson(),
      gap: this.gap.toJson(),
      client: this.client.toJson(),
      server: this.server.toJson(),
      ...(history === 0
        ? {}
        : { begun: this.begun.bySecond(now, history), failed: this.failed.bySecond(now, history) }),
    };
  }
}

/** What a viewer reads of it. */
export type MethodStatsView = Omit<MethodStats, "callBegan" | "callEnded">;
