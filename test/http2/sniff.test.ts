// What a client speaks by its first octets.
import fc from "fast-check";
import { expect, test } from "vitest";
import { MAX_SNIFF_BYTES, sniff } from "../../src/http2/sniff.js";
import { concat, hello, octetsOf } from "../support/frames.js";

test.each([
  ["h2", hello()],
  ["h2", octetsOf("PRI * HTTP/2.0")],
  ["http/1.1", octetsOf("PRI * HTTP/1.1\r\n")],
  ["http/1.1", octetsOf("GET / HTTP/1.1\r\n\r\n")],
  ["http/1.1", octetsOf("VERSION-CONTROL / HTTP/1.1\r\n\r\n")],
  ["connect", octetsOf("CONNECT a.test:443 HTTP/1.1\r\n\r\n")],
  ["tls", Uint8Array.of(0x16, 3, 1, 2, 0)],
  ["unknown", Uint8Array.of(0x16, 2)],
  ["socks5", Uint8Array.of(5, 1, 0)],
  ["unknown", Uint8Array.of(5, 0)],
  ["unknown", octetsOf("get / HTTP/1.1")],
  ["unknown", octetsOf("SSH-2.0-OpenSSH")],
  ["unknown", octetsOf("A".repeat(21))],
  ["unknown", Uint8Array.of(0)],
] as const)("%s is told by its first octets", (what, bytes) => {
  expect(sniff(bytes)).toBe(what);
});

test("every beginning of a word asks for more, until it is told once and for all", () => {
  for (const text of [
    "PRI * HTTP/2.0\r\n\r\nSM",
    "CONNECT a:1 HTTP/1.1",
    "POST / HTTP/1.1",
    "\x16\x03\x01",
    "\x05\x02",
  ]) {
    const told = Array.from({ length: text.length }, (_, i) => sniff(octetsOf(text.slice(0, i + 1))));
    const first = told.findIndex((what) => what !== "more");
    expect(first).toBeGreaterThanOrEqual(0);
    expect(new Set(told.slice(first)).size).toBe(1);
  }
  expect(sniff(new Uint8Array(0))).toBe("more");
});

test("whatever comes is told within 64 octets", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: MAX_SNIFF_BYTES, maxLength: 100 }), (bytes) => {
      expect(sniff(bytes)).not.toBe("more");
      expect(sniff(concat(octetsOf("A"), bytes))).not.toBe("more");
    }),
  );
});
