// The text form of a field's default value in a descriptor (FieldDescriptorProto.default_value, as protoc writes it).
import { type FieldDescriptorProto, FieldDescriptorProto_Type } from "@bufbuild/protobuf/wkt";
import type { OptionValue } from "./parsed-file.js";
import { parseFloatText, parseInteger } from "./proto-cursor.js";

/** @returns undefined when the value does not suit the field's type */
export function defaultValueText(field: FieldDescriptorProto, value: OptionValue): string | undefined {
  // a type by name can only be an enum here; its `type` is not known yet
  if (field.typeName !== "") return field.type === FieldDescriptorProto_Type.GROUP ? undefined : enumText(value);
  switch (field.type) {
    case FieldDescriptorProto_Type.STRING:
      return value.kind === "string" ? new TextDecoder().decode(value.bytes) : undefined;
    case FieldDescriptorProto_Type.BYTES:
      return value.kind === "string" ? escapeBytes(value.bytes) : undefined;
    case FieldDescriptorProto_Type.DOUBLE:
    case FieldDescriptorProto_Type.FLOAT:
      return floatText(value, field.type === FieldDescriptorProto_Type.FLOAT);
    case FieldDescriptorProto_Type.BOOL:
      return value.kind === "identifier" && /^(true|false)$/.test(value.text) ? value.text : undefined;
    default:
      return integerText(value);
  }
}

function enumText(value: OptionValue): string | undefined {
  return value.kind === "identifier" && !value.negative ? value.text : undefined;
}

function integerText(value: OptionValue): string | undefined {
  if (value.kind !== "number") return undefined;
  const integer = parseInteger(value.text);
  return integer === undefined ? undefined : String(value.negative ? -integer : integer);
}

function floatText(value: OptionValue, single: boolean): string | undefined {
  if (value.kind !== "number" && value.kind !== "identifier") return undefined;
  if (value.kind === "identifier") {
    if (value.text === "nan") return "nan";
    return value.text === "inf" ? `${value.negative ? "-" : ""}inf` : undefined;
  }
  const magnitude = parseFloatText(value.text);
  if (magnitude === undefined) return undefined;
  const number = value.negative ? -magnitude : magnitude;
  return single ? shortestText(Math.fround(number), 6, 9, Math.fround) : shortestText(number, 15, 17, Number);
}

/** C's %g with the fewest of two precisions that reads back as the same number (protobuf's SimpleDtoa, SimpleFtoa). */
function shortestText(value: number, few: number, many: number, round: (value: number) => number): string {
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  const short = formatG(value, few);
  return round(Number(short)) === value ? short : formatG(value, many);
}

/** C's printf("%.*g"). */
function formatG(value: number, precision: number): string {
  if (value === 0) return Object.is(value, -0) ? "-0" : "0";
  const scientific = value.toExponential(precision - 1);
  const [mantissa = "", exponentText = "0"] = scientific.split("e");
  const exponent = Number(exponentText);
  if (exponent < -4 || exponent >= precision) {
    const digits = String(Math.abs(exponent)).padStart(2, "0");
    return `${withoutTrailingZeros(mantissa)}e${exponent < 0 ? "-" : "+"}${digits}`;
  }
  return withoutTrailingZeros(value.toFixed(precision - 1 - exponent));
}

function withoutTrailingZeros(text: string): string {
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

const NAMED_ESCAPES: ReadonlyMap<number, string> = new Map([
  [9, "\\t"],
  [10, "\\n"],
  [13, "\\r"],
  [34, '\\"'],
  [39, "\\'"],
  [92, "\\\\"],
]);

/** absl's CEscape. */
function escapeBytes(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) {
    const named = NAMED_ESCAPES.get(byte);
    if (named !== undefined) text += named;
    else if (byte >= 32 && byte < 127) text += String.fromCharCode(byte);
    else text += `\\${byte.toString(8).padStart(3, "0")}`;
  }
  return text;
}
