// Writes one connection into the capture: its own events, and when it is HTTP/2 those of its calls.
import { ConnectionReader, type ConnectionSink } from "../http2/connection-reader.js";
import { settingName } from "../http2/frames.js";
import { uint32 } from "../http2/octets.js";
import { CLIENT, type Http2Stream, SERVER, type SideIndex, sideName } from "../http2/stream.js";
import type { ConnectionClosedEvent, ConnectionOpenedEvent, EndedBy } from "../model/events.js";
import { http2ErrorName } from "../model/status.js";
import { CallFollower, type FollowedCall } from "../rpc/call-follower.js";
import type { Capture } from "./capture.js";
import type { OpenCall } from "./open-call.js";

/**
 * PINGs, SETTINGS, GOAWAYs, stalls and problems of one connection that are written down before only one a second is:
 * an honest connection has a few, a flood has millions, and each is some 200 octets.
 */
const FREE_EVENTS = 500;
const EVENT_GAP_MS = 1000;
/** PINGs that may be unanswered at once and still be timed. */
const PENDING_PINGS = 8;
const MAX_SETTINGS_SHOWN = 32;
const MAX_DEBUG_BYTES = 1024;
/** How a server is reached that speaks TLS. */
const OVER_TCP = "; if it speaks TLS, say https://host:port";
const OVER_UNIX = "; if it speaks TLS over its Unix socket, let clients speak TLS to framelens";

type Call = FollowedCall<OpenCall>;
export type OpenedFacts = Omit<ConnectionOpenedEvent, "seq" | "at" | "kind" | "connection">;

export class ConnectionRecorder implements ConnectionSink<Call> {
  readonly number: number;
  readonly #capture: Capture;
  readonly #openedAt: number;
  #reader: ConnectionReader<Call> | undefined;
  #follower: CallFollower<OpenCall> | undefined;
  #opened = false;
  #tlsHint = "";
  #freeEvents = FREE_EVENTS;
  #lastEventAt = 0;
  #suppressed = 0;
  #pings: { from: SideIndex; data: string; at: number }[] = [];
  #clientBytes = 0;
  #serverBytes = 0;

  constructor(capture: Capture) {
    this.#capture = capture;
    this.number = capture.openConnection();
    this.#openedAt = capture.now;
  }

  /**
   * What the connection turned out to be; from now on it is read, if that is HTTP/2.
   * @param byProxy no server was reached: the server's side is the proxy's own answer
   */
  opened(facts: OpenedFacts, byProxy = false): void {
    this.#opened = true;
    if (facts.upstreamTls === undefined) this.#tlsHint = facts.server?.startsWith("unix:") ? OVER_UNIX : OVER_TCP;
    this.#capture.connectionEvent({ kind: "connection-opened", connection: this.number, ...facts });
    if (facts.protocol !== "h2") return;
    this.#follower = new CallFollower(this.number, this.#capture, byProxy);
    const { held, frames, streams } = this.#capture;
    this.#reader = new ConnectionReader<Call>(this.#follower, this, held, frames, streams);
  }

  /**
   * Octets of one side, in order, after they were forwarded.
   * @param octets the same memory, where a view of it is at hand; it may go on behind `bytes`
   */
  read(from: SideIndex, bytes: Uint8Array, octets?: DataView): void {
    if (from === CLIENT) this.#clientBytes += bytes.length;
    else this.#serverBytes += bytes.length;
    const reader = this.#reader;
    if (reader === undefined) return;
    this.#capture.beginChunk();
    this.#capture.frames?.begin(this.number, this.#capture.now);
    try {
      reader.push(from, bytes, this.#capture.now, octets);
    } catch (error) {
      // A fault of ours must not reach the traffic: the connection is read no further, and says so.
      this.#reader = undefined;
      reader.stop();
      this.problem(
        from,
        undefined,
        "ERR_READER",
        `framelens failed to read this connection (${describe(error)}); it is no longer decoded`,
      );
      this.#endCalls(reader, "proxy");
    }
  }

  closed(by: EndedBy, how: ConnectionClosedEvent["how"], reason: string | undefined): void {
    const capture = this.#capture;
    if (this.#reader !== undefined) {
      this.#reader.finish(capture.now);
      if (by === "server" && this.#clientBytes > 0 && this.#serverBytes === 0) this.#noWord();
      this.#endCalls(this.#reader, by);
      this.#reader.release();
    }
    if (this.#opened) {
      capture.connectionEvent({
        kind: "connection-closed",
        connection: this.number,
        by,
        how,
        ...(reason === undefined ? {} : { reason }),
        durationMs: Math.round((capture.now - this.#openedAt) * 1000) / 1000,
        clientBytes: this.#clientBytes,
        serverBytes: this.#serverBytes,
        ...(this.#reader === undefined
          ? {}
          : { clientFrames: this.#reader.clientFrames, serverFrames: this.#reader.serverFrames }),
        ...(this.#suppressed === 0 ? {} : { suppressedEvents: this.#suppressed }),
      });
    }
    if (this.#reader !== undefined && this.#reader.clientFrames > 1) capture.lastReader = this.#reader;
    this.#reader = undefined;
    capture.closeConnection();
  }

  /** A server of HTTP/2 speaks at once (RFC 9113 §3.4). One that waits for a TLS handshake, or for HTTP/1, says nothing and leaves. */
  #noWord(): void {
    const message = `ended the connection without a word of HTTP/2${this.#tlsHint}`;
    this.problem(SERVER, undefined, "ERR_NOT_HTTP2", message);
  }

  settings(from: SideIndex, bytes: Uint8Array | undefined, start: number, end: number): void {
    if (!this.#mayWrite()) return;
    const common = { kind: "settings" as const, connection: this.number, from: sideName(from) };
    if (bytes === undefined) {
      this.#capture.connectionEvent({ ...common, ack: true });
      return;
    }
    const settings: Record<string, number> = {};
    for (let at = start, shown = 0; at + 6 <= end && shown < MAX_SETTINGS_SHOWN; at += 6, shown++) {
      const value = uint32(bytes, at + 2);
      settings[settingName((bytes[at]! << 8) | bytes[at + 1]!)] = value;
    }
    this.#capture.connectionEvent({ ...common, settings });
  }

  ping(from: SideIndex, ack: boolean, bytes: Uint8Array, start: number): void {
    if (!this.#mayWrite()) return;
    const data = Buffer.from(bytes.subarray(start, start + 8)).toString("hex");
    const common = { kind: "ping" as const, connection: this.number, from: sideName(from), data };
    if (!ack) {
      if (this.#pings.length >= PENDING_PINGS) this.#pings.shift();
      this.#pings.push({ from, data, at: this.#capture.now });
      this.#capture.connectionEvent(common);
      return;
    }
    const index = this.#pings.findIndex((ping) => ping.from !== from && ping.data === data);
    const answered = index < 0 ? undefined : this.#pings.splice(index, 1)[0];
    const roundTrip =
      answered === undefined ? {} : { roundTripMs: Math.round((this.#capture.now - answered.at) * 1000) / 1000 };
    this.#capture.connectionEvent({ ...common, ack: true, ...roundTrip });
  }

  goaway(from: SideIndex, lastStream: number, code: number, bytes: Uint8Array, start: number, end: number): void {
    if (!this.#mayWrite()) return;
    const debug = Buffer.from(bytes.subarray(start, Math.min(end, start + MAX_DEBUG_BYTES))).toString("latin1");
    const common = { kind: "goaway" as const, connection: this.number, from: sideName(from) };
    this.#capture.connectionEvent({ ...common, lastStream, code, name: http2ErrorName(code), debug });
  }

  unfollowed(): void {
    this.#capture.callNotFollowed();
  }

  windowStall(from: SideIndex, stream: number, sinceMs: number): void {
    if (!this.#mayWrite()) return;
    const durationMs = Math.round((this.#capture.now - sinceMs) * 1000) / 1000;
    this.#capture.connectionEvent({
      kind: "window-stall",
      connection: this.number,
      from: sideName(from),
      stream,
      durationMs,
    });
  }

  problem(from: SideIndex, stream: Http2Stream<Call> | undefined, code: string, message: string): void {
    if (this.#mayWrite())
      this.#capture.problem(this.number, stream?.known === true ? stream.call?.handle : undefined, from, code, message);
  }

  #endCalls(reader: ConnectionReader<Call>, by: EndedBy): void {
    for (const stream of reader.openStreams()) {
      try {
        this.#follower!.lost(stream, by);
      } catch {
        // The call whose reading failed may fail once more; the others must end all the same.
      }
    }
  }

  #mayWrite(): boolean {
    const now = this.#capture.now;
    if (this.#freeEvents > 0) this.#freeEvents--;
    else if (now - this.#lastEventAt < EVENT_GAP_MS) {
      this.#suppressed++;
      return false;
    }
    this.#lastEventAt = now;
    return true;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
