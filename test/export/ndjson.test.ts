import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { type NdjsonOptions, ndjsonLine, ndjsonPieces } from "../../src/export/ndjson.js";
import { Capture, type CaptureEvent, type MessageEvent } from "../../src/index.js";
import { MessageDecoder } from "../../src/schema/message-decoder.js";
import { SchemalessReader } from "../../src/schemaless/schemaless-reader.js";
import { MessageReader } from "../../src/session/message-reader.js";
import { openedProtos, TemporaryFolder } from "../schema/temporary-folder.js";
import { captureOf, THINGS_PROTO } from "../session/message-lab.js";

const OPTIONS: NdjsonOptions = { bodies: true, showSecrets: false, salt: 1 };

const BIG = "message Thing { string a = 1; string b = 2; bytes c = 3; }";

interface Told {
  readonly data: string;
  readonly json?: { readonly a: string; readonly b: string; readonly c: string };
  readonly jsonLength?: number;
  readonly guess?: { readonly fields: readonly { readonly value: string }[] };
}

/** Octets that are neither text nor numbers. */
function noise(octets: number): Buffer {
  return Buffer.concat(
    Array.from({ length: octets / 50 }, (_, at) => createHash("sha512").update(`${at}`).digest().subarray(0, 50)),
  );
}

async function decoderFor(proto: string): Promise<MessageDecoder> {
  const folder = await new TemporaryFolder().write({ "things.proto": proto });
  const decoder = new MessageDecoder(await openedProtos(folder.path), true);
  onTestFinished(() => decoder.close());
  return decoder;
}

/** A capture that holds one message and nothing else. */
function holding(bytes: Uint8Array | undefined): Capture {
  const capture = new Capture();
  capture.messageBytes = () => bytes;
  return capture;
}

function message(over: Partial<MessageEvent>): MessageEvent {
  const common = { seq: 1, at: 1, kind: "client-message", call: 1, index: 0 } as const;
  return { ...common, length: 4, wireLength: 4, encoding: "identity", ...over };
}

async function line(
  event: CaptureEvent,
  bytes?: Uint8Array,
  { maxInflatedBytes, ...options }: Partial<NdjsonOptions> & { readonly maxInflatedBytes?: number } = {},
) {
  const capture = holding(bytes);
  const messages = new MessageReader({ capture, maxInflatedBytes });
  const text = await ndjsonLine(event, capture, { ...OPTIONS, messages, ...options });
  expect(text.endsWith("\n") && text.indexOf("\n") === text.length - 1).toBe(true);
  return JSON.parse(text) as Record<string, unknown>;
}

/** A field of that number and wire type 2. */
function field(number: number, value: Buffer): Buffer {
  const tag = Buffer.alloc(6);
  tag.writeUInt8((number << 3) | 2);
  // A varint of five octets, however small.
  for (let at = 0; at < 5; at++) tag[at + 1] = ((value.length >>> (7 * at)) & 127) | (at < 4 ? 128 : 0);
  return Buffer.concat([tag, value]);
}

describe("a line of ndjson", () => {
  test("of a message of megabytes comes in small pieces, and says the same as one of a few octets", async () => {
    const parts = [Buffer.alloc(400_000, 'so "long" '), Buffer.alloc(100, "short "), noise(300_000)];
    const bytes = Buffer.concat(parts.map((part, at) => field(at + 1, part)));
    const { capture, add } = captureOf(undefined);
    const event = add("client", bytes);
    const schema = { decoder: await decoderFor(THINGS_PROTO.replace(/message Thing {.*/, BIG)) };
    for (const source of [schema, { guesser: new SchemalessReader() }]) {
      const messages = new MessageReader({ capture, ...source });
      const pieces = [...((await ndjsonPieces(event, capture, { ...OPTIONS, messages })) as Iterable<string>)];
      expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(100_000);
      const text = await ndjsonLine(event, capture, { ...OPTIONS, messages });
      expect(pieces.join("") === text).toBe(true);
      const told = JSON.parse(text) as Told;
      expect(told.data === bytes.toString("base64")).toBe(true);
      const values = told.json ? [told.json.a, told.json.b, told.json.c] : told.guess?.fields.map(({ value }) => value);
      const expected = parts.map((part, at) => part.toString(at < 2 ? "utf8" : "base64"));
      expect(values?.map((value, at) => value === expected[at])).toEqual([true, true, true]);
      if (told.json !== undefined) expect(told.jsonLength).toBe(Buffer.byteLength(JSON.stringify(told.json)));
    }
  });

  test("of any text is one line", async () => {
    const event = {
      seq: 1,
      at: 1,
      kind: "protocol-error",
      from: "client",
      connection: 1,
      code: "ERR_X",
      message: "a\nb\u2028\x1b",
    } as const;
    expect(await line(event)).toEqual(event);
  });

  test("has a message's bytes only where they are wanted and kept", async () => {
    const bytes = Buffer.from([1, 2, 3, 4]);
    expect(await line(message({}), bytes)).toMatchObject({ data: "AQIDBA==" });
    expect(await line(message({}), bytes, { bodies: false })).not.toHaveProperty("data");
    expect(await line(message({ trimmed: true }), undefined)).toEqual(message({ trimmed: true }));
    expect(await line(message({ encoding: "gzip", compressed: true, trimmed: true }), undefined)).not.toHaveProperty(
      "problem",
    );
  });

  test("does not inflate what is cut or only partly kept", async () => {
    const bytes = gzipSync(Buffer.alloc(100)).subarray(0, 10);
    const part = message({ encoding: "gzip", compressed: true, truncated: true });
    expect(await line(part, bytes)).toEqual({ ...part, data: bytes.toString("base64") });
    const problem = { code: "ERR_MESSAGE_CUT", message: "cut after 4 of 9 bytes" };
    const cut = message({ encoding: "gzip", compressed: true, problem });
    expect(await line(cut, bytes)).toEqual({ ...cut, data: bytes.toString("base64") });
  });

  test("inflates up to the limit", async () => {
    const bytes = gzipSync(Buffer.alloc(1000));
    const event = message({ encoding: "gzip", compressed: true, wireLength: bytes.length });
    expect(await line(event, bytes, { maxInflatedBytes: 1000 })).toMatchObject({
      length: 1000,
      wireLength: bytes.length,
    });
    expect(await line(event, bytes, { maxInflatedBytes: 999 })).toMatchObject({
      problem: { code: "ERR_INFLATED_SIZE" },
      data: bytes.toString("base64"),
    });
  });

  test("hides secrets in every list of fields, and shows them when told to", async () => {
    const fields = [
      ["authorization", "swordfish"],
      ["x", "y"],
    ] as const;
    const header = { seq: 1, at: 1, kind: "server-header", call: 1, fields } as const;
    expect(await line(header)).toMatchObject({
      fields: [
        ["authorization", expect.stringMatching(/^<masked/)],
        ["x", "y"],
      ],
    });
    expect(await line(header, undefined, { showSecrets: true })).toEqual(header);
  });
});
