// Hashes tell payloads apart, also long ones of which not every octet counts.
import { expect, test } from "vitest";
import { hashOctets } from "../../src/schemaless/hash.js";

test("payloads that differ at either end, somewhere over 64 octets, or in length have different hashes", () => {
  const bytes = new Uint8Array(1_000_000).fill(7);
  const seen = new Set([hashOctets(bytes, 0, bytes.length), hashOctets(bytes, 0, bytes.length - 1)]);
  for (const at of [0, 31_000, 968_000, bytes.length - 1]) {
    const other = bytes.slice();
    other[at]!++;
    seen.add(hashOctets(other, 0, other.length));
  }
  seen.add(hashOctets(bytes.slice().fill(8, 500_000, 500_064), 0, bytes.length));
  expect(seen.size).toBe(7);
});

test("a payload's hash does not depend on where it stands", () => {
  const bytes = Uint8Array.from({ length: 200_003 }, (_, at) => (at * at) >> 3);
  const moved = new Uint8Array(bytes.length + 5);
  moved.set(bytes, 5);
  for (const length of [0, 1, 5, 64, 65_536, 65_600, 65_601, 65_700, bytes.length])
    expect(hashOctets(moved, 5, 5 + length)).toBe(hashOctets(bytes, 0, length));
});
