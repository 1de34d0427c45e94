// Metadata whose names end in -bin: what is inside, where a name tells its type (grpc-java's ProtoUtils.keyForProto), or hints at one.
import type { DescMessage } from "@bufbuild/protobuf";
import { REDACTED, toJson } from "../message/json.js";
import { quote } from "../message/json-text.js";
import { problemsOf } from "../message/problem-list.js";
import { walk } from "../message/walk.js";
import type { Field } from "../model/fields.js";
import type { DecodedMetadata, MetadataValue } from "../model/metadata.js";
import { isSecretName } from "../model/secrets.js";
import { CENSUS_READERS } from "../rpc/census-metadata.js";
import { decodeBinaryMetadata } from "../rpc/grpc.js";
import type { SchemaSet } from "./schema-set.js";

/** Types that have a name of their own (google/rpc/status.proto; gRFC A51, per-query load reports). */
const TYPE_OF_NAME: ReadonlyMap<string, string> = new Map([
  ["grpc-status-details-bin", "google.rpc.Status"],
  ["endpoint-load-metrics-bin", "xds.data.orca.v3.OrcaLoadReport"],
]);

/** Names whose types are remembered; peers choose them. */
const MAX_NAMES = 1000;
/** A name beyond this is no type's: it would only cost time to take it apart. */
const MAX_NAME_LENGTH = 256;
/** Types of one short name that are tried: as many packages as one program talks to. */
const MAX_CANDIDATES = 20;
/** Values of one list of fields that are decoded: as many as a list with the usual limit of 100 fields can have. */
const MAX_VALUES = 100;
/** Characters of JSON of one value; its octets are bounded by what is kept of a list of fields. */
const MAX_JSON_LENGTH = 1024 * 1024;

interface NameTypes {
  readonly types: readonly DescMessage[];
  /** The name says which of them; there is one then. */
  readonly certain: boolean;
}

export class BinaryMetadata {
  readonly #schema: SchemaSet;
  readonly #mask: boolean;
  readonly #byName = new Map<string, NameTypes>();
  /** Full names in lower case, and last names in lower case, with the full names they stand for. */
  #index:
    | { readonly full: ReadonlyMap<string, string>; readonly last: ReadonlyMap<string, readonly string[]> }
    | undefined;

  /** @param mask replaces fields marked `debug_redact`, and leaves secret metadata alone */
  constructor(schema: SchemaSet, mask: boolean) {
    this.#schema = schema;
    this.#mask = mask;
  }

  /** To be called when the schema has changed. */
  forget(): void {
    this.#byName.clear();
    this.#index = undefined;
  }

  /** @returns undefined when there is nothing to tell of any field */
  decode(fields: readonly Field[]): DecodedMetadata | undefined {
    let decoded: Map<string, MetadataValue[]> | undefined;
    let left = MAX_VALUES;
    for (const [wireName, value] of fields) {
      const name = wireName.toLowerCase();
      if (!name.endsWith("-bin") || (this.#mask && isSecretName(name))) continue;
      for (const bytes of decodeBinaryMetadata(value)) {
        const shown = bytes === undefined ? NO_BASE64 : this.#decodeOne(name, bytes);
        if (shown === undefined || left-- <= 0) continue;
        decoded ??= new Map();
        const values = decoded.get(name);
        if (values === undefined) decoded.set(name, [shown]);
        else values.push(shown);
      }
    }
    return decoded && Object.fromEntries(decoded);
  }

  #decodeOne(name: string, bytes: Uint8Array): MetadataValue | undefined {
    const census = CENSUS_READERS.get(name);
    if (census !== undefined) {
      const json = census.read(bytes);
      return json === undefined ? notReadable(census.format) : { format: census.format, json };
    }
    const { types, certain } = this.#typesOf(name);
    if (certain) return this.#read(types[0]!, bytes);
    const fitting = types.filter((type) => this.#fits(type, bytes));
    if (fitting.length !== 1) return undefined;
    return { ...this.#read(fitting[0]!, bytes), guess: true };
  }

  #read(type: DescMessage, bytes: Uint8Array) {
    const types = this.#schema.lookupFor(type);
    const { text, problems } = toJson(walk(bytes, type, types), types, {
      mask: this.#mask,
      maxLength: MAX_JSON_LENGTH,
    });
    const json = JSON.parse(text) as unknown;
    return { type: type.typeName, json, ...(problems.length === 0 ? {} : { problems }) };
  }

  /** Nothing in it that the type does not have, and something that it has: no octets at all fit everything. */
  #fits(type: DescMessage, bytes: Uint8Array): boolean {
    const tree = walk(bytes, type, this.#schema.lookupFor(type));
    return tree.fields.length > 0 && problemsOf(tree, 1).length === 0;
  }

  #typesOf(name: string): NameTypes {
    const known = this.#byName.get(name);
    if (known !== undefined) return known;
    const types = this.#find(name);
    if (this.#byName.size >= MAX_NAMES) this.#byName.clear();
    this.#byName.set(name, types);
    return types;
  }

  #find(name: string): NameTypes {
    if (name.length > MAX_NAME_LENGTH) return { types: [], certain: false };
    const bare = name.slice(0, -"-bin".length);
    const named = this.#schema.message(TYPE_OF_NAME.get(name) ?? "") ?? this.#typeNamed(bare);
    if (named !== undefined) return { types: [named], certain: true };
    const types = this.#hinted(bare).flatMap((full) => this.#schema.message(full) ?? []);
    return { types, certain: false };
  }

  /** The type of that full name in any case, also when it lies in another. */
  #typeNamed(bare: string): DescMessage | undefined {
    // A name without a package says too little to be sure.
    if (!bare.includes(".")) return undefined;
    for (let end = bare.length; end > 0; end = bare.lastIndexOf(".", end - 1)) {
      const top = this.#indexed().full.get(bare.slice(0, end));
      let type = top === undefined ? undefined : this.#schema.message(top);
      for (const inner of bare
        .slice(end + 1)
        .split(".")
        .filter(Boolean))
        type = type?.nestedMessages.find((nested) => nested.name.toLowerCase() === inner);
      if (type !== undefined) return type;
    }
    return undefined;
  }

  /** "x-acme-user-profile" hints at acme.v1.UserProfile: the last words are the type's, the others are in its package. */
  #hinted(bare: string): readonly string[] {
    const words = bare
      .replace(/^x-/, "")
      .split(/[^a-z0-9]+/)
      .filter(Boolean);
    const found: string[] = [];
    for (let from = 0; from < words.length; from++) {
      for (const full of this.#indexed().last.get(words.slice(from).join("")) ?? []) {
        const scope = full.toLowerCase().split(/[._]/);
        if (words.slice(0, from).every((word) => scope.includes(word))) found.push(full);
      }
    }
    return found.slice(0, MAX_CANDIDATES);
  }

  #indexed() {
    if (this.#index !== undefined) return this.#index;
    const full = new Map<string, string>();
    const last = new Map<string, string[]>();
    for (const name of this.#schema.typeNames()) {
      const lower = name.toLowerCase();
      if (full.has(lower)) continue;
      full.set(lower, name);
      const short = lower.slice(lower.lastIndexOf(".") + 1).replaceAll("_", "");
      const names = last.get(short);
      if (names === undefined) last.set(short, [name]);
      else names.push(name);
    }
    this.#index = { full, last };
    return this.#index;
  }
}

const NO_BASE64: MetadataValue = { problem: { code: "ERR_BASE64", message: "a value that is not base64" } };

function notReadable(format: string): MetadataValue {
  return { problem: { code: "ERR_METADATA", message: `not readable as ${format}` } };
}

/** The fields of a list whose octets hold what the decoded form hides. @returns their lower-case names */
export function redactedNames(decoded: DecodedMetadata): ReadonlySet<string> {
  const hidden = quote(REDACTED);
  const names = Object.entries(decoded).filter(([, values]) =>
    values.some((value) => "json" in value && JSON.stringify(value.json).includes(hidden)),
  );
  return new Set(names.map(([name]) => name));
}
