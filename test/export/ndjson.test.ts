import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type NdjsonOptions, ndjsonLine } from "../../src/export/ndjson.js";
import { Capture, type CaptureEvent, type MessageEvent } from "../../src/index.js";
import { MessageReader } from "../../src/session/message-reader.js";

const OPTIONS: NdjsonOptions = { bodies: true, showSecrets: false, salt: 1 };

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

describe("a line of ndjson", () => {
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
