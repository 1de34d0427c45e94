// A .proto file out of types that were learned (protobuf.dev, "Language Guide"): it reads every message seen, and writes it the same.
import { TYPE, TYPE_NAMES, WIRE, WIRE_OF_TYPE } from "../message/wire.js";
import { visible } from "../view/visible.js";
import { SURE_BITS } from "./guess.js";
import type { Sample } from "./proto-samples.js";
import { allTypes, groupTypes, mergeTypes, type ProtoField, type ProtoType } from "./proto-types.js";

/** One method, and what is known of its messages. */
export interface ProtoMethod {
  /** As in "GetUser". */
  readonly name: string;
  readonly client: ProtoType;
  readonly server: ProtoType;
  readonly clientStreams: boolean;
  readonly serverStreams: boolean;
}

export interface ProtoFile {
  /** Empty for none. */
  readonly package: string;
  readonly services: ReadonlyMap<string, readonly ProtoMethod[]>;
  /** Messages of no method. */
  readonly messages: readonly ProtoType[];
  /** Values that were met, by {@link ProtoField.place}. */
  readonly samples: ReadonlyMap<string, Sample>;
}

export function protoText(file: ProtoFile): string {
  const methods = [...file.services.values()].flat();
  const roots = [...methods.flatMap(({ client, server }) => [client, server]), ...file.messages];
  mergeTypes(roots);
  const types = allTypes(roots);
  const names = namesOf(types, new Set(file.services.keys()));
  // Groups are no part of proto3.
  const hasGroups = types.some(({ fields }) => [...fields.values()].some(({ type }) => type === TYPE.group));
  const lines = [
    "// Inferred from traffic by framelens: field names and types are guesses.",
    `syntax = "${hasGroups ? "proto2" : "proto3"}";`,
  ];
  if (file.package !== "") lines.push("", `package ${file.package};`);
  for (const [service, list] of file.services) {
    lines.push("", `service ${service} {`);
    for (const method of list) {
      const client = `${method.clientStreams ? "stream " : ""}${names.get(method.client.itself)}`;
      const server = `${method.serverStreams ? "stream " : ""}${names.get(method.server.itself)}`;
      lines.push(`  rpc ${method.name}(${client}) returns (${server});`);
    }
    lines.push("}");
  }
  const grouped = groupTypes(types);
  for (const type of types) {
    if (grouped.has(type)) continue;
    lines.push("");
    if (type.uses > 1) lines.push(`// Met in ${type.uses} places.`);
    if (type.isOdd) lines.push(...ODD_MESSAGE);
    lines.push(...messageLines(`message ${names.get(type)}`, type, { names, samples: file.samples, hasGroups }));
  }
  return `${lines.join("\n")}\n`;
}

/** What no schema can help. */
const ODD_MESSAGE = [
  "// Some came with fields that are not in the order of their numbers, or with lengths wider than they must be: it reads",
  "// all of them, and protobuf's own serializers write the same values in another order.",
];

interface Context {
  readonly names: ReadonlyMap<ProtoType, string>;
  readonly samples: ReadonlyMap<string, Sample>;
  readonly hasGroups: boolean;
}

/** Recursion is as deep as groups in groups, which has a limit. */
function messageLines(head: string, type: ProtoType, context: Context): string[] {
  const fields = [...type.fields.values()].sort((a, b) => a.number - b.number);
  if (fields.length === 0) return [`${head} {}`];
  const lines = [`${head} {`];
  for (const field of uniquelyNamed(fields)) {
    const comment = commentOf(field, context.samples);
    if (comment !== "") lines.push(`  // ${comment}`);
    for (const line of fieldLines(field, context)) lines.push(`  ${line}`);
  }
  return [...lines, "}"];
}

function fieldLines(field: ProtoField, context: Context): string[] {
  const label = field.repeated ? "repeated" : "optional";
  const { number, name } = field;
  if (field.type === TYPE.group && field.message !== undefined) {
    // A group's name is its type's, in upper case; the field has it in lower case.
    const lines = messageLines(`${label} group Group_${number} = ${number}`, field.message.itself, context);
    return lines;
  }
  const type =
    field.message === undefined ? TYPE_NAMES[field.type]! : (context.names.get(field.message.itself) ?? "bytes");
  return [`${label} ${type} ${name} = ${number}${packing(field, context.hasGroups)};`];
}

/** proto3 packs numbers, proto2 does not; each has to be told when they came otherwise. */
function packing({ type, packed, repeated }: ProtoField, isProto2: boolean): string {
  const wire = WIRE_OF_TYPE[type]!;
  if (!repeated || wire === WIRE.len || wire === WIRE.startGroup || packed !== isProto2) return "";
  return ` [packed = ${packed}]`;
}

/** JSON names must differ as well: a name that comes twice is given up for the number. */
function uniquelyNamed(fields: readonly ProtoField[]): ProtoField[] {
  const taken = new Set<string>();
  return fields.map((field) => {
    const plain = field.name.replaceAll("_", "").toLowerCase();
    if (!taken.has(plain)) {
      taken.add(plain);
      return field;
    }
    taken.add(`field${field.number}`);
    return { ...field, name: `field_${field.number}` };
  });
}

function commentOf(field: ProtoField, samples: ReadonlyMap<string, Sample>): string {
  const parts: string[] = [];
  if (field.isOdd) parts.push("A message, but not always one whose fields are in order: as bytes it stays the same.");
  if (field.bits !== undefined && field.bits < SURE_BITS && field.others.length > 0)
    parts.push(`Not sure (${field.bits} bits); may be ${field.others.join(" or ")}.`);
  const { values = [], shape } = samples.get(field.place) ?? {};
  if (shape !== undefined) parts.push(shape.endsWith("?") ? `May be ${shape.slice(0, -1)}.` : `Looks like ${shape}.`);
  if (values.length > 0) parts.push(`As in ${values.join(", ")}`);
  return visible(parts.join(" "));
}

function namesOf(types: readonly ProtoType[], services: ReadonlySet<string>): Map<ProtoType, string> {
  const taken = new Set(services);
  const names = new Map<ProtoType, string>();
  /** Of messages in others that no field has a name for: those others come first. */
  const inside = new Map<ProtoType, string>();
  for (const type of types) {
    const first = inside.get(type) ?? sharedNoun(type.names) ?? shortest(type.names);
    let name = first;
    for (let count = 2; taken.has(name); count++) name = `${first}_${count}`;
    taken.add(name);
    names.set(type, name);
    for (const { number, message } of type.fields.values()) {
      const held = message?.itself;
      if (held !== undefined && !inside.has(held) && held.names.every((it) => NUMBERED.test(it)))
        inside.set(held, `${name}_${number}`);
    }
  }
  return names;
}

/** After the message that it is in and the number of its field. */
const NUMBERED = /_\d+$/;

/** Of the places where it was met the outermost. */
function shortest(names: readonly string[]): string {
  return names.reduce((least, name) => (name.length < least.length ? name : least));
}

/**
 * What a type is called that several methods have, one of them as its answer: what their names end in, as in Order for GetOrder and
 * PutOrder. @returns undefined when they have no word in common
 */
function sharedNoun(names: readonly string[]): string | undefined {
  /** By method, whether it answers with the type. */
  const methods = new Map<string, boolean>();
  for (const name of names) {
    const [, method, kind] = /^(.+)(Request|Response)$/.exec(name) ?? [];
    if (method !== undefined) methods.set(method, kind === "Response" || methods.get(method) === true);
  }
  const nouns = new Map<string, { methods: number; answers: boolean }>();
  for (const [method, answers] of methods) {
    // Not all of the name, which begins with a verb.
    for (const { index } of method.slice(1).matchAll(/[A-Z]/g)) {
      const noun = method.slice(index + 1);
      const known = nouns.get(noun) ?? { methods: 0, answers: false };
      nouns.set(noun, { methods: known.methods + 1, answers: known.answers || answers });
    }
  }
  let best: string | undefined;
  let most = 1;
  for (const [noun, { methods: count, answers }] of nouns) {
    // Of UserProfile and Profile, which as many names end in, the longer.
    const isLonger = best !== undefined && count === most && noun.length > best.length;
    if (!answers || !(count > most || isLonger)) continue;
    best = noun;
    most = count;
  }
  return best;
}
