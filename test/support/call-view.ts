// A call as an object, for filters: what is not given is a unary call of 12 ms that ended OK.
import type { CallView, FieldPart, MessageContent } from "../../src/filter/call-view.js";
import type { Field } from "../../src/model/fields.js";

export interface TestMessage {
  readonly side: "client" | "server";
  readonly json?: unknown;
  readonly bytes?: string;
  readonly drifts?: readonly string[];
}

export type TestCall = Partial<Omit<CallView, "fields" | "someMessage" | "someProblem">> & {
  readonly client?: readonly Field[];
  readonly server?: readonly Field[];
  readonly trailer?: readonly Field[];
  readonly messages?: readonly TestMessage[];
  readonly problems?: readonly string[];
};

export const STARTED_AT = 1_700_000_000_000;

/** What a call has that is still open. */
export const OPEN = {
  endedAt: undefined,
  statusCode: undefined,
  statusSource: undefined,
  statusMessage: undefined,
  how: undefined,
  by: undefined,
} as const satisfies TestCall;

export function callView(call: TestCall = {}): CallView {
  const { client = [], server = [], trailer = [], messages = [], problems = [], ...facts } = call;
  const parts: Readonly<Record<FieldPart, readonly Field[]>> = { client, server, trailer };
  return {
    id: 7,
    connection: 3,
    streamId: 13,
    method: "/shop.v1.Users/GetUser",
    protocol: "grpc",
    startedAt: STARTED_AT,
    answeredAt: STARTED_AT + 4,
    endedAt: STARTED_AT + 12,
    timeoutMs: undefined,
    clientMessages: 1,
    serverMessages: 1,
    clientBytes: 20,
    serverBytes: 40,
    statusCode: 0,
    statusSource: "trailers",
    how: "trailers",
    by: "server",
    resetCode: undefined,
    streamKind: "unary",
    hasSchema: true,
    statusMessage: "",
    ...facts,
    fields: (part) => parts[part],
    someMessage: ({ side, index, matches }) =>
      (["client", "server"] as const).some((of) =>
        messages
          .filter((message) => message.side === of)
          .some((message, at) => (side ?? of) === of && (index ?? at) === at && matches(content(message))),
      ),
    someProblem: (test) => problems.some((code) => test.matches(code)),
  };
}

function content({ json, bytes = "", drifts = [] }: TestMessage): MessageContent {
  const text = json === undefined ? bytes : JSON.stringify(json);
  return { length: bytes.length, json, jsonLength: json === undefined ? undefined : text.length, drifts, text };
}
