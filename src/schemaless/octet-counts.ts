// How often each octet of a payload comes: counted once, for all models that only ask that.

/** The octets that were counted last. One for all, as nothing is kept between payloads. */
export class OctetCounts {
  /** By octet. */
  readonly of = new Int32Array(256);
  /** The octets that come at all, in the order in which they came first. */
  readonly distinct = new Uint8Array(256);
  /** How many of {@link distinct} there are. */
  size = 0;
  /** Octets that were counted. */
  total = 0;
  /** Different octets below 128: each ends a varint, so there are at least as many different ones of those. */
  ends = 0;
  /** None is 128 or more. */
  isNarrow = true;

  count(bytes: Uint8Array, start: number, end: number): void {
    const { of, distinct } = this;
    for (let at = 0; at < this.size; at++) of[distinct[at]!] = 0;
    let size = 0;
    let ends = 0;
    for (let at = start; at < end; at++) {
      const octet = bytes[at]!;
      if (of[octet]!++ !== 0) continue;
      distinct[size++] = octet;
      if (octet < 0x80) ends++;
    }
    this.size = size;
    this.ends = ends;
    this.total = end - start;
    this.isNarrow = ends === size;
  }
}

export const octets = new OctetCounts();
