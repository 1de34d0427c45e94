// The messages of calls as JSON: the method and the side say the type, the walker reads the bytes, the writer prints them.
import type { DescMessage, DescMethod } from "@bufbuild/protobuf";
import { toJson } from "../message/json.js";
import type { TypeLookup } from "../message/plan.js";
import { preview } from "../message/preview.js";
import type { PlacedProblem } from "../message/problem-list.js";
import { walk } from "../message/walk.js";
import { type Field, firstValue, type Side } from "../model/fields.js";
import { decodeBinaryMetadata } from "../rpc/grpc.js";
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

export interface DecodedMessage {
  /** Full name of the type. */
  readonly type: string;
  /** Canonical protobuf JSON, on one line. */
  readonly json: string;
  /** What does not fit the type, at most 100 of them. */
  readonly problems: readonly PlacedProblem[];
}

interface KnownMethod {
  readonly client: DescMessage;
  readonly server: DescMessage;
  readonly types: TypeLookup;
}

export class MessageDecoder {
  readonly #schema: SchemaSet;
  readonly #mask: boolean;
  readonly #methods = new Map<string, KnownMethod | undefined>();
  /** When a method was asked for last. */
  readonly #asked = new Map<string, number>();
  readonly #stop: () => void;

  /** @param mask replaces fields marked `debug_redact` */
  constructor(schema: SchemaSet, mask: boolean) {
    this.#schema = schema;
    this.#mask = mask;
    this.#stop = schema.onChange(() => this.#methods.clear());
  }

  /** Whether a method's types are known now. */
  knows(method: string): boolean {
    return this.#methodOf(method) !== undefined;
  }

  /**
   * Has the sources that can ask somebody ask, where no source knows the method yet. Waits for the answer once, and not for
   * long: what is shown live must not wait for a server that does not answer. Never fails.
   */
  async ask(method: string): Promise<void> {
    if (this.knows(method)) return;
    const now = performance.now();
    const askedAt = this.#asked.get(method);
    if (askedAt !== undefined && now - askedAt < ASK_AGAIN_MS) return;
    if (this.#asked.size >= MAX_METHODS) this.#asked.clear();
    this.#asked.set(method, now);
    const answer = this.#schema.findMethod(method).catch(() => undefined);
    if (askedAt !== undefined) return;
    let timer: NodeJS.Timeout | undefined;
    const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, ASK_MS)));
    await Promise.race([answer, enough]);
    clearTimeout(timer);
  }

  /**
   * @param method "/pkg.Service/Name"
   * @param bytes after decompression
   * @returns undefined when no schema knows the method
   */
  decode(method: string, from: Side, bytes: Uint8Array): DecodedMessage | undefined {
    const known = this.#methodOf(method);
    return known === undefined ? undefined : this.#decode(known[from], known.types, bytes);
  }

  /** One line of at most so many cells; undefined when no schema knows the method. */
  preview(method: string, from: Side, bytes: Uint8Array, width: number): string | undefined {
    const known = this.#methodOf(method);
    if (known === undefined) return undefined;
    return preview(walk(bytes, known[from], known.types), width, known.types, this.#mask);
  }

  /** The details of an error (google.rpc.Status), as JSON of each of its Any; undefined when there are none that can be read. */
  statusDetails(trailers: readonly Field[]): readonly unknown[] | undefined {
    const value = firstValue(trailers, STATUS_DETAILS);
    const bytes = value === undefined ? undefined : decodeBinaryMetadata(value)[0];
    const type = this.#schema.message(STATUS_TYPE);
    if (bytes === undefined || type === undefined) return undefined;
    const { json } = this.#decode(type, this.#schema, bytes);
    return (JSON.parse(json) as { details?: unknown[] }).details;
  }

  close(): void {
    this.#stop();
  }

  #decode(type: DescMessage, types: TypeLookup, bytes: Uint8Array): DecodedMessage {
    const { text, problems } = toJson(walk(bytes, type, types), types, { mask: this.#mask });
    return { type: type.typeName, json: text, problems };
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
    return { client: method.input, server: method.output, types: this.#schema.lookupFor(method) };
  }
}
