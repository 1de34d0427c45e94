// The feed of the built program: where it says that it is, who is refused, tail beside the demo, and its end.
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocket } from "ws";
import { FeedReader } from "../feed/lab.js";
import { freePort } from "../support/free-port.js";
import { readEvents } from "./event-shapes.js";
import { framelens, Program } from "./program.js";

/** The default is what most people have; the harness switches it off for the others. */
const DEFAULT = { FRAMELENS_FEED: "0" };
const LINE = /^feed ws:\/\/127\.0\.0\.1:(\d+)\/feed {2}page http:\/\/127\.0\.0\.1:\1\/#token=(\S+)$/m;

async function feedOf(program: Program): Promise<{ url: string; link: string; port: number; token: string }> {
  const [, port = "", token = ""] = await program.until(() => LINE.exec(program.stderr) ?? undefined);
  return {
    url: `ws://127.0.0.1:${port}/feed`,
    link: `http://127.0.0.1:${port}/#token=${token}`,
    port: Number(port),
    token,
  };
}

function reader(url: string, token: string): FeedReader {
  return new FeedReader(new WebSocket(url, ["framelens.v1", `token.${token}`]));
}

describe("framelens", () => {
  test("says where its feed is, lets in who has its token, and ends with it", async () => {
    const program = new Program(["h:1", "-l", "0", "-o", "none"], { env: DEFAULT });
    const { url, token } = await feedOf(program);
    expect(token).toMatch(/^[\w-]{32}$/);
    const client = reader(url, token);
    expect(await client.heard("hello")).toMatchObject({
      role: "control",
      upstream: "h:1",
      program: expect.stringMatching(/^framelens \d/),
    });
    const { code, stderr } = await program.end("SIGTERM");
    expect(await client.closed).toMatchObject({ code: 1001 });
    expect(code).toBe(143);
    expect(stderr.split("\n")).toHaveLength(3);
  });

  test("takes the tokens that it is given, one for looking only", async () => {
    const env = { ...DEFAULT, FRAMELENS_FEED_TOKEN: "one-for-all", FRAMELENS_FEED_VIEW_TOKEN: "one-for-looking" };
    const program = new Program(["h:1", "-l", "0", "-o", "none"], { env });
    const { url, token } = await feedOf(program);
    expect(token).toBe("one-for-all");
    expect(await reader(url, "one-for-looking").heard("hello")).toMatchObject({ role: "view" });
    expect(program.stderr).not.toContain("one-for-looking");
  });

  test("has no feed with --no-feed", async () => {
    const { stderr } = await framelens(["h:1", "-l", "0", "--for", "0.01", "--no-feed"], DEFAULT);
    expect(stderr).toMatch(/^framelens listening on 127\.0\.0\.1:\d+\n$/);
  });

  test("opens the page by a link that works once and has no token in it", async () => {
    const folder = mkdtempSync(join(tmpdir(), "framelens-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    for (const opener of ["xdg-open", "open"]) {
      writeFileSync(join(folder, opener), `#!/bin/sh\nprintf %s "$1" > "$0.args"\n`, { mode: 0o700 });
    }
    const args = ["h:1", "-l", "0", "-o", "none", "--open", "--feed-token", "a%b&c"];
    const program = new Program(args, { env: { ...DEFAULT, PATH: folder } });
    const { link } = await feedOf(program);
    const opened = readdirSync(folder).find((name) => name.endsWith(".args"));
    const once = readFileSync(join(folder, opened ?? ""), "utf8");
    expect(once).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/open\/[\w-]{32}$/);
    const ask = () => fetch(once, { redirect: "manual" });
    const head = await fetch(once, { method: "HEAD", redirect: "manual" });
    expect(head.status).toBe(404);
    const first = await ask();
    expect([first.status, first.headers.get("cache-control")]).toEqual([303, "no-store"]);
    expect(new URL(first.headers.get("location") ?? "", once).href).toBe(link);
    expect(link).toMatch(/#token=a%25b%26c$/);
    expect((await ask()).status).toBe(404);
  });

  test("goes on where no browser can be opened, and says so", async () => {
    const folder = mkdtempSync(join(tmpdir(), "framelens-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const { code, stderr } = await framelens(["h:1", "-l", "0", "--for", "0.01", "--open"], {
      ...DEFAULT,
      PATH: folder,
    });
    expect(stderr).toMatch(LINE);
    expect(stderr).toMatch(
      /\nframelens: no browser was opened \(.*open is not installed\); the page's address is above\n$/,
    );
    expect(code).toBe(0);
  });

  test("warns in one line when others can reach the feed", async () => {
    const { stderr } = await framelens(["h:1", "-l", "0", "--for", "0.01", "--feed", "0.0.0.0:0"]);
    expect(stderr).toMatch(LINE);
    expect(stderr).toMatch(
      /\nframelens: others can reach the feed on 0\.0\.0\.0:\d+; who has the token sees the traffic\n$/,
    );
  });

  test("refuses its own feed as a server, by CONNECT and as the upstream", async () => {
    const program = new Program(["-l", "0", "-o", "ndjson"], { env: DEFAULT });
    const { port } = await feedOf(program);
    const socket = connect({ host: "127.0.0.1", port: await program.port() });
    socket.write(`CONNECT localhost:${port} HTTP/1.1\r\n\r\nPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n`);
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
    socket.on("error", () => {});
    await once(socket, "close");
    expect(await program.line(/connection-closed/)).toContain("framelens refuses to connect to itself");
    const page = await fetchThrough(await program.port(), port);
    expect(page).toContain("502");
    expect(page).not.toContain("the page is not built");
  });
});

async function fetchThrough(proxy: number, port: number): Promise<string> {
  const socket = connect({ host: "127.0.0.1", port: proxy });
  socket.write(`GET http://127.0.0.1:${port}/ HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString("latin1")));
  socket.on("error", () => {});
  await once(socket, "close");
  return text;
}

describe("framelens tail", () => {
  test("prints the events of the demo as --output ndjson does there", async () => {
    const demo = new Program(["demo", "-l", "0", "-o", "none", "--rate", "20"], { env: DEFAULT });
    const { link } = await feedOf(demo);
    const tail = new Program(["tail", "--feed", link, "-o", "ndjson"]);
    await tail.until(() => tail.lines.filter((line) => line.includes('"call-end"')).length >= 20);
    const { code, stderr } = await tail.end("SIGINT");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    // A message of megabytes is left out of its event; all else is as it is there.
    const events = readEvents(tail.lines.map((line) => line.replace(',"omitted":true', "")));
    expect(events.filter((event) => event.json !== undefined).length).toBeGreaterThan(10);
  });

  test("prints lines to read, of the calls that match", async () => {
    const demo = new Program(["demo", "-l", "0", "-o", "none", "--rate", "20"], { env: DEFAULT });
    const { link } = await feedOf(demo);
    const tail = new Program(["tail", "--feed", link, "status == NOT_FOUND"]);
    await tail.until(() => tail.lines.length >= 3);
    for (const line of tail.lines) expect(line).toContain("✗ NOT_FOUND");
    await tail.end();
  });

  test("goes on when framelens is started again", async () => {
    const port = await freePort();
    const start = ["demo", "-l", "0", "-o", "none", "--rate", "20", "--feed-token", "one-for-all"];
    const first = new Program([...start, "--feed", String(port)]);
    await feedOf(first);
    const tail = new Program(["tail", "--feed", String(port), "--feed-token", "one-for-all"]);
    await tail.until(() => tail.lines.length >= 3);
    await first.end();
    await tail.until(() => tail.stderr.includes("that framelens has ended; trying again"));
    const before = tail.lines.length;
    const second = new Program([...start, "--feed", String(port)]);
    await feedOf(second);
    await tail.until(() => tail.stderr.includes("connected again") && tail.lines.length > before + 3);
    expect((await tail.end()).code).toBe(0);
  });

  test("that is refused ends with one line", async () => {
    const program = new Program(["h:1", "-l", "0", "-o", "none"], { env: DEFAULT });
    const { url } = await feedOf(program);
    expect(await framelens(["tail", "--feed", url, "--feed-token", "wrong"])).toEqual({
      code: 1,
      stdout: "",
      stderr: "framelens: the feed refused with 401: expected the feed's token\n",
    });
  });
});
