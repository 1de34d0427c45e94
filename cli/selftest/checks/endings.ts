// How a call ends, and who learns of it (PROTOCOL-HTTP2, "Responses" and "Errors"; RFC 9113 §5.1, §8.1).
import type { Field } from "../../../src/model/fields.js";
import type { Check } from "../check.js";
import { describe, type Lab, OK, RESPONSE } from "../lab.js";
import type { Stream } from "../stream.js";

const NOT_FOUND: readonly Field[] = [
  [":status", "200"],
  ["content-type", "application/grpc"],
  ["grpc-status", "5"],
  ["grpc-message", "no such thing"],
];

/** Time given to a message that travels ahead of a reset, which may overtake it in a proxy. */
const HEAD_START_MS = 300;

export const ENDINGS: readonly Check[] = [
  {
    name: "a unary call",
    proves: "One message each way and trailers arrive as they were sent, once.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["question"] });
      await lab.over(server);
      server.headers(RESPONSE);
      await server.message("answer");
      server.headers(OK, { endStream: true });
      await lab.over(client);
      return [
        ["client", "H D H+END OK", describe(client)],
        ["client", "answer", client.texts],
        ["server", "H D+END", server.shape],
        ["server", "question", server.texts],
        ["server", "1 request", `${lab.arrivals(client)} request`],
      ];
    },
  },
  {
    name: "Trailers-Only NOT_FOUND",
    proves: "An error without a body stays one HEADERS frame with END_STREAM.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["question"] });
      server.headers(NOT_FOUND, { endStream: true });
      await lab.over(client);
      return [["client", "H+END NOT_FOUND", describe(client)]];
    },
  },
  serverReset("RST_STREAM 7 before headers", 7, false),
  serverReset("RST_STREAM 8 after message", 8, true),
  serverReset("RST_STREAM 11 after message", 11, true),
  serverReset("RST_STREAM 0 mid-response", 0, true),
  {
    name: "RST_STREAM 42, unknown code",
    proves: "An error code that nobody defined is passed on as it is.",
    level: "transparent",
    run: (lab) => runServerReset(lab, 0x2a, true),
  },
  {
    name: "a response without trailers",
    proves: "Nobody makes a status out of none: an end on DATA stays one, and never counts as OK.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["question"] });
      server.headers(RESPONSE);
      await server.message("answer", { endStream: true });
      await lab.over(client);
      return [["client", "H D+END", describe(client)]];
    },
  },
  {
    name: "a 503 that is no gRPC",
    proves: "Another server's error page keeps its status and its body.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["question"] });
      const head: Field[] = [
        [":status", "503"],
        ["content-type", "text/html"],
      ];
      server.headers(head);
      await server.data(Buffer.from("<h1>busy</h1>"), { endStream: true });
      await lab.over(client);
      return [
        ["client", "H D+END HTTP 503", describe(client)],
        ["client", "<h1>busy</h1>", Buffer.concat(client.bodyStart).toString("latin1")],
      ];
    },
  },
  {
    name: "half-close while answering",
    proves: "The server learns that the client is done while its own answer still goes on.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["one"], end: false });
      server.headers(RESPONSE);
      await server.message("first");
      await lab.message(client, 0);
      client.end();
      await lab.until("half-close at the server", () => server.over);
      const halfClosed = server.shape;
      await server.message("second");
      server.headers(OK, { endStream: true });
      await lab.over(client);
      return [
        ["server", "H D+END", halfClosed],
        ["client", "first second", client.texts],
        ["client", "H D H+END OK", describe(client)],
      ];
    },
  },
  {
    name: "server ends before client",
    proves: "An answer that is complete before the request is, followed by RST_STREAM 0, is not lost.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["one"], end: false });
      server.headers(RESPONSE);
      await server.message("enough");
      server.headers(OK, { endStream: true });
      server.reset(0);
      await lab.over(client);
      const seen = describe(client).replace(/ RST \d+/, "");
      return [
        ["client", "H D H+END OK", seen],
        ["client", "enough", client.texts],
      ];
    },
  },
  {
    name: "RST_STREAM 0 after trailers",
    proves: "The client is told to stop sending when the server has ended first.",
    level: "transparent",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["one"], end: false });
      server.headers(RESPONSE);
      await server.message("enough");
      server.headers(OK, { endStream: true });
      server.reset(0);
      await lab.over(client);
      await lab.soon(() => client.resetCode !== undefined);
      return [["client", "H D H+END RST 0", client.shape]];
    },
  },
  {
    name: "deadline: server sees RST 8",
    proves: "A client that gives up on its deadline stops the server, which saw grpc-timeout as it was sent.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["one"], metadata: [["grpc-timeout", "150m"]] });
      server.headers(RESPONSE);
      await server.message("partial");
      await lab.atMost(150, () => client.resetCode !== undefined);
      client.reset(8);
      const seen = await cancelAt(lab, server);
      const timeout = server.head.find(([name]) => name === "grpc-timeout")?.[1] ?? "no grpc-timeout";
      return [
        ["server", "H D+END RST 8", seen],
        ["server", "150m", timeout],
      ];
    },
  },
  clientReset("cancel before headers", 8, "grpc"),
  clientReset("client's RST_STREAM 11", 11, "transparent"),
  {
    name: "cancel mid-stream",
    proves: "A cancel while both sides are sending reaches the server as RST_STREAM 8.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["one"], end: false });
      server.headers(RESPONSE);
      await server.message("first");
      await lab.message(client, 0);
      client.reset(8);
      const seen = await cancelAt(lab, server);
      return [["server", "H D RST 8", seen]];
    },
  },
];

function serverReset(name: string, code: number, afterMessage: boolean): Check {
  const proves = afterMessage
    ? "A call that breaks off mid-response breaks off with the server's own code, and what came before it arrives."
    : "A call that is refused is refused with the server's own code, and is not tried again on the way.";
  return { name, proves, level: "grpc", run: (lab) => runServerReset(lab, code, afterMessage) };
}

async function runServerReset(lab: Lab, code: number, afterMessage: boolean) {
  const { client, server } = await lab.call({ messages: ["question"] });
  if (afterMessage) {
    server.headers(RESPONSE);
    await server.message("part");
    await lab.atMost(HEAD_START_MS, () => client.messages.length > 0 || client.over);
  }
  server.reset(code);
  await lab.over(client);
  const expected = afterMessage ? `H D RST ${code}` : `RST ${code}`;
  return [
    ["client", expected, describe(client)],
    ["server", "1 request", `${lab.arrivals(client)} request`],
  ] as const;
}

/** What a server has seen when it had time to learn of a cancel. */
async function cancelAt(lab: Lab, server: Stream): Promise<string> {
  const { connection } = server;
  await lab.soon(() => server.resetCode !== undefined || connection.closed);
  if (server.resetCode !== undefined) return server.shape;
  return connection.closed ? "connection closed" : "not told";
}

function clientReset(name: string, code: number, level: Check["level"]): Check {
  return {
    name,
    proves: "A client's reset before any answer reaches the server with the client's own code.",
    level,
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["one"] });
      await lab.over(server);
      client.reset(code);
      const seen = await cancelAt(lab, server);
      return [["server", `H D+END RST ${code}`, seen]];
    },
  };
}
