// The types of google.protobuf that have a JSON form of their own (protobuf.dev, "ProtoJSON Format").
import { TYPE } from "./wire.js";

export type WellKnown = "any" | "timestamp" | "duration" | "field-mask" | "struct" | "value" | "list" | "wrapper";

interface Shape {
  readonly form: WellKnown;
  /** Field types by number, from 1. */
  readonly types: readonly number[];
  readonly repeated?: boolean;
  readonly map?: boolean;
}

const wrapper = (type: number): Shape => ({ form: "wrapper", types: [type] });

const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ["Any", { form: "any", types: [TYPE.string, TYPE.bytes] }],
  ["Timestamp", { form: "timestamp", types: [TYPE.int64, TYPE.int32] }],
  ["Duration", { form: "duration", types: [TYPE.int64, TYPE.int32] }],
  ["FieldMask", { form: "field-mask", types: [TYPE.string], repeated: true }],
  ["Struct", { form: "struct", types: [TYPE.message], repeated: true, map: true }],
  ["Value", { form: "value", types: [TYPE.enum, TYPE.double, TYPE.string, TYPE.bool, TYPE.message, TYPE.message] }],
  ["ListValue", { form: "list", types: [TYPE.message], repeated: true }],
  ["DoubleValue", wrapper(TYPE.double)],
  ["FloatValue", wrapper(TYPE.float)],
  ["Int64Value", wrapper(TYPE.int64)],
  ["UInt64Value", wrapper(TYPE.uint64)],
  ["Int32Value", wrapper(TYPE.int32)],
  ["UInt32Value", wrapper(TYPE.uint32)],
  ["BoolValue", wrapper(TYPE.bool)],
  ["StringValue", wrapper(TYPE.string)],
  ["BytesValue", wrapper(TYPE.bytes)],
]);

interface Shaped {
  readonly number: number;
  readonly type: number;
  readonly repeated: boolean;
  readonly isMap: boolean;
}

/**
 * @param fields by number
 * @returns undefined also for a type that only has the name: a schema comes from a stranger and may say anything
 */
export function wellKnownOf(typeName: string, fields: readonly Shaped[]): WellKnown | undefined {
  if (!typeName.startsWith("google.protobuf.")) return undefined;
  const shape = SHAPES.get(typeName.slice("google.protobuf.".length));
  if (shape === undefined || fields.length !== shape.types.length) return undefined;
  const fits = fields.every(
    (field, index) =>
      field.number === index + 1 &&
      field.type === shape.types[index] &&
      field.repeated === (shape.repeated ?? false) &&
      field.isMap === (shape.map ?? false),
  );
  return fits ? shape.form : undefined;
}
