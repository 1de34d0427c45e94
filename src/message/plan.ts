// What the walker and the printers need to know of a message type, worked out once from its descriptor.
import type { DescEnum, DescExtension, DescField, DescMessage, DescOneof } from "@bufbuild/protobuf";
import type { Problem } from "../model/events.js";
import { freshList } from "./fresh-list.js";
import { quote } from "./json-text.js";
import { missing, PROBLEM } from "./problems.js";
import { type WellKnown, wellKnownOf } from "./well-known.js";
import { TYPE, WIRE, WIRE_OF_TYPE } from "./wire.js";

/** Where types and extensions are found by name or number; a `Registry` of `@bufbuild/protobuf` is one. */
export interface TypeLookup {
  getMessage(name: string): DescMessage | undefined;
  getExtensionFor(message: DescMessage, number: number): DescExtension | undefined;
  /** By full name; only JSON to bytes asks. */
  getExtension?(name: string): DescExtension | undefined;
}

/** A lookup that knows nothing. */
export const NO_TYPES: TypeLookup = { getMessage: () => undefined, getExtensionFor: () => undefined };

/** Field numbers up to here are found by index; a plan costs at most this many words for it. */
const DENSE_NUMBERS = 64;

/** google.protobuf.FeatureSet.FieldPresence */
const PRESENCE = { implicit: 2, required: 3 } as const;

/** One field of a message type, an extension, or the key or value of a map entry. */
export class FieldPlan {
  readonly number: number;
  /** As in the .proto file; an extension's full name. */
  readonly name: string;
  readonly jsonName: string;
  /** See {@link TYPE}. */
  readonly type: number;
  /** The wire type of one value. */
  readonly wire: number;
  readonly repeated: boolean;
  readonly packable: boolean;
  /** Written packed by a serializer that follows the schema. */
  readonly packed: boolean;
  readonly isMap: boolean;
  readonly required: boolean;
  /** A zero is the same as nothing (proto3 without `optional`). */
  readonly implicit: boolean;
  /** Text that is not UTF-8 makes the whole message invalid. */
  readonly strictText: boolean;
  /** Marked `debug_redact` in the schema. */
  readonly redact: boolean;
  /** The oneof it is a member of, by its place in the message type; -1 when none. */
  readonly oneof: number;
  readonly enum: EnumPlan | undefined;
  readonly descriptor: DescField | DescExtension | undefined;
  /** What it was made from, where that is no descriptor. */
  readonly origin: object | undefined;
  /** Rank by field number among the fields of its type; extensions come after all of them. */
  index: number;
  readonly #message: (() => MessagePlan) | undefined;
  #jsonKey: string | undefined;

  constructor(parts: FieldParts) {
    const { descriptor } = parts;
    this.number = parts.number;
    this.name = parts.name;
    this.jsonName = parts.jsonName;
    this.type = parts.type;
    this.wire = WIRE_OF_TYPE[parts.type] ?? WIRE.raw;
    this.repeated = parts.repeated ?? false;
    this.packable = this.repeated && this.wire !== WIRE.len && this.wire !== WIRE.startGroup;
    this.packed = descriptor?.fieldKind === "list" && descriptor.packed;
    this.isMap = descriptor?.fieldKind === "map";
    this.required = descriptor?.presence === PRESENCE.required;
    this.oneof = parts.oneof ?? -1;
    this.implicit =
      descriptor?.presence === PRESENCE.implicit &&
      !this.repeated &&
      this.oneof < 0 &&
      this.wire !== WIRE.startGroup &&
      parts.type !== TYPE.message;
    this.strictText = parts.strictText ?? descriptor?.utf8Validation ?? false;
    this.redact = descriptor?.proto.options?.debugRedact === true;
    this.enum = parts.enum === undefined ? undefined : enumPlan(parts.enum);
    this.descriptor = descriptor;
    this.origin = parts.origin;
    this.index = parts.index;
    this.#message = parts.message;
  }

  /** The name as a JSON key, with its colon. */
  get jsonKey(): string {
    this.#jsonKey ??= `${quote(this.jsonName)}:`;
    return this.#jsonKey;
  }

  /** The type of a message, group or map entry. */
  get message(): MessagePlan | undefined {
    return this.#message?.();
  }
}

interface FieldParts {
  readonly number: number;
  readonly name: string;
  readonly jsonName: string;
  readonly type: number;
  readonly index: number;
  readonly repeated?: boolean;
  readonly oneof?: number;
  readonly strictText?: boolean;
  readonly enum?: DescEnum | undefined;
  readonly message?: (() => MessagePlan) | undefined;
  readonly descriptor?: DescField | DescExtension;
  readonly origin?: object;
}

export class EnumPlan {
  readonly names: ReadonlyMap<number, string>;
  /** The same, quoted. */
  readonly jsonNames: ReadonlyMap<number, string>;
  readonly numbers: ReadonlyMap<string, number>;
  readonly closed: boolean;
  readonly typeName: string;
  /** google.protobuf.NullValue, whose JSON is null. */
  readonly isNull: boolean;
  readonly first: number;

  constructor(descriptor: DescEnum) {
    const names = new Map<number, string>();
    const numbers = new Map<string, number>();
    for (const value of descriptor.values) {
      // The first of several names for a number is the one that is printed.
      if (!names.has(value.number)) names.set(value.number, value.jsonName);
      numbers.set(value.name, value.number).set(value.jsonName, value.number);
    }
    this.names = names;
    this.jsonNames = new Map([...names].map(([number, name]) => [number, quote(name)]));
    this.numbers = numbers;
    this.closed = !descriptor.open;
    this.typeName = descriptor.typeName;
    this.isNull = descriptor.typeName === "google.protobuf.NullValue";
    this.first = descriptor.values[0]?.number ?? 0;
  }
}

const NO_NAMES: readonly string[] = [];
const NO_FIELDS: readonly FieldPlan[] = [];

export class MessagePlan {
  readonly typeName: string;
  /** Undefined for a map entry. */
  readonly type: DescMessage | undefined;
  /** By field number. */
  readonly fields: readonly FieldPlan[];
  readonly oneofs: readonly string[];
  readonly required: readonly FieldPlan[];
  /** What an empty message of the type has, where fields are required. */
  readonly allMissing: Problem | undefined;
  readonly extendable: boolean;
  /** The JSON form of its own that the type has, if any. */
  readonly wellKnown: WellKnown | undefined;
  /** What is said of a field that the type does not have. */
  readonly unknown: Problem;
  readonly #dense: (FieldPlan | undefined)[] = freshList();
  #sparse: Map<number, FieldPlan> | undefined;
  #byName: Map<string, FieldPlan> | undefined;

  readonly #others: ReadonlyMap<number, FieldPlan> | undefined;

  /**
   * @param others by tag: how a field is read that comes with another wire type than its plan has; only guessed types have such
   */
  constructor(
    typeName: string,
    type: DescMessage | undefined,
    fields: readonly FieldPlan[],
    unknown: Problem = PROBLEM.unknownField,
    others?: ReadonlyMap<number, FieldPlan>,
  ) {
    this.typeName = typeName;
    this.type = type;
    this.fields = fields;
    this.unknown = unknown;
    this.#others = others;
    this.oneofs = type === undefined ? NO_NAMES : type.oneofs.map((oneof) => oneof.name);
    this.required = type === undefined ? NO_FIELDS : fields.filter((field) => field.required);
    this.allMissing = this.required.length === 0 ? undefined : missing(this.required);
    this.extendable = (type?.proto.extensionRange.length ?? 0) > 0;
    this.wellKnown = wellKnownOf(typeName, fields);
    for (const field of fields) {
      if (field.number >= DENSE_NUMBERS) {
        this.#sparse ??= new Map();
        this.#sparse.set(field.number, field);
      } else {
        while (this.#dense.length <= field.number) this.#dense.push(undefined);
        this.#dense[field.number] = field;
      }
    }
  }

  field(number: number): FieldPlan | undefined {
    return number < this.#dense.length ? this.#dense[number] : this.#sparse?.get(number);
  }

  /** @param plan of the same number, and of another wire type */
  otherField(plan: FieldPlan, wireType: number): FieldPlan {
    return this.#others?.get((plan.number << 3) | wireType) ?? plan;
  }

  /** By its JSON name or its name in the schema. */
  fieldByName(name: string): FieldPlan | undefined {
    this.#byName ??= new Map([
      ...this.fields.map((field) => [field.name, field] as const),
      ...this.fields.map((field) => [field.jsonName, field] as const),
    ]);
    return this.#byName.get(name);
  }
}

const messagePlans = new WeakMap<DescMessage, MessagePlan>();
const enumPlans = new WeakMap<DescEnum, EnumPlan>();
const extensionPlans = new WeakMap<DescExtension, FieldPlan>();

/** The plan of a message type; made on first use and kept as long as the descriptor. */
export function planOf(type: DescMessage): MessagePlan {
  let plan = messagePlans.get(type);
  if (plan === undefined) {
    const ranked = [...type.fields].sort((a, b) => a.number - b.number);
    const oneofs = new Map<DescOneof, number>(type.oneofs.map((oneof, index) => [oneof, index]));
    plan = new MessagePlan(
      type.typeName,
      type,
      ranked.map((field, index) => fieldPlan(field, index, field.oneof && oneofs.get(field.oneof))),
    );
    messagePlans.set(type, plan);
  }
  return plan;
}

/** The plan of an extension, or undefined when nobody declares one under that number. */
export function extensionPlan(plan: MessagePlan, number: number, types: TypeLookup): FieldPlan | undefined {
  if (!plan.extendable || plan.type === undefined) return undefined;
  const descriptor = types.getExtensionFor(plan.type, number);
  return descriptor === undefined ? undefined : planOfExtension(descriptor);
}

export function planOfExtension(descriptor: DescExtension): FieldPlan {
  let field = extensionPlans.get(descriptor);
  if (field === undefined) {
    // Behind every field that is declared in the message itself.
    field = fieldPlan(descriptor, EXTENSION_INDEX + descriptor.number, undefined);
    extensionPlans.set(descriptor, field);
  }
  return field;
}

/** More than a message type can have fields of its own: a descriptor of 2^30 fields does not fit into memory. */
export const EXTENSION_INDEX = 2 ** 30;

function enumPlan(descriptor: DescEnum): EnumPlan {
  let plan = enumPlans.get(descriptor);
  if (plan === undefined) {
    plan = new EnumPlan(descriptor);
    enumPlans.set(descriptor, plan);
  }
  return plan;
}

function fieldPlan(descriptor: DescField | DescExtension, index: number, oneof: number | undefined): FieldPlan {
  const { number, jsonName } = descriptor;
  const message = descriptor.message;
  let type: number = TYPE.message;
  if (descriptor.fieldKind === "map") {
    return new FieldPlan({
      number,
      name: descriptor.name,
      jsonName,
      type,
      index,
      repeated: true,
      descriptor,
      message: lazily(() => entryPlan(descriptor)),
    });
  }
  if (message !== undefined)
    type = "delimitedEncoding" in descriptor && descriptor.delimitedEncoding ? TYPE.group : TYPE.message;
  else type = descriptor.scalar ?? TYPE.enum;
  return new FieldPlan({
    number,
    name: descriptor.kind === "extension" ? descriptor.typeName : descriptor.name,
    jsonName,
    type,
    index,
    repeated: descriptor.fieldKind === "list",
    oneof: oneof ?? -1,
    enum: descriptor.enum,
    message: message && lazily(() => planOf(message)),
    descriptor,
  });
}

/** A map is a repeated message of key = 1 and value = 2; its type has no descriptor of its own. */
function entryPlan(map: DescField & { readonly fieldKind: "map" }): MessagePlan {
  const { message } = map;
  const strictText = map.utf8Validation;
  const key = new FieldPlan({ number: 1, name: "key", jsonName: "key", type: map.mapKey, index: 0, strictText });
  const type = message !== undefined ? TYPE.message : (map.scalar ?? TYPE.enum);
  const plan = message && lazily(() => planOf(message));
  const value = new FieldPlan({
    number: 2,
    name: "value",
    jsonName: "value",
    type,
    index: 1,
    strictText,
    enum: map.enum,
    message: plan,
  });
  return new MessagePlan(`${map.parent.typeName}.${map.name}`, undefined, [key, value]);
}

function lazily<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
