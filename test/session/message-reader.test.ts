// Captured messages as something to look at: with a schema, without, with one that comes late; inflated at once or in time.
import { randomBytes } from "node:crypto";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import type { MessageGuesser } from "../../src/message/guess.js";
import { walk } from "../../src/message/walk.js";
import { MessageDecoder } from "../../src/schema/message-decoder.js";
import { MessageReader, type MessageReaderOptions } from "../../src/session/message-reader.js";
import type { MessageView } from "../../src/session/message-view.js";
import { openedProtos, TemporaryFolder } from "../schema/temporary-folder.js";
import { ALICE, captureOf, type Lab, METHOD, THINGS_PROTO } from "./message-lab.js";

async function decoderFor(proto: string, mask = true): Promise<MessageDecoder> {
  const folder = await new TemporaryFolder().write({ "things.proto": proto });
  const decoder = new MessageDecoder(await openedProtos(folder.path), mask);
  onTestFinished(() => decoder.close());
  return decoder;
}

function readerOf(lab: Lab, options: Partial<MessageReaderOptions> = {}): MessageReader {
  const reader = new MessageReader({ capture: lab.capture, ...options });
  onTestFinished(() => reader.close());
  return reader;
}

/** A guesser that calls everything by its length, and whose mind the test changes. */
class LengthGuesser implements MessageGuesser {
  mind = 1;
  asked: string[] = [];
  readonly #listeners = new Set<() => void>();

  guess(method: string, from: string, bytes: Uint8Array) {
    this.asked.push(`${method} ${from}`);
    const json = JSON.stringify({ length: bytes.length, mind: this.mind });
    return { tree: walk(bytes, undefined), json, preview: (width: number) => json.slice(0, width) };
  }

  version(): number {
    return this.mind;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tell(): void {
    for (const listener of this.#listeners) listener();
  }
}

describe("a message whose type is known", () => {
  test("has type, JSON, value, a line, sizes, and fields with their byte ranges", async () => {
    const lab = captureOf(undefined);
    const { seq } = lab.add("server", ALICE);
    const view = readerOf(lab, { decoder: await decoderFor(THINGS_PROTO) }).peek(seq)!;
    expect(view).toMatchObject({
      type: "acme.v1.Thing",
      from: "server",
      method: METHOD,
      problems: [],
      guess: undefined,
    });
    expect(view.json).toBe('{"id":1001,"name":"Alice"}');
    expect(view.value).toEqual({ id: 1001, name: "Alice" });
    expect(view.preview(80)).toBe('id:1001 name:"Alice"');
    expect(view.preview(12)).toBe("id:1001 nam…");
    expect(view.sizes).toEqual({ wire: 10, protobuf: 10, json: 26 });
    expect(view.tree?.fields.map(({ plan, start, end }) => [plan?.name, start, end])).toEqual([
      ["id", 0, 3],
      ["name", 3, 10],
    ]);
    expect(view.problem).toBeUndefined();
  });

  test("says what does not fit, and what could be read all the same", async () => {
    const lab = captureOf(undefined);
    const unknown = lab.add("client", Uint8Array.of(...ALICE, 0x78, 1));
    const cut = lab.add("client", ALICE.subarray(0, 8));
    const reader = readerOf(lab, { decoder: await decoderFor(THINGS_PROTO) });
    expect(reader.peek(unknown.seq)).toMatchObject({
      problem: undefined,
      problems: [{ code: "ERR_UNKNOWN_FIELD", path: "15" }],
    });
    expect(reader.peek(cut.seq)).toMatchObject({
      problem: { code: "ERR_TRUNCATED" },
      json: '{"id":1001,"name":"Ali"}',
    });
  });

  test("hides fields marked debug_redact unless secrets are shown", async () => {
    const lab = captureOf(undefined);
    const { seq } = lab.add("client", Uint8Array.from(Buffer.from("1a0161", "hex")));
    const masked = readerOf(lab, { decoder: await decoderFor(THINGS_PROTO) }).peek(seq)!;
    expect([masked.json, masked.preview(80)]).toEqual(['{"secret":"<redacted>"}', "secret:<redacted>"]);
    const shown = readerOf(lab, { decoder: await decoderFor(THINGS_PROTO, false) }).peek(seq)!;
    expect([shown.json, shown.preview(80)]).toEqual(['{"secret":"a"}', 'secret:"a"']);
  });

  test("that is empty is {}", async () => {
    const lab = captureOf(undefined);
    const { seq } = lab.add("client", new Uint8Array(0));
    const view = readerOf(lab, { decoder: await decoderFor(THINGS_PROTO) }).peek(seq)!;
    expect([view.json, view.preview(80), view.value]).toEqual(["{}", "{}", {}]);
  });

  test("is found by call, side and index", () => {
    const lab = captureOf(undefined);
    const events = [lab.add("client", ALICE), lab.add("server", ALICE), lab.add("client", ALICE)];
    const reader = readerOf(lab);
    expect([reader.seqOf(1, "client", 0), reader.seqOf(1, "server", 0), reader.seqOf(1, "client", 1)]).toEqual(
      events.map(({ seq }) => seq),
    );
    expect([reader.seqOf(1, "server", 1), reader.seqOf(2, "client", 0)]).toEqual([undefined, undefined]);
  });
});

describe("a message whose type nobody knows", () => {
  test("is read by its octets alone where nobody guesses", () => {
    const lab = captureOf(undefined);
    const view = readerOf(lab).peek(lab.add("client", ALICE).seq)!;
    expect(view).toMatchObject({ type: undefined, json: undefined, guess: undefined, value: undefined, problems: [] });
    expect(view.preview(80)).toBeUndefined();
    expect(view.tree?.fields.map(({ number }) => number)).toEqual([1, 2]);
    expect(view.sizes).toEqual({ wire: 10, protobuf: 10, json: undefined });
  });

  test("is guessed at once, and again when the guesser knows better", () => {
    const lab = captureOf(undefined);
    const guesser = new LengthGuesser();
    const view = readerOf(lab, { guesser }).peek(lab.add("client", ALICE).seq)!;
    expect([view.guess?.json, view.guess?.json, view.preview(11)]).toEqual([
      '{"length":10,"mind":1}',
      '{"length":10,"mind":1}',
      '{"length":1',
    ]);
    expect(guesser.asked).toEqual([`${METHOD} client`]);
    guesser.mind = 2;
    expect(view.value).toEqual({ length: 10, mind: 2 });
    expect(view.json).toBeUndefined();
  });

  test("is not guessed at when it is no gRPC message", () => {
    const lab = captureOf(undefined, "unknown");
    const guesser = new LengthGuesser();
    expect(readerOf(lab, { guesser }).peek(lab.add("client", ALICE).seq)?.guess).toBeUndefined();
    expect(guesser.asked).toEqual([]);
  });

  test("is read anew when the user says how", () => {
    const lab = captureOf(undefined);
    const guesser = new LengthGuesser();
    const reader = readerOf(lab, { guesser });
    const { seq } = lab.add("client", ALICE);
    const before = reader.peek(seq);
    expect(reader.peek(seq)).toBe(before);
    const versions: number[] = [];
    reader.onChange(() => versions.push(reader.version));
    guesser.tell();
    expect(versions).toHaveLength(1);
    expect(reader.peek(seq)).not.toBe(before);
  });
});

describe("a schema that comes late", () => {
  test("reads what was captured before, and tells those who showed it", async () => {
    const folder = await new TemporaryFolder().write({ "empty.proto": 'syntax = "proto3";' });
    const schema = await openedProtos(folder.path);
    const decoder = new MessageDecoder(schema, true);
    const lab = captureOf(undefined);
    const guesser = new LengthGuesser();
    const reader = readerOf(lab, { decoder, guesser });
    const { seq } = lab.add("client", ALICE);
    const early = reader.peek(seq)!;
    expect([early.type, early.guess?.json]).toEqual([undefined, '{"length":10,"mind":1}']);
    const { version } = reader;
    const told = new Promise<void>((resolve) => reader.onChange(resolve));
    schema.addDescriptors("told", [await descriptorOf(THINGS_PROTO)]);
    await told;
    expect(reader.version).toBeGreaterThan(version);
    expect(reader.peek(seq)).toMatchObject({
      type: "acme.v1.Thing",
      guess: undefined,
      json: '{"id":1001,"name":"Alice"}',
    });
    // What somebody still holds stays as it was.
    expect(early.type).toBeUndefined();
  });

  test("is asked for by who reads; who peeks does not wait for it", async () => {
    const lab = captureOf(undefined);
    const decoder = await decoderFor('syntax = "proto3";');
    let asked = 0;
    decoder.ask = () => {
      asked++;
      return new Promise(() => {});
    };
    const reader = readerOf(lab, { decoder });
    const event = lab.add("client", ALICE);
    expect(reader.peek(event.seq)?.type).toBeUndefined();
    expect(asked).toBe(1);
    decoder.ask = () => Promise.resolve();
    expect((await reader.read(event.seq))?.type).toBeUndefined();
    expect((await reader.readOnce(event)).type).toBeUndefined();
  });
});

/** As a server would tell it. */
async function descriptorOf(proto: string): Promise<Uint8Array> {
  const { FileDescriptorProtoSchema } = await import("@bufbuild/protobuf/wkt");
  const { toBinary } = await import("@bufbuild/protobuf");
  const folder = await new TemporaryFolder().write({ "things.proto": proto });
  const method = (await openedProtos(folder.path)).method(METHOD);
  return toBinary(FileDescriptorProtoSchema, method!.parent.file.proto);
}

describe("a compressed message", () => {
  const encoders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync } as const;

  test.each(Object.entries(encoders))("in %s is inflated at once when it is small", async (encoding, compress) => {
    const lab = captureOf(encoding);
    const wire = compress(ALICE);
    const { seq } = lab.add("client", wire, 1);
    const view = readerOf(lab, { decoder: await decoderFor(THINGS_PROTO) }).peek(seq)!;
    expect(view.json).toBe('{"id":1001,"name":"Alice"}');
    expect(view.event).toMatchObject({ length: 10, wireLength: wire.length });
    expect(Buffer.compare(view.wireBytes!, wire)).toBe(0);
    expect(view.sizes).toEqual({ wire: wire.length, protobuf: 10, json: 26 });
  });

  test("in raw deflate, which is met all the same, is inflated too", () => {
    const lab = captureOf("deflate");
    expect(readerOf(lab).peek(lab.add("client", deflateRawSync(ALICE), 1).seq)?.bytes).toEqual(Buffer.from(ALICE));
  });

  test("that inflates to much is left to those who wait", async () => {
    const lab = captureOf("gzip");
    const large = Buffer.alloc(300 * 1024, "a");
    const { seq } = lab.add("client", gzipSync(large), 1);
    const reader = readerOf(lab);
    expect(reader.peek(seq)).toBeUndefined();
    expect((await reader.read(seq))?.bytes).toHaveLength(large.length);
    expect(reader.peek(seq)?.bytes).toHaveLength(large.length);
  });

  test("that has much to inflate is left to those who wait", async () => {
    const lab = captureOf("gzip");
    const event = lab.add("client", gzipSync(randomBytes(65 * 1024)), 1);
    const reader = readerOf(lab);
    expect(reader.peek(event.seq)).toBeUndefined();
    expect((await reader.readOnce(event)).bytes).toHaveLength(65 * 1024);
  });

  test("is read within the limit, and says why where that is not enough", async () => {
    const lab = captureOf("gzip");
    const { seq } = lab.add("client", gzipSync(Buffer.alloc(1001)), 1);
    const reader = readerOf(lab, { maxInflatedBytes: 1000 });
    expect(reader.peek(seq)).toBeUndefined();
    const view = await reader.read(seq);
    expect(view).toMatchObject({ bytes: undefined, tree: undefined, problem: { code: "ERR_INFLATED_SIZE" } });
    expect(view?.sizes.protobuf).toBeUndefined();
  });

  test("that is none says so at once", () => {
    const lab = captureOf("gzip");
    const view = readerOf(lab).peek(lab.add("client", ALICE, 1).seq);
    expect(view).toMatchObject({ bytes: undefined, problem: { code: "ERR_DECOMPRESS" }, event: { length: 10 } });
    const other = captureOf("lz4");
    expect(readerOf(other).peek(other.add("client", ALICE, 1).seq)?.problem?.code).toBe("ERR_UNKNOWN_ENCODING");
    const none = captureOf(undefined);
    expect(readerOf(none).peek(none.add("client", ALICE, 1).seq)?.problem?.code).toBe("ERR_NO_ENCODING");
  });
});

describe("what was read", () => {
  const contents = (view: MessageView | undefined) => [view?.json, view?.problem, view?.bytes, view?.preview(60)];

  test("is the same by any way, whatever the octets", async () => {
    const decoder = await decoderFor(THINGS_PROTO);
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), fc.boolean(), async (bytes, zipped) => {
        const lab = captureOf("gzip");
        const event = lab.add("server", zipped ? gzipSync(bytes) : bytes, zipped ? 1 : 0);
        const reader = readerOf(lab, { decoder });
        const peeked = contents(readerOf(lab, { decoder }).peek(event.seq));
        expect(contents(await reader.read(event.seq))).toEqual(peeked);
        expect(contents(await reader.readOnce(event))).toEqual(peeked);
        expect(contents(reader.peek(event.seq))).toEqual(peeked);
      }),
      { numRuns: 200 },
    );
  });

  test("is remembered while there is room", async () => {
    const lab = captureOf(undefined);
    const first = lab.add("client", ALICE);
    const decoder = await decoderFor(THINGS_PROTO);
    const reader = readerOf(lab, { decoder, maxRememberedBytes: 10_000 });
    const view = reader.peek(first.seq);
    expect(await reader.read(first.seq)).toBe(view);
    // One message of 2,000 fields takes more than all the room once its fields are looked at.
    const large = reader.peek(lab.add("client", Buffer.from("0801".repeat(2000), "hex")).seq)!;
    expect(reader.peek(first.seq)).toBe(view);
    expect(large.tree?.fields).toHaveLength(2000);
    expect(large.heldBytes).toBeGreaterThan(10_000);
    expect(reader.peek(large.event.seq)).not.toBe(large);
  });

  test("is not there for what is no message, or no more", async () => {
    const lab = captureOf(undefined);
    const reader = readerOf(lab);
    expect([reader.peek(1), reader.peek(99), await reader.read(1), await reader.read(99)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
    const event = lab.add("client", ALICE);
    lab.capture.messageBytes = () => undefined;
    const view = reader.peek(event.seq);
    expect([view?.bytes, view?.tree, view?.guess, view?.preview(80)]).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });
});
