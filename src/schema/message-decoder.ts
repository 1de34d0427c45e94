// What the messages of calls are read with: the method and the side say the type. Servers are asked where no source knows a method.
import type { DescMessage, DescMethod } from "@bufbuild/protobuf";
import { toJson } from "../message/json.js";
import type { TypeLookup } from "../message/plan.js";
import { walk } from "../message/walk.js";
import { type Field, firstValue, type Side } from "../model/fields.js";
import type { DecodedMetadata } from "../model/metadata.js";
import { decodeBinaryMetadata } from "../rpc/grpc.js";
import { BinaryMetadata } from "./binary-metadata.js";
import type { SchemaSet } from "./schema-set.js";

/** Methods whose types are remembered; a client chooses the names. */
const MAX_METHODS = 10_000;
/** How long the first message of a method may wait for a server's word on its type. */
const ASK_MS = 500;
/** The sources have a back-off of their own; this only spares them the question for each message. */
const ASK_AGAIN_MS = 5000;

/** The metadata that holds a google.rpc.Status (google/rpc/status.proto; gRPC's "richer error model"). */
const STATUS_DETAILS = "grpc-status-details-bin";
const STATUS_TYPE = "google.rpc.Status";

/** What a message is read with. */
export interface MessageType {
  readonly type: DescMessage;
  /** Prefers the source of the type: for what is inside its messages. */
  readonly types: TypeLookup;
  /** Hides fields marked `debug_redact`. */
  readonly mask: boolean;
}

interface KnownMethod {
  readonly client: MessageType;
  readonly server: MessageType;
}

export class MessageDecoder {
  readonly #schema: SchemaSet;
  readonly #mask: boolean;
  readonly #metadata: BinaryMetadata;
  readonly #methods = new Map<string, KnownMethod | undefined>();
  /** Those who wait for the first answer, by method. */
  readonly #waiting = new Map<string, Promise<void>>();
  /** When a method was asked for last. */
  readonly #asked = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  readonly #stop: () => void;

  /** @param mask replaces fields marked `debug_redact` */
  constructor(schema: SchemaSet, mask: boolean) {
    this.#schema = schema;
    this.#mask = mask;
    this.#metadata = new BinaryMetadata(schema, mask);
    this.#stop = schema.onChange(() => {
      this.#methods.clear();
      this.#metadata.forget();
      for (const listener of [...this.#listeners]) listener();
    });
  }

  /** Tells when {@link typeOf} may give other answers. @returns how to stop listening */
  onChange(listener: () => void): () => void {
    const entry = () => listener();
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  /** @param method "/pkg.Service/Name" @returns undefined when no schema knows the method */
  typeOf(method: string, from: Side): MessageType | undefined {
    return this.#methodOf(method)?.[from];
  }

  /** Whether a method's types are known now. */
  knows(method: string): boolean {
    return this.#methodOf(method) !== undefined;
  }

  /**
   * Has the sources that can ask somebody ask, where no source knows the method yet. Waits for the first answer, and not for
   * long: what is shown live must not wait for a server that does not answer. Never fails.
   * @returns undefined when there is nothing to wait for
   */
  ask(method: string): Promise<void> | undefined {
    if (this.knows(method)) return undefined;
    const waiting = this.#waiting.get(method);
    if (waiting !== undefined) return waiting;
    const now = performance.now();
    const askedAt = this.#asked.get(method);
    if (askedAt !== undefined && now - askedAt < ASK_AGAIN_MS) return undefined;
    if (this.#asked.size >= MAX_METHODS) this.#asked.clear();
    this.#asked.set(method, now);
    const answer = this.#schema.findMethod(method).catch(() => undefined);
    if (askedAt !== undefined) return undefined;
    const wait = atMost(ASK_MS, answer).finally(() => this.#waiting.delete(method));
    this.#waiting.set(method, wait);
    return wait;
  }

  /** The details of an error (google.rpc.Status), as JSON of each of its Any; undefined when there are none that can be read. */
  statusDetails(trailers: readonly Field[]): readonly unknown[] | undefined {
    const value = firstValue(trailers, STATUS_DETAILS);
    if (value === undefined) return undefined;
    const bytes = decodeBinaryMetadata(value)[0];
    const type = this.#schema.message(STATUS_TYPE);
    if (bytes === undefined || type === undefined) return undefined;
    const { text } = toJson(walk(bytes, type, this.#schema), this.#schema, { mask: this.#mask });
    return (JSON.parse(text) as { details?: unknown[] }).details;
  }

  /** What is inside metadata whose names end in -bin, by name; undefined when there is nothing to tell of any. */
  metadata(fields: readonly Field[]): DecodedMetadata | undefined {
    return this.#metadata.decode(fields);
  }

  close(): void {
    this.#stop();
    this.#listeners.clear();
  }

  #methodOf(path: string): KnownMethod | undefined {
    if (this.#methods.has(path)) return this.#methods.get(path);
    const method = this.#schema.method(path);
    const known = method === undefined ? undefined : this.#known(method);
    if (this.#methods.size >= MAX_METHODS) this.#methods.clear();
    this.#methods.set(path, known);
    return known;
  }

  #known(method: DescMethod): KnownMethod {
    const common = { types: this.#schema.lookupFor(method), mask: this.#mask };
    return { client: { type: method.input, ...common }, server: { type: method.output, ...common } };
  }
}

async function atMost(ms: number, answer: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([answer, enough]);
  clearTimeout(timer);
}
