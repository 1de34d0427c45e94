// One JSON value as the octets of one protobuf value that is no message (protobuf.dev, "ProtoJSON Format").
import { digitsOf, type EncodeContext } from "./encode-context.js";
import type { Json } from "./json-parser.js";
import type { FieldPlan } from "./plan.js";
import { TYPE, TYPE_NAMES } from "./wire.js";

interface IntegerRange {
  readonly min: bigint;
  readonly max: bigint;
}

const INT32: IntegerRange = { min: -(2n ** 31n), max: 2n ** 31n - 1n };
const UINT32: IntegerRange = { min: 0n, max: 2n ** 32n - 1n };
const INT64: IntegerRange = { min: -(2n ** 63n), max: 2n ** 63n - 1n };
const UINT64: IntegerRange = { min: 0n, max: 2n ** 64n - 1n };

const RANGES: ReadonlyMap<number, IntegerRange> = new Map([
  [TYPE.int32, INT32],
  [TYPE.sint32, INT32],
  [TYPE.sfixed32, INT32],
  [TYPE.uint32, UINT32],
  [TYPE.fixed32, UINT32],
  [TYPE.int64, INT64],
  [TYPE.sint64, INT64],
  [TYPE.sfixed64, INT64],
  [TYPE.uint64, UINT64],
  [TYPE.fixed64, UINT64],
]);

/** Writes the value without its tag. @returns false when it is to be left out: an unknown enum name, where those are ignored */
export function writeScalar(context: EncodeContext, plan: FieldPlan, json: Json): boolean {
  const { writer } = context;
  switch (plan.type) {
    case TYPE.bool:
      if (typeof json !== "boolean") throw context.expected("true or false", json);
      writer.varint(json ? 1 : 0, 0);
      return true;
    case TYPE.string:
      if (typeof json !== "string") throw context.expected("string", json);
      if (/\p{Surrogate}/u.test(json)) throw context.mistake("expected text, got half of a surrogate pair");
      writer.text(json);
      return true;
    case TYPE.bytes:
      writer.bytes(base64Of(context, json));
      return true;
    case TYPE.enum:
      return writeEnum(context, plan, json);
    case TYPE.double:
      writer.double(numberOf(context, json));
      return true;
    case TYPE.float:
      writer.float(floatOf(context, json));
      return true;
    default:
      writeInteger(context, plan.type, integerOf(context, plan.type, json));
      return true;
  }
}

/** Standard or URL alphabet, with or without padding. */
function base64Of(context: EncodeContext, json: Json): Uint8Array {
  if (typeof json !== "string") throw context.expected("base64 string", json);
  const digits = json.replace(/={1,2}$/, "");
  if (!/^[A-Za-z0-9+/_-]*$/.test(digits) || digits.length % 4 === 1) throw context.mistake("expected base64");
  return Buffer.from(digits, "base64");
}

function writeEnum(context: EncodeContext, plan: FieldPlan, json: Json): boolean {
  const names = plan.enum!;
  let number: number | undefined;
  if (typeof json === "string") number = names.numbers.get(json);
  else if (json === null && names.isNull) number = 0;
  else if (digitsOf(json) === undefined) throw context.expected(`a name of ${names.typeName}`, json);
  else number = Number(integerOf(context, TYPE.int32, json));
  if (number === undefined && context.ignoreUnknown) return false;
  if (number === undefined || (names.closed && !names.names.has(number)))
    throw context.mistake(
      `${JSON.stringify(typeof json === "string" ? json : number)} is no value of ${names.typeName}`,
    );
  context.writer.varint(number, number < 0 ? -1 : 0);
  return true;
}

function numberOf(context: EncodeContext, json: Json): number {
  if (json === "NaN") return Number.NaN;
  if (json === "Infinity") return Number.POSITIVE_INFINITY;
  if (json === "-Infinity") return Number.NEGATIVE_INFINITY;
  const text = typeof json === "string" ? json : digitsOf(json);
  if (text === undefined) throw context.expected("number", json);
  if (!DECIMAL.test(text)) throw context.mistake(`expected a number, got ${JSON.stringify(text)}`);
  const value = Number(text);
  if (!Number.isFinite(value)) throw context.mistake(`${text} is too large for a double`);
  return value;
}

function floatOf(context: EncodeContext, json: Json): number {
  const value = numberOf(context, json);
  if (Number.isFinite(value) && !Number.isFinite(Math.fround(value)))
    throw context.mistake(`${value} is too large for a float`);
  return value;
}

const DECIMAL = /^(-?)([0-9]+)(?:\.([0-9]*))?(?:[eE]([+-]?[0-9]+))?$/;

/** Digits of the longest number that is looked at as an integer: 20 are needed, more can only be zeros. */
const MAX_DIGITS = 400;

/** Reads "1", "1.0" and "1e2" without a detour over double. @param type see `TYPE` */
export function integerOf(context: EncodeContext, type: number, json: Json): bigint {
  const text = typeof json === "string" ? json : digitsOf(json);
  const name = TYPE_NAMES[type] ?? "integer";
  if (text === undefined) throw context.expected(name, json);
  const match = DECIMAL.exec(text);
  const [, sign = "", whole = "", decimals = "", power = "0"] = match ?? [];
  if (match === null || text.length > MAX_DIGITS)
    throw context.mistake(`expected ${name}, got ${JSON.stringify(text.slice(0, 40))}`);
  const digits = whole + decimals;
  const point = whole.length + Number(power);
  const fraction = digits.slice(Math.max(0, point));
  if (/[1-9]/.test(fraction) || (point < 0 && /[1-9]/.test(digits)))
    throw context.mistake(`expected ${name}, got ${text}, which is no whole number`);
  const isZero = !/[1-9]/.test(digits);
  const range = RANGES.get(type)!;
  if (!isZero && point > MAX_DIGITS) throw context.mistake(`${text} is out of range for ${name}`);
  const value = isZero ? 0n : BigInt(`${sign}${digits.slice(0, point).padEnd(point, "0")}`);
  if (value < range.min || value > range.max) throw context.mistake(`${text} is out of range for ${name}`);
  return value;
}

/** Writes an integer that is in the range of its type. @param type see `TYPE` */
export function writeInteger(context: EncodeContext, type: number, value: bigint): void {
  const { writer } = context;
  const bits = type === TYPE.sint32 || type === TYPE.sint64 ? (value << 1n) ^ (value >> 63n) : value;
  const low = Number(BigInt.asIntN(32, bits));
  const high = Number(BigInt.asIntN(32, bits >> 32n));
  if (type === TYPE.fixed32 || type === TYPE.sfixed32) writer.fixed32(low);
  else if (type === TYPE.fixed64 || type === TYPE.sfixed64) {
    writer.fixed32(low);
    writer.fixed32(high);
  } else writer.varint(low, high);
}
