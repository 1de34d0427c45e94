// What a filter asks of a call: numbers and words by getter, fields and messages only when the filter speaks of them.
import type { EndedBy, HowEnded } from "../model/events.js";
import type { Field, Side } from "../model/fields.js";
import type { StatusSource } from "../model/status.js";

/** Who may send more than one message. */
export const STREAM_KINDS = ["unary", "client", "server", "bidi"] as const;
export type StreamKind = (typeof STREAM_KINDS)[number];

/** What stands of a call's metadata: the request's, the response's, and its trailers. */
export type FieldPart = "client" | "server" | "trailer";

/** One message, read as far as somebody asks. */
export interface MessageContent {
  /** Bytes after decompression; those on the wire when it cannot be decompressed. */
  readonly length: number;
  /** Canonical protobuf JSON as a value; undefined when no schema knows the type. */
  readonly json: unknown;
  /** Bytes of that JSON; undefined when no schema knows the type. */
  readonly jsonLength: number | undefined;
  /** Codes of what does not fit its type, each once or more; none when no schema knows the type. */
  readonly drifts: readonly string[];
  /** The JSON as text, else the octets read as UTF-8. */
  readonly text: string;
}

/** A question about the messages of a call, which holds when one of them answers it. */
export interface MessageTest {
  /** Its place among the tests of its filter, from 0. */
  readonly id: number;
  /** Only messages of this side; undefined for both. */
  readonly side: Side | undefined;
  /** Only the message with this index on its side; undefined for all. */
  readonly index: number | undefined;
  matches(message: MessageContent): boolean;
}

/** A question about what peers got wrong in a call, which holds when one of the problems answers it. */
export interface ProblemTest {
  /** Its place among the tests of its filter, from 0, counted with the {@link MessageTest}s. */
  readonly id: number;
  /** @param code as in "ERR_MESSAGE_CUT" */
  matches(code: string): boolean;
}

/** A call as a filter sees it: a row of a capture, a summary in a browser, an object in a test. */
export interface CallView {
  readonly id: number;
  readonly connection: number;
  /** HTTP/2 stream id. */
  readonly streamId: number;
  /** "/pkg.Service/Name"; the request path whatever the protocol. */
  readonly method: string;
  readonly protocol: string;
  /** Unix ms. */
  readonly startedAt: number;
  /** Unix ms of the first thing the server sent. */
  readonly answeredAt: number | undefined;
  /** Unix ms; undefined while the call is open. */
  readonly endedAt: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly clientMessages: number;
  readonly serverMessages: number;
  /** Message bytes on the wire. */
  readonly clientBytes: number;
  readonly serverBytes: number;
  /** These four are undefined while the call is open. */
  readonly statusCode: number | undefined;
  readonly statusSource: StatusSource | undefined;
  readonly how: HowEnded | undefined;
  readonly by: EndedBy | undefined;
  /** Code of the RST_STREAM that ended the call (RFC 9113 §7); undefined when none did. */
  readonly resetCode: number | undefined;
  /** From the schema, else from what was seen so far. */
  readonly streamKind: StreamKind | undefined;
  /** Whether a schema knows the method. */
  readonly hasSchema: boolean;
  /** From here on it may cost something: fields are read, messages decoded. */
  readonly statusMessage: string | undefined;
  fields(part: FieldPart): readonly Field[];
  /** Whether a message answers the test; false as long as it is not known. */
  someMessage(test: MessageTest): boolean;
  someProblem(test: ProblemTest): boolean;
}
