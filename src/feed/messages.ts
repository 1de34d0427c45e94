// The messages of the feed as TypeScript types: what is in schema/ and nothing else.
import type {
  ANSWER,
  CALL_ANSWER,
  CONNECTIONS_ANSWER,
  DECODED,
  ERROR,
  FRAMES_ANSWER,
  HELLO,
  LEFT,
  LIST_ANSWER,
  MESSAGE_ANSWER,
  PROGRESS,
  SOURCES_ANSWER,
  STATS_ANSWER,
  SYNCED,
  TREE_ROW,
  TYPES_ANSWER,
} from "./schema/answers.js";
import type { CALL_EVENT, DROPPED, EVENT, MESSAGE_EVENT } from "./schema/events.js";
import type {
  CONNECTIONS_OP,
  CORRECT_OP,
  GET,
  LIST,
  REQUEST,
  SCHEMA_OP,
  SOURCES_OP,
  STATS,
  SUBSCRIBE,
  TYPES_OP,
  UNSUBSCRIBE,
} from "./schema/requests.js";
import type { HISTOGRAM, METHOD_STATS } from "./schema/statistics.js";
import type { TypeOf } from "./schema/type.js";
import type { CALL_ROW } from "./schema/values.js";

/** Subprotocol of the WebSocket. */
export const SUBPROTOCOL = "framelens.v1";
/** Before the token, where it is given as a second subprotocol. */
export const TOKEN_SUBPROTOCOL_PREFIX = "token.";
export const FEED_VERSION = 1;

export type FeedEvent = TypeOf<typeof EVENT>;
export type FeedCallEvent = TypeOf<typeof CALL_EVENT>;
export type FeedMessageEvent = TypeOf<typeof MESSAGE_EVENT>;
export type FeedDropped = TypeOf<typeof DROPPED>;
export type CallRow = TypeOf<typeof CALL_ROW>;
export type TreeRow = TypeOf<typeof TREE_ROW>;
export type MethodStats = TypeOf<typeof METHOD_STATS>;
export type HistogramCounts = TypeOf<typeof HISTOGRAM>;

export type Hello = TypeOf<typeof HELLO>;
export type Synced = TypeOf<typeof SYNCED>;
export type Progress = TypeOf<typeof PROGRESS>;
export type Left = TypeOf<typeof LEFT>;
export type Decoded = TypeOf<typeof DECODED>;
export type ListAnswer = TypeOf<typeof LIST_ANSWER>;
export type CallAnswer = TypeOf<typeof CALL_ANSWER>;
export type MessageAnswer = TypeOf<typeof MESSAGE_ANSWER>;
export type FramesAnswer = TypeOf<typeof FRAMES_ANSWER>;
export type ConnectionsAnswer = TypeOf<typeof CONNECTIONS_ANSWER>;
export type SourcesAnswer = TypeOf<typeof SOURCES_ANSWER>;
export type StatsAnswer = TypeOf<typeof STATS_ANSWER>;
export type TypesAnswer = TypeOf<typeof TYPES_ANSWER>;
export type FeedError = TypeOf<typeof ERROR>;

/** What of a subscription comes alone or in a batch. */
export type Streamed = FeedEvent | Left | Decoded;

export interface Batch {
  readonly kind: "events";
  readonly id: number;
  readonly events: readonly Streamed[];
}

/** Everything that the feed says. */
export type FeedMessage = FeedEvent | Exclude<TypeOf<typeof ANSWER>, { kind: "events" }> | Batch;

export type Subscribe = TypeOf<typeof SUBSCRIBE>;
export type Unsubscribe = TypeOf<typeof UNSUBSCRIBE>;
export type List = TypeOf<typeof LIST>;
export type Get = TypeOf<typeof GET>;
export type Stats = TypeOf<typeof STATS>;
export type ConnectionsRequest = TypeOf<typeof CONNECTIONS_OP>;
export type SourcesRequest = TypeOf<typeof SOURCES_OP>;
export type SchemaRequest = TypeOf<typeof SCHEMA_OP>;
export type TypesRequest = TypeOf<typeof TYPES_OP>;
export type CorrectRequest = TypeOf<typeof CORRECT_OP>;

/** Everything that a client may ask. */
export type FeedRequest = TypeOf<typeof REQUEST>;
