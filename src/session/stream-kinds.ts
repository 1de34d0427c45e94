// What schemas know of methods: who may send more than one message.
import type { StreamKind } from "../filter/call-view.js";
import type { SchemaSet } from "../schema/schema-set.js";
import type { MethodKinds } from "./capture-call-view.js";

const KINDS = {
  unary: "unary",
  client_streaming: "client",
  server_streaming: "server",
  bidi_streaming: "bidi",
} as const satisfies Readonly<Record<string, StreamKind>>;

export function streamKindsOf(schema: SchemaSet): MethodKinds {
  return {
    kindOf(method) {
      const known = schema.method(method);
      return known === undefined ? undefined : KINDS[known.methodKind];
    },
  };
}
