// What a session decodes with: the user's schemas, what servers tell by reflection, and what others are overheard to be told.
import type { CaptureEvent, DroppedEvent, RunningProxy } from "../src/index.js";
import { MessageDecoder } from "../src/schema/message-decoder.js";
import { problemLine } from "../src/schema/problems.js";
import type { SourceCall } from "../src/schema/reflection/asked-server.js";
import { reflectionLine } from "../src/schema/reflection/log-line.js";
import { parseReflectHeader } from "../src/schema/reflection/reflect-header.js";
import { ReflectionSource } from "../src/schema/reflection/source.js";
import { dialPeer } from "../src/schema/reflection/upstream.js";
import { RANK } from "../src/schema/schema-set.js";
import type { ProxyArguments } from "./options.js";
import { openSchemaOf } from "./schema-options.js";

export interface SessionSchema {
  readonly decoder: MessageDecoder;
  /** Takes every event, each once and in order: where services are, and what passes by of reflection. */
  see(event: CaptureEvent | DroppedEvent): void;
  close(): void;
}

/** @throws FramelensError for a header that is none */
export async function openSessionSchema(args: ProxyArguments, proxy: RunningProxy): Promise<SessionSchema> {
  const headers = (args.reflectHeader ?? []).map(parseReflectHeader);
  const schema = await openSchemaOf(args, true);
  const told = new Set<string>();
  const tell = () => {
    for (const problem of schema.problems) {
      const text = problemLine(problem);
      if (told.has(text)) continue;
      told.add(text);
      process.stderr.write(`framelens: ${problem.severity === "note" ? "note: " : ""}${text}\n`);
    }
  };
  const reflection = new ReflectionSource({
    ask: args.reflect,
    dial: (peer, giveUp) => dialPeer(peer, proxy.dialOptions, giveUp),
    messageBytes: (seq) => proxy.capture.messageBytes(seq),
    addSource: (source) => schema.add(source, RANK.reflection),
    onOverheard: (files) => void schema.addDescriptors("reflection overheard", files, RANK.overheard),
    onCall: tellOfAsking(),
    headers,
    now: () => performance.now(),
  });
  schema.add(reflection, RANK.reflection);
  tell();
  const stop = schema.onChange(tell);
  const decoder = new MessageDecoder(schema, !args.showSecrets);
  return {
    decoder,
    see: (event) => reflection.see(event),
    close() {
      stop();
      decoder.close();
      schema.close();
    },
  };
}

/** Says what was asked and told; of a server without reflection once, as most have none. */
function tellOfAsking(): (call: SourceCall) => void {
  const without = new Set<string>();
  return (call) => {
    if (call.outcome !== "ERR_REFLECTION_UNIMPLEMENTED") {
      process.stderr.write(`${reflectionLine(call)}\n`);
    } else if (call.method.includes("v1alpha") && !without.has(call.server)) {
      without.add(call.server);
      process.stderr.write(`framelens: ${call.server} offers no reflection; name schemas with --proto or --protoset\n`);
    }
  };
}
