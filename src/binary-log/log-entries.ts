// A binary log of any length as its entries: each stands behind its length, 32 bits, big-endian.
import { decodeEntry, LENGTH_BYTES, type LogEntry, MAX_ENTRY_BYTES } from "./entry.js";

/** To be read once. */
export class LogEntries implements AsyncIterable<LogEntry> {
  readonly #chunks: AsyncIterable<Uint8Array>;
  /** Octets of the whole entries that were read. */
  wholeBytes = 0;
  /** What is wrong with what comes behind them, once all was read: entries behind one that is none cannot be found. */
  problem: string | undefined;
  /** It is the beginning of an entry: the log was not written to its end. */
  isCut = false;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks;
  }

  async *[Symbol.asyncIterator](): AsyncIterator<LogEntry> {
    let parts: Uint8Array[] = [];
    let have = 0;
    let needed = LENGTH_BYTES;
    for await (const chunk of this.#chunks) {
      parts.push(chunk);
      have += chunk.length;
      // An entry of many chunks is put together once.
      if (have < needed) continue;
      const held = Buffer.concat(parts, have);
      let at = 0;
      needed = LENGTH_BYTES;
      while (have - at >= LENGTH_BYTES) {
        const length = held.readUInt32BE(at);
        needed = LENGTH_BYTES + length;
        if (length <= MAX_ENTRY_BYTES && have - at < needed) break;
        const entry =
          length > MAX_ENTRY_BYTES
            ? undefined
            : decodeEntry(new Uint8Array(held.buffer, held.byteOffset + at + LENGTH_BYTES, length));
        if (entry === undefined) {
          this.problem = `no entry at octet ${this.wholeBytes}`;
          return;
        }
        yield entry;
        at += needed;
        this.wholeBytes += needed;
        needed = LENGTH_BYTES;
      }
      have -= at;
      parts = have === 0 ? [] : [held.subarray(at)];
    }
    this.isCut = have > 0;
    if (this.isCut) this.problem = `the last entry, at octet ${this.wholeBytes}, is cut`;
  }
}
