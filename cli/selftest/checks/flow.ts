// Much data, many streams, and windows (RFC 9113 §5.1.2, §5.2).
import { createHash } from "node:crypto";
import type { Check } from "../check.js";
import { describe, type Fact, type Lab, OK, RESPONSE } from "../lab.js";
import type { Stream } from "../stream.js";

const MIB = 1024 * 1024;

/** The long message. */
const LONG_BYTES = 32 * MIB;

/** What the stalled sender would like to send, and what it may get rid of: socket buffers of two legs, and some. */
const STALLED_BYTES = 64 * MIB;
const STALL_LIMIT_BYTES = 40 * MIB;

const FINISHED = "H D H+END OK";

export const FLOW: readonly Check[] = [
  {
    name: "a 32 MiB message down",
    proves: "A long message of the server arrives whole, octet for octet.",
    level: "grpc",
    async run(lab) {
      const bytes = noise(LONG_BYTES);
      const { client, server } = await lab.call({ messages: ["go"] });
      server.headers(RESPONSE);
      await server.message(bytes);
      server.headers(OK, { endStream: true });
      await lab.over(client);
      return [
        ["client", print(bytes), print(client.messages[0]?.bytes)],
        ["client", FINISHED, describe(client)],
      ];
    },
  },
  {
    name: "a 32 MiB message up",
    proves: "A long message of the client arrives whole, octet for octet.",
    level: "grpc",
    async run(lab) {
      const bytes = noise(LONG_BYTES);
      const { client, server } = await lab.call({ messages: [bytes] });
      await lab.over(server);
      answer(server, "taken");
      await lab.over(client);
      return [
        ["server", print(bytes), print(server.messages[0]?.bytes)],
        ["client", FINISHED, describe(client)],
      ];
    },
  },
  {
    name: "small windows",
    proves: "A client that grants 1,000 octets at a time still gets 96 KiB.",
    level: "grpc",
    async run(lab) {
      const bytes = noise(96 * 1024);
      const on = await lab.connect({ streamWindow: 1000 });
      const { client, server } = await lab.call({ on, messages: ["go"] });
      server.headers(RESPONSE);
      await server.message(bytes);
      server.headers(OK, { endStream: true });
      await lab.over(client);
      return [["client", print(bytes), print(client.messages[0]?.bytes)]];
    },
  },
  {
    name: "no window: server stalls",
    proves: "A client that grants no more window stops the server; nobody takes the stream into memory.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["go"] });
      client.hold = true;
      return stall(lab, client, server, () => client.connection.release(client));
    },
  },
  {
    name: "client stops reading",
    proves: "With windows wide open, a client that does not read stops the server all the same, and loses nothing.",
    level: "grpc",
    async run(lab) {
      const on = await lab.connect({ streamWindow: 2 ** 30, connectionWindow: 2 ** 30 });
      const { client, server } = await lab.call({ on, messages: ["go"] });
      on.socket.pause();
      return stall(lab, client, server, () => on.socket.resume());
    },
  },
  {
    name: "no window: client stalls",
    proves: "A server that grants no more window stops the client.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ end: false });
      server.hold = true;
      return stall(lab, server, client, () => server.connection.release(server));
    },
  },
  {
    name: "a stall holds no neighbour",
    proves: "While one stream waits for window, another on the same connection is answered.",
    level: "grpc",
    async run(lab) {
      const on = await lab.connect();
      const stalled = await lab.call({ on, messages: ["much"] });
      stalled.client.hold = true;
      const bytes = noise(4 * MIB);
      stalled.server.headers(RESPONSE);
      lab.meanwhile(async () => {
        await stalled.server.message(bytes);
        stalled.server.headers(OK, { endStream: true });
      });
      await lab.quiet(() => stalled.client.bodyBytes);
      const other = await lab.call({ on, messages: ["little"] });
      other.server.headers(RESPONSE);
      await other.server.message("quick");
      other.server.headers(OK, { endStream: true });
      await lab.over(other.client);
      const early = stalled.client.over ? "not stalled" : other.client.texts;
      on.release(stalled.client);
      await lab.over(stalled.client);
      return [
        ["other", "quick", early],
        ["stalled", print(bytes), print(stalled.client.messages[0]?.bytes)],
      ];
    },
  },
  streamsAtOnce(
    100,
    "grpc",
    "A hundred calls are at the server before the first is answered (RFC 9113 §6.5.2 advises no lower limit).",
  ),
  streamsAtOnce(
    1000,
    "transparent",
    "A thousand are: a proxy with a lower limit than the server's makes calls wait that would not.",
  ),
  {
    name: "1,000 calls, one connection",
    proves: "A thousand calls, as many at once as the proxy lets us open, are all answered on one connection.",
    level: "grpc",
    async run(lab) {
      const on = await lab.connect();
      const ended = await Promise.all(
        Array.from({ length: 1000 }, async (_, index) => {
          const { client, server } = await lab.call({ on, messages: [`${index}`] });
          await lab.over(server);
          answer(server, `${index}`);
          await lab.over(client);
          return client.ended && client.texts === `${index}`;
        }),
      );
      return [
        ["client", "1000 answered", `${ended.filter(Boolean).length} answered`],
        ["client", "still connected", on.closed ? "disconnected" : "still connected"],
      ];
    },
  },
];

function answer(server: Stream, text: string): void {
  server.headers(RESPONSE);
  // A short message fits every window, so there is nothing to wait for but the end of the stream.
  server.message(text).then(
    () => server.headers(OK, { endStream: true }),
    () => {},
  );
}

/** A sender that wants to send much, a receiver that takes nothing, then everything. */
async function stall(lab: Lab, receiver: Stream, sender: Stream, resume: () => void): Promise<Fact[]> {
  const serverSends = sender.connection.role === "server";
  const before = sender.connection.flushedBytes;
  const block = noise(MIB);
  let complete = false;
  if (serverSends) sender.headers(RESPONSE);
  lab.meanwhile(async () => {
    for (let sent = 0; sent < STALLED_BYTES; sent += block.length) {
      const last = sent + block.length >= STALLED_BYTES;
      await sender.data(block, { endStream: last && !serverSends });
    }
    complete = true;
    if (serverSends) sender.headers(OK, { endStream: true });
  });
  const flushed = await lab.quiet(() => sender.connection.flushedBytes - before);
  const stalled: Fact = [
    sender.connection.role,
    `below ${mib(STALL_LIMIT_BYTES)}`,
    `sent ${mib(flushed)}`,
    !complete && flushed < STALL_LIMIT_BYTES,
  ];
  if (!stalled[3]) return [stalled];
  resume();
  await lab.over(receiver);
  return [stalled, [receiver.connection.role, `got ${mib(STALLED_BYTES)}`, `got ${mib(receiver.bodyBytes)}`]];
}

/** Exact, unless it is no whole number of KiB. */
function mib(bytes: number): string {
  if (bytes >= MIB) return `${Number((bytes / MIB).toFixed(bytes % MIB === 0 ? 0 : 1))} MiB`;
  return bytes % 1024 === 0 ? `${bytes / 1024} KiB` : `${bytes} B`;
}

/** Octets that do not repeat soon, so that a lost or doubled frame changes the hash. */
function noise(length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let state = 0x2545_f491;
  for (let at = 0; at + 4 <= length; at += 4) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes.writeInt32LE(state, at);
  }
  bytes.fill(7, length - (length % 4));
  return bytes;
}

function print(bytes: Buffer | undefined): string {
  if (!bytes) return "none";
  return `${mib(bytes.length)} ${createHash("sha256").update(bytes).digest("hex").slice(0, 6)}`;
}

function streamsAtOnce(count: number, level: Check["level"], proves: string): Check {
  const all = count.toLocaleString("en");
  return {
    name: `${all} streams open at once`,
    proves,
    level,
    async run(lab) {
      const on = await lab.connect();
      const calls = await Promise.all(
        Array.from({ length: count }, (_, index) => lab.call({ on, messages: [`${index}`] })),
      );
      for (const { server } of calls) answer(server, "all here");
      await Promise.all(calls.map(({ client }) => lab.over(client)));
      const right = calls.filter(({ client }) => client.ended && client.texts === "all here");
      return [["client", `${all} answered`, `${right.length.toLocaleString("en")} answered`]];
    },
  };
}
