// Entries of a binary log against protobufjs's reading of the published .proto, and against anything at all.
import { join } from "node:path";
import fc from "fast-check";
import protobuf from "protobufjs";
import { expect, test } from "vitest";
import {
  decodeEntry,
  ENTRY,
  encodeEntry,
  encodeInPieces,
  LENGTH_BYTES,
  type LogEntry,
} from "../../src/binary-log/entry.js";
import { LogEntries } from "../../src/binary-log/log-entries.js";
import type { Field } from "../../src/model/fields.js";

const ENTRY_TYPE = protobuf
  .loadSync(join(import.meta.dirname, "binarylog.proto"))
  .lookupType("grpc.binarylog.v1.GrpcLogEntry");

const octets = fc.uint8Array({ maxLength: 20 });
const latin1 = octets.map((bytes) => Buffer.from(bytes).toString("latin1"));
const micros = fc.integer({ min: 0, max: 4e15 }).map((value) => value / 1000);
const field = fc.tuple(fc.string(), latin1) as fc.Arbitrary<Field>;
const peer = fc.oneof(
  fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 })).map(([host, port]) => `${host}:${port}`),
  fc.integer({ min: 1, max: 65_535 }).map((port) => `[::1]:${port}`),
  fc.constant("unix:/run/app.sock"),
);
const common = {
  at: micros,
  call: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String),
  sequence: fc.nat(),
  logger: fc.constantFrom(0, 1, 2),
};
/** As a logger writes them: what each type has, whole. */
const entry = fc.oneof(
  fc.record({
    ...common,
    type: fc.constant(ENTRY.clientHeader),
    metadata: fc.array(field),
    method: fc.string({ minLength: 1 }),
    authority: fc.string({ minLength: 1 }),
    timeoutMs: micros,
    peer,
  }),
  fc.record({ ...common, type: fc.constant(ENTRY.serverHeader), metadata: fc.array(field), peer }),
  fc.record({
    ...common,
    type: fc.constantFrom(ENTRY.clientMessage, ENTRY.serverMessage),
    message: fc.record({ length: fc.nat(), data: octets }),
    truncated: fc.constant(true),
  }),
  fc.record({
    ...common,
    type: fc.constant(ENTRY.serverTrailer),
    metadata: fc.array(field),
    status: fc.record({ code: fc.nat(), message: fc.string(), details: fc.uint8Array({ minLength: 1, maxLength: 9 }) }),
  }),
  fc.record({ ...common, type: fc.constantFrom(ENTRY.clientHalfClose, ENTRY.cancel) }),
) as fc.Arbitrary<LogEntry>;

/** With what only ours have. */
const own = fc
  .tuple(entry, fc.record({ more: fc.string(), wire: octets, types: octets }, { requiredKeys: [] }))
  .map(([standard, more]): LogEntry => ({ ...standard, ...more }));

function behind(length: Uint8Array): Uint8Array {
  expect(new DataView(length.buffer, length.byteOffset).getUint32(0)).toBe(length.length - LENGTH_BYTES);
  return length.subarray(LENGTH_BYTES);
}

test("an entry says to others what it says to us", () => {
  fc.assert(
    fc.property(entry, (given) => {
      const bytes = behind(encodeEntry(given));
      const told = ENTRY_TYPE.toObject(ENTRY_TYPE.decode(bytes), { longs: String, bytes: Array, defaults: true });
      const { timestamp, clientHeader, serverHeader, message, trailer } = told;
      expect([told.callId, told.sequenceIdWithinCall, told.type, told.logger]).toEqual([
        ...[given.call, String(given.sequence), given.type, given.logger],
      ]);
      expect(Number(timestamp.seconds) * 1000 + timestamp.nanos / 1e6).toBeCloseTo(given.at, 3);
      const metadata = (clientHeader ?? serverHeader ?? trailer)?.metadata.entry;
      expect(
        metadata?.map(({ key, value }: { key: string; value: number[] }) => [
          key,
          Buffer.from(value).toString("latin1"),
        ]),
      ).toEqual(given.metadata);
      expect(clientHeader && [clientHeader.methodName, clientHeader.authority]).toEqual(
        given.method && [given.method, given.authority],
      );
      expect(message && [message.length, [...message.data]]).toEqual(
        given.message && [given.message.length, [...given.message.data]],
      );
      expect(trailer && [trailer.statusCode, trailer.statusMessage, [...trailer.statusDetails]]).toEqual(
        given.status && [given.status.code, given.status.message, [...given.status.details!]],
      );
      expect(told.payloadTruncated).toBe(given.truncated ?? false);
      // What others write is read as well as what we write.
      const again = Uint8Array.from(ENTRY_TYPE.encode(ENTRY_TYPE.decode(bytes)).finish());
      expect(decodeEntry(again)).toEqual(decodeEntry(bytes));
    }),
  );
});

test("what was written is read", () => {
  fc.assert(
    fc.property(own, (given) => {
      const read = decodeEntry(behind(encodeEntry(given)))!;
      const { at, timeoutMs, ...rest } = given;
      expect(read).toMatchObject(rest);
      expect(read.at).toBeCloseTo(at, 3);
      if (timeoutMs !== undefined) expect(read.timeoutMs).toBeCloseTo(timeoutMs, 3);
    }),
  );
});

test("in pieces it is the same", () => {
  const octetsOf = (length: number) => Buffer.alloc(length, "octets");
  for (const data of [0, 1, 32_768, 100_000])
    for (const wire of [undefined, 0, 70_000]) {
      const message = { length: data, data: octetsOf(data) };
      const common = { at: 1.5, call: "7", sequence: 3, type: ENTRY.clientMessage, logger: 0, truncated: true };
      const given = { ...common, message, more: '{"a":1}', wire: wire === undefined ? undefined : octetsOf(wire) };
      expect(Buffer.concat([...encodeInPieces(given)]).equals(encodeEntry(given)), `${data} ${wire}`).toBe(true);
    }
});

test("any octets are an entry or none", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(() => decodeEntry(bytes)).not.toThrow();
    }),
  );
});

async function* inPieces(bytes: Uint8Array, sizes: readonly number[]): AsyncIterable<Uint8Array> {
  let at = 0;
  for (let next = 0; at < bytes.length; next++) {
    const end = at + (sizes[next % sizes.length] ?? bytes.length);
    yield bytes.subarray(at, end);
    at = end;
  }
}

async function readAll(chunks: AsyncIterable<Uint8Array>) {
  const log = new LogEntries(chunks);
  const entries: LogEntry[] = [];
  for await (const one of log) entries.push(one);
  return { entries, log };
}

test("a log is read in whatever pieces it comes, and a cut costs the last entry alone", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(own, { maxLength: 8 }),
      fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }),
      fc.nat(),
      async (given, sizes, cut) => {
        const encoded = given.map(encodeEntry);
        const bytes = Buffer.concat(encoded);
        const whole = await readAll(inPieces(bytes, sizes));
        expect(whole.entries).toEqual(encoded.map((one) => decodeEntry(one.subarray(LENGTH_BYTES))));
        expect(whole.log).toMatchObject({ wholeBytes: bytes.length, problem: undefined, isCut: false });
        const length = bytes.length === 0 ? 0 : cut % bytes.length;
        const part = await readAll(inPieces(bytes.subarray(0, length), sizes));
        let before = 0;
        let wholeBytes = 0;
        for (const one of encoded) {
          if (wholeBytes + one.length > length) break;
          wholeBytes += one.length;
          before++;
        }
        expect(part.entries).toEqual(whole.entries.slice(0, before));
        expect(part.log).toMatchObject({ wholeBytes, isCut: length > wholeBytes });
      },
    ),
  );
});

test("a length that no entry has ends the reading, and nothing is set aside for it", async () => {
  const good = encodeEntry({ at: 1, call: "1", sequence: 1, type: ENTRY.cancel, logger: 0 });
  const { entries, log } = await readAll(inPieces(Buffer.concat([good, Buffer.from("plain text")]), [3]));
  expect(entries).toHaveLength(1);
  expect(log).toMatchObject({ wholeBytes: good.length, problem: `no entry at octet ${good.length}`, isCut: false });
});
