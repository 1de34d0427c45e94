// The same octets read otherwise, where nobody can know which was meant: zigzag, flags, floats, points in time.
import { doubleText, floatText } from "../message/json-text.js";
import { FieldPlan } from "../message/plan.js";
import { preview } from "../message/preview.js";
import { valueText } from "../message/print-value.js";
import { FieldNode } from "../message/tree.js";
import { boolAt, doubleAt, floatAt, int32At, int64Text } from "../message/value.js";
import { walkPlan } from "../message/walk.js";
import { TYPE, TYPE_NAMES, varintHigh, varintLow, WIRE } from "../message/wire.js";
import { elementType, kindOf } from "./field-types.js";
import { type GuessKind, type OtherValue, SURE_BITS } from "./guess.js";
import { messagePlan, NOTHING_FIXED, type PlannedField } from "./guess-plan.js";

/** Characters of another reading that is shown. */
const MAX_TEXT = 60;
/** Runners further away are told by their kind alone. */
const MAX_RUNNERS = 3;

/** @param node a field that was read as its plan says @returns nearest first; empty where the user said what it is */
export function otherValues(node: FieldNode, field: PlannedField): OtherValue[] {
  if (field.fixed?.type !== undefined || node.read === 0) return [];
  if (node.wireType === WIRE.varint) return varintValues(node);
  if (node.wireType === WIRE.i32 || node.wireType === WIRE.i64) return fixedValues(node, field);
  const others: OtherValue[] = [];
  for (const { kind } of field.node.runners.slice(0, MAX_RUNNERS)) {
    const value = readAs(node, field, kind);
    if (value !== undefined) others.push({ type: kind.replace("packed.", "packed "), value });
  }
  return others;
}

function varintValues({ parent: { bytes }, valueStart, end, read }: FieldNode): OtherValue[] {
  const others: OtherValue[] = [];
  const low = varintLow(bytes, valueStart, end) >>> 0;
  const high = varintHigh(bytes, valueStart, end) >>> 0;
  if (high === 0 && low <= 1) others.push({ type: "bool", value: String(boolAt(bytes, valueStart, end)) });
  if (high >>> 31 === 1) others.push({ type: "uint64", value: int64Text(TYPE.uint64, bytes, valueStart, end) });
  if (high === 0) others.push({ type: "sint32", value: String(int32At(TYPE.sint32, bytes, valueStart, end)) });
  else others.push({ type: "sint64", value: int64Text(TYPE.sint64, bytes, valueStart, end) });
  return [...others.filter(({ type }) => type !== TYPE_NAMES[read]), ...times(high * 2 ** 32 + low)];
}

function fixedValues({ parent: { bytes }, valueStart, end, wireType }: FieldNode, field: PlannedField): OtherValue[] {
  const is32 = wireType === WIRE.i32;
  const kind = kindOf(field.type);
  const bits = field.node.bits ?? SURE_BITS;
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
  if (kind === "float" || kind === "double") return bits < SURE_BITS ? integers : [];
  return [...integers, ...(bits < SURE_BITS ? [floats] : []), ...times(Number(unsigned))];
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

/** What a number is as a point in time, where it is one of our century. */
export function times(value: number): OtherValue[] {
  for (const [unit, perSecond] of UNITS) {
    const seconds = value / perSecond;
    if (seconds >= EARLIEST && seconds < LATEST)
      return [{ type: unit, value: new Date(seconds * 1000).toISOString().replace(".000Z", "Z") }];
  }
  return [];
}

/** The payload as another kind, in a few words; undefined where it does not fit. */
function readAs(node: FieldNode, field: PlannedField, kind: GuessKind): string | undefined {
  const { bytes } = node.parent;
  if (kind === "message") {
    const range = { start: node.valueStart, end: node.end, depth: node.parent.depth + 1 };
    const message = walkPlan(bytes, messagePlan(field.node, NOTHING_FIXED), undefined, RUNNER_LIMITS, range);
    return `{${preview(message, MAX_TEXT)}}`;
  }
  const packed = kind.startsWith("packed.");
  const { number } = field.node;
  const type = elementType(kind);
  const plan = new FieldPlan({ number, name: "", jsonName: "", type, index: 0, repeated: packed });
  const other = new FieldNode(node.parent, plan, number, node.wireType, node.start, node.valueStart);
  other.end = node.end;
  other.read = type;
  return valueText(other, MAX_TEXT);
}

const RUNNER_LIMITS = { depth: 100, fields: 100 };
