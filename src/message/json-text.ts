// Scalars as JSON text (protobuf.dev, "ProtoJSON Format"): what two implementations must write alike.

/** What is legal in JSON and misleads a terminal or its reader: what view/visible.ts makes visible. Emoji keep their variants. */
const UNSAFE =
  /(?![\ufe0e\ufe0f])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;

/** Most text there is: blocks without any such character. Found out faster than that a text has none. */
const USUAL =
  /^[ -~\u00a1-\u00ac\u00ae-\u034e\u0370-\u05ff\u0900-\u115e\u1e00-\u200a\u2010-\u2027\u2030-\u205f\u2070-\u3163\u3165-\ud7ff]*$/;

/** A JSON string in which nothing can be obeyed by a terminal; a JSON parser reads the same text as from any other. */
export function quote(text: string): string {
  const json = JSON.stringify(text);
  if (USUAL.test(json)) return json;
  return json.replace(UNSAFE, (char) => {
    let escaped = "";
    for (let at = 0; at < char.length; at++) escaped += `\\u${char.charCodeAt(at).toString(16).padStart(4, "0")}`;
    return escaped;
  });
}

/** The shortest decimal that reads back as the same double; NaN and the infinities are strings. */
export function doubleText(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0" : String(value);
  return `"${value}"`;
}

/** The shortest decimal that reads back as the same 32-bit float: 0.1, not 0.10000000149011612. */
export function floatText(value: number): string {
  if (!Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) < 2 ** 24)) return doubleText(value);
  return scaledText(value) ?? digitsText(value);
}

/** Powers of ten that a double holds exactly. */
const POWERS = Array.from({ length: 23 }, (_, power) => 10 ** power);
/** A decimal that lies so near the middle of two is told by its digits. */
const HALF_WAY = 1e-4;

/**
 * The same in a tenth of the time: a float times a power of ten that a double holds is off by 2^-53 of it, and what is rounded to
 * 9 digits by less than a millionth.
 * @returns undefined for floats that are larger or smaller than such powers reach, and where it is not clear which way to round
 */
function scaledText(value: number): string | undefined {
  const size = Math.abs(value);
  if (size < 1e-12 || size >= 1e20) return undefined;
  // No float is so near a power of ten that the logarithm could not tell.
  const before = Math.floor(Math.log10(size)) + 1;
  for (let digits = 6; digits <= 9; digits++) {
    const power = digits - before;
    const scaled = power >= 0 ? size * POWERS[power]! : size / POWERS[-power]!;
    const whole = Math.floor(scaled);
    if (Math.abs(scaled - whole - 0.5) < HALF_WAY) return undefined;
    const near = scaled - whole < 0.5 ? whole : whole + 1;
    const decimal = power >= 0 ? near / POWERS[power]! : near * POWERS[-power]!;
    if (digits === 9 || Math.fround(decimal) === size) return String(value < 0 ? -decimal : decimal);
  }
  return undefined;
}

/** By the digits themselves. Exported for the test that compares both. */
export function digitsText(value: number): string {
  // 6 digits always survive the way through a float, 9 always tell two floats apart.
  for (let digits = 6; digits < 9; digits++) {
    // Of two decimals that are as near, this is the one further from zero, where floats are no denser: it misses if both do.
    if (Math.fround(Number(value.toPrecision(digits))) !== value) continue;
    const short = rounded(value, digits);
    if (Math.fround(short) === value) return String(short);
  }
  return String(rounded(value, 9));
}

/** To so many digits; halfway to the even digit as C does, and so every other protobuf, where JavaScript goes up. */
function rounded(value: number, digits: number): number {
  const [mantissa = "", power = ""] = value.toExponential(digits).split("e");
  if (!mantissa.endsWith("5")) return Number(value.toPrecision(digits));
  // A float that lies halfway between two decimals of 9 digits has no more than this.
  const exact = value.toExponential(40).split("e")[0]!;
  const isHalf = /^0*$/.test(exact.slice(mantissa.length));
  const isEven = "02468".includes(mantissa.at(-2)!);
  return isHalf && isEven ? Number(`${mantissa.slice(0, -1)}e${power}`) : Number(value.toPrecision(digits));
}

export function base64(bytes: Buffer, start: number, end: number): string {
  return bytes.toString("base64", start, end);
}

/** Fractions of a second have 0, 3, 6 or 9 digits. @param nanos from 0 to 999,999,999 */
export function fraction(nanos: number): string {
  if (nanos === 0) return "";
  const digits = String(nanos).padStart(9, "0");
  if (digits.endsWith("000000")) return `.${digits.slice(0, 3)}`;
  return digits.endsWith("000") ? `.${digits.slice(0, 6)}` : `.${digits}`;
}

/** "foo_bar" as "fooBar": the rule that protoc makes JSON names by. */
export function camelCase(name: string): string {
  return name.replace(/_+(.?)/g, (_, next: string) => next.toUpperCase());
}

export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}
