// What the parser hands to the resolver: a descriptor whose names are still as written, and the places where they stand.
import type { FieldDescriptorProto, FileDescriptorProto, MethodDescriptorProto } from "@bufbuild/protobuf/wkt";
import type { Position } from "./proto-tokens.js";

/** A name in the text that stands for a type; the descriptor holds it as written until it is resolved. */
export type TypeReference = { readonly scope: string; readonly at: number } & (
  | { readonly kind: "type"; readonly field: FieldDescriptorProto }
  | { readonly kind: "extendee"; readonly field: FieldDescriptorProto }
  | { readonly kind: "input"; readonly method: MethodDescriptorProto }
  | { readonly kind: "output"; readonly method: MethodDescriptorProto }
);

/** One part of an option's name: `features`, `(acme.opt)`. */
export interface OptionNamePart {
  readonly name: string;
  readonly extension: boolean;
}

export type OptionValue =
  | { readonly kind: "identifier" | "number"; readonly text: string; readonly negative: boolean }
  | { readonly kind: "string"; readonly bytes: Uint8Array }
  | { readonly kind: "list"; readonly items: readonly OptionValue[] }
  | { readonly kind: "message"; readonly fields: readonly AggregateField[] };

/** A field of a message written in text format; `[type.example.com/pkg.Type]` has the whole URL as its name. */
export interface AggregateField extends OptionNamePart {
  readonly value: OptionValue;
  readonly at: number;
}

export interface OptionStatement {
  readonly path: readonly OptionNamePart[];
  readonly value: OptionValue;
  readonly at: number;
}

/** All the options of one element. */
export interface OptionList {
  /** Short name of the options message, as in "FieldOptions". */
  readonly type: string;
  readonly scope: string;
  readonly statements: OptionStatement[];
  /** Takes the encoded options message. */
  assign(encoded: Uint8Array): void;
}

export interface ParsedImport {
  readonly name: string;
  readonly at: number;
}

/** A fault in the text that did not end the parsing. */
export interface ParsedFault {
  readonly message: string;
  readonly at: number;
}

export interface ParsedFile {
  readonly proto: FileDescriptorProto;
  readonly imports: readonly ParsedImport[];
  readonly references: readonly TypeReference[];
  readonly options: readonly OptionList[];
  readonly faults: readonly ParsedFault[];
  /** Undefined where there is no text. */
  position(at: number): Position | undefined;
}
