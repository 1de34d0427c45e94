// Octets of a protobuf message while it grows (protobuf.dev, "Encoding").
const encoder = new TextEncoder();

export class ByteWriter {
  #bytes = new Uint8Array(256);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;

  /** @returns a copy of what was written */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#at);
  }

  get length(): number {
    return this.#at;
  }

  tag(number: number, wireType: number): void {
    this.varint(((number << 3) | wireType) >>> 0, 0);
  }

  /** @param low @param high the two halves of 64 bits, signed or not */
  varint(low: number, high: number): void {
    this.#reserve(10);
    let lo = low >>> 0;
    let hi = high >>> 0;
    while (hi !== 0 || lo >= 0x80) {
      this.#bytes[this.#at++] = (lo & 0x7f) | 0x80;
      lo = ((lo >>> 7) | (hi << 25)) >>> 0;
      hi >>>= 7;
    }
    this.#bytes[this.#at++] = lo;
  }

  fixed32(value: number): void {
    this.#reserve(4);
    this.#view.setInt32(this.#at, value, true);
    this.#at += 4;
  }

  float(value: number): void {
    this.#reserve(4);
    this.#view.setFloat32(this.#at, value, true);
    this.#at += 4;
  }

  double(value: number): void {
    this.#reserve(8);
    this.#view.setFloat64(this.#at, value, true);
    this.#at += 8;
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length, 0);
    this.raw(value);
  }

  text(value: string): void {
    this.bytes(encoder.encode(value));
  }

  raw(value: Uint8Array): void {
    this.#reserve(value.length);
    this.#bytes.set(value, this.#at);
    this.#at += value.length;
  }

  /** Begins what has its length before it. @returns what {@link end} needs */
  begin(): number {
    this.#reserve(1);
    return this.#at++;
  }

  end(begin: number): void {
    const length = this.#at - begin - 1;
    if (length < 0x80) {
      this.#bytes[begin] = length;
      return;
    }
    // One octet was kept free; a longer length moves what follows.
    const more = length < 2 ** 14 ? 1 : length < 2 ** 21 ? 2 : length < 2 ** 28 ? 3 : 4;
    this.#reserve(more);
    this.#bytes.copyWithin(begin + 1 + more, begin + 1, this.#at);
    const end = this.#at + more;
    this.#at = begin;
    this.varint(length, 0);
    this.#at = end;
  }

  /** Takes back everything from `length` on. */
  cut(length: number): void {
    this.#at = length;
  }

  /** @returns whether all octets from `start` on are zero */
  isZeroSince(start: number): boolean {
    for (let at = start; at < this.#at; at++) if (this.#bytes[at] !== 0) return false;
    return true;
  }

  #reserve(count: number): void {
    if (this.#at + count <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + count));
    larger.set(this.#bytes);
    this.#bytes = larger;
    this.#view = new DataView(larger.buffer);
  }
}
