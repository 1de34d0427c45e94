// TLS on both legs: names, certificates and the choice of a protocol (RFC 7301; RFC 9113 §3.2; RFC 6066 §3).
import type { TLSSocket } from "node:tls";
import type { Check } from "../check.js";
import { OK, RESPONSE } from "../lab.js";

export const TLS: readonly Check[] = [
  {
    name: "ALPN: h2 on both legs",
    proves: "grpc-go refuses a connection on which ALPN did not choose h2.",
    level: "grpc",
    over: "tls",
    async run(lab) {
      const from = lab.server.handshakes.length;
      const { client, server } = await lab.call({ messages: ["question"] });
      server.headers([...RESPONSE, ...OK], { endStream: true });
      await lab.over(client);
      return [
        ["client", "h2", String((client.connection.socket as TLSSocket).alpnProtocol)],
        ["server", "h2", lab.server.handshakes.slice(from).at(-1)?.alpn ?? "no handshake"],
      ];
    },
  },
  {
    name: "server name (SNI) kept",
    proves: "A server that has a certificate for each name is asked for the name the client asked for.",
    level: "transparent",
    over: "tls",
    async run(lab) {
      const from = lab.server.handshakes.length;
      const connection = await lab.connect();
      await lab.until("handshake at the server", () => lab.server.handshakes.length > from || connection.closed);
      return [["server", lab.target.tls?.servername ?? "", lab.server.handshakes.at(-1)?.servername ?? "none"]];
    },
  },
  {
    name: "certificate fits the name",
    proves: "A client that verifies who it talks to is content: the issuer is trusted and the name fits.",
    level: "grpc",
    over: "tls",
    async run(lab) {
      const socket = (await lab.connect()).socket as TLSSocket;
      return [["client", "trusted", socket.authorized ? "trusted" : String(socket.authorizationError)]];
    },
  },
  {
    name: "http/1.1 where asked for",
    proves: "A client that offers only HTTP/1.1 is not given h2, on either leg.",
    level: "transparent",
    over: "tls",
    async run(lab) {
      const from = lab.server.handshakes.length;
      const socket = (await lab.socket(["http/1.1"])) as TLSSocket;
      await lab.soon(() => lab.server.handshakes.length > from);
      return [
        ["client", "http/1.1", String(socket.alpnProtocol)],
        ["server", "http/1.1", lab.server.handshakes.slice(from).at(-1)?.alpn ?? "no handshake"],
      ];
    },
  },
];
