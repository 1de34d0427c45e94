// Parts of HTTP/2 that gRPC seldom uses and a proxy must not stumble over (RFC 9113 §5.5, §8.1; RFC 8297).
import { frameName } from "../../../src/http2/frames.js";
import type { Field } from "../../../src/model/fields.js";
import type { Check } from "../check.js";
import type { Connection, FrameFacts } from "../connection.js";
import { describe, OK, RESPONSE } from "../lab.js";
import { frame } from "../raw-http2.js";

const FINISHED = "H D H+END OK";
/** A frame type that nobody has registered. */
const UNKNOWN_TYPE = 0xbe;
const UNKNOWN = Buffer.from("what is this?");

export const FRAMES: readonly Check[] = [
  {
    name: "unknown frame is harmless",
    proves: "A frame of an unknown type (RFC 9113 §5.5), either way, leaves the call alone.",
    level: "grpc",
    async run(lab) {
      const client = await lab.request({ end: false });
      client.connection.write(frame(UNKNOWN_TYPE, 0, 0, UNKNOWN));
      await client.message("question", { endStream: true });
      const server = await lab.arrival(client);
      await lab.over(server);
      server.headers(RESPONSE);
      server.connection.write(frame(UNKNOWN_TYPE, 0, server.id, UNKNOWN));
      await server.message("answer");
      server.headers(OK, { endStream: true });
      await lab.over(client);
      return [["client", FINISHED, describe(client)]];
    },
  },
  {
    name: "unknown frame arrives",
    proves: "Extensions that only the peers know work through the proxy.",
    level: "transparent",
    async run(lab) {
      const client = await lab.request({ end: false });
      client.connection.write(frame(UNKNOWN_TYPE, 0x5, 0, UNKNOWN));
      await client.message("question", { endStream: true });
      const server = await lab.arrival(client);
      await lab.over(server);
      server.connection.write(frame(UNKNOWN_TYPE, 0xa, server.id, UNKNOWN));
      server.headers([...RESPONSE, ...OK], { endStream: true });
      await lab.over(client);
      return [
        ["server", "flags 5, what is this?", unknowns(server.connection)],
        ["client", "flags 10, what is this?", unknowns(client.connection)],
      ];
    },
  },
  {
    name: "103 before the response",
    proves: "Informational headers arrive before the real ones and are not taken for them (RFC 9113 §8.1).",
    level: "transparent",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["question"] });
      const early: Field[] = [
        [":status", "103"],
        ["link", "</style.css>; rel=preload"],
      ];
      server.headers(early);
      server.headers(RESPONSE);
      await server.message("answer");
      server.headers(OK, { endStream: true });
      await lab.over(client);
      return [["client", "103 H D H+END", client.shape]];
    },
  },
  {
    name: "a request of HEADERS alone",
    proves: "END_STREAM on the request's HEADERS stays there, and is not turned into an empty DATA frame.",
    level: "transparent",
    async run(lab) {
      const { client, server } = await lab.call({ endStream: true });
      await lab.over(server);
      server.headers([...RESPONSE, ...OK], { endStream: true });
      await lab.over(client);
      return [["server", "H+END", server.shape]];
    },
  },
  {
    name: "frame for frame",
    proves: "Frames arrive with the types, flags and lengths they were sent with: padding, cuts, CONTINUATION and all.",
    level: "transparent",
    async run(lab) {
      const client = await lab.request({ end: false, padding: 9, split: 50 });
      await client.data(Buffer.alloc(30), { frameBytes: 10, padding: 3 });
      client.end();
      const server = await lab.arrival(client);
      await lab.over(server);
      server.headers(RESPONSE, { split: 4 });
      await server.data(Buffer.alloc(30), { frameBytes: 7 });
      await server.data(Buffer.alloc(0), { padding: 5 });
      server.headers(OK, { endStream: true, padding: 1 });
      await lab.over(client);
      const up = print(client.connection.sent, client.id);
      const down = print(server.connection.sent, server.id);
      return [
        ["server", compare(up, up), compare(up, print(server.connection.seen, server.id))],
        ["client", compare(down, down), compare(down, print(client.connection.seen, client.id))],
      ];
    },
  },
];

function unknowns(connection: Connection): string {
  return (
    connection.unknown.map(({ flags, payload }) => `flags ${flags}, ${payload.toString("latin1")}`).join("; ") || "none"
  );
}

/** Type, flags and length of each frame of a stream. */
function print(frames: readonly FrameFacts[], stream: number): string[] {
  return frames
    .filter((item) => item.stream === stream)
    .map(({ type, flags, length }) => `${frameName(type)} flags ${flags} length ${length}`);
}

/** "7 frames as sent", else the first that is not. */
function compare(sent: readonly string[], seen: readonly string[]): string {
  const at = sent.findIndex((item, index) => item !== seen[index]);
  if (at >= 0) return `frame ${at + 1} is ${seen[at] ?? "missing"}, sent ${sent[at]}`;
  return seen.length > sent.length ? `${seen.length} frames of ${sent.length}` : `${sent.length} frames as sent`;
}
