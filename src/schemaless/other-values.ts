// The same octets read otherwise, where nobody can know which was meant: zigzag, flags, floats, points in time.
import { doubleText, floatText, quote } from "../message/json-text.js";
import { FieldPlan } from "../message/plan.js";
import { preview } from "../message/preview.js";
import { valueText } from "../message/print-value.js";
import { FieldNode } from "../message/tree.js";
import { boolAt, doubleAt, floatAt, int32At, int64Text } from "../message/value.js";
import { walkPlan } from "../message/walk.js";
import { TYPE, varintHigh, varintLow, WIRE } from "../message/wire.js";
import { elementType, kindOf } from "./field-types.js";
import type { GuessKind, OtherValue } from "./guess.js";
import type { PlannedField } from "./guess-plan.js";

/** Characters of another reading that is shown. */
const MAX_TEXT = 60;
/** Runners further away are told by their kind alone. */
const MAX_RUNNERS = 3;
const NONE: readonly OtherValue[] = [];

/** JSON text of those of the smallest varints, each made when it comes first: most flags, enums and counts are among them. */
const SMALL: (string | undefined)[] = Array.from({ length: 1024 });

/** The same as JSON text, with a comma before it. */
export function otherValuesText(node: FieldNode, field: PlannedField): string {
  if (node.wireType !== WIRE.varint || node.end - node.valueStart > 2)
    return textOf(otherValues(node, field), node.wireType !== WIRE.len);
  if (field.fixed?.type !== undefined || node.read === 0) return "";
  const low = varintLow(node.parent.bytes, node.valueStart, node.end);
  if (low >= SMALL.length) return textOf(varintValues(node));
  const known = SMALL[low];
  if (known !== undefined) return known;
  const text = textOf(varintValues(node));
  SMALL[low] = text;
  return text;
}

function textOf(others: readonly OtherValue[], isNumber = true): string {
  if (others.length === 0) return "";
  let text = ',"or":[';
  for (let at = 0; at < others.length; at++) {
    const { type, value } = others[at]!;
    // Of numbers it is digits, a point in time, or NaN.
    text += `${at === 0 ? "" : ","}{"type":"${type}","value":${isNumber ? `"${value}"` : quote(value)}}`;
  }
  return `${text}]`;
}

/** @param node a field that was read as its plan says @returns nearest first; empty where the user said what it is */
export function otherValues(node: FieldNode, field: PlannedField): readonly OtherValue[] {
  if (field.fixed?.type !== undefined || node.read === 0) return NONE;
  if (node.wireType === WIRE.varint) return varintValues(node);
  if (node.wireType === WIRE.i32 || node.wireType === WIRE.i64) return fixedValues(node, field);
  const { runners } = field;
  if (runners.length === 0) return NONE;
  const others: OtherValue[] = [];
  for (let at = 0; at < runners.length && at < MAX_RUNNERS; at++) {
    const { kind } = runners[at]!;
    others.push({ type: kind.replace("packed.", "packed "), value: readAs(node, field, kind) });
  }
  return others;
}

function varintValues({ parent: { bytes }, valueStart, end }: FieldNode): OtherValue[] {
  const others: OtherValue[] = [];
  const low = varintLow(bytes, valueStart, end) >>> 0;
  const high = varintHigh(bytes, valueStart, end) >>> 0;
  if (high === 0 && low <= 1) others.push({ type: "bool", value: String(boolAt(bytes, valueStart, end)) });
  if (high >>> 31 === 1) others.push({ type: "uint64", value: int64Text(TYPE.uint64, bytes, valueStart, end) });
  if (high === 0) others.push({ type: "sint32", value: String(int32At(TYPE.sint32, bytes, valueStart, end)) });
  else others.push({ type: "sint64", value: int64Text(TYPE.sint64, bytes, valueStart, end) });
  addTimes(others, high * 2 ** 32 + low);
  return others;
}

function fixedValues(
  { parent: { bytes }, valueStart, end, wireType }: FieldNode,
  field: PlannedField,
): readonly OtherValue[] {
  const is32 = wireType === WIRE.i32;
  const kind = kindOf(field.type);
  const isFloat = kind === "float" || kind === "double";
  const isSure = field.runners.length === 0;
  if (isFloat && isSure) return NONE;
  const floats: OtherValue = is32
    ? { type: "float", value: plain(floatText(floatAt(bytes, valueStart))) }
    : { type: "double", value: plain(doubleText(doubleAt(bytes, valueStart))) };
  const text = (type: number) =>
    is32 ? String(int32At(type, bytes, valueStart, end)) : int64Text(type, bytes, valueStart, end);
  const unsigned = text(is32 ? TYPE.fixed32 : TYPE.fixed64);
  const signed = text(is32 ? TYPE.sfixed32 : TYPE.sfixed64);
  const integers: OtherValue[] = [];
  if (kind !== "fixed32" && kind !== "fixed64") integers.push({ type: is32 ? "fixed32" : "fixed64", value: unsigned });
  if (signed !== unsigned) integers.push({ type: is32 ? "sfixed32" : "sfixed64", value: signed });
  if (isFloat) return integers;
  if (!isSure) integers.push(floats);
  addTimes(integers, Number(unsigned));
  return integers;
}

/** NaN and the infinities are strings in JSON. */
function plain(text: string): string {
  return text.replaceAll('"', "");
}

/** Units of Unix time by how many of them a second has. */
const UNITS = [
  ["seconds", 1],
  ["milliseconds", 1e3],
  ["microseconds", 1e6],
  ["nanoseconds", 1e9],
] as const;
/** 2001-09-09 and 2100: earlier seconds are smaller than most counters. */
const EARLIEST = 1e9;
const LATEST = 4_102_444_800;

/** The last that was found: a Timestamp asks for its seconds' again. */
let lastValue = 0;
let lastTime: OtherValue | undefined;

/** What a number is as a point in time; undefined where it is none of our century. */
export function timeOf(value: number): OtherValue | undefined {
  if (value < EARLIEST || value >= LATEST * 1e9) return undefined;
  if (value === lastValue) return lastTime;
  lastValue = value;
  lastTime = undefined;
  for (const [unit, perSecond] of UNITS) {
    const seconds = value / perSecond;
    if (seconds < EARLIEST || seconds >= LATEST) continue;
    lastTime = { type: unit, value: new Date(seconds * 1000).toISOString().replace(".000Z", "Z") };
    break;
  }
  return lastTime;
}

function addTimes(others: OtherValue[], value: number): void {
  const time = timeOf(value);
  if (time !== undefined) others.push(time);
}

/** The payload as another kind, in a few words. */
function readAs(node: FieldNode, field: PlannedField, kind: GuessKind): string {
  const { bytes } = node.parent;
  if (kind === "message") {
    const range = { start: node.valueStart, end: node.end, depth: node.parent.depth + 1 };
    return `{${preview(walkPlan(bytes, field.asMessage, undefined, RUNNER_LIMITS, range), MAX_TEXT)}}`;
  }
  const plan = planOf(kind);
  const other = new FieldNode(node.parent, plan, node.number, node.wireType, node.start, node.valueStart);
  other.end = node.end;
  other.read = plan.type;
  return valueText(other, MAX_TEXT);
}

/** Of a field that only its value is read of; each made when it is needed first. */
const plans = new Map<GuessKind, FieldPlan>();

function planOf(kind: GuessKind): FieldPlan {
  let plan = plans.get(kind);
  if (plan === undefined) {
    const parts = { number: 1, name: "", jsonName: "", type: elementType(kind), index: 0 };
    plan = new FieldPlan({ ...parts, repeated: kind.startsWith("packed.") });
    plans.set(kind, plan);
  }
  return plan;
}

const RUNNER_LIMITS = { depth: 100, fields: 100 };
