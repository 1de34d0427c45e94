// Frames and blocks that never become whole: all connections together hold only so much, and give it back.
import { expect, test } from "vitest";
import { encodeFrame } from "../../src/http2/frame-writer.js";
import { FRAME } from "../../src/http2/frames.js";
import { HeldBytes } from "../../src/http2/held-bytes.js";
import { CLIENT } from "../../src/http2/stream.js";
import { RecordingReader } from "../support/problem-sink.js";
import { block, bytesOf, CLIENT_OPENS, frameHeader, headers, REQUEST, same } from "./bytes.js";

const MIB = 1024 * 1024;

function opened(held: HeldBytes): RecordingReader {
  const connection = new RecordingReader(held);
  connection.reader.push(CLIENT, CLIENT_OPENS, 0);
  return connection;
}

/** A frame of 16 MiB of which so much comes. */
function unfinished(octets: number): Uint8Array {
  return bytesOf(frameHeader(2 ** 24 - 1, FRAME.headers, 0, 1), same(0x82, octets));
}

/** A header block of which so much comes, in CONTINUATION frames. */
function unfinishedBlock(octets: number): Uint8Array {
  const whole = block(1, same(0x82, octets));
  return bytesOf(whole, encodeFrame(FRAME.continuation, 0, 1, same(0x82, 1)));
}

test("a hundred connections with a frame of 1 MiB under way hold no more than the limit, and nothing when they are over", () => {
  const held = new HeldBytes(4 * MIB);
  const connections = Array.from({ length: 100 }, () => opened(held));
  for (const { reader } of connections)
    for (let part = 0; part < 16; part++) reader.push(CLIENT, part === 0 ? unfinished(65_536) : same(0x82, 65_536), 0);
  expect(held.bytes).toBeGreaterThan(2 * MIB);
  expect(held.bytes).toBeLessThanOrEqual(4 * MIB);
  for (const { reader } of connections) reader.finish(0);
  expect(held.bytes).toBe(0);
});

test("a block that finds no room ends the reading of headers, not of the connection", () => {
  const held = new HeldBytes(0);
  const connection = opened(held);
  connection.reader.push(CLIENT, block(1, same(0x82, 40_000)), 0);
  connection.reader.push(CLIENT, headers(3, REQUEST, true), 0);
  expect(connection.problems).toEqual(["ERR_HEADER_BLOCK_TOO_LARGE"]);
  expect(connection.streams).toEqual([1, 3]);
});

test("ordinary headers are read while others hold all there is, cut into octets too", () => {
  const held = new HeldBytes(MIB);
  const greedy = opened(held);
  greedy.reader.push(CLIENT, unfinishedBlock(900_000), 0);
  const connection = opened(held);
  for (const octet of headers(1, REQUEST, true)) connection.reader.push(CLIENT, Uint8Array.of(octet), 0);
  expect(connection.problems).toEqual([]);
  expect(connection.streams).toEqual([1]);
});

test("what is whole is given back", () => {
  const held = new HeldBytes();
  const connection = opened(held);
  const long = block(1, same(0x82, 500_000));
  for (let at = 0; at < long.length; at += 1000) connection.reader.push(CLIENT, long.subarray(at, at + 1000), 0);
  expect(connection.streams).toEqual([1]);
  expect(held.bytes).toBe(0);
});
