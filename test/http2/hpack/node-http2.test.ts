// Outside bytes: what Node's own HTTP/2 client and server wrote to a socket decodes to what they were given to send.
import { once } from "node:events";
import http2 from "node:http2";
import net from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { HpackDecoder } from "../../../src/http2/hpack/decoder.js";
import type { Field } from "../../../src/model/fields.js";
import { decodeFields } from "./blocks.js";

const PREFACE_BYTES = 24;
const CALLS = 200;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

describe.each([
  ["the usual table of 4,096 octets", 4096],
  ["a table of 65,536 octets", 65536],
  ["no table", 0],
])("over one connection with %s", (_what, headerTableSize) => {
  test(`${CALLS} calls with changing fields decode to what was sent, both ways`, async () => {
    const { port, clientBytes, serverBytes } = await startRecorded(headerTableSize);
    const session = http2.connect(`http://127.0.0.1:${port}`, { settings: { headerTableSize } });
    closers.push(async () => {
      session.close();
      if (!session.destroyed) await once(session, "close");
    });
    await once(session, "remoteSettings");
    const requests: Field[][] = [];
    const answers: Field[][] = [];
    for (let i = 0; i < CALLS; i++) {
      const request = session.request(requestFields(i), { endStream: true });
      const [headers] = (await once(request, "response")) as [http2.IncomingHttpHeaders];
      expect(headers[":status"]).toBe(200);
      request.resume();
      await once(request, "close");
      requests.push(pairs(requestFields(i)));
      answers.push(pairs(answerFields(i)));
    }
    expect(decodeAll(clientBytes().subarray(PREFACE_BYTES), headerTableSize).map(sorted)).toEqual(requests.map(sorted));
    expect(decodeAll(serverBytes(), headerTableSize).map(sorted)).toEqual(answers.map(sorted));
  });
});

function requestFields(i: number): http2.OutgoingHttpHeaders {
  return {
    ":method": "POST",
    ":scheme": "http",
    ":authority": "greeter.test",
    ":path": `/helloworld.Greeter/Method${i % 7}`,
    te: "trailers",
    "content-type": "application/grpc",
    "grpc-timeout": `${1000 + i}m`,
    "x-request-id": `${(i * 2654435761) % 2 ** 32}`.repeat(1 + (i % 5)),
    [`x-name-${i % 50}`]: "v".repeat(i),
    authorization: `Bearer ${i % 3}`,
    "x-octets": Buffer.from([0x80 + (i % 100), 0xff, 0xe9]).toString("latin1"),
  };
}

function answerFields(i: number): http2.OutgoingHttpHeaders {
  return {
    ":status": "200",
    "content-type": "application/grpc",
    "grpc-status": String(i % 17),
    "grpc-message": `call ${i} of many`,
    date: new Date(i * 1000).toUTCString(),
    "set-cookie": `session=${i % 4}`,
  };
}

function pairs(fields: http2.OutgoingHttpHeaders): Field[] {
  return Object.entries(fields).map(([name, value]) => [name, String(value)]);
}

/** Node puts pseudo fields first and may move others; which ones there are is what counts here. */
function sorted(fields: readonly Field[]): Field[] {
  return fields.toSorted(([a], [b]) => (a < b ? -1 : 1));
}

/** An HTTP/2 server behind a socket pipe that keeps what each side wrote. */
async function startRecorded(headerTableSize: number) {
  const server = http2.createServer({ settings: { headerTableSize } });
  let calls = 0;
  server.on("stream", (stream) => stream.respond(answerFields(calls++), { endStream: true }));
  const kept = { client: [] as Buffer[], server: [] as Buffer[] };
  const pipe = net.createServer((client) => {
    const upstream = net.connect((server.address() as net.AddressInfo).port, "127.0.0.1");
    client.on("data", (chunk) => kept.client.push(chunk)).pipe(upstream);
    upstream.on("data", (chunk) => kept.server.push(chunk)).pipe(client);
    for (const socket of [client, upstream]) socket.on("error", () => [client, upstream].map((end) => end.destroy()));
  });
  for (const listener of [server, pipe]) {
    listener.listen(0, "127.0.0.1");
    await once(listener, "listening");
    closers.push(async () => {
      listener.close();
      await once(listener, "close");
    });
  }
  return {
    port: (pipe.address() as net.AddressInfo).port,
    clientBytes: () => Buffer.concat(kept.client),
    serverBytes: () => Buffer.concat(kept.server),
  };
}

/** The fields of each HEADERS and its CONTINUATION frames (RFC 9113 §6.2, §6.10), read by a decoder of their own. */
function decodeAll(bytes: Uint8Array, headerTableSize: number): (readonly Field[])[] {
  const decoder = new HpackDecoder();
  decoder.allowTableSize(headerTableSize);
  const lists: (readonly Field[])[] = [];
  let block: number[] = [];
  for (let at = 0; at + 9 <= bytes.length; ) {
    const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
    const [type, flags] = [bytes[at + 3]!, bytes[at + 4]!];
    const payload = bytes.subarray(at + 9, at + 9 + length);
    at += 9 + length;
    if (type !== 1 && type !== 9) continue;
    const padded = type === 1 && flags & 0x8 ? 1 : 0;
    const priority = type === 1 && flags & 0x20 ? 5 : 0;
    block.push(...payload.subarray(padded + priority, payload.length - (padded ? payload[0]! : 0)));
    if ((flags & 0x4) === 0) continue;
    lists.push(decodeFields(decoder, Uint8Array.from(block)));
    block = [];
  }
  return lists;
}
