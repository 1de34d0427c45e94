// How many bits one fixed number costs as a float and as an integer (IEEE 754).
import { bitLength, bitLength64, sizeBits, trailingZeros } from "./code-length.js";

/** How 32-bit floats and 64-bit doubles differ. Exponents are those that measurements have, in steps of likelihood. */
export interface FloatForm {
  readonly width: 4 | 8;
  readonly mantissaBits: number;
  readonly bias: number;
  readonly infinite: number;
  readonly subnormalBits: number;
  readonly nanBits: number;
  /** By exponent as it stands in the octets, the bits that it costs. */
  readonly exponents: Float64Array;
  /** Mantissas that need more bits than this are tried as decimals. */
  readonly tryDecimal: number;
  /** Bits of a mantissa, by how many of its bits are not zero at the end. */
  readonly perBit: number;
  readonly maxIntegerBits: number;
  /** Decimal digits that the type holds, and more than which no decimal was meant. */
  readonly digits: number;
}

/** @param steps up to which distance from 2^0 an exponent costs how many bits */
function byDistance(bias: number, steps: readonly (readonly [distance: number, bits: number])[]): Float64Array {
  return Float64Array.from({ length: 2 * bias + 2 }, (_, exponent) => {
    const distance = Math.abs(exponent - bias);
    return 1.2 + (steps.find(([most]) => distance <= most)?.[1] ?? 0);
  });
}

export const FLOAT: FloatForm = {
  width: 4,
  mantissaBits: 23,
  bias: 127,
  infinite: 255,
  subnormalBits: 40,
  nanBits: 25,
  exponents: byDistance(127, [
    [8, 3.2],
    [16, 4.5],
    [24, 6.5],
    [255, 14],
  ]),
  tryDecimal: 14,
  perBit: 1.04,
  maxIntegerBits: 34,
  digits: 7,
};

export const DOUBLE: FloatForm = {
  width: 8,
  mantissaBits: 52,
  bias: 1023,
  infinite: 2047,
  subnormalBits: 75,
  nanBits: 12,
  exponents: byDistance(1023, [
    [10, 3.5],
    [20, 5],
    [34, 7],
    [70, 10],
    [2047, 22],
  ]),
  tryDecimal: 12,
  perBit: 1.02,
  maxIntegerBits: 66,
  digits: 15,
};

const ZERO_BITS = 2.5;
const SIGN_BITS = 1.2;
/** Each decimal digit, and where the point is. */
const DIGIT_BITS = 3.4;
const POINT_BITS = 4;

/** Sign and exponent of the number. */
export function signedExponent(form: FloatForm, low: number, high: number): number {
  return form.width === 4 ? low >>> 23 : high >>> 20;
}

/** Zero bits at the end of the mantissa. */
export function mantissaZeros(form: FloatForm, low: number, high: number): number {
  return form.width === 4 ? trailingZeros(low & 0x7fffff, 0, 23) : trailingZeros(low, high & 0xfffff, 52);
}

export function floatBits(form: FloatForm, low: number, high: number): number {
  if (low === 0 && high === 0) return ZERO_BITS;
  const signed = signedExponent(form, low, high);
  const exponent = signed & form.infinite;
  const zeros = mantissaZeros(form, low, high);
  let bits: number;
  if (exponent === 0) bits = form.subnormalBits;
  else if (exponent === form.infinite) {
    // Infinity, the NaN that programs make, and any other.
    bits = 12 + (zeros === form.mantissaBits ? 0 : zeros === form.mantissaBits - 1 ? 12 : form.nanBits);
  } else {
    bits = form.exponents[exponent]!;
    const mantissa = Math.min(form.mantissaBits, 1.5 + (form.mantissaBits - zeros) * form.perBit);
    bits += mantissa > form.tryDecimal ? decimalBits(form, low, high, mantissa) : mantissa;
  }
  return signed > form.infinite ? bits + SIGN_BITS : bits;
}

/** Bits of the number as a signed integer. */
export function fixedBits(form: FloatForm, low: number, high: number): number {
  const bits = integerLength(form, low, high);
  const sign = isNegative(form, low, high) ? 1.5 : 0.3;
  return Math.min(form.maxIntegerBits, 2 + sign + sizeBits(bits) + Math.max(0, bits - 1));
}

export function isNegative(form: FloatForm, low: number, high: number): boolean {
  return (form.width === 4 ? low : high) >>> 31 === 1;
}

/** Significant bits of the number, or of its complement when it is negative. */
export function integerLength(form: FloatForm, low: number, high: number): number {
  if (form.width === 4) return low >>> 31 === 1 ? bitLength(-low >>> 0) : bitLength(low);
  return high >>> 31 === 1 ? bitLength64(~low >>> 0, ~high >>> 0) : bitLength64(low, high);
}

const scratch = new DataView(new ArrayBuffer(8));

/** The number that the octets are as a float. */
export function floatValue(form: FloatForm, low: number, high: number): number {
  scratch.setUint32(0, low, true);
  scratch.setUint32(4, high, true);
  return form.width === 4 ? scratch.getFloat32(0, true) : scratch.getFloat64(0, true);
}

/** Powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, power) => 10 ** power);
const MAX_POWER = POWERS.length - 1;
const LOG10_OF_2 = Math.log10(2);

/** Bits of what somebody wrote as a decimal, by its significant digits; not more than `most`, the bits of any mantissa. */
function decimalBits(form: FloatForm, low: number, high: number, most: number): number {
  const value = Math.abs(floatValue(form, low, high));
  // More digits would not be cheaper.
  const digits = Math.min(form.digits, Math.floor((most - POINT_BITS) / DIGIT_BITS));
  const limit = POWERS[digits]!;
  const exponent = (signedExponent(form, low, high) & form.infinite) - form.bias;
  let power = Math.min(MAX_POWER, Math.max(0, Math.ceil(digits - exponent * LOG10_OF_2)));
  while (power > 0 && Math.round(value * POWERS[power]!) >= limit) power--;
  // A decimal stays one when it is written with more zeros: one look is enough to know that it is none.
  if (Math.round(value * POWERS[power]!) >= limit || !isDecimal(form, value, power)) return most;
  let least = 0;
  while (least < power && !isDecimal(form, value, least)) least++;
  return Math.min(most, POINT_BITS + DIGIT_BITS * Math.ceil(Math.log10(Math.round(value * POWERS[least]!) + 1)));
}

/** Whether the value is what is read from a decimal with so many digits behind the point. */
function isDecimal(form: FloatForm, value: number, power: number): boolean {
  const scale = POWERS[power]!;
  const back = Math.round(value * scale) / scale;
  return (form.width === 4 ? Math.fround(back) : back) === value;
}
