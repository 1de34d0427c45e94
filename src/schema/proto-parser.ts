// .proto text → FileDescriptorProto with names as written, after the language specifications of proto2, proto3 and editions.
// Ours rather than protobufjs', which knows no columns and no group in a oneof, and loses fields named __proto__.
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  type DescriptorProto,
  DescriptorProto_ExtensionRangeSchema,
  DescriptorProto_ReservedRangeSchema,
  DescriptorProtoSchema,
  Edition,
  type EnumDescriptorProto,
  EnumDescriptorProto_EnumReservedRangeSchema,
  EnumDescriptorProtoSchema,
  EnumOptionsSchema,
  EnumValueDescriptorProtoSchema,
  EnumValueOptionsSchema,
  ExtensionRangeOptionsSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  FieldDescriptorProtoSchema,
  FieldOptionsSchema,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
  MessageOptionsSchema,
  MethodDescriptorProtoSchema,
  MethodOptionsSchema,
  OneofDescriptorProtoSchema,
  OneofOptionsSchema,
  ServiceDescriptorProtoSchema,
  ServiceOptionsSchema,
  SymbolVisibility,
} from "@bufbuild/protobuf/wkt";
import { defaultValueText } from "./default-value.js";
import { jsonNameOf, mapEntryName } from "./field-names.js";
import { outlineOf } from "./outline.js";
import type {
  OptionList,
  OptionStatement,
  ParsedFault,
  ParsedFile,
  ParsedImport,
  TypeReference,
} from "./parsed-file.js";
import { ProtoCursor } from "./proto-cursor.js";
import { ParseFailure, positionFinder } from "./proto-tokens.js";

/** Field numbers have 29 bits (protobuf encoding, "tag"). */
const MAX_FIELD_NUMBER = 536_870_911;
const MIN_INT32 = -2_147_483_648;
const MAX_INT32 = 2_147_483_647;

const SCALAR_TYPES: ReadonlyMap<string, FieldDescriptorProto_Type> = new Map([
  ["double", FieldDescriptorProto_Type.DOUBLE],
  ["float", FieldDescriptorProto_Type.FLOAT],
  ["int64", FieldDescriptorProto_Type.INT64],
  ["uint64", FieldDescriptorProto_Type.UINT64],
  ["int32", FieldDescriptorProto_Type.INT32],
  ["fixed64", FieldDescriptorProto_Type.FIXED64],
  ["fixed32", FieldDescriptorProto_Type.FIXED32],
  ["bool", FieldDescriptorProto_Type.BOOL],
  ["string", FieldDescriptorProto_Type.STRING],
  ["bytes", FieldDescriptorProto_Type.BYTES],
  ["uint32", FieldDescriptorProto_Type.UINT32],
  ["sfixed32", FieldDescriptorProto_Type.SFIXED32],
  ["sfixed64", FieldDescriptorProto_Type.SFIXED64],
  ["sint32", FieldDescriptorProto_Type.SINT32],
  ["sint64", FieldDescriptorProto_Type.SINT64],
]);

const LABELS: ReadonlyMap<string, FieldDescriptorProto_Label> = new Map([
  ["optional", FieldDescriptorProto_Label.OPTIONAL],
  ["required", FieldDescriptorProto_Label.REQUIRED],
  ["repeated", FieldDescriptorProto_Label.REPEATED],
]);

const EDITIONS: ReadonlyMap<string, Edition> = new Map([
  ["2023", Edition.EDITION_2023],
  ["2024", Edition.EDITION_2024],
  ["2026", Edition.EDITION_2026],
  ["UNSTABLE", Edition.EDITION_UNSTABLE],
]);

/**
 * Parses one .proto text.
 * @param name as other files import it
 * @returns the file with its names unresolved, or the fault that ended the parsing; never throws
 */
export function parseProto(source: string, name: string): ParsedFile | { readonly failure: ParseFailure } {
  try {
    const parsed = new FileParser(source, name).parse();
    // names are looked up in the file's package, which may stand behind what refers to them
    return parsed ?? new FileParser(source, name, outlineOf(source).package).parse() ?? { failure: LATE_PACKAGE };
  } catch (error) {
    if (error instanceof ParseFailure) return { failure: error };
    throw error;
  }
}

/** Where fields go: a message's own, or those of an extend block. */
interface FieldHome {
  readonly fields: FieldDescriptorProto[];
  /** Where the message types of groups and maps go. */
  readonly types: DescriptorProto[];
  readonly scope: string;
  /** Set in an extend block: the name as written, and where it stands. */
  readonly extendee?: { readonly name: string; readonly at: number };
}

class FileParser {
  readonly #source: string;
  readonly #cursor: ProtoCursor;
  readonly #file: FileDescriptorProto;
  readonly #imports: ParsedImport[] = [];
  readonly #references: TypeReference[] = [];
  readonly #options: OptionList[] = [];
  readonly #faults: ParsedFault[] = [];
  #scope: string;
  /** How many names were read that depend on the package. */
  get #definitions(): number {
    return this.#options.length + this.#references.length;
  }
  #proto3 = false;

  /** @param scope the package, where it is known beforehand */
  constructor(source: string, name: string, scope = "") {
    this.#source = source;
    this.#cursor = new ProtoCursor(source);
    this.#file = create(FileDescriptorProtoSchema, { name });
    this.#scope = scope;
  }

  /** @returns undefined when the package turned out to be another than was known */
  parse(): ParsedFile | undefined {
    const cursor = this.#cursor;
    this.#syntax();
    const options: OptionStatement[] = [];
    while (!cursor.ended) this.#topLevel(options);
    const file = this.#file;
    if (file.package !== this.#scope) return undefined;
    const fileOptions = this.#optionList("FileOptions", file.package, (encoded) => {
      file.options = fromBinary(FileOptionsSchema, encoded);
    });
    fileOptions.statements.push(...options);
    return {
      proto: file,
      imports: this.#imports,
      references: this.#references,
      options: this.#options.filter((list) => list.statements.length > 0),
      faults: this.#faults,
      position: positionFinder(this.#source),
    };
  }

  #syntax(): void {
    const cursor = this.#cursor;
    const editions = cursor.sees("edition");
    if (!editions && !cursor.sees("syntax")) return;
    cursor.identifier("syntax");
    cursor.expect("=", editions ? "after edition" : "after syntax");
    const at = cursor.at;
    const value = cursor.string("a quoted name");
    cursor.expect(";", "at the end of the statement");
    if (editions) {
      const edition = EDITIONS.get(value);
      if (edition === undefined) throw new ParseFailure(`expected edition "2023" or "2024", found "${value}"`, at);
      this.#file.syntax = "editions";
      this.#file.edition = edition;
    } else if (value === "proto3") {
      this.#proto3 = true;
      this.#file.syntax = value;
    } else if (value !== "proto2") {
      throw new ParseFailure(`expected syntax "proto2" or "proto3", found "${value}"`, at);
    }
  }

  #topLevel(options: OptionStatement[]): void {
    const cursor = this.#cursor;
    const file = this.#file;
    const scope = this.#scope;
    if (cursor.accept(";")) return;
    const visibility = this.#visibility();
    if (cursor.accept("import")) this.#import();
    else if (cursor.accept("package")) this.#package();
    else if (cursor.accept("option")) this.#optionStatement(options);
    else if (cursor.accept("message")) this.#message(file.messageType, scope, visibility);
    else if (cursor.accept("enum")) this.#enum(file.enumType, scope, visibility);
    else if (cursor.accept("service")) this.#service(scope);
    else if (cursor.accept("extend")) this.#extend({ fields: file.extension, types: file.messageType, scope });
    else cursor.fail("message, enum, service, extend, import, package or option");
  }

  #package(): void {
    const name = this.#cursor.dottedName("the package's name");
    if (this.#file.package === "") this.#file.package = name;
    if (this.#definitions === 0) this.#scope = this.#file.package;
    this.#cursor.expect(";", "after the package's name");
  }

  /** Edition 2024: `export message`, `local enum`. */
  #visibility(): SymbolVisibility | undefined {
    const cursor = this.#cursor;
    for (const [word, visibility] of [
      ["export", SymbolVisibility.VISIBILITY_EXPORT],
      ["local", SymbolVisibility.VISIBILITY_LOCAL],
    ] as const) {
      if (cursor.sees(word) && (cursor.seesNext("message") || cursor.seesNext("enum"))) {
        cursor.accept(word);
        return visibility;
      }
    }
    return undefined;
  }

  #import(): void {
    const cursor = this.#cursor;
    const file = this.#file;
    const kind = cursor.seesIdentifier() ? cursor.identifier("an import's kind") : "";
    const at = cursor.at;
    const name = cursor.string("the quoted name of the file to import");
    cursor.expect(";", "after the file's name");
    if (kind === "option") {
      file.optionDependency.push(name);
      this.#imports.push({ name, at });
      return;
    }
    if (file.dependency.includes(name)) {
      this.#faults.push({ message: `"${name}" is imported twice`, at });
      return;
    }
    if (kind === "public") file.publicDependency.push(file.dependency.length);
    else if (kind === "weak") file.weakDependency.push(file.dependency.length);
    else if (kind !== "") throw new ParseFailure(`expected public, weak, option or a quoted name, found "${kind}"`, at);
    file.dependency.push(name);
    this.#imports.push({ name, at });
  }

  #message(home: DescriptorProto[], scope: string, visibility: SymbolVisibility | undefined): void {
    const at = this.#cursor.at;
    const message = create(DescriptorProtoSchema, { name: this.#cursor.identifier("the message's name") });
    if (visibility !== undefined) message.visibility = visibility;
    if (this.#fresh(message.name, home, at)) home.push(message);
    this.#messageBody(message, scope);
  }

  /** Says so when a name stands for two things in one scope; the first counts. */
  #fresh(name: string, siblings: readonly { readonly name: string }[], at: number): boolean {
    if (!siblings.some((sibling) => sibling.name === name)) return true;
    this.#faults.push({ message: `"${name}" is defined twice here; the first definition counts`, at });
    return false;
  }

  #messageBody(message: DescriptorProto, scope: string): void {
    const cursor = this.#cursor;
    const inner = within(scope, message.name);
    const options = this.#optionList("MessageOptions", scope, (encoded) => {
      message.options = fromBinary(MessageOptionsSchema, encoded);
    });
    const home: FieldHome = { fields: message.field, types: message.nestedType, scope: inner };
    cursor.expect("{", "before the message's body");
    cursor.nested(() => {
      while (!cursor.accept("}")) this.#messageElement(message, home, options);
    });
    if (this.#proto3) addSyntheticOneofs(message);
    const forMessageSet = options.statements.some((o) => o.path[0]?.name === "message_set_wire_format");
    const top = forMessageSet ? MAX_INT32 : MAX_FIELD_NUMBER + 1;
    for (const range of message.extensionRange) if (range.end === RANGE_MAX) range.end = top;
    for (const range of message.reservedRange) if (range.end === RANGE_MAX) range.end = top;
  }

  #messageElement(message: DescriptorProto, home: FieldHome, options: OptionList): void {
    const cursor = this.#cursor;
    if (cursor.accept(";")) return;
    const visibility = this.#visibility();
    if (this.#acceptKeyword("message")) {
      this.#message(message.nestedType, home.scope, visibility);
    } else if (this.#acceptKeyword("enum")) {
      this.#enum(message.enumType, home.scope, visibility);
    } else if (this.#acceptKeyword("oneof")) {
      this.#oneof(message, home);
    } else if (this.#acceptKeyword("extend", ".")) {
      this.#extend({ fields: message.extension, types: message.nestedType, scope: home.scope });
    } else if (this.#acceptKeyword("option", "(")) {
      this.#optionStatement(options.statements);
    } else if (cursor.accept("reserved")) {
      this.#reserved(message);
    } else if (cursor.accept("extensions")) {
      this.#extensions(message, home.scope);
    } else {
      this.#field(home);
    }
  }

  /** Takes a keyword if a name, or one of some other tokens, stands behind it: keywords may be names too. */
  #acceptKeyword(word: string, ...others: readonly string[]): boolean {
    const cursor = this.#cursor;
    if (!cursor.sees(word)) return false;
    if (!cursor.seesIdentifierNext() && !others.some((other) => cursor.seesNext(other))) return false;
    return cursor.accept(word);
  }

  #field(home: FieldHome, oneofIndex?: number): void {
    const cursor = this.#cursor;
    const field = create(FieldDescriptorProtoSchema, {});
    const word = this.#labelWord();
    field.label = (word === undefined ? undefined : LABELS.get(word)) ?? FieldDescriptorProto_Label.OPTIONAL;
    if (home.extendee !== undefined) {
      field.extendee = home.extendee.name;
      this.#references.push({ kind: "extendee", field, scope: home.scope, at: home.extendee.at });
    }
    if (word === "optional" && this.#proto3) field.proto3Optional = true;
    if (oneofIndex !== undefined) field.oneofIndex = oneofIndex;
    if (cursor.sees("map") && cursor.seesNext("<")) this.#mapField(field, home);
    else if (this.#acceptKeyword("group")) this.#group(field, home);
    else this.#plainField(field, home);
  }

  #plainField(field: FieldDescriptorProto, home: FieldHome): void {
    this.#fieldType(field, home.scope);
    this.#fieldNameAndNumber(field, home);
    this.#fieldOptions(field, home.scope);
    this.#cursor.expect(";", "at the end of the field");
  }

  #labelWord(): string | undefined {
    const cursor = this.#cursor;
    return [...LABELS.keys()].find((word) => cursor.sees(word) && this.#acceptKeyword(word, "."));
  }

  #fieldType(field: FieldDescriptorProto, scope: string): void {
    const at = this.#cursor.at;
    const name = this.#cursor.dottedName("a field's type");
    const scalar = SCALAR_TYPES.get(name);
    if (scalar !== undefined) {
      field.type = scalar;
    } else {
      field.typeName = name;
      this.#references.push({ kind: "type", field, scope, at });
    }
  }

  #fieldNameAndNumber(field: FieldDescriptorProto, home: FieldHome): void {
    const cursor = this.#cursor;
    const at = cursor.at;
    field.name = cursor.identifier("the field's name");
    field.jsonName = jsonNameOf(field.name);
    if (this.#fresh(field.name, home.fields, at)) home.fields.push(field);
    cursor.expect("=", "after the field's name");
    // extensions of message sets may use all 31 bits
    field.number = cursor.integerWithin("a field number", 1, home.extendee ? MAX_INT32 : MAX_FIELD_NUMBER);
  }

  #group(field: FieldDescriptorProto, home: FieldHome): void {
    const cursor = this.#cursor;
    field.type = FieldDescriptorProto_Type.GROUP;
    const at = cursor.at;
    this.#fieldNameAndNumber(field, home);
    const group = create(DescriptorProtoSchema, { name: field.name });
    field.name = field.name.toLowerCase();
    field.jsonName = jsonNameOf(field.name);
    field.typeName = group.name;
    this.#references.push({ kind: "type", field, scope: home.scope, at });
    this.#fieldOptions(field, home.scope);
    if (this.#fresh(group.name, home.types, at)) home.types.push(group);
    this.#messageBody(group, home.scope);
  }

  #mapField(field: FieldDescriptorProto, home: FieldHome): void {
    const cursor = this.#cursor;
    field.label = FieldDescriptorProto_Label.REPEATED;
    field.type = FieldDescriptorProto_Type.MESSAGE;
    cursor.accept("map");
    cursor.expect("<", "after map");
    const key = this.#mapPart("key", 1, home.scope);
    cursor.expect(",", "after the map's key type");
    const value = this.#mapPart("value", 2, home.scope);
    cursor.expect(">", "after the map's value type");
    const at = cursor.at;
    this.#fieldNameAndNumber(field, home);
    const entry = create(DescriptorProtoSchema, {
      name: mapEntryName(field.name),
      field: [key, value],
      options: create(MessageOptionsSchema, { mapEntry: true }),
    });
    field.typeName = entry.name;
    this.#references.push({ kind: "type", field, scope: home.scope, at });
    if (this.#fresh(entry.name, home.types, at)) home.types.push(entry);
    const options = this.#fieldOptions(field, home.scope);
    // a map's features count for its keys and values too
    for (const part of [key, value]) {
      const own = this.#optionList("FieldOptions", home.scope, (encoded) => {
        part.options = fromBinary(FieldOptionsSchema, encoded);
      });
      own.statements.push(...options.statements.filter((o) => o.path[0]?.name === "features" && !o.path[0].extension));
    }
    cursor.expect(";", "at the end of the field");
  }

  #mapPart(name: string, number: number, scope: string): FieldDescriptorProto {
    const label = FieldDescriptorProto_Label.OPTIONAL;
    const part = create(FieldDescriptorProtoSchema, { name, number, label, jsonName: name });
    this.#fieldType(part, scope);
    return part;
  }

  #fieldOptions(field: FieldDescriptorProto, scope: string): OptionList {
    const cursor = this.#cursor;
    const options = this.#optionList("FieldOptions", scope, (encoded) => {
      field.options = fromBinary(FieldOptionsSchema, encoded);
    });
    this.#bracketed(() => {
      if (cursor.sees("default") && cursor.seesNext("=")) {
        cursor.accept("default");
        cursor.accept("=");
        const at = cursor.at;
        const text = defaultValueText(field, cursor.optionValue());
        if (text === undefined) throw new ParseFailure(`expected a default value that suits field "${field.name}"`, at);
        field.defaultValue = text;
      } else if (cursor.sees("json_name") && cursor.seesNext("=")) {
        cursor.accept("json_name");
        cursor.accept("=");
        field.jsonName = cursor.string("the quoted JSON name");
      } else {
        options.statements.push(cursor.optionStatement());
      }
    });
    return options;
  }

  /** `[a = 1, b = 2]`, or nothing. */
  #bracketed(read: () => void): void {
    const cursor = this.#cursor;
    if (!cursor.accept("[")) return;
    do read();
    while (cursor.accept(","));
    cursor.expect("]", "after the options");
  }

  #oneof(message: DescriptorProto, home: FieldHome): void {
    const cursor = this.#cursor;
    const at = cursor.at;
    const oneof = create(OneofDescriptorProtoSchema, { name: cursor.identifier("the oneof's name") });
    const options = this.#optionList("OneofOptions", home.scope, (encoded) => {
      oneof.options = fromBinary(OneofOptionsSchema, encoded);
    });
    this.#fresh(oneof.name, message.oneofDecl, at);
    const index = message.oneofDecl.push(oneof) - 1;
    cursor.expect("{", "before the oneof's fields");
    while (!cursor.accept("}")) {
      if (cursor.accept(";")) continue;
      if (this.#acceptKeyword("option", "(")) {
        this.#optionStatement(options.statements);
      } else {
        this.#field(home, index);
      }
    }
  }

  #extend(home: FieldHome): void {
    const cursor = this.#cursor;
    const at = cursor.at;
    const name = cursor.dottedName("the name of the message to extend");
    cursor.expect("{", "before the extensions");
    while (!cursor.accept("}")) {
      if (!cursor.accept(";")) this.#field({ ...home, extendee: { name, at } });
    }
  }

  #reserved(message: DescriptorProto): void {
    this.#rangesOrNames(message.reservedName, () => {
      const [start, end] = this.#range(1, MAX_FIELD_NUMBER);
      const after = end === RANGE_MAX ? end : end + 1;
      message.reservedRange.push(create(DescriptorProto_ReservedRangeSchema, { start, end: after }));
    });
  }

  /** `1, 2 to 5;` or `"a", "b";` or, in editions, `a, b;` */
  #rangesOrNames(names: string[], readRange: () => void): void {
    const cursor = this.#cursor;
    const readItem = cursor.seesString()
      ? () => names.push(cursor.string("a quoted name"))
      : cursor.seesIdentifier()
        ? () => names.push(cursor.identifier("a name"))
        : readRange;
    do readItem();
    while (cursor.accept(","));
    cursor.expect(";", "at the end of the reserved list");
  }

  /** @returns both ends, inclusive; `max` is RANGE_MAX */
  #range(min: number, max: number): readonly [number, number] {
    const cursor = this.#cursor;
    const start = cursor.integerWithin("a number", min, max);
    if (!cursor.accept("to")) return [start, start];
    return [start, cursor.accept("max") ? RANGE_MAX : cursor.integerWithin("a number or max", min, max)];
  }

  #extensions(message: DescriptorProto, scope: string): void {
    const cursor = this.#cursor;
    const first = message.extensionRange.length;
    do {
      const [start, end] = this.#range(1, MAX_INT32 - 1);
      const after = end === RANGE_MAX ? end : end + 1;
      message.extensionRange.push(create(DescriptorProto_ExtensionRangeSchema, { start, end: after }));
    } while (cursor.accept(","));
    const ranges = message.extensionRange.slice(first);
    const options = this.#optionList("ExtensionRangeOptions", scope, (encoded) => {
      for (const range of ranges) range.options = fromBinary(ExtensionRangeOptionsSchema, encoded);
    });
    this.#bracketed(() => options.statements.push(cursor.optionStatement()));
    cursor.expect(";", "after the extension ranges");
  }

  #enum(home: EnumDescriptorProto[], scope: string, visibility: SymbolVisibility | undefined): void {
    const cursor = this.#cursor;
    const at = cursor.at;
    const type = create(EnumDescriptorProtoSchema, { name: cursor.identifier("the enum's name") });
    if (visibility !== undefined) type.visibility = visibility;
    if (this.#fresh(type.name, home, at)) home.push(type);
    const options = this.#optionList("EnumOptions", scope, (encoded) => {
      type.options = fromBinary(EnumOptionsSchema, encoded);
    });
    cursor.expect("{", "before the enum's values");
    while (!cursor.accept("}")) {
      if (cursor.accept(";")) continue;
      if (this.#acceptKeyword("option", "(")) {
        this.#optionStatement(options.statements);
      } else if (cursor.sees("reserved") && !cursor.seesNext("=")) {
        cursor.accept("reserved");
        this.#rangesOrNames(type.reservedName, () => {
          const [start, end] = this.#range(MIN_INT32, MAX_INT32);
          const last = end === RANGE_MAX ? MAX_INT32 : end;
          type.reservedRange.push(create(EnumDescriptorProto_EnumReservedRangeSchema, { start, end: last }));
        });
      } else {
        this.#enumValue(type, scope);
      }
    }
    if (type.value.length === 0) this.#faults.push({ message: `enum "${type.name}" has no value`, at });
  }

  #enumValue(type: EnumDescriptorProto, scope: string): void {
    const cursor = this.#cursor;
    const at = cursor.at;
    const value = create(EnumValueDescriptorProtoSchema, { name: cursor.identifier("the enum value's name") });
    cursor.expect("=", "after the enum value's name");
    value.number = cursor.integerWithin("the enum value's number", MIN_INT32, MAX_INT32);
    if (this.#fresh(value.name, type.value, at)) type.value.push(value);
    // values are siblings of their enum: their options are looked up in the scope around it
    const options = this.#optionList("EnumValueOptions", scope, (encoded) => {
      value.options = fromBinary(EnumValueOptionsSchema, encoded);
    });
    this.#bracketed(() => options.statements.push(cursor.optionStatement()));
    cursor.expect(";", "at the end of the enum value");
  }

  #service(scope: string): void {
    const cursor = this.#cursor;
    const at = cursor.at;
    const service = create(ServiceDescriptorProtoSchema, { name: cursor.identifier("the service's name") });
    if (this.#fresh(service.name, this.#file.service, at)) this.#file.service.push(service);
    const options = this.#optionList("ServiceOptions", scope, (encoded) => {
      service.options = fromBinary(ServiceOptionsSchema, encoded);
    });
    cursor.expect("{", "before the service's methods");
    while (!cursor.accept("}")) {
      if (cursor.accept(";")) continue;
      if (cursor.accept("option")) {
        this.#optionStatement(options.statements);
        continue;
      }
      const methodAt = cursor.at;
      cursor.expect("rpc", "or option in the service");
      const method = this.#method(within(scope, service.name));
      if (this.#fresh(method.name, service.method, methodAt)) service.method.push(method);
    }
  }

  #method(scope: string) {
    const cursor = this.#cursor;
    const method = create(MethodDescriptorProtoSchema, { name: cursor.identifier("the method's name") });
    const options = this.#optionList("MethodOptions", scope, (encoded) => {
      method.options = fromBinary(MethodOptionsSchema, encoded);
    });
    const readType = (kind: "input" | "output"): { readonly name: string; readonly streaming: boolean } => {
      cursor.expect("(", `before the ${kind} type`);
      const streaming = this.#acceptKeyword("stream", ".");
      this.#references.push({ kind, method, scope, at: cursor.at });
      const name = cursor.dottedName(`the ${kind} type`);
      cursor.expect(")", `after the ${kind} type`);
      return { name, streaming };
    };
    const input = readType("input");
    cursor.expect("returns", "after the input type");
    const output = readType("output");
    method.inputType = input.name;
    method.outputType = output.name;
    if (input.streaming) method.clientStreaming = true;
    if (output.streaming) method.serverStreaming = true;
    if (cursor.accept("{")) {
      // protoc writes down that there were braces
      method.options = create(MethodOptionsSchema);
      while (!cursor.accept("}")) {
        if (cursor.accept(";")) continue;
        cursor.expect("option", `or "}" in the method`);
        this.#optionStatement(options.statements);
      }
      return method;
    }
    cursor.expect(";", "at the end of the method");
    return method;
  }

  #optionStatement(statements: OptionStatement[]): void {
    statements.push(this.#cursor.optionStatement());
    this.#cursor.expect(";", "at the end of the option");
  }

  #optionList(type: string, scope: string, assign: (encoded: Uint8Array) => void): OptionList {
    const list: OptionList = { type, scope, statements: [], assign };
    this.#options.push(list);
    return list;
  }
}

const LATE_PACKAGE = new ParseFailure("expected one package statement", 0);

/** Stands for `max` until the message's options are known. */
const RANGE_MAX = -1;

function within(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}

/** proto3 `optional`: each such field is alone in a oneof that nobody wrote, behind all the others (protoc, GenerateSyntheticOneofs). */
function addSyntheticOneofs(message: DescriptorProto): void {
  const optionals = message.field.filter((field) => field.proto3Optional);
  if (optionals.length === 0) return;
  const taken = new Set([...message.field, ...message.oneofDecl].map((element) => element.name));
  for (const field of optionals) {
    let name = field.name.startsWith("_") ? field.name : `_${field.name}`;
    while (taken.has(name)) name = `X${name}`;
    taken.add(name);
    field.oneofIndex = message.oneofDecl.push(create(OneofDescriptorProtoSchema, { name })) - 1;
  }
}
