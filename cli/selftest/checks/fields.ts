// Metadata, headers and trailers (PROTOCOL-HTTP2, "Requests" and "Responses"; RFC 9113 §8.2).
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { allValues, type Field, firstValue } from "../../../src/model/fields.js";
import type { Check } from "../check.js";
import { type Call, compareFields, describe, type Fact, type Lab, OK, RESPONSE } from "../lab.js";
import type { Message } from "../raw-http2.js";

const BIN: readonly Field[] = [
  ["x-trace-bin", "AQ"],
  ["x-between", "1"],
  ["x-trace-bin", "Ag=="],
  ["x-trace-bin", "AwQ,BQ"],
  ["x-trace-bin", ""],
];

const PAIRS: readonly Field[] = Array.from(
  { length: 200 },
  (_, index): Field => [`x-pair-${String(index).padStart(3, "0")}`, `value ${index}`],
);

const BIG_BYTES = 40 * 1024;

const CONTENT_TYPES = [
  "application/grpc+proto",
  "application/grpc+json",
  "application/grpc;charset=utf-8",
  "application/grpc-web+proto",
  "application/connect+proto",
] as const;

/** A percent-encoded text with a lone percent sign, which a decoder must not trip over. */
const GRPC_MESSAGE = "50% of %E2%82%AC 100, 100%";

export const FIELDS: readonly Check[] = [
  {
    name: "duplicate -bin metadata",
    proves: "Values under one name stay apart and in order, comma-joined and unpadded ones as they were sent.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await answered(lab, BIN, BIN, BIN);
      const values = (fields: readonly Field[] | undefined) =>
        allValues(fields ?? [], "x-trace-bin")
          .map((value) => value || '""')
          .join(" ") || "none";
      const expected = 'AQ Ag== AwQ,BQ ""';
      return [
        ["request", expected, values(server.head)],
        ["response", expected, values(client.head)],
        ["trailers", expected, values(client.trailers)],
      ];
    },
  },
  {
    name: "200 metadata pairs",
    proves: "Many small fields pass in the request, the response and the trailers.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await answered(lab, PAIRS, PAIRS, PAIRS);
      const count = (fields: readonly Field[]) =>
        compareFields(
          PAIRS,
          fields.filter(([name]) => name.startsWith("x-pair-")),
        );
      return [
        ["request", "200 as sent", count(server.head)],
        ["response", "200 as sent", count(client.head)],
        ["trailers", "200 as sent", count(client.trailers)],
      ];
    },
  },
  {
    name: "a 40 KB trailer",
    proves: "One long trailer value arrives whole.",
    level: "grpc",
    async run(lab) {
      const value = "t".repeat(BIG_BYTES);
      const { client } = await answered(lab, [], [], [["x-big", value]]);
      return [
        ["client", "H D H+END OK", describe(client)],
        ["trailer", size(value), size(firstValue(client.trailers, "x-big"))],
      ];
    },
  },
  {
    name: "40 KB of request metadata",
    proves: "One long metadata value of the client arrives whole.",
    level: "grpc",
    async run(lab) {
      const value = "m".repeat(BIG_BYTES);
      const { server } = await answered(lab, [["x-big", value]], [], []);
      return [["request", size(value), size(firstValue(server.head, "x-big"))]];
    },
  },
  {
    name: "te: trailers",
    proves: "The field by which gRPC finds out proxies that lose trailers reaches the server.",
    level: "grpc",
    async run(lab) {
      const { server } = await answered(lab, [], [], []);
      return [["server", "trailers", firstValue(server.head, "te") ?? "none"]];
    },
  },
  {
    name: "agent, encodings, authority",
    proves: "What the client says of itself and of whom it calls reaches the server unchanged.",
    level: "grpc",
    async run(lab) {
      const { server } = await answered(lab, [], [], []);
      const kept = (name: string): Fact => {
        const sent = firstValue(lab.requestFields(""), name) ?? "";
        return [name, sent, firstValue(server.head, name) ?? "none"];
      };
      return [kept(":authority"), kept("user-agent"), kept("grpc-accept-encoding"), kept("content-type")];
    },
  },
  {
    name: "no date is added",
    proves: "A response gets no date that the server did not send.",
    level: "grpc",
    async run(lab) {
      const { client } = await answered(lab, [], [], []);
      return [["client", "no date", firstValue(client.head, "date") ?? "no date"]];
    },
  },
  {
    name: "grpc-message, details kept",
    proves: "A percent-encoded message, a lone percent sign in it, and binary details are not decoded on the way.",
    level: "grpc",
    async run(lab) {
      const trailers: Field[] = [
        ["grpc-status", "10"],
        ["grpc-message", GRPC_MESSAGE],
        ["grpc-status-details-bin", "CAkSBDEwMCU"],
      ];
      const { client, server } = await lab.call({ messages: ["question"] });
      server.headers(RESPONSE);
      server.headers(trailers, { endStream: true });
      await lab.over(client);
      return [
        ["client", "H H+END ABORTED", describe(client)],
        ...trailers.map(([name, value]): Fact => [name, value, firstValue(client.trailers, name) ?? "none"]),
      ];
    },
  },
  {
    name: "content-type variants",
    proves: "Every type of gRPC, gRPC-Web and Connect passes both ways as it is.",
    level: "grpc",
    async run(lab) {
      const facts: Fact[] = [];
      for (const type of CONTENT_TYPES) {
        const path = lab.path();
        const typed = (fields: readonly Field[]): Field[] =>
          fields.map(([name, value]) => [name, name === "content-type" ? type : value]);
        const { client, server } = await lab.call({ fields: typed(lab.requestFields(path)), messages: ["question"] });
        server.headers(typed(RESPONSE));
        await server.message("answer");
        server.headers(OK, { endStream: true });
        await lab.over(client);
        const kind = (fields: readonly Field[]) =>
          (firstValue(fields, "content-type") ?? "none").replace("application/", "");
        facts.push(["server", kind([["content-type", type]]), kind(server.head)]);
        facts.push(["client", kind([["content-type", type]]), kind(client.head)]);
      }
      return facts;
    },
  },
  {
    name: "a gzip message",
    proves: "A compressed message keeps its flag, its encoding and its bytes.",
    level: "grpc",
    async run(lab) {
      const encoding: readonly Field[] = [["grpc-encoding", "gzip"]];
      const zipped = gzipSync("the same again, ".repeat(100));
      const { client, server } = await lab.call({ metadata: encoding, messages: [zipped], flag: 1 });
      await lab.over(server);
      server.headers([...RESPONSE, ...encoding]);
      await server.message(zipped, { flag: 1 });
      server.headers(OK, { endStream: true });
      await lab.over(client);
      const expected = print({ flag: 1, bytes: zipped });
      return [
        ["client", expected, print(client.messages[0])],
        ["server", expected, print(server.messages[0])],
        ["client", "gzip", firstValue(client.head, "grpc-encoding") ?? "none"],
        ["server", "gzip", firstValue(server.head, "grpc-encoding") ?? "none"],
      ];
    },
  },
  {
    name: "every field as sent",
    proves: "Nothing is added to, taken from or moved in the request, the response and the trailers.",
    level: "transparent",
    async run(lab) {
      const path = lab.path();
      const request = lab.requestFields(path, [...BIN, ["x-tail", "end"]]);
      const { client, server } = await lab.call({ fields: request, messages: ["question"] });
      const head: Field[] = [...RESPONSE, ...BIN, ["x-tail", "end"]];
      const trailers: Field[] = [["x-first", "1"], ...OK, ...BIN];
      server.headers(head);
      await server.message("answer");
      server.headers(trailers, { endStream: true });
      await lab.over(client);
      return [
        ["request", compareFields(request, request), compareFields(request, server.head)],
        ["response", compareFields(head, head), compareFields(head, client.head)],
        ["trailers", compareFields(trailers, trailers), compareFields(trailers, client.trailers)],
      ];
    },
  },
];

/** A unary call with metadata in all three places. */
async function answered(
  lab: Lab,
  metadata: readonly Field[],
  header: readonly Field[],
  trailers: readonly Field[],
): Promise<Call> {
  const call = await lab.call({ metadata, messages: ["question"] });
  call.server.headers([...RESPONSE, ...header]);
  await call.server.message("answer");
  call.server.headers([...OK, ...trailers], { endStream: true });
  await lab.over(call.client);
  return call;
}

function size(value: string | undefined): string {
  return value === undefined ? "none" : `${value.length} octets`;
}

function print(message: Message | undefined): string {
  if (!message) return "none";
  const hash = createHash("sha256").update(message.bytes).digest("hex").slice(0, 6);
  return `flag ${message.flag}, ${hash}`;
}
