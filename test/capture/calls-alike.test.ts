// Calls that say nearly the same: what is known of one is not taken for the other's.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Capture } from "../../src/capture/capture.js";
import { ConnectionRecorder } from "../../src/capture/connection-recorder.js";
import { CLIENT, SERVER } from "../../src/http2/stream.js";
import type { Field } from "../../src/model/fields.js";
import { readStatusCode, readTimeout } from "../../src/rpc/grpc.js";
import { concat, data, encodeSettings, hello, message, Speaker } from "../support/frames.js";

interface Said {
  readonly path: string;
  readonly authority: string;
  readonly contentType: string;
  readonly timeouts: readonly string[];
  readonly id: string;
  readonly date: string;
  readonly httpStatus: string;
  readonly grpcStatus: string;
  readonly grpcMessage: string;
}

const few = (...values: readonly string[]) => fc.constantFrom(...values);
const said: fc.Arbitrary<Said> = fc.record({
  path: few("/s/M", "/s/M", "/s/M", "/s/N"),
  authority: few("a.test", "a.test", "b.test"),
  contentType: few("application/grpc", "application/grpc", "application/grpc+proto", "text/plain"),
  timeouts: fc.oneof(
    few("1S", "999m", "998m", "1x", "999999999S").map((one) => [one]),
    few("1S", "2S").map((one) => [one, "5S"]),
    few("1S", "2S").map((one) => ["5S", one]),
    fc.constant([]),
  ),
  id: fc.string({ maxLength: 6 }).map((text) => Buffer.from(text).toString("hex")),
  date: few("Mon", "Tue", "Wed"),
  httpStatus: few("200", "200", "200", "503", "nothing"),
  grpcStatus: few("0", "0", "5", "x"),
  grpcMessage: few("", "gone", "late"),
});

function requestOf({ path, authority, contentType, timeouts, id }: Said): readonly Field[] {
  return [
    [":method", "POST"],
    [":path", path],
    [":authority", authority],
    ["content-type", contentType],
    ["x-id", id],
    ...timeouts.map((value): Field => ["grpc-timeout", value]),
  ];
}

function responseOf({ httpStatus, contentType, date }: Said): readonly Field[] {
  return [
    [":status", httpStatus],
    ["content-type", contentType],
    ["date", date],
  ];
}

function trailersOf({ grpcStatus, grpcMessage }: Said): readonly Field[] {
  return [
    ["grpc-status", grpcStatus],
    ["grpc-message", grpcMessage],
  ];
}

test("each call has what its own lists say", () => {
  fc.assert(
    fc.property(fc.array(said, { minLength: 2, maxLength: 30 }), (calls) => {
      const capture = new Capture();
      const recorder = new ConnectionRecorder(capture);
      recorder.opened({ client: "127.0.0.1:1", server: "127.0.0.1:2", relay: "tap", protocol: "h2" });
      const [client, server] = [new Speaker(), new Speaker()];
      recorder.read(CLIENT, hello());
      recorder.read(SERVER, encodeSettings([]));
      for (const [i, call] of calls.entries()) {
        const stream = 2 * i + 1;
        const asks = client.headers(stream, requestOf(call));
        recorder.read(CLIENT, concat(asks, data(stream, message("hi"), { endStream: true })));
        const answers = server.headers(stream, responseOf(call));
        const ends = server.headers(stream, trailersOf(call), { endStream: true });
        recorder.read(SERVER, concat(answers, data(stream, message("ho")), ends));
      }
      for (const [i, said] of calls.entries()) {
        const call = capture.call(i + 1)!;
        const timeoutMs = said.timeouts.length === 0 ? undefined : readTimeout(said.timeouts.at(-1)!);
        expect(call.method).toBe(said.path);
        expect(call.timeoutMs).toBe(timeoutMs);
        const grpc = said.contentType.startsWith("application/grpc");
        expect(call.protocol).toBe(grpc ? "grpc" : "unknown");
        const lists = [...capture.eventsOf(i + 1)].flatMap((event) => ("fields" in event ? [event.fields] : []));
        expect(lists).toEqual([requestOf(said), responseOf(said), trailersOf(said)]);
        const code = readStatusCode(said.grpcStatus) ?? 2;
        expect(call.end).toMatchObject({ how: "trailers", by: "server", status: { code, source: "trailers" } });
      }
    }),
    { numRuns: 300 },
  );
});
