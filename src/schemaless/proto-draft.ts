// .proto files out of messages of methods: all are learned from first, then each file is written for its package.
import type { Side } from "../model/fields.js";
import { addSamples, type Samples } from "./proto-samples.js";
import { type ProtoFile, type ProtoMethod, protoText } from "./proto-text.js";
import { ProtoType, protoTypeOf } from "./proto-types.js";
import type { SchemalessReader } from "./schemaless-reader.js";

/** Messages of a method and side that examples are taken from. */
const MAX_EXAMPLE_MESSAGES = 50;

interface Seen {
  /** For examples. */
  readonly messages: Record<Side, Uint8Array[]>;
  /** More than one message of a side was seen in one call, or none in one that ended well. */
  readonly streams: Record<Side, boolean>;
}

export class ProtoDraft {
  readonly #reader: SchemalessReader;
  readonly #methods = new Map<string, Seen>();

  constructor(reader: SchemalessReader) {
    this.#reader = reader;
  }

  get methods(): number {
    return this.#methods.size;
  }

  /** @param method "/pkg.Service/Name", or the name of a message that belongs to none */
  add(method: string, from: Side, bytes: Uint8Array): void {
    this.#reader.learn(method, from, bytes);
    const { messages } = this.#of(method);
    if (messages[from].length < MAX_EXAMPLE_MESSAGES) messages[from].push(bytes);
  }

  /** Says that a side may send any number of messages. */
  streams(method: string, from: Side): void {
    this.#of(method).streams[from] = true;
  }

  /** @returns the text of each file, by package */
  files(): Map<string, string> {
    const packages = new Map<string, { services: Map<string, ProtoMethod[]>; messages: ProtoType[] }>();
    const samples: Samples = new Map();
    for (const [path, seen] of [...this.#methods].sort(([a], [b]) => (a < b ? -1 : 1))) {
      const name = methodName(path);
      const file = packages.get(name.package) ?? { services: new Map<string, ProtoMethod[]>(), messages: [] };
      packages.set(name.package, file);
      if (name.service === "") {
        file.messages.push(this.#type(path, "server", name.method, seen, samples));
        continue;
      }
      const method = {
        name: name.method,
        client: this.#type(path, "client", `${name.method}Request`, seen, samples),
        server: this.#type(path, "server", `${name.method}Response`, seen, samples),
        clientStreams: seen.streams.client,
        serverStreams: seen.streams.server,
      };
      file.services.set(name.service, [...(file.services.get(name.service) ?? []), method]);
    }
    return new Map(
      [...packages].map(([name, { services, messages }]) => {
        const file: ProtoFile = { package: name, services, messages, samples };
        return [name, protoText(file)];
      }),
    );
  }

  #type(path: string, from: Side, name: string, seen: Seen, samples: Samples): ProtoType {
    if (seen.messages[from].length === 0) return new ProtoType(name);
    const place = `${path} ${from}`;
    this.#reader.settle(path, from);
    for (const bytes of seen.messages[from]) {
      const { tree } = this.#reader.read(path, from, bytes);
      addSamples(tree, place, samples);
    }
    return protoTypeOf(this.#reader.planOf(path, from), name, place, !this.#reader.isOdd(path, from));
  }

  #of(method: string): Seen {
    let seen = this.#methods.get(method);
    if (seen === undefined) {
      seen = { messages: { client: [], server: [] }, streams: { client: false, server: false } };
      this.#methods.set(method, seen);
    }
    return seen;
  }
}

interface MethodName {
  readonly package: string;
  readonly service: string;
  readonly method: string;
}

/** "/acme.v1.Users/Get" as acme.v1, Users and Get; a name alone is a message's. Whatever is no name in a .proto file becomes one. */
function methodName(path: string): MethodName {
  const [, service, method] = /^\/(.*)\/([^/]*)$/.exec(path) ?? [];
  if (service === undefined || method === undefined) return { package: "", service: "", method: plainName(path) };
  const parts = service.split(/[./]/).map(plainName);
  return { package: parts.slice(0, -1).join("."), service: parts.at(-1)!, method: plainName(method) };
}

function plainName(text: string): string {
  const plain = text.replace(/[^A-Za-z0-9_]/g, "_").slice(0, 100);
  return /^[A-Za-z]/.test(plain) ? plain : `M_${plain}`;
}
