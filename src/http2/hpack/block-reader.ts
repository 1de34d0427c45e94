// The two primitive types of a header block, integers and string literals (RFC 7541 §5), read from one block in order.
import { decodeHuffman, HUFFMAN_EOS, huffmanRoom } from "./huffman.js";
import type { HpackCode, HpackProblem } from "./problem.js";
import { latin1 } from "./text.js";

/** RFC 7541 §5.1 asks for a limit: nothing in a header block needs a number over 31 bits. */
const MAX_INTEGER = 2 ** 31 - 1;
/** Five octets of seven bits hold any 32-bit number; more can only be zeros that go on and on. */
const MAX_CONTINUATION_OCTETS = 5;
/** Where Huffman coded strings are unpacked; the few longer ones get room of their own. */
const scratch = new Uint8Array(4096);

/** Reads one block; the first thing that is wrong ends it and stays in `problem`. */
export class BlockReader {
  problem: HpackProblem | undefined = undefined;
  readonly #bytes: Uint8Array;
  readonly #start: number;
  readonly #end: number;
  #at: number;

  constructor(bytes: Uint8Array, start: number, end: number) {
    this.#bytes = bytes;
    this.#start = start;
    this.#end = end;
    this.#at = start;
  }

  /** How many octets of the block have been read: the position that problems name. */
  get position(): number {
    return this.#at - this.#start;
  }

  /** The next octet, not yet read; -1 at the end of the block. */
  peek(): number {
    return this.#at < this.#end ? this.#bytes[this.#at]! : -1;
  }

  /** Notes what is wrong with the block. */
  fail(code: HpackCode, message: string, section: string): -1 {
    this.problem = { code, message: `${message} (RFC 7541 §${section})` };
    return -1;
  }

  /**
   * Reads an integer whose first octet shares its high bits with something else (RFC 7541 §5.1).
   * @param mask the low bits that belong to the integer, 2^N-1
   * @returns the integer, or -1 and a problem
   */
  integer(mask: number): number {
    const first = this.#bytes[this.#at]! & mask;
    if (first < mask) {
      this.#at++;
      return first;
    }
    return this.#longInteger(mask);
  }

  /** Reads a string literal (RFC 7541 §5.2), one char per octet; undefined and a problem when it is broken. */
  string(): string | undefined {
    const position = this.position;
    const first = this.peek();
    if (first < 0) {
      this.fail(
        "ERR_HPACK_STRING_CUT",
        `header block ends at octet ${position}; expected a string literal there`,
        "5.2",
      );
      return undefined;
    }
    const length = this.integer(0x7f);
    if (length < 0) return undefined;
    const left = this.#end - this.#at;
    if (length > left) {
      const message = `string literal of ${length} octets at octet ${position} of the header block, which has ${left} more; expected at most that`;
      this.fail("ERR_HPACK_STRING_CUT", message, "5.2");
      return undefined;
    }
    const start = this.#at;
    this.#at += length;
    return first & 0x80 ? this.#huffman(start, position) : latin1(this.#bytes, start, this.#at);
  }

  #longInteger(mask: number): number {
    const position = this.position;
    let value = mask;
    let unit = 1;
    let octet = 0x80;
    this.#at++;
    for (let octets = 0; octet & 0x80; octets++) {
      if (octets === MAX_CONTINUATION_OCTETS) {
        const message = `integer at octet ${position} of the header block goes on after ${octets} continuation octets; expected it to end`;
        return this.fail("ERR_HPACK_INTEGER_TOO_LARGE", message, "5.1");
      }
      octet = this.peek();
      if (octet < 0) {
        const message = `integer at octet ${position} of the header block is cut by the block's end; expected another octet`;
        return this.fail("ERR_HPACK_INTEGER_CUT", message, "5.1");
      }
      this.#at++;
      value += (octet & 0x7f) * unit;
      unit *= 128;
    }
    if (value <= MAX_INTEGER) return value;
    const message = `integer ${value} at octet ${position} of the header block; expected at most ${MAX_INTEGER}`;
    return this.fail("ERR_HPACK_INTEGER_TOO_LARGE", message, "5.1");
  }

  #huffman(start: number, position: number): string | undefined {
    const room = huffmanRoom(this.#at - start);
    const into = room <= scratch.length ? scratch : new Uint8Array(room);
    const length = decodeHuffman(this.#bytes, start, this.#at, into);
    if (length >= 0) return latin1(into, 0, length);
    const where = `Huffman string at octet ${position} of the header block`;
    if (length === HUFFMAN_EOS) {
      this.fail("ERR_HPACK_HUFFMAN_EOS", `${where} holds EOS; expected it only as padding`, "5.2");
    } else {
      const message = `${where} ends within a code; expected padding of at most 7 bits, all ones`;
      this.fail("ERR_HPACK_HUFFMAN_PADDING", message, "5.2");
    }
    return undefined;
  }
}
