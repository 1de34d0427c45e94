// The JSON forms of google.protobuf's own types, read (protobuf.dev, "ProtoJSON Format").
import { writeJsonFields, writeJsonMessage, writeMap } from "./encode.js";
import { digitsOf, type EncodeContext, isArray, membersOfJson } from "./encode-context.js";
import { writeInteger, writeScalar } from "./encode-scalar.js";
import type { Json } from "./json-parser.js";
import { snakeCase } from "./json-text.js";
import { MAX_DURATION_SECONDS, TIMESTAMP_SECONDS } from "./json-well-known.js";
import { type MessagePlan, planOf } from "./plan.js";
import type { WellKnown } from "./well-known.js";
import { TYPE, WIRE } from "./wire.js";

type Reader = (context: EncodeContext, plan: MessagePlan, json: Json) => void;

export const WELL_KNOWN_READERS: { readonly [form in WellKnown]: Reader } = {
  any: readAny,
  timestamp: readTimestamp,
  duration: readDuration,
  "field-mask": readFieldMask,
  struct: (context, plan, json) => writeMap(context, plan.fields[0]!, json),
  value: readValueMessage,
  list: readList,
  wrapper: readWrapper,
};

function textOf(context: EncodeContext, what: string, json: Json): string {
  if (typeof json !== "string") throw context.expected(what, json);
  return json;
}

function readAny(context: EncodeContext, plan: MessagePlan, json: Json): void {
  const { writer } = context;
  const members = membersOfJson(json);
  if (members === undefined) throw context.expected('object with "@type"', json);
  const given = new Map(members);
  if (given.size === 0) return;
  const url = given.get("@type");
  if (typeof url !== "string") throw context.mistake('expected "@type" with the name of a type');
  const name = url.slice(url.lastIndexOf("/") + 1);
  const type = context.types.getMessage(name);
  if (type === undefined) throw context.mistake(`"@type": the type ${JSON.stringify(name)} is not known`);
  writer.tag(plan.fields[0]!.number, WIRE.len);
  writer.text(url);
  writer.tag(plan.fields[1]!.number, WIRE.len);
  const begin = writer.begin();
  const inner = planOf(type);
  if (inner.wellKnown === undefined) context.nested(() => writeJsonFields(context, inner, given, "@type"));
  else {
    const other = [...given.keys()].find((key) => key !== "@type" && key !== "value");
    if (other !== undefined && !context.ignoreUnknown) throw context.mistake(`${JSON.stringify(other)} beside "value"`);
    if (!given.has("value")) throw context.mistake(`expected "value" with the JSON form of ${name}`);
    context.at("value", () => writeJsonMessage(context, inner, given.get("value")!));
  }
  writer.end(begin);
}

function writeSecondsAndNanos(context: EncodeContext, seconds: number, nanos: number): void {
  const { writer } = context;
  if (seconds !== 0) {
    writer.tag(1, WIRE.varint);
    writeInteger(context, TYPE.int64, BigInt(seconds));
  }
  if (nanos !== 0) {
    writer.tag(2, WIRE.varint);
    writeInteger(context, TYPE.int32, BigInt(nanos));
  }
}

/** RFC 3339 as the mapping allows it: upper case, four digits of a year, any offset, up to nine decimals. */
const TIMESTAMP = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(Z|[+-]\d{2}:\d{2})$/;

function readTimestamp(context: EncodeContext, _plan: MessagePlan, json: Json): void {
  const match = TIMESTAMP.exec(textOf(context, 'a time as in "2026-11-22T14:02:11Z"', json));
  const [, time = "", decimals = "", zone = ""] = match ?? [];
  const local = Date.parse(`${time}Z`);
  // A day that the month does not have is taken for one of the next by Date.
  const isDate = match !== null && !Number.isNaN(local) && new Date(local).toISOString().startsWith(time);
  const seconds = isDate ? Date.parse(`${time}${zone}`) / 1000 : Number.NaN;
  if (!(seconds >= TIMESTAMP_SECONDS.min && seconds <= TIMESTAMP_SECONDS.max))
    throw context.mistake(`expected a time as in "2026-11-22T14:02:11Z", got ${JSON.stringify(json)}`);
  writeSecondsAndNanos(context, seconds, Number(decimals.padEnd(9, "0")));
}

const DURATION = /^(-?)(\d+)(?:\.(\d{1,9}))?s$/;

function readDuration(context: EncodeContext, _plan: MessagePlan, json: Json): void {
  const match = DURATION.exec(textOf(context, 'a duration as in "1.5s"', json));
  const [, sign = "", whole = "", decimals = ""] = match ?? [];
  const seconds = Number(whole);
  if (match === null || seconds > MAX_DURATION_SECONDS)
    throw context.mistake(`expected a duration as in "1.5s", got ${JSON.stringify(json)}`);
  const nanos = Number(decimals.padEnd(9, "0"));
  writeSecondsAndNanos(context, sign === "" ? seconds : -seconds, sign === "" ? nanos : -nanos);
}

function readFieldMask(context: EncodeContext, plan: MessagePlan, json: Json): void {
  const text = textOf(context, "a string of paths", json);
  if (text === "") return;
  for (const path of text.split(",")) {
    if (path.includes("_")) throw context.mistake(`expected paths in lowerCamelCase, got ${JSON.stringify(path)}`);
    context.writer.tag(plan.fields[0]!.number, WIRE.len);
    context.writer.text(snakeCase(path));
  }
}

/** google.protobuf.Value, any JSON. */
function readValueMessage(context: EncodeContext, plan: MessagePlan, json: Json): void {
  const { writer } = context;
  const [nullField, number, string, bool, struct, list] = plan.fields;
  if (json === null || typeof json === "boolean" || typeof json === "string" || digitsOf(json) !== undefined) {
    const field =
      json === null ? nullField! : typeof json === "boolean" ? bool! : typeof json === "string" ? string! : number!;
    writer.tag(field.number, field.wire);
    writeScalar(context, field, json);
    return;
  }
  const field = isArray(json) ? list! : struct!;
  writer.tag(field.number, WIRE.len);
  const begin = writer.begin();
  writeJsonMessage(context, field.message!, json);
  writer.end(begin);
}

function readList(context: EncodeContext, plan: MessagePlan, json: Json): void {
  const { writer } = context;
  if (!isArray(json)) throw context.expected("array", json);
  const field = plan.fields[0]!;
  json.forEach((element, index) => {
    writer.tag(field.number, WIRE.len);
    const begin = writer.begin();
    context.at(`[${index}]`, () => writeJsonMessage(context, field.message!, element));
    writer.end(begin);
  });
}

function readWrapper(context: EncodeContext, plan: MessagePlan, json: Json): void {
  const { writer } = context;
  const field = plan.fields[0]!;
  const start = writer.length;
  writer.tag(field.number, field.wire);
  const value = writer.length;
  writeScalar(context, field, json);
  if (writer.isZeroSince(value)) writer.cut(start);
}
