// The requests of one HTTP/1.1 connection that is a forward proxy's (absolute-form, RFC 9112 §3.2.2): only those for one host go there.
import { endOfHead, MAX_HEAD_BYTES, readAbsoluteTarget, requestLine } from "./http-connect.js";
import { NOTHING } from "./peek.js";
import type { Gate } from "./pipe.js";
import { type Target, targetName } from "./target.js";

/** A chunk's size line, its extensions included, or a trailer line. */
const MAX_LINE_BYTES = 4096;

/** What the octets that come next are. */
type Part = "head" | "body" | "size" | "chunk" | "chunk-end" | "trailer";

/**
 * Follows requests by their framing (RFC 9112 §6, §7.1): a connection is kept for many, and each may name another host.
 * What cannot be followed ends it, because nothing behind it could be told apart.
 */
export class RequestGate implements Gate {
  readonly #host: string;
  #part: Part = "head";
  /** Octets of a head or line that is not whole yet; they are held back. */
  #held: Buffer = NOTHING;
  /** Octets to come of a body or chunk. */
  #left = 0;
  /** Why no more may pass. */
  problem: string | undefined;

  constructor(host: Target) {
    this.#host = targetName(host);
  }

  pass(chunk: Uint8Array): { readonly bytes: Uint8Array; readonly shut: boolean } {
    const bytes = this.#held.length === 0 ? Buffer.from(chunk) : Buffer.concat([this.#held, chunk]);
    this.#held = NOTHING;
    let at = 0;
    while (at < bytes.length && this.problem === undefined) {
      const taken = this.#take(bytes.subarray(at));
      if (taken === 0) {
        if (this.problem === undefined) this.#held = Buffer.from(bytes.subarray(at));
        break;
      }
      at += taken;
    }
    return { bytes: bytes.subarray(0, at), shut: this.problem !== undefined };
  }

  /** @returns octets that may go; 0 when more are needed to tell, or none may */
  #take(bytes: Buffer): number {
    switch (this.#part) {
      case "head":
        return this.#head(bytes);
      case "body":
      case "chunk": {
        const taken = Math.min(this.#left, bytes.length);
        this.#left -= taken;
        if (this.#left === 0) this.#part = this.#part === "body" ? "head" : "chunk-end";
        return taken;
      }
      case "chunk-end":
        return this.#line(bytes, (line) => this.#next(line === "", "size"));
      case "size":
        return this.#line(bytes, (line) => {
          const size = /^([0-9a-f]{1,12})[ \t]*(?:;.*)?$/i.exec(line)?.[1];
          this.#left = Number.parseInt(size ?? "", 16);
          this.#next(size !== undefined, this.#left === 0 ? "trailer" : "chunk");
        });
      case "trailer":
        return this.#line(bytes, (line) => this.#next(true, line === "" ? "head" : "trailer"));
      default:
        return this.#part satisfies never;
    }
  }

  #next(readable: boolean, part: Part): void {
    if (readable) this.#part = part;
    else this.problem = "framelens cannot follow the chunks of this request (RFC 9112 §7.1)";
  }

  #line(bytes: Buffer, read: (line: string) => void): number {
    const end = bytes.indexOf("\r\n");
    if (end < 0) {
      if (bytes.length > MAX_LINE_BYTES) this.#next(false, "size");
      return 0;
    }
    read(bytes.toString("latin1", 0, end));
    return this.problem === undefined ? end + 2 : 0;
  }

  #head(bytes: Buffer): number {
    const end = endOfHead(bytes);
    if (end === 0) {
      if (bytes.length > MAX_HEAD_BYTES) this.problem = `framelens reads request heads up to ${MAX_HEAD_BYTES} octets`;
      return 0;
    }
    const target = readAbsoluteTarget(bytes);
    if (target === undefined || targetName(target) !== this.#host) {
      const line = JSON.stringify(requestLine(bytes).slice(0, 100));
      this.problem = `next request is ${line}; this connection goes to ${this.#host}`;
      return 0;
    }
    this.#body(bytes.toString("latin1", 0, end).toLowerCase());
    return this.problem === undefined ? end : 0;
  }

  /** What follows the head (RFC 9112 §6.3). */
  #body(head: string): void {
    const coding = fieldValues(head, "transfer-encoding");
    const lengths = fieldValues(head, "content-length");
    this.#left = Number(lengths[0] ?? 0);
    if (coding.length > 0) {
      if (coding.join() === "chunked" && lengths.length === 0) this.#part = "size";
      else this.problem = "framelens cannot tell where this request ends (Transfer-Encoding, RFC 9112 §6.1)";
    } else if (lengths.length > 1 || !/^\d{1,15}$/.test(lengths[0] ?? "0")) {
      this.problem = "framelens cannot tell where this request ends (Content-Length, RFC 9112 §6.2)";
    } else if (this.#left > 0) this.#part = "body";
  }
}

/** @param head in lower case */
function fieldValues(head: string, name: string): string[] {
  const lines = head.split("\r\n").slice(1);
  return lines.filter((line) => line.startsWith(`${name}:`)).map((line) => line.slice(name.length + 1).trim());
}
