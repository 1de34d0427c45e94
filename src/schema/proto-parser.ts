// .proto text → FileDescriptorProto with names as written, after the language specifications of proto2, proto3 and editions.
// Ours rather than protobufjs', which knows no columns and no group in a oneof, and loses fields named __proto__.
import { create, fromBinary } from "@bufbuild/protobuf";
import {
  Edition,
  type FileDescriptorProto,
  FileDescriptorProtoSchema,
  FileOptionsSchema,
} from "@bufbuild/protobuf/wkt";
import { outlineOf } from "./outline.js";
import type { OptionStatement, ParsedFile, ParsedImport } from "./parsed-file.js";
import { ProtoDraft } from "./proto-draft.js";
import { readEnum } from "./proto-enums.js";
import { readExtend, readMessage } from "./proto-messages.js";
import { readService } from "./proto-services.js";
import { ParseFailure, positionFinder } from "./proto-tokens.js";

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

class FileParser {
  readonly #source: string;
  readonly #draft: ProtoDraft;
  readonly #file: FileDescriptorProto;
  readonly #imports: ParsedImport[] = [];
  #scope: string;
  /** How many names were read that depend on the package. */
  get #definitions(): number {
    return this.#draft.options.length + this.#draft.references.length;
  }

  /** @param scope the package, where it is known beforehand */
  constructor(source: string, name: string, scope = "") {
    this.#source = source;
    this.#draft = new ProtoDraft(source);
    this.#file = create(FileDescriptorProtoSchema, { name });
    this.#scope = scope;
  }

  /** @returns undefined when the package turned out to be another than was known */
  parse(): ParsedFile | undefined {
    const cursor = this.#draft.cursor;
    this.#syntax();
    const options: OptionStatement[] = [];
    while (!cursor.ended) this.#topLevel(options);
    const file = this.#file;
    if (file.package !== this.#scope) return undefined;
    const fileOptions = this.#draft.optionList("FileOptions", file.package, (encoded) => {
      file.options = fromBinary(FileOptionsSchema, encoded);
    });
    fileOptions.statements.push(...options);
    return {
      proto: file,
      imports: this.#imports,
      references: this.#draft.references,
      options: this.#draft.options.filter((list) => list.statements.length > 0),
      faults: this.#draft.faults,
      position: positionFinder(this.#source),
    };
  }

  #syntax(): void {
    const cursor = this.#draft.cursor;
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
      this.#draft.proto3 = true;
      this.#file.syntax = value;
    } else if (value !== "proto2") {
      throw new ParseFailure(`expected syntax "proto2" or "proto3", found "${value}"`, at);
    }
  }

  #topLevel(options: OptionStatement[]): void {
    const draft = this.#draft;
    const { cursor } = draft;
    const file = this.#file;
    const scope = this.#scope;
    if (cursor.accept(";")) return;
    const visibility = draft.visibility();
    if (cursor.accept("import")) this.#import();
    else if (cursor.accept("package")) this.#package();
    else if (cursor.accept("option")) draft.optionStatement(options);
    else if (cursor.accept("message")) readMessage(draft, file.messageType, scope, visibility);
    else if (cursor.accept("enum")) readEnum(draft, file.enumType, scope, visibility);
    else if (cursor.accept("service")) readService(draft, file.service, scope);
    else if (cursor.accept("extend")) readExtend(draft, { fields: file.extension, types: file.messageType, scope });
    else cursor.fail("message, enum, service, extend, import, package or option");
  }

  #package(): void {
    const name = this.#draft.cursor.dottedName("the package's name");
    if (this.#file.package === "") this.#file.package = name;
    if (this.#definitions === 0) this.#scope = this.#file.package;
    this.#draft.cursor.expect(";", "after the package's name");
  }

  #import(): void {
    const cursor = this.#draft.cursor;
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
      this.#draft.faults.push({ message: `"${name}" is imported twice`, at });
      return;
    }
    if (kind === "public") file.publicDependency.push(file.dependency.length);
    else if (kind === "weak") file.weakDependency.push(file.dependency.length);
    else if (kind !== "") throw new ParseFailure(`expected public, weak, option or a quoted name, found "${kind}"`, at);
    file.dependency.push(name);
    this.#imports.push({ name, at });
  }
}

const LATE_PACKAGE = new ParseFailure("expected one package statement", 0);
