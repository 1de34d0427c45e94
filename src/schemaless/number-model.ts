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
  /** Up to this distance from 2^0, the bits that an exponent costs. */
  readonly exponents: readonly (readonly [distance: number, bits: number])[];
  /** Mantissas that need more bits than this are tried as decimals. */
  readonly tryDecimal: number;
  /** Bits of a mantissa, by how many of its bits are not zero at the end. */
  readonly perBit: number;
  readonly maxIntegerBits: number;
  /** Decimal digits that the type holds, and more than which no decimal was meant. */
  readonly digits: number;
}

export const FLOAT: FloatForm = {
  width: 4,
  mantissaBits: 23,
  bias: 127,
  infinite: 255,
  subnormalBits: 40,
  nanBits: 25,
  exponents: [
    [8, 3.2],
    [16, 4.5],
    [24, 6.5],
    [255, 14],
  ],
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
  exponents: [
    [10, 3.5],
    [20, 5],
    [34, 7],
    [70, 10],
    [2047, 22],
  ],
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
    const distance = Math.abs(exponent - form.bias);
    bits = 1.2 + (form.exponents.find(([most]) => distance <= most)?.[1] ?? 0);
    let mantissa = Math.min(form.mantissaBits, 1.5 + (form.mantissaBits - zeros) * form.perBit);
    if (mantissa > form.tryDecimal)
      mantissa = Math.min(mantissa, POINT_BITS + DIGIT_BITS * decimalDigits(form, low, high));
    bits += mantissa;
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

const MANY_DIGITS = 99;
/** Powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, power) => 10 ** power);

/** Significant decimal digits of what somebody wrote as a decimal; many when nobody did. */
function decimalDigits(form: FloatForm, low: number, high: number): number {
  const value = Math.abs(floatValue(form, low, high));
  const most = 10 ** form.digits;
  for (const power of POWERS) {
    const shifted = Math.round(value * power);
    if (shifted >= most) break;
    if (shifted === 0) continue;
    const back = shifted / power;
    if ((form.width === 4 ? Math.fround(back) : back) === value) return Math.ceil(Math.log10(shifted + 1));
  }
  return form.width === 4 ? form.digits : MANY_DIGITS;
}
