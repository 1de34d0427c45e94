// The JSON forms of google.protobuf's own types (protobuf.dev, "ProtoJSON Format"). What has no such form is written as its fields.
import type { Problem } from "../model/events.js";
import { lastField, openAny } from "./any.js";
import { writeMap, writeMembers, writeMessage, writeObject } from "./json.js";
import { zeroText } from "./json-scalar.js";
import { base64, camelCase, doubleText, fraction, quote, snakeCase } from "./json-text.js";
import type { JsonWriter } from "./json-writer.js";
import { membersOf } from "./members.js";
import type { MessageNode } from "./tree.js";
import { doubleAt, int32At, int64Text, merged } from "./value.js";
import type { WellKnown } from "./well-known.js";
import { TYPE, textOf } from "./wire.js";

/** 0001-01-01T00:00:00Z and 9999-12-31T23:59:59Z in Unix seconds. */
export const TIMESTAMP_SECONDS = { min: -62_135_596_800, max: 253_402_300_799 } as const;
/** 10,000 years. */
export const MAX_DURATION_SECONDS = 315_576_000_000;

export const WELL_KNOWN_WRITERS: { readonly [form in WellKnown]: (writer: JsonWriter, message: MessageNode) => void } =
  {
    any: writeAny,
    timestamp: (writer, message) =>
      writeTime(writer, message, timestampText(message), "a timestamp outside the years 1 to 9999"),
    duration: (writer, message) =>
      writeTime(writer, message, durationText(message), "a duration over 10,000 years or with two signs"),
    "field-mask": writeFieldMask,
    struct: writeStruct,
    value: writeValue,
    list: writeList,
    wrapper: writeWrapper,
  };

function noJson(message: string): Problem {
  return { code: "ERR_NO_JSON_FORM", message };
}

function writeStruct(writer: JsonWriter, message: MessageNode): void {
  writeMap(writer, message.plan!.fields[0]!, message.fields, 0, message.fields.length);
}

function writeWrapper(writer: JsonWriter, message: MessageNode): void {
  const node = lastField(message, 1);
  const plan = message.plan!.fields[0]!;
  writer.text += node === undefined ? zeroText(plan) : writer.scalar(plan, node.valueStart, node.end);
}

function writeAny(writer: JsonWriter, message: MessageNode): void {
  const any = openAny(message, writer.types);
  writer.open("{");
  if (any.typeUrl !== "") writer.member('"@type":', quote(any.typeUrl));
  if (any.message?.plan !== undefined) {
    writer.addProblems(any.message);
    if (any.message.plan.wellKnown === undefined) writeMembers(writer, any.message);
    else {
      writer.member('"value":', "");
      writeMessage(writer, any.message);
    }
  } else if (any.typeUrl !== "" || any.value !== undefined) {
    const reason = any.message === undefined ? "nested too deeply" : `type ${quote(any.typeName)} is not known`;
    writer.problem({ code: "ERR_UNKNOWN_TYPE", message: `an Any that cannot be opened: ${reason}` }, message);
    const { value } = any;
    writer.member('"value":', value === undefined ? '""' : `"${base64(writer.bytes, value.valueStart, value.end)}"`);
  }
  writer.close("}");
}

function writeTime(writer: JsonWriter, message: MessageNode, text: string | undefined, problem: string): void {
  if (text !== undefined) {
    writer.text += `"${text}"`;
    return;
  }
  writer.problem(noJson(problem), message);
  writeObject(writer, message);
}

function secondsAndNanos(message: MessageNode): [seconds: number, nanos: number] {
  const seconds = lastField(message, 1);
  const nanos = lastField(message, 2);
  return [
    // Beyond 2^53 it is not exact, and far outside what has a JSON form.
    seconds === undefined ? 0 : Number(int64Text(TYPE.int64, message.bytes, seconds.valueStart, seconds.end)),
    nanos === undefined ? 0 : int32At(TYPE.int32, message.bytes, nanos.valueStart, nanos.end),
  ];
}

/** RFC 3339 in UTC; undefined when it has none. */
function timestampText(message: MessageNode): string | undefined {
  const [seconds, nanos] = secondsAndNanos(message);
  if (seconds < TIMESTAMP_SECONDS.min || seconds > TIMESTAMP_SECONDS.max || nanos < 0 || nanos > 999_999_999)
    return undefined;
  return `${new Date(seconds * 1000).toISOString().slice(0, 19)}${fraction(nanos)}Z`;
}

/** Seconds with an "s"; undefined when out of range. */
function durationText(message: MessageNode): string | undefined {
  const [seconds, nanos] = secondsAndNanos(message);
  if (Math.abs(seconds) > MAX_DURATION_SECONDS || Math.abs(nanos) > 999_999_999) return undefined;
  if ((seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0)) return undefined;
  return `${seconds < 0 || nanos < 0 ? "-" : ""}${Math.abs(seconds)}${fraction(Math.abs(nanos))}s`;
}

function writeFieldMask(writer: JsonWriter, message: MessageNode): void {
  const paths = membersOf(message).flatMap((member) => member.nodes);
  const names = paths.map((path) => textOf(message.bytes, path.valueStart, path.end));
  const lost = names.find((name) => snakeCase(camelCase(name)) !== name);
  if (lost !== undefined) writer.problem(noJson(`the path ${quote(lost)} cannot be told from its JSON form`), message);
  writer.text += quote(names.map(camelCase).join(","));
}

function writeValue(writer: JsonWriter, message: MessageNode): void {
  const member = membersOf(message).at(-1);
  const node = member?.nodes.at(-1);
  if (member === undefined || node === undefined) {
    writer.problem(noJson("a google.protobuf.Value without a value"), message);
    writer.text += "null";
  } else if (node.message !== undefined) writeMessage(writer, merged(member.nodes));
  else {
    if (node.read === TYPE.double && !Number.isFinite(doubleAt(message.bytes, node.valueStart)))
      writer.problem(
        noJson(`a google.protobuf.Value of ${doubleText(doubleAt(message.bytes, node.valueStart))}`),
        message,
      );
    writer.text += writer.scalar(member.plan, node.valueStart, node.end);
  }
}

function writeList(writer: JsonWriter, message: MessageNode): void {
  writer.open("[");
  for (const node of membersOf(message)[0]?.nodes ?? []) {
    if (node.message === undefined || writer.isFull(message)) continue;
    writer.element("");
    writeMessage(writer, node.message);
  }
  writer.close("]");
}
