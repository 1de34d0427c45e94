// Messages that look like types everybody uses (google.protobuf.*, google.rpc.Status), by their fields and values.
import type { FieldNode, MessageNode } from "../message/tree.js";
import { readScalar } from "../message/value.js";
import { TYPE, textOf, WIRE } from "../message/wire.js";
import { timeOf } from "./other-values.js";

/** Fields of a message that are looked at. */
const MAX_FIELDS = 64;
const NANOS = 1_000_000_000n;
const TYPE_URL = /^[\w.-]*\/[A-Za-z_][\w]*(\.[\w]+)+$/;
/** google.rpc.Code */
const MAX_CODE = 16n;

/** @returns the type that a message looks like, with what it then says; undefined for any other */
export function plannedShape(message: MessageNode): string | undefined {
  const { fields } = message;
  if (fields.length === 0 || fields.length > MAX_FIELDS) return undefined;
  return timestamp(fields) ?? any(fields) ?? status(fields) ?? struct(fields) ?? wrapper(message);
}

function timestamp(fields: readonly FieldNode[]): string | undefined {
  const [first, second] = fields;
  if (fields.length > 2 || first?.number !== 1 || (second !== undefined && second.number !== 2)) return undefined;
  const seconds = varint(first);
  const nanos = second === undefined ? 0n : varint(second);
  if (seconds === undefined || nanos === undefined || nanos >= NANOS) return undefined;
  const time = timeOf(Number(seconds));
  if (time?.type === "seconds") return `google.protobuf.Timestamp ${time.value}`;
  // Seconds and a fraction that no counter has.
  if (nanos >= 1_000_000n && nanos % 1000n === 0n && seconds < 10_000_000n)
    return `google.protobuf.Duration ${seconds}.${String(nanos).padStart(9, "0").replace(/0+$/, "")}s`;
  return undefined;
}

function any(fields: readonly FieldNode[]): string | undefined {
  const [url, value] = fields;
  if (url?.number !== 1 || fields.length > 2 || (value !== undefined && !(value.number === 2 && isPayload(value))))
    return undefined;
  const text = textIn(url);
  return text !== undefined && TYPE_URL.test(text)
    ? `google.protobuf.Any of ${text.slice(text.lastIndexOf("/") + 1)}`
    : undefined;
}

function status(fields: readonly FieldNode[]): string | undefined {
  const [code, message, ...details] = fields;
  const number = code?.number === 1 ? varint(code) : undefined;
  if (number === undefined || number === 0n || number > MAX_CODE || message?.number !== 2) return undefined;
  if (textIn(message) === undefined) return undefined;
  const isDetail = (node: FieldNode) => node.number === 3 && node.message !== undefined && any(node.message.fields);
  return details.length > 0 && details.every(isDetail) ? "google.rpc.Status" : undefined;
}

/** Entries of a name and a Value, all in field 1. */
function struct(fields: readonly FieldNode[]): string | undefined {
  const isEntry = ({ number, message }: FieldNode) => {
    const [key, value] = message?.fields ?? [];
    return (
      number === 1 &&
      message?.fields.length === 2 &&
      key?.number === 1 &&
      textIn(key) !== undefined &&
      value?.number === 2 &&
      value.message !== undefined &&
      isValue(value.message)
    );
  };
  return fields.every(isEntry) ? "google.protobuf.Struct" : undefined;
}

/** One of null, number, string, bool, struct and list. */
const VALUE_WIRES = [WIRE.varint, WIRE.i64, WIRE.len, WIRE.varint, WIRE.len, WIRE.len];

function isValue({ fields }: MessageNode): boolean {
  const [only] = fields;
  return only !== undefined && fields.length === 1 && VALUE_WIRES[only.number - 1] === only.wireType;
}

/** Where other messages of the path have other fields, it is a choice of several. */
function wrapper({ fields, plan }: MessageNode): string | undefined {
  const [only] = fields;
  if (plan !== undefined && plan.fields.length > 1) return undefined;
  if (only === undefined || fields.length > 1 || only.number !== 1 || only.plan?.repeated !== false) return undefined;
  const name = WRAPPERS.get(only.read);
  return name === undefined ? undefined : `google.protobuf.${name}?`;
}

const WRAPPERS: ReadonlyMap<number, string> = new Map([
  [TYPE.double, "DoubleValue"],
  [TYPE.float, "FloatValue"],
  [TYPE.string, "StringValue"],
]);

function isPayload(node: FieldNode): boolean {
  return node.wireType === WIRE.len;
}

function varint(node: FieldNode): bigint | undefined {
  if (node.wireType !== WIRE.varint || node.read === 0) return undefined;
  const value = readScalar(node, node.valueStart, node.end);
  return typeof value === "number" || typeof value === "bigint" ? BigInt(value) : undefined;
}

function textIn(node: FieldNode): string | undefined {
  return node.read === TYPE.string
    ? textOf(node.parent.bytes, node.valueStart, Math.min(node.end, node.valueStart + 512))
    : undefined;
}
