// A connection's reader whose sink remembers streams and problems, and nothing else.
import { ConnectionReader, type ConnectionSink, type StreamSink } from "../../src/http2/connection-reader.js";
import type { HeldBytes } from "../../src/http2/held-bytes.js";
import type { Http2Stream, SideIndex } from "../../src/http2/stream.js";

export class RecordingReader implements StreamSink<never>, ConnectionSink<never> {
  readonly reader: ConnectionReader<never>;
  /** Ids, by header block. */
  readonly streams: number[] = [];
  /** Codes. */
  readonly problems: string[] = [];

  constructor(held: HeldBytes) {
    this.reader = new ConnectionReader<never>(this, this, held);
  }

  headers(stream: Http2Stream<never>): void {
    this.streams.push(stream.id);
  }

  problem(_from: SideIndex, _stream: Http2Stream<never> | undefined, code: string): void {
    this.problems.push(code);
  }

  plainRequest(): boolean {
    return false;
  }
  plainAnswer(): boolean {
    return false;
  }
  plainData(): boolean {
    return false;
  }
  pushed(): void {}
  data(): void {}
  endStream(): void {}
  reset(): void {}
  refused(): void {}
  settings(): void {}
  ping(): void {}
  goaway(): void {}
  windowStall(): void {}
  unfollowed(): void {}
}
