// What concerns a whole connection: GOAWAY, PING, ends without warning (RFC 9113 §6.7, §6.8; gRFC A8, A9).
import { FRAME } from "../../../src/http2/frames.js";
import type { Check } from "../check.js";
import type { Goaway } from "../connection.js";
import { describe, type Fact, OK, RESPONSE } from "../lab.js";
import { frame, goawayFrame } from "../raw-http2.js";
import type { Stream } from "../stream.js";

const FINISHED = "H D H+END OK";
/** The id of the first of a graceful pair of GOAWAYs (RFC 9113 §6.8). */
const MAX_STREAM = 2 ** 31 - 1;
const PING = Buffer.from("selftest");

export const CONNECTIONS: readonly Check[] = [
  {
    name: "GOAWAY with a stream open",
    proves: "A server that goes away finishes the calls it has; none is cut.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["go"] });
      server.headers(RESPONSE);
      await server.message("before");
      server.connection.write(goawayFrame(server.id, 0));
      await server.message("after");
      server.headers(OK, { endStream: true });
      await lab.over(client);
      return [
        ["client", FINISHED, describe(client)],
        ["client", "before after", client.texts],
      ];
    },
  },
  {
    name: "GOAWAY of the client",
    proves: "A client that goes away still gets the answers to its open calls.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["go"] });
      client.connection.write(goawayFrame(0, 0));
      server.headers(RESPONSE);
      await server.message("still here");
      server.headers(OK, { endStream: true });
      await lab.over(client);
      return [["client", FINISHED, describe(client)]];
    },
  },
  {
    name: "a graceful pair of GOAWAYs",
    proves: "Both GOAWAYs of a graceful shutdown arrive, each with its last stream, and the open call ends well.",
    level: "transparent",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["go"] });
      server.headers(RESPONSE);
      await server.message("before");
      server.connection.write(goawayFrame(MAX_STREAM, 0));
      server.connection.write(goawayFrame(server.id, 0));
      server.headers(OK, { endStream: true });
      await lab.over(client);
      return [
        ["last ids", `max, ${server.id}`, client.connection.goaways.map(lastId).join(", ") || "none"],
        ["client", FINISHED, describe(client)],
      ];
    },
  },
  {
    name: "GOAWAY 11 too_many_pings",
    proves: "The client learns why the server threw it out: code and debug text of the GOAWAY.",
    level: "transparent",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["go"] });
      server.connection.write(goawayFrame(server.id, 11, "too_many_pings"));
      server.headers([...RESPONSE, ...OK], { endStream: true });
      await lab.over(client);
      const seen = client.connection.goaways.map(({ code, debug }) => `${code} ${debug}`).join(", ");
      return [["GOAWAY", "11 too_many_pings", seen || "none"]];
    },
  },
  {
    name: "client's PING is answered",
    proves: "Keepalive works: an acknowledgement with the same eight octets comes back, whoever gives it.",
    level: "grpc",
    async run(lab) {
      const connection = await lab.connect();
      connection.write(frame(FRAME.ping, 0, 0, PING));
      await lab.until("answer to the PING", () => connection.pingAcks.length > 0 || connection.closed);
      return [["client", "selftest", connection.pingAcks[0] ?? "none"]];
    },
  },
  {
    name: "server's PING is answered",
    proves: "A server that asks whether its client lives gets its eight octets back.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["go"] });
      server.connection.write(frame(FRAME.ping, 0, 0, PING));
      await lab.soon(() => server.connection.pingAcks.length > 0);
      server.headers([...RESPONSE, ...OK], { endStream: true });
      await lab.over(client);
      return [["server", "selftest", server.connection.pingAcks.at(-1) ?? "none"]];
    },
  },
  {
    name: "PINGs go from end to end",
    proves: "The peers' PINGs measure the peers, not the proxy between them.",
    level: "transparent",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["go"] });
      client.connection.write(frame(FRAME.ping, 0, 0, Buffer.from("upstream")));
      server.connection.write(frame(FRAME.ping, 0, 0, Buffer.from("downward")));
      await lab.soon(() => client.connection.pings.length > 0 && server.connection.pings.length > 0);
      server.headers([...RESPONSE, ...OK], { endStream: true });
      await lab.over(client);
      return [
        ["server", "upstream", server.connection.pings.join(" ") || "none"],
        ["client", "downward", client.connection.pings.join(" ") || "none"],
      ];
    },
  },
  {
    name: "server crashes mid-stream",
    proves: "A TCP reset of the server ends the client's call with an error soon, and never as a whole answer.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["go"] });
      server.headers(RESPONSE);
      await server.message("part");
      await lab.soon(() => client.messages.length > 0);
      lab.server.abort(server.connection);
      const told = await lab.soon(() => client.over);
      return [["client", "an error soon", told ? errorOf(client) : "not told"]];
    },
  },
  {
    name: "server hangs up unanswered",
    proves: "A server that closes its connection before it answers ends the client's call with an error soon.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["go"] });
      await lab.over(server);
      server.connection.close();
      const told = await lab.soon(() => client.over);
      return [["client", "an error soon", told ? errorOf(client) : "not told"]];
    },
  },
  {
    name: "client crashes mid-stream",
    proves: "A server learns soon that the client it is answering is gone.",
    level: "grpc",
    async run(lab) {
      const { client, server } = await lab.call({ messages: ["go"] });
      server.headers(RESPONSE);
      await server.message("part");
      await lab.soon(() => client.messages.length > 0);
      client.connection.socket.destroy();
      const gone = () => server.resetCode !== undefined || server.connection.closed;
      return [["server", "told soon", (await lab.soon(gone)) ? "told soon" : "not told"]];
    },
  },
  {
    name: "one connection per client",
    proves: "Clients do not share a connection to the server, so that one's limits are not another's.",
    level: "transparent",
    async run(lab) {
      const calls = [await lab.call({ messages: ["a"] }), await lab.call({ messages: ["b"] })];
      const used = new Set(calls.map(({ server }) => server.connection)).size;
      for (const { client, server } of calls) {
        server.headers([...RESPONSE, ...OK], { endStream: true });
        await lab.over(client);
      }
      return [["server", "2 connections", `${used} ${used === 1 ? "connection" : "connections"}`]] satisfies Fact[];
    },
  },
  {
    name: "no connection is left over",
    proves: "When all clients are gone, so are the connections to the server.",
    level: "transparent",
    async run(lab) {
      const open = () => lab.server.connections.size;
      await lab.soon(() => open() === 0);
      return [["server", "0 left open", `${open()} left open`]];
    },
  },
];

function lastId({ lastStream }: Goaway): string {
  return lastStream === MAX_STREAM ? "max" : `${lastStream}`;
}

/** A call that broke must not look whole: no END_STREAM but with an error in the trailers, or an HTTP status. */
function errorOf(client: Stream): string {
  const status = client.trailers.find(([name]) => name === "grpc-status")?.[1] ?? "0";
  const http = client.head.find(([name]) => name === ":status")?.[1] ?? "200";
  return client.ended && status === "0" && http === "200" ? describe(client) : "an error soon";
}
