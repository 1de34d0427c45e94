// The one data model: what a capture is a list of. Kinds follow gRFC A16 (gRPC's binary log); names and shapes are the public contract.
import type { Field, Side } from "./fields.js";
import type { Status } from "./status.js";

/** How a call ended, as far as the bytes tell. `end-stream`: the server finished without trailers. */
export const HOW_ENDED = [
  "trailers",
  "trailers-only",
  "end-stream",
  "reset",
  "goaway",
  "connection-lost",
  "proxy-error",
] as const;
export type HowEnded = (typeof HOW_ENDED)[number];

/** By whom a call was ended. */
export const ENDED_BY = ["client", "server", "proxy"] as const;
export type EndedBy = (typeof ENDED_BY)[number];

/** What stands of a header list. */
interface Fields {
  readonly fields: readonly Field[];
  /** Why there are none. */
  readonly problem?: Problem;
  /** Further fields that were counted only, past the limits. */
  readonly droppedFields?: number;
  /** The fields were dropped to stay within the memory limit. */
  readonly trimmed?: true;
}

/** Something a reader could not make sense of: what, where, and whose. */
export interface Problem {
  /** Stable, upper case, begins with ERR_. */
  readonly code: string;
  readonly message: string;
}

export interface SideTotals {
  readonly messages: number;
  /** Message bytes as they crossed the wire, without the 5-byte prefixes. */
  readonly bytes: number;
}

interface Common {
  /** 1, 2, 3 …, never reused. */
  readonly seq: number;
  /** Unix time in milliseconds, with a fraction. */
  readonly at: number;
}

export interface ClientHeaderEvent extends Common, Fields {
  readonly kind: "client-header";
  readonly call: number;
  readonly connection: number;
  /** HTTP/2 stream id. */
  readonly stream: number;
  /** `grpc`, or `unknown` for an HTTP/2 stream that is no gRPC call. */
  readonly protocol: string;
  /** `/pkg.Service/Name`; the request path whatever the protocol. */
  readonly method: string;
  readonly authority?: string;
  /** The server began it (PUSH_PROMISE); the fields are the request it says it answers. */
  readonly pushed?: true;
  /** From grpc-timeout; absent when there is none or it is malformed. */
  readonly timeoutMs?: number;
}

export interface ServerHeaderEvent extends Common, Fields {
  readonly kind: "server-header";
  readonly call: number;
  /** Set on 1xx headers (RFC 9110 §15.2), which come before the real ones. */
  readonly informational?: true;
}

export interface MessageEvent extends Common {
  readonly kind: "client-message" | "server-message";
  readonly call: number;
  /** Counts from 0 on each side. */
  readonly index: number;
  /** Bytes after decompression; equal to wireLength until somebody decompressed it. */
  readonly length: number;
  /** Bytes on the wire, without the 5-byte prefix. */
  readonly wireLength: number;
  /** From grpc-encoding; `identity` for an uncompressed message. */
  readonly encoding: string;
  /** The prefix says that the message is compressed. */
  readonly compressed?: true;
  /** What is kept of it is the message after decompression: its octets as they crossed the wire were not told, as they hold what is hidden. */
  readonly inflated?: true;
  readonly problem?: Problem;
  /** Only the first part was kept. */
  readonly truncated?: true;
  /** The bytes were dropped to stay within the memory limit. */
  readonly trimmed?: true;
}

export interface HalfCloseEvent extends Common {
  readonly kind: "client-half-close";
  readonly call: number;
}

/** Trailers from the client: HTTP/2 allows them (RFC 9113 §8.1), gRPC has none. */
export interface ClientTrailerEvent extends Common, Fields {
  readonly kind: "client-trailer";
  readonly call: number;
}

export interface ServerTrailerEvent extends Common, Fields {
  readonly kind: "server-trailer";
  readonly call: number;
  readonly status: Status;
  readonly trailersOnly?: true;
}

/** RST_STREAM, with its exact code. */
export interface CancelEvent extends Common {
  readonly kind: "cancel";
  readonly call: number;
  readonly from: Side;
  /** RFC 9113 §7 */
  readonly code: number;
  readonly name: string;
}

/** The end as the client could know it. Events may still follow it (a late reset, say). */
export interface CallEndEvent extends Common {
  readonly kind: "call-end";
  readonly call: number;
  readonly status: Status;
  readonly how: HowEnded;
  readonly by: EndedBy;
  readonly durationMs: number;
  readonly client: SideTotals;
  readonly server: SideTotals;
}

/** A peer broke a text that can be cited; the bytes went on. */
export interface ProtocolErrorEvent extends Common, Problem {
  readonly kind: "protocol-error";
  readonly from: Side;
  /** Present when it concerns one call, else the whole connection. */
  readonly call?: number;
  readonly connection: number;
}

export type CallEvent =
  | ClientHeaderEvent
  | ServerHeaderEvent
  | MessageEvent
  | HalfCloseEvent
  | ClientTrailerEvent
  | ServerTrailerEvent
  | CancelEvent
  | CallEndEvent
  | ProtocolErrorEvent;

export interface TlsFacts {
  /** As in "TLSv1.3". */
  readonly version?: string;
  readonly alpn?: string;
  readonly servername?: string;
}

export interface ConnectionOpenedEvent extends Common {
  readonly kind: "connection-opened";
  readonly connection: number;
  /** host:port of the client's socket. */
  readonly client: string;
  /** Where it went, or was to go where no server was reached: host:port or unix:/path; empty when that is not known. */
  readonly server: string;
  /** `log`: it did not pass here, it was read from gRPC's binary log, which tells nothing of HTTP/2 and TLS. */
  readonly relay: "tap" | "log";
  /** What the first bytes were: `h2`, `http/1.1`, or `unknown`. */
  readonly protocol: string;
  /** How the client asked for the server, when not by a fixed upstream. */
  readonly via?: "connect" | "socks5" | "absolute-uri";
  /** TLS on the client's leg. */
  readonly tls?: TlsFacts;
  /** TLS on the server's leg. */
  readonly upstreamTls?: TlsFacts;
}

export interface SettingsEvent extends Common {
  readonly kind: "settings";
  readonly connection: number;
  readonly from: Side;
  /** By name (RFC 9113 §6.5.2), or "0x9" for one without a name; absent on an acknowledgement. */
  readonly settings?: Readonly<Record<string, number>>;
  readonly ack?: true;
}

export interface PingEvent extends Common {
  readonly kind: "ping";
  readonly connection: number;
  readonly from: Side;
  readonly ack?: true;
  /** Eight octets as hex. */
  readonly data: string;
  /** On an acknowledgement: the time since the PING it answers. */
  readonly roundTripMs?: number;
}

export interface GoawayEvent extends Common {
  readonly kind: "goaway";
  readonly connection: number;
  readonly from: Side;
  readonly lastStream: number;
  readonly code: number;
  readonly name: string;
  /** Debug data as text, one char per octet. */
  readonly debug: string;
}

/** A sender could not send for want of flow-control window (RFC 9113 §5.2); written when it may go on, or the connection closes. */
export interface WindowStallEvent extends Common {
  readonly kind: "window-stall";
  readonly connection: number;
  /** Whose data had to wait. */
  readonly from: Side;
  /** 0 for the connection's window. */
  readonly stream: number;
  readonly durationMs: number;
}

export interface ConnectionClosedEvent extends Common {
  readonly kind: "connection-closed";
  readonly connection: number;
  /** Who ended it first. */
  readonly by: EndedBy;
  /** Clean end (FIN), reset (RST or another socket error), or why the proxy could not carry it. */
  readonly how: "end" | "reset" | "error";
  readonly reason?: string;
  readonly durationMs: number;
  /** Bytes each side put on the wire, above TLS. */
  readonly clientBytes: number;
  readonly serverBytes: number;
  /** HTTP/2 frames of each side, when it was read as HTTP/2. */
  readonly clientFrames?: number;
  readonly serverFrames?: number;
  /** Events of this connection that were counted only, because there were too many. */
  readonly suppressedEvents?: number;
}

export type ConnectionEvent =
  | ConnectionOpenedEvent
  | SettingsEvent
  | PingEvent
  | GoawayEvent
  | WindowStallEvent
  | ConnectionClosedEvent;

/** Events that were trimmed before this reader got to them. */
export interface DroppedEvent {
  readonly kind: "dropped";
  /** First and last seq that are gone. */
  readonly from: number;
  readonly to: number;
  readonly events: number;
}

export type CaptureEvent = CallEvent | ConnectionEvent;
