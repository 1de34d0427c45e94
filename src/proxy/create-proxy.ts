// The proxy as a program has it: the relay, and beside it, once somebody asks for messages, what decodes them.
import { EventCursor } from "../capture/cursor.js";
import type { DriftEvent } from "../model/contract.js";
import type { MessageEvent } from "../model/events.js";
import type { Field } from "../model/fields.js";
import type { DecodedMetadata } from "../model/metadata.js";
import type { SizesEvent } from "../model/sizes.js";
import {
  type ProxyOptions as RelayOptions,
  type RunningProxy as RunningRelay,
  createProxy as startRelay,
} from "../relay/proxy.js";
import type { SchemaOptions } from "../schema/open-schema.js";
import type { SchemaProblem } from "../schema/problems.js";
import type { SchemaSet } from "../schema/schema-set.js";
import type { FixedTypes } from "../schemaless/fixed-types.js";
import type { SchemalessReader } from "../schemaless/schemaless-reader.js";
import type { MessageView } from "../session/message-view.js";
import type { ContractWatch } from "./contract-watch.js";
import type { Decoding } from "./decoding.js";

export interface ProxyOptions extends RelayOptions {
  /** .proto files and folders of them; read again when they change. */
  readonly proto?: readonly string[];
  /** Where imports are looked up. */
  readonly importPath?: readonly string[];
  /** Files with a FileDescriptorSet or a buf image. */
  readonly protoset?: readonly string[];
  /** Asks servers by reflection for methods that nothing else knows; default false. */
  readonly reflect?: boolean;
  /** "name: value", sent with what is asked by reflection. */
  readonly reflectHeader?: readonly string[];
  /** Shows fields that the schema marks `debug_redact`; default false. */
  readonly showSecrets?: boolean;
}

export interface RunningProxy extends RunningRelay {
  /**
   * Reads a captured message: inflated, with type and JSON, or else a guess, with the byte ranges of its fields, and what is wrong. Waits for a
   * server's word on an unknown type, half a second at most; what it says later counts from then on.
   * @param message a message event, or its seq
   * @returns undefined when the seq is no message's, or the event is not kept any more
   */
  message(message: MessageEvent | number): Promise<MessageView | undefined>;
  /**
   * Calls back when messages may be read otherwise than before, as a schema came late or its file changed: {@link message}
   * reads anew what was captured before.
   * @returns a function that ends it
   */
  onSchemaChange(listener: () => void): () => void;
  /** What is inside fields whose names end in -bin, by name; undefined when nothing is known of any. */
  metadata(fields: readonly Field[]): Promise<DecodedMetadata | undefined>;
  /**
   * Holds all traffic, from the oldest that is kept, against the schemas.
   * @param onDrift is told when something does not fit for the first time: once for each side of a method, code and field
   */
  checkContract(onDrift?: (drift: DriftEvent) => void): Promise<ContractWatch>;
  /** What the messages that are kept take on the wire, as protobuf and as JSON, by method. */
  sizes(): Promise<readonly SizesEvent[]>;
  /**
   * What is said of fields that no schema knows, by method, side and path: `(await proxy.fieldTypes()).change("/acme.Users/Get",
   * "server", "3.1", { name: "city", type: "string" })`. Counts at once, also for what was captured; see {@link onSchemaChange}.
   */
  fieldTypes(): Promise<FixedTypes>;
  /** What is wrong with the schemas so far: each broken file costs that file, the others count. */
  readonly schemaProblems: readonly SchemaProblem[];
}

/**
 * Starts a proxy. Without a schema option it loads nothing to decode with until the first {@link RunningProxy.message}.
 * @throws FramelensError ERR_UPSTREAM, ERR_LISTEN, ERR_CERTIFICATE, ERR_REFLECT_HEADER
 */
export async function createProxy(options: ProxyOptions = {}): Promise<RunningProxy> {
  const relay = await startRelay(options);
  const listeners = new Set<() => void>();
  const watches = new Set<ContractWatch>();
  let schema: SchemaSet | undefined;
  let opened: Promise<Decoding> | undefined;
  let guesser: SchemalessReader | undefined;
  let stopSeeing = () => {};
  let closed = false;
  const open = async (): Promise<Decoding> => {
    const { openSchema, parseReflectHeader, SchemalessReader: Reader, startDecoding } = await loadDecoding();
    const reflectHeaders = (options.reflectHeader ?? []).map(parseReflectHeader);
    schema = await openSchema(schemaOptions(options));
    guesser = new Reader();
    const decoding = startDecoding(relay, {
      schema,
      reflect: options.reflect ?? false,
      reflectHeaders,
      showSecrets: options.showSecrets ?? false,
      guesser,
      maxInflatedBytes: options.maxMessageBytes,
    });
    decoding.messages.onChange(() => {
      for (const listener of [...listeners]) listener();
    });
    if (closed) decoding.close();
    else if (options.reflect === true) stopSeeing = new EventCursor(relay.capture).follow(decoding.see);
    return decoding;
  };
  if (namesSchemas(options)) {
    opened = open();
    await opened.catch(async (error: unknown) => {
      await relay.close();
      throw error;
    });
  }
  return {
    ...relay,
    async message(message) {
      opened ??= open();
      return (await opened).messages.read(typeof message === "number" ? message : message.seq);
    },
    async metadata(fields) {
      opened ??= open();
      return (await opened).messages.decoder?.metadata(fields);
    },
    async checkContract(onDrift = () => {}) {
      opened ??= open();
      const [{ messages, schema }, { watchContract }] = await Promise.all([opened, import("./contract-watch.js")]);
      const watch = watchContract(relay.capture, messages, schema, onDrift);
      watches.add(watch);
      return watch;
    },
    async sizes() {
      opened ??= open();
      const [{ messages }, { measureSizes }] = await Promise.all([opened, import("./measure-sizes.js")]);
      return measureSizes(relay.capture, messages);
    },
    async fieldTypes() {
      opened ??= open();
      await opened;
      return guesser!.types;
    },
    onSchemaChange(listener) {
      // A listener added twice is called twice, and each can be removed.
      const entry = () => listener();
      listeners.add(entry);
      return () => listeners.delete(entry);
    },
    get schemaProblems() {
      return schema?.problems ?? [];
    },
    async close(graceMs) {
      await relay.close(graceMs);
      closed = true;
      stopSeeing();
      for (const watch of watches) watch.stop();
      (await opened)?.close();
    },
  };
}

/** Loaded when it is needed: a relay that decodes nothing stays small, see src/README.md, "Speed". */
async function loadDecoding() {
  const [{ openSchema }, { parseReflectHeader }, { SchemalessReader }, { startDecoding }] = await Promise.all([
    import("../schema/open-schema.js"),
    import("../schema/reflection/reflect-header.js"),
    import("../schemaless/schemaless-reader.js"),
    import("./decoding.js"),
  ]);
  return { openSchema, parseReflectHeader, SchemalessReader, startDecoding };
}

function namesSchemas({ proto, protoset, reflect, reflectHeader }: ProxyOptions): boolean {
  return reflect === true || [proto, protoset, reflectHeader].some((list) => list !== undefined && list.length > 0);
}

function schemaOptions({ proto = [], protoset = [], importPath = [] }: ProxyOptions): SchemaOptions {
  const protos = proto.map((path) => ({ kind: "proto" as const, path }));
  const sets = protoset.map((path) => ({ kind: "protoset" as const, path }));
  return { inputs: [...protos, ...sets], importPaths: importPath };
}
