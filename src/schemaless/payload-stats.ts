// What is known of the length-delimited payloads of one path: which readings are still possible, and what each costs.
import { isAscii, isText } from "../message/wire.js";
import { grains } from "./grains.js";
import { HashCosts } from "./hash-costs.js";
import { Layouts } from "./layouts.js";
import { octets } from "./octet-counts.js";
import { FEW_OCTETS, octetBits, octetBonus, zeroRichBits } from "./octet-model.js";
import { MODEL_OCTETS, NARROW, varintsSeen, widestVarint } from "./packed-varints.js";
import { PathOctets } from "./path-octets.js";
import { PayloadNumbers, UNSHAPED_BITS } from "./payload-numbers.js";
import { type Measured, PRIOR_BITS, READING, READINGS, type ReadingCosts } from "./readings.js";
import { ASKED_STEPS, text, textBits } from "./text-model.js";

const COLUMNS = READINGS.length;
const ALL = (1 << COLUMNS) - 1;
/** See `freshList` for why they are copied. */
const ZEROS: readonly number[] = Array.from({ length: COLUMNS }, () => 0);
const TEXT = 1 << READING.string;
const VARINTS = 1 << READING.varints;

/**
 * What an octet takes as one of plain octets and of text, and as one of a varint: in octets that are only looked at.
 */
const OCTET_STEPS = 6;
const VARINT_STEPS = 3;
/** So many are looked at in one step where V8 does it by itself. */
const NATIVE_OCTETS = 8;

/** Different payloads of one path that are measured; more of them hardly change a mind. */
export const MAX_PAYLOADS = 256;
/** A message that is told in fewer bits than its plain octets by so many, and so many for each octet, is no list of numbers. */
const SURELY_MESSAGE_BITS = 24;
const SURELY_MESSAGE_SHARE = 0.25;
/** A shorter one may be both. */
const SURELY_MESSAGE_OCTETS = 24;

export class PayloadStats implements ReadingCosts {
  /** Some number does not fit into 32 bits, or may not, if they are packed varints. */
  hasWide = false;
  /** Payloads that were measured, with the bits of each in its best reading. */
  readonly measured = new HashCosts();
  /** Readings that no payload has ruled out: a bit each. */
  possible = ALL;
  readonly #totals: number[] = ZEROS.slice();
  #layouts: Layouts | undefined;
  #octets = new PathOctets();
  #numbers: PayloadNumbers | undefined;

  /** Nothing but a message is possible. */
  readonly isGroup: boolean;

  constructor(isGroup: boolean) {
    this.isGroup = isGroup;
    if (isGroup) this.possible = 1 << READING.message;
  }

  can(reading: number): boolean {
    return (this.possible & (1 << reading)) !== 0;
  }

  ruleOut(reading: number): void {
    this.possible &= ~(1 << reading);
  }

  /** Grains of all payloads under a reading that is possible; of a message without what is inside its fields. */
  cost(reading: number): number {
    let cost = this.#totals[reading]!;
    if (reading === READING.message) cost = Math.min(cost, this.#layouts?.cost() ?? cost);
    else if (reading === READING.bytes) cost = Math.min(cost, this.#octets.alikeCost());
    else if (reading === READING.string) cost = Math.min(cost, this.#octets.textCost());
    else if (this.#numbers !== undefined && this.#numbers.payloads === this.measured.size)
      cost = Math.min(cost, this.#numbers.cost(reading));
    return cost + grains(PRIOR_BITS[reading]!);
  }

  /** Whether another payload is to be measured. */
  get hasRoom(): boolean {
    return this.measured.size < MAX_PAYLOADS;
  }

  /**
   * Measures a payload that is neither empty nor {@link measured} already as everything but numbers.
   * @param tagBits what it costs as a message without what is inside its fields; Infinity when it is none
   * @param layout see `layoutHash`
   * @param result what {@link measureNumbers} needs, where it is open
   * @returns octets looked at
   */
  measure(bytes: Uint8Array, start: number, end: number, tagBits: number, layout: number, result: Measured): number {
    if (tagBits === Number.POSITIVE_INFINITY) this.ruleOut(READING.message);
    result.least = Number.POSITIVE_INFINITY;
    result.isOpen = false;
    const steps = this.isGroup ? 0 : this.#measureOctets(bytes, start, end, result);
    if (this.can(READING.message)) {
      const cost = grains(tagBits);
      this.#layouts ??= new Layouts();
      this.#layouts.add(layout, cost);
      this.add(READING.message, cost);
    }
    return steps;
  }

  /** See {@link ReadingCosts}. */
  add(reading: number, cost: number): void {
    if (this.can(reading)) this.#totals[reading]! += cost;
  }

  /** Forgets what was measured, not what was ruled out. */
  reset(): void {
    this.measured.clear();
    this.#totals.fill(0);
    this.#layouts = undefined;
    this.#octets = new PathOctets();
    this.#numbers = undefined;
  }

  /** Rules out what the octets cannot be, but for a message. @returns octets looked at */
  check(bytes: Uint8Array, start: number, end: number): number {
    if ((this.possible & (TEXT | VARINTS)) !== 0 && isAscii(bytes, start, end)) {
      // It is text, and each octet a varint.
      this.#checkWidth(end - start);
      return (end - start) / NATIVE_OCTETS;
    }
    const steps = this.#checkNumbers(bytes, start, end);
    if (!this.can(READING.string)) return steps;
    if (!isText(bytes, start, end)) this.ruleOut(READING.string);
    return steps + (end - start) / NATIVE_OCTETS;
  }

  #checkNumbers(bytes: Uint8Array, start: number, end: number): number {
    this.#checkWidth(end - start);
    if (!this.can(READING.varints)) return 0;
    const widest = widestVarint(bytes, start, end);
    if (widest === 0) this.ruleOut(READING.varints);
    else if (widest > NARROW) this.hasWide = true;
    return VARINT_STEPS * varintsSeen.looked;
  }

  #checkWidth(length: number): void {
    if (length % 4 !== 0) this.possible &= ~((1 << READING.floats) | (1 << READING.fixed32s));
    if (length % 8 !== 0) this.possible &= ~((1 << READING.doubles) | (1 << READING.fixed64s));
  }

  #measureOctets(bytes: Uint8Array, start: number, end: number, result: Measured): number {
    const length = end - start;
    const isWhole = length <= MODEL_OCTETS;
    const near = isWhole ? end : start + MODEL_OCTETS;
    const scale = isWhole ? 1 : length / MODEL_OCTETS;
    let steps = isWhole ? 0 : this.check(bytes, start, end);
    const measured = near - start;

    octets.count(bytes, start, near);
    const plain = measured < FEW_OCTETS ? 8 * measured : Math.min(8 * measured, octetBits(octets));
    let asText = this.can(READING.string) ? textBits(bytes, start, near, isWhole) : Number.POSITIVE_INFINITY;
    const isReadable = asText !== Number.POSITIVE_INFINITY && !text.hasControls;
    // As numbers such octets cost about as many bits as they have, so nobody needs to know exactly.
    this.#octets.add(bytes, start, end, isReadable);
    const looksLikeText = isReadable && text.isAscii && length >= 6 && asText < 5 * measured;
    if (asText === Number.POSITIVE_INFINITY) this.ruleOut(READING.string);
    else {
      if (measured >= FEW_OCTETS && asText > 4.2 * measured && isReadable) asText = Math.min(asText, plain);
      this.add(READING.string, grains(asText * scale));
    }
    steps += OCTET_STEPS * measured + ASKED_STEPS * text.asked;

    let asBytes =
      Math.min(plain, zeroRichBits(octets)) + (measured < FEW_OCTETS ? 0 : 1) - octetBonus(bytes, start, length);
    // Whatever reads as text would be called a string by most who write a schema.
    if (isReadable && length > 3) asBytes = Math.max(asBytes, asText);
    this.add(READING.bytes, grains(asBytes * scale));
    result.plain = plain;
    result.bytes = asBytes;
    result.least = Math.min(asText, asBytes) * scale;
    result.isOpen = !looksLikeText;
    if (looksLikeText) {
      this.#checkWidth(length);
      this.#addNumbers(grains(7.5 * length));
    }
    return steps;
  }

  /** What the octets cost as any numbers. */
  #addNumbers(cost: number): void {
    for (let reading = READING.varints; reading < READING.message; reading++) this.add(reading, cost);
  }

  /** Instead of {@link measureNumbers}: as any numbers, the octets cost no less than as plain ones. */
  skipNumbers(length: number, result: Measured): void {
    this.#addNumbers(grains((result.bytes + UNSHAPED_BITS) * Math.max(1, length / MODEL_OCTETS)));
  }

  /**
   * Measures as numbers what {@link measure} left open.
   * @param message bits as a message, with what is inside; Infinity when it is none, or that is not known
   * @param counted whether its octets are those that were counted last
   * @returns octets looked at
   */
  measureNumbers(
    bytes: Uint8Array,
    start: number,
    end: number,
    message: number,
    counted: boolean,
    result: Measured,
  ): number {
    const length = end - start;
    const isWhole = length <= MODEL_OCTETS;
    const near = isWhole ? end : start + MODEL_OCTETS;
    const plain = isWhole ? result.plain : result.plain * (length / MODEL_OCTETS);
    if (length >= SURELY_MESSAGE_OCTETS && message + SURELY_MESSAGE_BITS + SURELY_MESSAGE_SHARE * length < plain) {
      const steps = this.#checkNumbers(bytes, start, end);
      this.skipNumbers(length, result);
      return steps;
    }
    if (!counted) octets.count(bytes, start, near);
    this.#numbers ??= new PayloadNumbers();
    return this.#numbers.measure(this, bytes, start, end, result);
  }
}
