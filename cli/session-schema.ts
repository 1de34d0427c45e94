// What a session decodes with: the user's schemas, what servers tell by reflection, and what others are overheard to be told.
import { type CaptureEvent, type DroppedEvent, FramelensError } from "../src/index.js";
import { type DecodedTraffic, startDecoding } from "../src/proxy/decoding.js";
import { splitDescriptorSet } from "../src/schema/descriptor-bytes.js";
import { protosetOf } from "../src/schema/protoset.js";
import type { SourceCall } from "../src/schema/reflection/asked-server.js";
import { reflectionLine } from "../src/schema/reflection/log-line.js";
import { parseReflectHeader } from "../src/schema/reflection/reflect-header.js";
import { RANK, type SchemaSet } from "../src/schema/schema-set.js";
import type { FixedTypes } from "../src/schemaless/fixed-types.js";
import { SchemalessReader } from "../src/schemaless/schemaless-reader.js";
import type { MethodKinds } from "../src/session/capture-call-view.js";
import type { MessageReader } from "../src/session/message-reader.js";
import { streamKindsOf } from "../src/session/stream-kinds.js";
import { SessionFindings } from "./findings.js";
import { parseSize } from "./numbers.js";
import type { ShowingArguments } from "./options.js";
import { openSchemaOf, tellProblems } from "./schema-options.js";
import { followTypesFile } from "./types-file.js";

export interface SessionSchema {
  readonly schema: SchemaSet;
  /** What the user says of fields that no schema knows. */
  readonly types: FixedTypes;
  readonly messages: MessageReader;
  readonly findings: SessionFindings;
  /** Who may send many messages, by method. */
  readonly kinds: MethodKinds;
  /**
   * Takes every event, each once and in order: where services are, what passes by of reflection, what does not fit.
   * @returns a promise where the next event must wait
   */
  see(event: CaptureEvent | DroppedEvent): Promise<void> | undefined;
  /** The first half of {@link see}: what is learned of types. It may be shown less: see watch-events.ts. */
  learn(event: CaptureEvent | DroppedEvent): void;
  /** The other half: what does not fit. */
  check(event: CaptureEvent | DroppedEvent): Promise<void> | undefined;
  /**
   * Adds types from a FileDescriptorSet. @returns how many files were new
   * @throws FramelensError ERR_PROTOSET when it is none
   */
  addTypes(protoset: Uint8Array): number;
  /** All types that are known, as a FileDescriptorSet. */
  protoset(): Uint8Array;
  close(): void;
}

/** @throws FramelensError for a header that is none */
export async function openSessionSchema(args: ShowingArguments, traffic: DecodedTraffic): Promise<SessionSchema> {
  const reflectHeaders = (args.reflectHeader ?? []).map(parseReflectHeader);
  const followed = followTypesFile(args.types, (line) => process.stderr.write(line));
  const guesser = new SchemalessReader(followed.types);
  const schema = await openSchemaOf(args, true);
  const { messages, see, close } = startDecoding(traffic, {
    schema,
    guesser,
    reflect: args.reflect,
    reflectHeaders,
    showSecrets: args.showSecrets,
    maxInflatedBytes: parseSize("max-message", args.maxMessage),
    onCall: tellOfAsking(),
  });
  const stop = tellProblems(schema);
  const findings = new SessionFindings(traffic.capture, messages, schema, args);
  return {
    schema,
    types: guesser.types,
    messages,
    findings,
    kinds: streamKindsOf(schema, (method) => void messages.decoder?.ask(method)),
    see(event) {
      see(event);
      return findings.see(event);
    },
    learn: see,
    check: (event) => findings.see(event),
    addTypes(protoset) {
      const { files, whole } = splitDescriptorSet(protoset);
      if (files.length > 0 && whole) return schema.addDescriptors("added by the feed", files, RANK.user);
      throw new FramelensError(
        "ERR_PROTOSET",
        "no FileDescriptorSet; expected the output of protoc --descriptor_set_out",
      );
    },
    protoset: () => protosetOf(schema),
    close() {
      stop();
      findings.close();
      followed.close();
      close();
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
