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

/** @param ask is told of each method that is shown and not known: somebody may be asked for it, also where no message is read */
export function streamKindsOf(schema: SchemaSet, ask?: (method: string) => void): MethodKinds {
  return {
    kindOf(method) {
      const known = schema.method(method);
      if (known !== undefined) return KINDS[known.methodKind];
      ask?.(method);
      return undefined;
    },
  };
}
