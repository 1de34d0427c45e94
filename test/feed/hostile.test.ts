// What is known to have brought down or opened up other local tools with a WebSocket.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { describe, expect, test } from "vitest";
import { connectTo } from "../support/ends.js";
import { watchedProxy } from "../support/watched-proxy.js";
import { CONTROL_TOKEN, FeedLab } from "./lab.js";

/** One request as octets. @returns all that came back, in the end */
function raw(port: number, lines: readonly string[]): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ host: "127.0.0.1", port }, () => socket.write(`${lines.join("\r\n")}\r\n\r\n`));
    socket.setEncoding("latin1").on("data", (part: string) => {
      text += part;
      // Let in: it would stay.
      if (text.includes("101 Switching Protocols\r\n")) socket.end();
    });
    // A reset, where the server has not read all of it.
    socket.on("error", () => {}).on("close", () => resolve(text));
  });
}

function upgrade(port: number, ...more: readonly string[]): readonly string[] {
  return [
    ...["GET /feed HTTP/1.1", `Host: 127.0.0.1:${port}`, "Connection: Upgrade", "Upgrade: websocket"],
    ...["Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="],
    ...more,
  ];
}

async function stillThere(lab: FeedLab): Promise<void> {
  const client = await lab.client();
  client.ask({ op: "list", id: 1 });
  await client.heard("list");
}

test("ws is one that bounds fragments (CVE-2026-48779)", () => {
  const file = createRequire(import.meta.url).resolve("ws/package.json");
  const { version } = JSON.parse(readFileSync(file, "utf8")) as { version: string };
  const [major = 0, minor = 0] = version.split(".").map(Number);
  expect(major * 1000 + minor).toBeGreaterThanOrEqual(8021);
});

test.for([100, 900, 1990])(
  "an upgrade with %d more fields is answered, and the feed goes on (CVE-2024-37890)",
  async (count) => {
    const lab = await FeedLab.start();
    // Before those that count, so that a limit cuts them off.
    const [first = "", ...rest] = upgrade(lab.port, `Authorization: Bearer ${CONTROL_TOKEN}`);
    const many = Array.from({ length: count }, (_, index) => `x${index}: 1`);
    expect(await raw(lab.port, [first, ...many, ...rest])).toMatch(/^(HTTP\/1\.1 \d{3} |$)/);
    await stillThere(lab);
  },
);

test.for([
  ["spaces", `a${" ".repeat(12_000)}b`],
  ["commas", ",".repeat(12_000)],
  ["tokens", Array.from({ length: 2000 }, (_, index) => `t${index}`).join(",")],
  ["one token", `token.${"x".repeat(12_000)}`],
])("a subprotocol of very many %s is refused, and the feed goes on (CVE-2021-32640)", async ([, text]) => {
  const lab = await FeedLab.start();
  const answer = await raw(lab.port, upgrade(lab.port, `Sec-WebSocket-Protocol: ${text}`));
  expect(answer).toMatch(/^HTTP\/1\.1 40[01] /);
  await stillThere(lab);
});

describe("a page of a stranger", () => {
  test.for(["/", "/feed", "/feed.schema.json", "/nothing"])(
    "is allowed nothing at %s, however it asks",
    async (path) => {
      const lab = await FeedLab.start();
      for (const method of ["GET", "HEAD", "OPTIONS", "POST"]) {
        const answer = await raw(lab.port, [
          ...[
            `${method} ${path} HTTP/1.1`,
            `Host: 127.0.0.1:${lab.port}`,
            "Connection: close",
            "Origin: http://evil.example",
          ],
          ...["Access-Control-Request-Method: GET", "Access-Control-Request-Headers: authorization"],
          ...["Access-Control-Request-Private-Network: true", "Content-Length: 0"],
        ]);
        expect(answer).toMatch(/^HTTP\/1\.1 \d{3} /);
        expect(answer.toLowerCase()).not.toContain("access-control-");
      }
    },
  );

  test("learns of no token by what it may load: none is in what is answered without one", async () => {
    const lab = await FeedLab.start();
    for (const path of ["/", "/feed", "/feed.schema.json", "/nothing", `/?token=${CONTROL_TOKEN}`]) {
      const answer = await raw(lab.port, [`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${lab.port}`, "Connection: close"]);
      expect(answer).not.toContain(CONTROL_TOKEN);
    }
  });
});

describe("the feed through the proxy beside it (CVE-2025-23217)", () => {
  /** How a client of the proxy can ask for an address; undefined where the proxy was told it. */
  const ASKING: Readonly<Record<string, (port: number) => string | undefined>> = {
    "as the upstream": () => undefined,
    "by CONNECT": (port) => `CONNECT localhost:${port} HTTP/1.1\r\n\r\n`,
    "by SOCKS5": (port) => `\x05\x01\0\x05\x01\0\x01\x7f\0\0\x01${String.fromCharCode(port >> 8, port & 255)}`,
  };

  test.for(Object.keys(ASKING))("is refused %s", async (how) => {
    const lab = await FeedLab.start();
    const start = ASKING[how]?.(lab.port);
    const proxy = await watchedProxy(start === undefined ? { upstream: `127.0.0.1:${lab.port}` } : {});
    proxy.proxy.refuse(lab.feed.address);
    const client = await connectTo(proxy.port);
    if (start !== undefined) client.send(Buffer.from(start, "latin1"));
    client.send(`GET /feed.schema.json HTTP/1.1\r\nHost: 127.0.0.1:${lab.port}\r\n\r\n`);
    await client.has("framelens refuses to connect to itself");
    expect(client.text).not.toContain("$schema");
  });
});
