// Who may read the feed: tokens, Host, Origin, subprotocol; what strangers get, and that nothing they send brings it down.
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { WebSocket } from "ws";
import { isOwnHost, isTokenText, newToken } from "../../src/feed/access.js";
import { startFeedServer } from "../../src/feed/server.js";
import { CONTROL_TOKEN, FeedLab, FeedReader, VIEW_TOKEN } from "./lab.js";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** One HTTP request, as it is: no client of ours would send some of them. */
function ask(port: number, path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: "127.0.0.1", port, path, method, headers, agent: false }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, text }));
    });
    sent.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: "" });
    });
    sent.on("error", reject).end();
  });
}

const UPGRADE = {
  connection: "Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
};
const PROTOCOLS = `framelens.v1, token.${CONTROL_TOKEN}`;

function upgrade(lab: FeedLab, headers: Record<string, string>): Promise<Answer> {
  return ask(lab.port, "/feed", { ...UPGRADE, ...headers });
}

describe("the token", () => {
  test("lets in as a second subprotocol, and is not said back", async () => {
    const lab = await FeedLab.start();
    const { status, headers } = await upgrade(lab, { "sec-websocket-protocol": PROTOCOLS });
    expect(status).toBe(101);
    expect(headers["sec-websocket-protocol"]).toBe("framelens.v1");
    expect(JSON.stringify(headers)).not.toContain(CONTROL_TOKEN);
  });

  test("lets in as a bearer, with or without the subprotocol", async () => {
    const lab = await FeedLab.start();
    const authorization = `Bearer ${CONTROL_TOKEN}`;
    expect((await upgrade(lab, { authorization, "sec-websocket-protocol": "framelens.v1" })).status).toBe(101);
    expect((await upgrade(lab, { authorization })).status).toBe(101);
  });

  test.for<[why: string, headers: Record<string, string>]>([
    ["is missing", { "sec-websocket-protocol": "framelens.v1" }],
    ["is wrong", { "sec-websocket-protocol": "framelens.v1, token.wrong" }],
    ["is another's beginning", { "sec-websocket-protocol": `framelens.v1, token.${CONTROL_TOKEN.slice(0, -1)}` }],
    ["is empty", { "sec-websocket-protocol": "framelens.v1, token." }],
    ["is a wrong bearer", { authorization: "Bearer wrong" }],
    ["is no bearer", { authorization: `Basic ${CONTROL_TOKEN}` }],
  ])("that %s is refused with 401", async ([, headers]) => {
    const lab = await FeedLab.start();
    const answer = await upgrade(lab, headers);
    expect(answer).toMatchObject({ status: 401, text: "expected the feed's token\n" });
  });

  test("in the query does not count", async () => {
    const lab = await FeedLab.start();
    expect((await ask(lab.port, `/feed?token=${CONTROL_TOKEN}`, UPGRADE)).status).toBe(404);
  });

  test("for looking is refused what changes something, and told so", async () => {
    const lab = await FeedLab.start();
    const viewer = await lab.client(VIEW_TOKEN);
    viewer.ask({ op: "schema", id: 1, protoset: "" });
    expect(await viewer.heard("error")).toMatchObject({ id: 1, code: "ERR_NOT_ALLOWED" });
    viewer.say('{"op":"clear","id":2}');
    expect(await viewer.heard("error")).toMatchObject({ id: 2, code: "ERR_NOT_ALLOWED" });
    viewer.ask({ op: "list", id: 3 });
    await viewer.heard("list");
    expect(viewer.heardAll[0]).toMatchObject({ kind: "hello", role: "view" });
  });

  test("for control is told what this version cannot do", async () => {
    const lab = await FeedLab.start();
    const client = await lab.client();
    client.say('{"op":"hold","id":2}');
    expect(await client.heard("error")).toMatchObject({ id: 2, code: "ERR_NOT_SUPPORTED" });
    expect(client.heardAll[0]).toMatchObject({ kind: "hello", role: "control" });
  });

  test("made by framelens has 192 bits and can be a subprotocol", () => {
    const tokens = Array.from({ length: 100 }, newToken);
    expect(new Set(tokens).size).toBe(100);
    for (const token of tokens) {
      expect(Buffer.from(token, "base64url")).toHaveLength(24);
      expect(isTokenText(token)).toBe(true);
    }
  });

  test.for(["", "a b", "a,b", 'a"b', "ä", "a\n", "a/b"])("cannot be %j", (text) => {
    expect(isTokenText(text)).toBe(false);
  });
});

test("a subprotocol of another version is refused", async () => {
  const lab = await FeedLab.start();
  const headers = { authorization: `Bearer ${CONTROL_TOKEN}`, "sec-websocket-protocol": "framelens.v2" };
  expect(await upgrade(lab, headers)).toMatchObject({ status: 400, text: "expected the subprotocol framelens.v1\n" });
});

describe("the Host", () => {
  const FOREIGN = [
    "evil.example",
    "evil.example:PORT",
    "127.0.0.1:1",
    "localhost.evil.example:PORT",
    "192.168.0.7:PORT",
  ];
  const GARBAGE = ["[", "[::1", "a b", "127.0.0.1:PORT:1", "http://127.0.0.1:PORT", "@127.0.0.1:PORT", "%00", "\u00ff"];

  test.for([...FOREIGN, ...GARBAGE])("%j is refused: files and feed", async (text) => {
    const lab = await FeedLab.start();
    const host = text.replace("PORT", String(lab.port));
    const answer = await upgrade(lab, { host, "sec-websocket-protocol": PROTOCOLS });
    expect(answer.status).toSatisfy((status: number) => status === 403 || status === 400);
    expect((await ask(lab.port, "/", { host })).status).toSatisfy((status: number) => status === 403 || status === 400);
  });

  test.for(["127.0.0.1:PORT", "localhost:PORT", "LOCALHOST:PORT", "[::1]:PORT"])("%s is ours", async (text) => {
    const lab = await FeedLab.start();
    const host = text.replace("PORT", String(lab.port));
    expect((await upgrade(lab, { host, "sec-websocket-protocol": PROTOCOLS })).status).toBe(101);
  });

  test("of a feed on all addresses may be any address, and no name", () => {
    const bound = { host: "0.0.0.0", port: 9229 };
    expect(isOwnHost("192.168.0.7:9229", bound)).toBe(true);
    expect(isOwnHost("localhost:9229", bound)).toBe(true);
    expect(isOwnHost("[2001:db8::1]:9229", bound)).toBe(true);
    expect(isOwnHost("evil.example:9229", bound)).toBe(false);
    expect(isOwnHost("192.168.0.7:80", bound)).toBe(false);
    expect(isOwnHost(undefined, bound)).toBe(false);
    expect(isOwnHost("", bound)).toBe(false);
    expect(isOwnHost("box.example:9229", { host: "box.example", port: 9229 })).toBe(true);
  });

  test("whatever it is, is read without an exception", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.webAuthority(), fc.ipV6()), (host) => {
        isOwnHost(host, { host: "127.0.0.1", port: 9229 });
        return true;
      }),
    );
  });
});

describe("the Origin", () => {
  test.for([
    "http://evil.example",
    "null",
    "https://127.0.0.1:PORT",
    "http://127.0.0.1:1",
    "http://localhost:PORT",
    "http://127.0.0.1:PORT.evil.example",
    "file://",
    "chrome-extension://abc",
    "",
    "\u00ff",
  ])("%j is refused", async (text) => {
    const lab = await FeedLab.start();
    const host = `127.0.0.1:${lab.port}`;
    const origin = text.replace("PORT", String(lab.port));
    const answer = await upgrade(lab, { host, origin, "sec-websocket-protocol": PROTOCOLS });
    expect(answer).toMatchObject({ status: 403, text: "the Origin is not this feed's page\n" });
  });

  test("of our own page is let in, and no other page may read an answer", async () => {
    const lab = await FeedLab.start();
    const host = `127.0.0.1:${lab.port}`;
    const { status, headers } = await upgrade(lab, {
      host,
      origin: `http://${host}`,
      "sec-websocket-protocol": PROTOCOLS,
    });
    expect(status).toBe(101);
    const page = await ask(lab.port, "/", { origin: "http://evil.example" });
    for (const answered of [headers, page.headers]) expect(answered).not.toHaveProperty("access-control-allow-origin");
  });
});

describe("what a client sends", () => {
  test.for<[what: string, code: string]>([
    ["[]", "ERR_REQUEST"],
    ["null", "ERR_REQUEST"],
    ["nonsense", "ERR_REQUEST"],
    ['{"op":"nonsense"}', "ERR_REQUEST"],
    ['{"op":"__proto__","id":1}', "ERR_REQUEST"],
    ['{"op":"constructor","id":1}', "ERR_REQUEST"],
    ['{"op":"list"}', "ERR_REQUEST"],
    ['{"op":"list","id":-1}', "ERR_REQUEST"],
    ['{"op":"list","id":"1"}', "ERR_REQUEST"],
    ['{"op":"list","id":1,"limit":100000}', "ERR_REQUEST"],
    ['{"op":"list","id":1,"nonsense":1}', "ERR_REQUEST"],
    ['{"op":"list","id":1,"__proto__":{}}', "ERR_REQUEST"],
    ['{"op":"subscribe","id":1,"want":"everything"}', "ERR_REQUEST"],
    ['{"op":"subscribe","id":1,"known":[1,"x"]}', "ERR_REQUEST"],
    ['{"op":"get","id":1,"call":99}', "ERR_NO_CALL"],
    ['{"op":"get","id":1,"call":99,"side":"server","index":0}', "ERR_NO_MESSAGE"],
    ['{"op":"get","id":1,"call":1,"side":"server"}', "ERR_REQUEST"],
    ['{"op":"unsubscribe","id":7}', "ERR_NO_SUBSCRIPTION"],
    ['{"op":"schema","id":1,"protoset":"AAAA"}', "ERR_NOT_SUPPORTED"],
    [`${"[".repeat(20_000)}`, "ERR_REQUEST"],
  ])("is answered where it is wrong: %s", async ([text, code]) => {
    const lab = await FeedLab.start();
    const client = await lab.client();
    client.say(text);
    expect(await client.heard("error")).toMatchObject({ code });
    client.ask({ op: "list", id: 5 });
    await client.heard("list");
  });

  test("is answered or closes the connection, whatever it is, and the feed goes on", async () => {
    const lab = await FeedLab.start();
    lab.traffic.unary("/a.B/C");
    const json = fc.json();
    const nearly = fc
      .record(
        {
          op: fc.constantFrom("subscribe", "unsubscribe", "list", "get", "stats", "schema", "hold"),
          id: fc.oneof(fc.nat(3), fc.jsonValue()),
          filter: fc.oneof(fc.string(), fc.constantFrom("status == 5", "(((", 'method =~ "(a+)+$"')),
          call: fc.nat(2),
          side: fc.constantFrom("client", "server"),
          index: fc.nat(2),
          as: fc.constantFrom("json", "tree", "bytes", "hex", "x"),
          offset: fc.oneof(fc.nat(10), fc.maxSafeInteger()),
          limit: fc.oneof(fc.nat(10), fc.maxSafeInteger()),
        },
        { requiredKeys: ["op"] },
      )
      .map((value) => JSON.stringify(value));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(fc.string(), json, nearly), { maxLength: 20 }), async (texts) => {
        const client = await lab.client();
        for (const text of texts) client.say(text);
        client.say('{"op":"list","id":999}');
        await client.heard("list", ({ id }) => id === 999);
        client.webSocket.terminate();
        await client.closed;
      }),
      { numRuns: 60 },
    );
  });

  test("as octets closes the connection", async () => {
    const client = await (await FeedLab.start()).client();
    client.webSocket.send(Buffer.from("{}"));
    expect(await client.closed).toEqual({ code: 1008, reason: "expected text" });
  });

  test("beyond the limit for one message closes the connection", async () => {
    const client = await (await FeedLab.start()).client(VIEW_TOKEN);
    client.say(JSON.stringify({ op: "list", id: 1, filter: "x".repeat(70_000) }));
    expect((await client.closed).code).toBe(1009);
  });

  test("in very many fragments closes the connection", async () => {
    const client = await (await FeedLab.start()).client();
    for (let count = 0; count < 100; count++) client.webSocket.send(" ", { fin: false });
    expect((await client.closed).code).toBe(1008);
  });

  test("too often closes the connection", async () => {
    const lab = await FeedLab.start();
    const client = await lab.client();
    for (let count = 0; count < 1000; count++) client.say('{"op":"unsubscribe","id":7}');
    expect(await client.closed).toEqual({ code: 1008, reason: "too many requests" });
    await (await lab.client()).webSocket.terminate();
  });

  test("may be a few subscriptions, and not very many", async () => {
    const client = await (await FeedLab.start()).client();
    for (let id = 0; id < 17; id++) client.ask({ op: "subscribe", id });
    expect(await client.heard("error")).toMatchObject({ id: 16, code: "ERR_TOO_MANY_SUBSCRIPTIONS" });
  });

  test("that is no WebSocket at all ends its own connection only", async () => {
    const lab = await FeedLab.start();
    const good = await lab.client();
    for (const bytes of ["\x16\x03\x01\x00\x05hello", "GET", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\0".repeat(1000)]) {
      const socket = connect({ host: "127.0.0.1", port: lab.port });
      socket.on("error", () => {});
      socket.end(bytes);
      socket.resume();
      await once(socket, "close");
    }
    const socket = connect({ host: "127.0.0.1", port: lab.port });
    socket.write(
      `GET /feed HTTP/1.1\r\nHost: 127.0.0.1:${lab.port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nAuthorization: Bearer ${CONTROL_TOKEN}\r\n\r\n\xff\xff\xff\xff`,
      "latin1",
    );
    socket.on("error", () => {});
    socket.resume();
    await once(socket, "close");
    good.ask({ op: "list", id: 1 });
    await good.heard("list");
  });
});

test("clients beyond the limit of one address are turned away, and let in when another has left", async () => {
  const lab = await FeedLab.start();
  const clients = await Promise.all(Array.from({ length: 32 }, () => lab.client()));
  expect((await upgrade(lab, { "sec-websocket-protocol": PROTOCOLS })).status).toBe(429);
  clients[0]!.webSocket.close();
  await clients[0]!.closed;
  await lab.client();
});

describe("the page's files", () => {
  function folder(): string {
    const path = mkdtempSync(join(tmpdir(), "framelens-page-"));
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    mkdirSync(join(path, "page"));
    writeFileSync(join(path, "secret.txt"), "secret");
    writeFileSync(join(path, "page", "index.html"), "<!doctype html><title>page</title>");
    writeFileSync(join(path, "page", "app.js"), "let x;");
    writeFileSync(join(path, "page", "app.css"), "a{}");
    writeFileSync(join(path, "page", ".hidden"), "secret");
    symlinkSync(join(path, "secret.txt"), join(path, "page", "link.txt"));
    return join(path, "page");
  }

  test("are served with their types, under a strict policy, and need no token", async () => {
    const lab = await FeedLab.start({ feed: { pageFolder: folder() } });
    const page = await ask(lab.port, "/");
    expect(page).toMatchObject({ status: 200, text: "<!doctype html><title>page</title>" });
    expect(page.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "x-frame-options": "DENY",
    });
    const policy = String(page.headers["content-security-policy"]);
    expect(policy).toContain("default-src 'none'");
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
    expect((await ask(lab.port, "/app.js?x=1")).headers["content-type"]).toBe("text/javascript; charset=utf-8");
    expect((await ask(lab.port, "/app.css")).headers["content-type"]).toBe("text/css; charset=utf-8");
    expect(await ask(lab.port, "/app.css", {}, "HEAD")).toMatchObject({ status: 200, text: "" });
    expect((await ask(lab.port, "/", {}, "POST")).status).toBe(405);
  });

  test.for([
    "/../secret.txt",
    "/..%2fsecret.txt",
    "/%2e%2e/secret.txt",
    "/app.js/../../secret.txt",
    "//secret.txt",
    "/..\\secret.txt",
    "/link.txt",
    "/.hidden",
    "/%00",
    "/nothing.js",
    "http://127.0.0.1/secret.txt",
  ])("%s is not there", async (path) => {
    const lab = await FeedLab.start({ feed: { pageFolder: folder() } });
    const answer = await ask(lab.port, path);
    expect(answer.status).toBe(404);
    expect(answer.text).not.toContain("secret\n");
  });

  test("that are not built are told to be missing", async () => {
    const lab = await FeedLab.start();
    expect(await ask(lab.port, "/")).toMatchObject({
      status: 404,
      text: "the page is not built; the feed is at /feed\n",
    });
    expect((await ask(lab.port, "/feed")).status).toBe(426);
    expect((await ask(lab.port, "/feed", { authorization: `Bearer ${CONTROL_TOKEN}` })).status).toBe(426);
    expect((await ask(lab.port, "/feed", { authorization: "Bearer of-another-run" })).status).toBe(401);
  });

  test("include the schema of every message", async () => {
    const lab = await FeedLab.start();
    const { text, headers } = await ask(lab.port, "/feed.schema.json");
    expect(headers["content-type"]).toBe("application/schema+json");
    expect(JSON.parse(text)).toHaveProperty("$defs.FeedMessage.anyOf");
  });
});

test("a port in use is told in one line, with the exit code for it", async () => {
  const lab = await FeedLab.start();
  const listen = { host: "127.0.0.1", port: lab.port };
  const options = { listen, tokens: { control: "x" }, pageFolder: "", open: () => Promise.resolve(lab.source) };
  await expect(startFeedServer(options)).rejects.toMatchObject({
    code: "ERR_LISTEN",
    exitCode: 3,
    message: `cannot listen on 127.0.0.1:${lab.port} for the feed: the port is in use`,
  });
});

test("the end of the feed is told with 1001, and clients that do not answer hold nobody up", async () => {
  const lab = await FeedLab.start();
  const client = await lab.client();
  const deaf = new FeedReader(new WebSocket(lab.url, ["framelens.v1", `token.${CONTROL_TOKEN}`]));
  await deaf.heard("hello");
  deaf.webSocket.pause();
  await lab.feed.close();
  expect(await client.closed).toMatchObject({ code: 1001 });
  await expect(ask(lab.port, "/")).rejects.toThrow();
});

describe("clients that are not there any more", () => {
  /** What looks after clients every 30 seconds. */
  function stepped(): () => void {
    vi.useFakeTimers({ toFake: ["setInterval"] });
    onTestFinished(() => void vi.useRealTimers());
    return () => void vi.advanceTimersByTime(30_000);
  }

  test("are let go when they do not answer a ping", async () => {
    const look = stepped();
    const lab = await FeedLab.start();
    const [there, gone] = [await lab.client(), await lab.client()];
    there.ask({ op: "subscribe", id: 1 });
    gone.ask({ op: "subscribe", id: 1 });
    await gone.heard("synced");
    gone.webSocket.pause();
    const pinged = once(there.webSocket, "ping");
    look();
    await pinged;
    // Its pong is there before the answer to what it asked afterwards.
    there.ask({ op: "list", id: 2 });
    await there.heard("list");
    look();
    gone.webSocket.resume();
    expect((await gone.closed).code).toBe(1006);
    there.ask({ op: "list", id: 3 });
    await there.heard("list");
  });

  test("are closed when they have asked for nothing for long", async () => {
    const look = stepped();
    let now = 1_000_000;
    const lab = await FeedLab.start({ source: { now: () => now } });
    const [idle, reader] = [await lab.client(), await lab.client()];
    reader.ask({ op: "subscribe", id: 1 });
    await reader.heard("synced");
    now += 11 * 60_000;
    look();
    expect(await idle.closed).toEqual({ code: 1000, reason: "idle" });
    reader.ask({ op: "list", id: 1 });
    await reader.heard("list");
  });
});

test("a feed that cannot be opened says so to its client, and tries again for the next", async () => {
  let tries = 0;
  const warned = vi.spyOn(process, "emitWarning").mockImplementation(() => {});
  onTestFinished(() => warned.mockRestore());
  const lab = await FeedLab.start({
    feed: {
      open() {
        if (tries++ === 0) return Promise.reject(new Error("not now"));
        return Promise.resolve(lab.source);
      },
    },
  });
  expect(await upgrade(lab, { "sec-websocket-protocol": PROTOCOLS })).toMatchObject({ status: 500 });
  await lab.client();
  expect(warned).toHaveBeenCalledOnce();
});
