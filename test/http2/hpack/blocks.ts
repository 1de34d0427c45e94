// Header blocks in and out of tests.
import { expect } from "vitest";
import { FieldList, type HpackDecoder, type HpackProblem } from "../../../src/http2/hpack/decoder.js";
import type { Field } from "../../../src/model/fields.js";

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(" ", ""), "hex"));
}

export function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

/** The fields of a block that must be good. */
export function decodeFields(decoder: HpackDecoder, bytes: Uint8Array): readonly Field[] {
  return decodeList(decoder, bytes).fields;
}

export function decodeHex(decoder: HpackDecoder, hex: string): readonly Field[] {
  return decodeFields(decoder, bytesOf(hex));
}

export function decodeList(decoder: HpackDecoder, bytes: Uint8Array): FieldList {
  const list = decoder.decode(bytes, 0, bytes.length);
  if (!(list instanceof FieldList)) throw new Error(list.message);
  return list;
}

/** The problem of a block that must be bad, read from inside other octets so that positions are the block's own. */
export function problemOf(decoder: HpackDecoder, hex: string): HpackProblem {
  const bytes = bytesOf(`ffffff${hex}828282`);
  const problem = decoder.decode(bytes, 3, bytes.length - 3);
  expect(problem).not.toBeInstanceOf(FieldList);
  return problem as HpackProblem;
}
