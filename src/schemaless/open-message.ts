// Where the reading of a message stands while another one in it is read.
import { MEASURED, type PathNode } from "./path-node.js";
import type { Measured } from "./readings.js";

/** A message that is open while another one in it is read. */
export class OpenMessage {
  node: PathNode;
  /** Its fields on the stack. */
  from = 0;
  to = 0;
  /** The field to come. */
  at = 0;
  /** Tells it from every other message that was read. */
  serial = 0;
  /** What of its fields is measured, and not only checked; see {@link MEASURED}: all, or what nothing that counts has. */
  measures: number = MEASURED.nowhere;
  /** The octets that it is, and their hash. */
  start = 0;
  end = 0;
  hash = 0;
  /** It counts: what it costs is known when all in it is read. */
  counts = false;
  /** Bits as a message, each field in it at its best; Infinity when some of it was not measured. */
  bits = 0;
  readonly measured: Measured = { plain: 0, least: 0, bytes: 0, isOpen: false };

  constructor(node: PathNode) {
    this.node = node;
  }

  /** Leaves what is still to be measured of it until all in it is read. @param bits of its tags */
  keepOpen(start: number, end: number, hash: number, bits: number, { plain, least, bytes, isOpen }: Measured): void {
    this.counts = true;
    this.start = start;
    this.end = end;
    this.hash = hash;
    this.bits = bits;
    this.measured.plain = plain;
    this.measured.least = least;
    this.measured.bytes = bytes;
    this.measured.isOpen = isOpen;
  }
}
