// What a field of the filter language is: where it is read from, what its values are, what reading it costs.
import { firstValue, type Field as MetadataField, type Side } from "../model/fields.js";
import type { CallView, FieldPart, MessageContent } from "./call-view.js";
import type { FieldType } from "./operators.js";

interface Named {
  readonly name: string;
  readonly help: string;
  /** What others call it: for suggestions only. */
  readonly aliases?: readonly string[];
  /** Whether time alone changes the value: of calls that are open, or of all. */
  readonly time?: "open" | "always";
  /** Whether a schema may say more of it. */
  readonly isOfSchema?: true;
}

type Numbers = "number" | "bytes" | "duration";

/** 0: it stands in the call's row. 1: fields must be read. 2: events or messages must be. */
export type Cost = 0 | 1 | 2;

export type FilterField = Named &
  (
    | {
        readonly from: "call";
        readonly type: Numbers;
        readonly cost: 0;
        read(call: CallView, now: number): number | undefined;
      }
    | {
        readonly from: "call";
        readonly type: "code";
        readonly names: readonly string[];
        readonly cost: 0;
        read(call: CallView): number | undefined;
      }
    | {
        readonly from: "call";
        readonly type: "choice";
        readonly values: readonly string[];
        readonly cost: 0;
        read(call: CallView): string | undefined;
      }
    | { readonly from: "call"; readonly type: "flag"; readonly cost: 0; read(call: CallView): boolean }
    /** `isPath`: it begins with a slash, which may be left out. `values`: some that it may have. */
    | {
        readonly from: "call";
        readonly type: "text";
        readonly cost: 0 | 1;
        readonly isPath?: true;
        readonly values?: readonly string[];
        read(call: CallView): string | undefined;
      }
    /** Any of several; with a name in brackets the values under it, else each as "name: value". */
    | { readonly from: "fields"; readonly type: "text"; readonly parts: readonly FieldPart[] }
    | { readonly from: "encoding"; readonly type: "text"; readonly values: readonly string[] }
    /** Of the protocol and of messages, or where `drifts` of messages only. */
    | {
        readonly from: "problem";
        readonly type: "text";
        readonly drifts: "also" | "only";
        readonly values: readonly string[];
      }
    | { readonly from: "message"; readonly type: "message"; readonly side: Side | undefined }
    | {
        readonly from: "message-number";
        readonly type: Numbers;
        readonly side: Side | undefined;
        read(message: MessageContent): number | undefined;
      }
  );

export function costOf(field: FilterField): Cost {
  if (field.from === "call") return field.cost;
  return field.from === "fields" || field.from === "encoding" ? 1 : 2;
}

/** As a person reads it. */
export function typeText(field: FilterField): string {
  if (field.from === "call" && field.type === "choice")
    return field.values.length > 4 ? "name" : field.values.join(" | ");
  return TYPE_TEXTS[field.type];
}
const TYPE_TEXTS: Readonly<Record<FieldType, string>> = {
  text: "text",
  choice: "name",
  number: "number",
  bytes: "bytes",
  duration: "time",
  code: "name or number",
  flag: "yes or no",
  message: "any",
};

export function encodingsOf(call: CallView): readonly string[] {
  const client = firstValue(call.fields("client"), "grpc-encoding");
  const server = firstValue(call.fields("server"), "grpc-encoding");
  return [client, server].filter((name) => name !== undefined);
}

/** @param name in lower case; undefined for all, each as "name: value" */
export function metadataOf(call: CallView, parts: readonly FieldPart[], name: string | undefined): readonly string[] {
  const texts: string[] = [];
  for (const part of parts) for (const field of call.fields(part)) addText(texts, field, name);
  return texts;
}

function addText(texts: string[], [name, value]: MetadataField, wanted: string | undefined): void {
  if (wanted === undefined) texts.push(`${name}: ${value}`);
  else if (name.toLowerCase() === wanted) texts.push(value);
}
