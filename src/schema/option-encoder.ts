// Option statements → the bytes of an options message, so that custom options stay in the descriptor as protoc keeps them.
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import {
  type DescriptorProto,
  FeatureSet_MessageEncoding,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  file_google_protobuf_descriptor,
} from "@bufbuild/protobuf/wkt";
import type { AggregateField, OptionList, OptionNamePart, OptionStatement, OptionValue } from "./parsed-file.js";
import { parseFloatText, parseInteger } from "./proto-cursor.js";
import { ParseFailure } from "./proto-tokens.js";
import { type SchemaSymbol, SymbolTable, withoutDot } from "./symbols.js";

/** The options messages themselves: those of protobuf, whatever copy of descriptor.proto a user has. */
const DESCRIPTOR = new SymbolTable(file_google_protobuf_descriptor.proto, [], []);

/** A message type with the file through which its own types are found. */
interface MessageType {
  readonly name: string;
  readonly proto: DescriptorProto;
  readonly table: SymbolTable;
}

interface FieldType {
  readonly proto: FieldDescriptorProto;
  readonly table: SymbolTable;
}

/**
 * Encodes what can be understood of the options of one element.
 * @param table of the file in which the options stand
 * @param refuse told about each statement that means nothing
 */
export function encodeOptions(
  list: Pick<OptionList, "type" | "scope" | "statements">,
  table: SymbolTable,
  refuse: (message: string, at: number) => void,
): Uint8Array {
  const type = messageType(DESCRIPTOR.find(`google.protobuf.${list.type}`));
  const writer = new BinaryWriter();
  for (const statement of list.statements) {
    const one = new BinaryWriter();
    try {
      if (type !== undefined) new OptionEncoder(table, list.scope).statement(one, type, statement);
      writer.raw(one.finish());
    } catch (error) {
      if (!(error instanceof ParseFailure)) throw error;
      refuse(error.message, error.at);
    }
  }
  return writer.finish();
}

class OptionEncoder {
  readonly #table: SymbolTable;
  readonly #scope: string;
  #at = 0;

  constructor(table: SymbolTable, scope: string) {
    this.#table = table;
    this.#scope = scope;
  }

  statement(writer: BinaryWriter, type: MessageType, statement: OptionStatement): void {
    this.#at = statement.at;
    this.#path(writer, type, statement.path, statement.value);
  }

  #path(writer: BinaryWriter, type: MessageType, path: readonly OptionNamePart[], value: OptionValue): void {
    const [part, ...rest] = path;
    if (part === undefined) return;
    const field = this.#field(type, part);
    if (rest.length === 0) {
      this.#value(writer, field, value);
    } else {
      const inner = this.#messageOf(field);
      this.#embed(writer, field, () => this.#path(writer, inner, rest, value));
    }
  }

  #field(type: MessageType, part: OptionNamePart): FieldType {
    if (!part.extension) {
      const proto = type.proto.field.find((field) => goesBy(part.name, field, type));
      if (proto === undefined) this.#refuse(`${type.name} has no option "${part.name}"`);
      return { proto, table: type.table };
    }
    const symbol = this.#table.resolve(part.name, this.#scope, (found) => found.kind === "extension");
    if (symbol?.kind !== "extension") this.#refuse(`option (${part.name}) is not defined in this file or its imports`);
    if (withoutDot(symbol.proto.extendee) !== type.name) {
      this.#refuse(`option (${part.name}) extends ${withoutDot(symbol.proto.extendee)}, not ${type.name}`);
    }
    return { proto: symbol.proto, table: symbol.table };
  }

  #messageOf(field: FieldType): MessageType {
    const type = messageType(field.table.find(withoutDot(field.proto.typeName)));
    if (type === undefined) this.#refuse(`option "${field.proto.name}" is no message that is known here`);
    return type;
  }

  /** A message inside: behind a length, or between group tags. */
  #embed(writer: BinaryWriter, field: FieldType, write: () => void): void {
    const number = field.proto.number;
    if (isDelimited(field)) {
      writer.tag(number, WireType.StartGroup);
      write();
      writer.tag(number, WireType.EndGroup);
    } else {
      writer.tag(number, WireType.LengthDelimited).fork();
      write();
      writer.join();
    }
  }

  #value(writer: BinaryWriter, field: FieldType, value: OptionValue): void {
    if (value.kind === "list") {
      if (field.proto.label !== FieldDescriptorProto_Label.REPEATED) this.#mismatch(field, "a single value");
      for (const item of value.items) this.#value(writer, field, item);
      return;
    }
    const { type } = field.proto;
    if (type === FieldDescriptorProto_Type.MESSAGE || type === FieldDescriptorProto_Type.GROUP) {
      if (value.kind !== "message") this.#mismatch(field, "a message in braces");
      const inner = this.#messageOf(field);
      this.#embed(writer, field, () => this.#fields(writer, inner, value.fields));
    } else {
      this.#scalar(writer, field, value);
    }
  }

  #fields(writer: BinaryWriter, type: MessageType, fields: readonly AggregateField[]): void {
    for (const entry of fields) {
      this.#at = entry.at;
      if (entry.extension && entry.name.includes("/")) this.#any(writer, type, entry);
      else this.#value(writer, this.#field(type, entry), entry.value);
    }
  }

  /** `[type.example.com/pkg.Type] { … }` inside a google.protobuf.Any. */
  #any(writer: BinaryWriter, type: MessageType, entry: AggregateField): void {
    const name = entry.name.slice(entry.name.lastIndexOf("/") + 1);
    const inner = messageType(this.#table.find(name));
    if (type.name !== "google.protobuf.Any" || inner === undefined || entry.value.kind !== "message") {
      this.#refuse(`expected a message of a known type in a google.protobuf.Any, found [${entry.name}]`);
    }
    writer.tag(1, WireType.LengthDelimited).string(entry.name);
    writer.tag(2, WireType.LengthDelimited).fork();
    this.#fields(writer, inner, entry.value.fields);
    writer.join();
  }

  #scalar(writer: BinaryWriter, field: FieldType, value: OptionValue): void {
    const number = field.proto.number;
    const T = FieldDescriptorProto_Type;
    switch (field.proto.type) {
      case T.STRING:
      case T.BYTES:
        if (value.kind !== "string") this.#mismatch(field, "a quoted string");
        writer.tag(number, WireType.LengthDelimited).bytes(value.bytes);
        return;
      case T.BOOL:
        writer.tag(number, WireType.Varint).bool(this.#bool(field, value));
        return;
      case T.ENUM:
        writer.tag(number, WireType.Varint).int32(this.#enumNumber(field, value));
        return;
      case T.DOUBLE:
        writer.tag(number, WireType.Bit64).double(this.#float(field, value));
        return;
      case T.FLOAT:
        writer.tag(number, WireType.Bit32).float(clampToFloat(this.#float(field, value)));
        return;
      default:
        this.#integer(writer, field, value);
    }
  }

  #bool(field: FieldType, value: OptionValue): boolean {
    if (value.kind === "identifier" || value.kind === "number") {
      if (["true", "True", "t", "1"].includes(value.text)) return true;
      if (["false", "False", "f", "0"].includes(value.text)) return false;
    }
    this.#mismatch(field, "true or false");
  }

  #enumNumber(field: FieldType, value: OptionValue): number {
    const symbol = field.table.find(withoutDot(field.proto.typeName));
    if (symbol?.kind !== "enum") this.#refuse(`option "${field.proto.name}" is no enum that is known here`);
    if (value.kind === "identifier") {
      const found = symbol.proto.value.find((v) => v.name === value.text);
      if (found !== undefined) return found.number;
    } else if (value.kind === "number") {
      const number = parseInteger(value.text);
      if (number !== undefined) return Number(BigInt.asIntN(32, value.negative ? -number : number));
    }
    this.#mismatch(field, `a value of enum ${symbol.name}`);
  }

  #float(field: FieldType, value: OptionValue): number {
    if (value.kind === "identifier" || value.kind === "number") {
      const magnitude = /^inf(inity)?$/i.test(value.text)
        ? Number.POSITIVE_INFINITY
        : /^nan$/i.test(value.text)
          ? Number.NaN
          : value.kind === "number"
            ? parseFloatText(value.text)
            : undefined;
      if (magnitude !== undefined) return value.negative ? -magnitude : magnitude;
    }
    this.#mismatch(field, "a number");
  }

  #integer(writer: BinaryWriter, field: FieldType, value: OptionValue): void {
    const magnitude = value.kind === "number" ? parseInteger(value.text) : undefined;
    if (magnitude === undefined || value.kind !== "number") this.#mismatch(field, "a whole number");
    const integer = value.negative ? -magnitude : magnitude;
    const { type, number } = field.proto;
    const bits = INTEGER_BITS.get(type);
    if (bits === undefined) this.#refuse(`option "${field.proto.name}" has an unknown type`);
    const [min, max] = bits.signed
      ? [-(1n << BigInt(bits.size - 1)), (1n << BigInt(bits.size - 1)) - 1n]
      : [0n, (1n << BigInt(bits.size)) - 1n];
    if (integer < min || integer > max) this.#mismatch(field, `a number from ${min} to ${max}`);
    writer.tag(number, bits.wire);
    const T = FieldDescriptorProto_Type;
    if (type === T.INT32) writer.int32(Number(integer));
    else if (type === T.SINT32) writer.sint32(Number(integer));
    else if (type === T.UINT32) writer.uint32(Number(integer));
    else if (type === T.FIXED32) writer.fixed32(Number(integer));
    else if (type === T.SFIXED32) writer.sfixed32(Number(integer));
    else if (type === T.INT64) writer.int64(integer);
    else if (type === T.SINT64) writer.sint64(integer);
    else if (type === T.UINT64) writer.uint64(integer);
    else if (type === T.FIXED64) writer.fixed64(integer);
    else writer.sfixed64(integer);
  }

  #mismatch(field: FieldType, expected: string): never {
    this.#refuse(`option "${field.proto.name}": expected ${expected}`);
  }

  #refuse(message: string): never {
    throw new ParseFailure(message, this.#at);
  }
}

interface IntegerBits {
  readonly size: 32 | 64;
  readonly signed: boolean;
  readonly wire: WireType;
}

const INTEGER_BITS: ReadonlyMap<FieldDescriptorProto_Type, IntegerBits> = new Map([
  [FieldDescriptorProto_Type.INT32, { size: 32, signed: true, wire: WireType.Varint }],
  [FieldDescriptorProto_Type.SINT32, { size: 32, signed: true, wire: WireType.Varint }],
  [FieldDescriptorProto_Type.UINT32, { size: 32, signed: false, wire: WireType.Varint }],
  [FieldDescriptorProto_Type.FIXED32, { size: 32, signed: false, wire: WireType.Bit32 }],
  [FieldDescriptorProto_Type.SFIXED32, { size: 32, signed: true, wire: WireType.Bit32 }],
  [FieldDescriptorProto_Type.INT64, { size: 64, signed: true, wire: WireType.Varint }],
  [FieldDescriptorProto_Type.SINT64, { size: 64, signed: true, wire: WireType.Varint }],
  [FieldDescriptorProto_Type.UINT64, { size: 64, signed: false, wire: WireType.Varint }],
  [FieldDescriptorProto_Type.FIXED64, { size: 64, signed: false, wire: WireType.Bit64 }],
  [FieldDescriptorProto_Type.SFIXED64, { size: 64, signed: true, wire: WireType.Bit64 }],
]);

function messageType(symbol: SchemaSymbol | undefined): MessageType | undefined {
  return symbol?.kind === "message" ? symbol : undefined;
}

/** In text format a group, and what is encoded like one, also goes by the name of its type. */
function goesBy(name: string, field: FieldDescriptorProto, type: MessageType): boolean {
  if (field.name === name) return true;
  if (field.name !== name.toLowerCase() || !isDelimited({ proto: field, table: type.table })) return false;
  return withoutDot(field.typeName).endsWith(`.${name}`);
}

function isDelimited(field: FieldType): boolean {
  if (field.proto.type === FieldDescriptorProto_Type.GROUP) return true;
  const own = field.proto.options?.features?.messageEncoding;
  const encoding = own || field.table.proto.options?.features?.messageEncoding;
  return encoding === FeatureSet_MessageEncoding.DELIMITED;
}

/** The largest float, where a double is beyond it; protoc clamps too. */
function clampToFloat(value: number): number {
  const MAX_FLOAT = 3.4028234663852886e38;
  if (!Number.isFinite(value)) return value;
  return Math.max(-MAX_FLOAT, Math.min(MAX_FLOAT, value));
}
