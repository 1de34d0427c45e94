// Messages of live streams: each must travel when it is sent, whatever the frames look like (PROTOCOL-HTTP2, "Length-Prefixed-Message").
import type { Check } from "../check.js";
import { describe, type Fact, OK, RESPONSE } from "../lab.js";
import { messageBytes } from "../raw-http2.js";

const FINISHED = "H D H+END OK";

export const STREAMS: readonly Check[] = [
  {
    name: "server stream is live",
    proves: "Each of four spaced messages is at the client before the server sends the next.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["go"] });
      server.headers(RESPONSE);
      for (let index = 0; index < 4; index++) {
        if (index > 0) await lab.gap();
        await server.message(`m${index}`);
        await lab.message(client, index);
      }
      server.headers(OK, { endStream: true });
      await lab.over(client);
      return [
        ["client", "m0 m1 m2 m3", client.texts],
        ["client", FINISHED, describe(client)],
      ];
    },
  },
  {
    name: "client stream is live",
    proves: "Each message of the client is at the server before the client sends the next.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ end: false });
      for (let index = 0; index < 4; index++) {
        await client.message(`m${index}`);
        await lab.message(server, index);
      }
      client.end();
      await lab.over(server);
      server.headers(RESPONSE);
      await server.message("done");
      server.headers(OK, { endStream: true });
      await lab.over(client);
      return [
        ["server", "m0 m1 m2 m3", server.texts],
        ["client", FINISHED, describe(client)],
      ];
    },
  },
  {
    name: "bidi echo is live",
    proves: "The client sends its next message only when it has the echo of the last.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ end: false });
      server.headers(RESPONSE);
      for (let index = 0; index < 5; index++) {
        await client.message(`m${index}`);
        await lab.message(server, index);
        await server.message(`e${index}`);
        await lab.message(client, index);
      }
      client.end();
      await lab.over(server);
      server.headers(OK, { endStream: true });
      await lab.over(client);
      return [
        ["server", "m0 m1 m2 m3 m4", server.texts],
        ["client", "e0 e1 e2 e3 e4", client.texts],
      ];
    },
  },
  {
    name: "bidi: server speaks first",
    proves: "Header and messages of the server pass before the client has sent any message.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ end: false });
      server.headers(RESPONSE);
      await server.message("welcome");
      await lab.message(client, 0);
      const before = client.shape;
      await client.message("thanks", { endStream: true });
      await lab.over(server);
      server.headers(OK, { endStream: true });
      await lab.over(client);
      return [
        ["client", "H D", before],
        ["client", "welcome", client.texts],
        ["server", "thanks", server.texts],
      ];
    },
  },
  {
    name: "response header alone",
    proves: "The response header is at the client before there is any message.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["go"] });
      server.headers(RESPONSE);
      await lab.until("response header", () => client.heads.length > 0 || client.over);
      const before = client.shape;
      await server.message("later");
      server.headers(OK, { endStream: true });
      await lab.over(client);
      return [["client", "H", before]];
    },
  },
  {
    name: "empty messages",
    proves: "Messages of no octets are messages and are neither dropped nor joined.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["", "", ""] });
      await lab.over(server);
      server.headers(RESPONSE);
      for (let index = 0; index < 3; index++) await server.message("");
      server.headers(OK, { endStream: true });
      await lab.over(client);
      const count = (messages: readonly { readonly bytes: Uint8Array }[]) =>
        `lengths ${messages.map((message) => message.bytes.length).join(" ")}`;
      return [
        ["client", "lengths 0 0 0", count(client.messages)],
        ["server", "lengths 0 0 0", count(server.messages)],
      ];
    },
  },
  {
    name: "frames cut in the prefix",
    proves:
      "DATA frames that end anywhere, even inside a length prefix, and hold parts of two messages, change nothing.",
    level: "grpc",
    async run(lab) {
      const body = Buffer.concat(["alpha", "", "beta"].map((text) => messageBytes(text)));
      const client = await lab.request({ end: false });
      const cuts = [
        [0, 2],
        [2, 7],
        [7, 13],
        [13, 16],
        [16, body.length],
      ] as const;
      for (const [start, stop] of cuts)
        await client.data(body.subarray(start, stop), { endStream: stop === body.length });
      const server = await lab.arrival(client);
      server.headers(RESPONSE);
      for (const [start, stop] of cuts) await server.data(body.subarray(start, stop));
      server.headers(OK, { endStream: true });
      await lab.over(client);
      await lab.over(server);
      return [
        ["client", 'alpha "" beta', client.texts],
        ["server", 'alpha "" beta', server.texts],
      ];
    },
  },
  {
    name: "one octet a frame",
    proves: "A message in DATA frames of one octet arrives whole, both ways.",
    level: "grpc",
    async run(lab) {
      const text = "octet by octet ".repeat(20);
      const { client, server } = await lab.call({ messages: [text], data: { frameBytes: 1 } });
      server.headers(RESPONSE);
      await server.message(text, { frameBytes: 1 });
      server.headers(OK, { endStream: true });
      await lab.over(client);
      await lab.over(server);
      const same = (seen: string) => (seen === text ? "300 octets" : `${seen.length} octets, other`);
      return [
        ["client", "300 octets", same(client.texts)],
        ["server", "300 octets", same(server.texts)],
      ];
    },
  },
  {
    name: "padded DATA and HEADERS",
    proves: "Padding is never taken for content.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({
        messages: ["padded question"],
        padding: 100,
        data: { padding: 255 },
      });
      await lab.over(server);
      server.headers(RESPONSE, { padding: 0 });
      await server.message("padded answer", { padding: 7 });
      server.headers(OK, { padding: 31, endStream: true });
      await lab.over(client);
      return [
        ["client", "padded answer", client.texts],
        ["server", "padded question", server.texts],
        ["client", FINISHED, describe(client)],
      ];
    },
  },
  {
    name: "headers over CONTINUATION",
    proves:
      "Header blocks cut into small CONTINUATION frames arrive whole, in the request, the response and the trailers.",
    level: "grpc",
    async run(lab) {
      const long = ["x-long", "c".repeat(600)] as const;
      const { client, server } = await lab.call({ metadata: [long], messages: ["question"], split: 100 });
      server.headers([...RESPONSE, long], { split: 100 });
      await server.message("answer");
      server.headers([...OK, long], { split: 100, endStream: true });
      await lab.over(client);
      const length = (fields: readonly (readonly [string, string])[]) =>
        `${fields.find(([name]) => name === "x-long")?.[1].length ?? 0} octets`;
      return [
        ["request", "600 octets", length(server.head)],
        ["response", "600 octets", length(client.head)],
        ["trailers", "600 octets", length(client.trailers)],
      ];
    },
  },
  {
    name: "HEADERS with a priority",
    proves: "The deprecated priority of HEADERS (RFC 9113 §5.3.2), which old clients send, breaks no call.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["question"], priority: true });
      server.headers(RESPONSE);
      await server.message("answer");
      server.headers(OK, { endStream: true });
      await lab.over(client);
      return [
        ["client", FINISHED, describe(client)],
        ["server", "question", server.texts],
      ];
    },
  },
  {
    name: "50 streams interleaved",
    proves: "Streams that take turns on one connection keep their own messages in their own order.",
    level: "grpc",
    async run(lab) {
      const on = await lab.connect();
      const calls = await Promise.all(Array.from({ length: 50 }, () => lab.call({ on, messages: ["go"] })));
      for (const { server } of calls) server.headers(RESPONSE);
      for (let turn = 0; turn < 20; turn++)
        await Promise.all(calls.map(({ server }, index) => server.message(`${index}.${turn}`)));
      for (const { server } of calls) server.headers(OK, { endStream: true });
      await Promise.all(calls.map(({ client }) => lab.over(client)));
      const right = calls.filter(
        ({ client }, index) =>
          client.texts === Array.from({ length: 20 }, (_, turn) => `${index}.${turn}`).join(" ") && client.ended,
      );
      return [["client", "50 right", `${right.length} right`]] satisfies Fact[];
    },
  },
];
