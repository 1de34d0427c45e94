// `npm run bench -- page`: whether the page in a real browser keeps up with the traffic, and how soon it is there.
import { fileURLToPath } from "node:url";
import type { Browser, Page } from "playwright-core";
import { openBrowser } from "../ui/web/launch.js";
import { median } from "./bench.js";
import { answerBytes, SMALL_CALL } from "./cases.js";
import { type Child, Children, firstMessage } from "./children.js";
import { OwnLoader } from "./loaders.js";
import { PROBE, type Seen, TAKE } from "./page-probe.js";
import { startTimes } from "./page-times.js";

/** Of traffic, and what a call without much in it has of them: fields, a message and the end of each side, the end of the call. */
const EVENTS_PER_SECOND = 10_000;
const EVENTS_PER_CALL = 7;
const STORED_CALLS = 100_000;
const TOKEN = "bench-page-token";
const VIEW = { width: 1440, height: 900 } as const;
const FRAMELENS = fileURLToPath(new URL("../../cli/main.js", import.meta.url));
const BATCH_MS = 20;
const SETTLE_MS = 2000;

export interface PageOptions {
  readonly rounds: number;
  readonly quick: boolean;
}

export interface Watched {
  readonly name: string;
  readonly eventsPerSecond: number;
  readonly framesPerSecond: number;
  readonly longestFrameMs: number;
  /** How old the first thing was that the page did not show yet; undefined where it cannot be seen. */
  readonly lagMs: { readonly median: number; readonly most: number } | undefined;
}

export interface PageResult {
  readonly browser: string;
  readonly watched: readonly Watched[];
  readonly storedCalls: number;
  readonly firstViewMs: readonly number[];
}

/** @throws Error when there is no browser */
export async function measurePage({ rounds, quick }: PageOptions): Promise<PageResult> {
  const browser = await openBrowser();
  if (browser === undefined) throw new Error("no browser: expected an installed Chrome");
  const children = new Children(undefined);
  const watchMs = quick ? 4000 : 10_000;
  try {
    const unary = await watchUnary(browser, children, watchMs);
    const streams = await watchStream(browser, children, watchMs);
    const firstViewMs = await firstViews(browser, children, rounds);
    const name = `${browser.browserType().name()} ${browser.version()}`;
    return { browser: name, watched: [unary, ...streams], storedCalls: STORED_CALLS, firstViewMs };
  } finally {
    await browser.close();
  }
}

export function pageReport({ browser, watched, storedCalls, firstViewMs }: PageResult): string {
  const lines = [`page: ${VIEW.width}×${VIEW.height} in ${browser}`];
  for (const { name, eventsPerSecond, framesPerSecond, longestFrameMs, lagMs } of watched) {
    const frames = `${framesPerSecond.toFixed(1)} frames/s (≥ 30), the longest ${Math.round(longestFrameMs)} ms`;
    const behind =
      lagMs === undefined
        ? ""
        : `; behind by ${Math.round(lagMs.median)} ms (median), ${Math.round(lagMs.most)} ms at most (≤ 1,000)`;
    lines.push(`  ${name}: ${Math.round(eventsPerSecond).toLocaleString("en")} events/s; ${frames}${behind}`);
  }
  const times = firstViewMs.map((ms) => Math.round(ms)).join(", ");
  lines.push(
    `  first view with ${storedCalls.toLocaleString("en")} calls stored: ${Math.round(median(firstViewMs))} ms (≤ 1,000; ${times})`,
  );
  return lines.join("\n");
}

interface Proxy {
  readonly child: Child;
  readonly port: number;
  /** http://host:port/ of the page. */
  readonly origin: string;
}

async function startProxy(children: Children, upstreamPort: number): Promise<Proxy> {
  const args = [FRAMELENS, `127.0.0.1:${upstreamPort}`, "--listen", "127.0.0.1:0", "--output", "none", "--no-reflect"];
  args.push("--feed", "127.0.0.1:0", "--feed-token", TOKEN);
  const child = children.start(process.execPath, args, { role: "relay" });
  return new Promise((resolve, reject) => {
    child.onOutput((text) => {
      const port = /framelens listening on \S+:(\d+)\s/.exec(text)?.[1];
      const origin = /page (http:\/\/[^/]+\/)#/.exec(text)?.[1];
      if (port !== undefined && origin !== undefined) resolve({ child, port: Number(port), origin });
    });
    child.process.once("exit", () => reject(new Error(`framelens ended early: ${child.output()}`)));
  });
}

/** Many short calls, with the list following the newest. */
async function watchUnary(browser: Browser, children: Children, ms: number): Promise<Watched> {
  const { proxy, load, stop } = await unaryBackend(children);
  const page = await open(browser, proxy.origin, "/");
  const end = performance.now() + SETTLE_MS + ms + 500;
  const perBatch = Math.ceil((EVENTS_PER_SECOND / EVENTS_PER_CALL / 1000) * BATCH_MS);
  let calls = 0;
  const began = performance.now();
  const loading = (async () => {
    while (performance.now() < end) {
      const due = Math.floor((performance.now() - began) / BATCH_MS) * perBatch - calls;
      if (due > 0) calls += (await load(due)).allCalls;
      await new Promise((resolve) => setTimeout(resolve, BATCH_MS));
    }
    return (calls * 1000) / (performance.now() - began);
  })();
  const seen = await watch(page, ms);
  const times = await startTimes(
    proxy.origin,
    TOKEN,
    seen.looks.map(({ call }) => call + 1),
  );
  const lags = seen.looks.map(({ at, call }) => Math.max(0, at - (times.get(call + 1) ?? at)));
  const perSecond = await loading;
  await page.context().close();
  await stop();
  return {
    name: "unary calls, the list",
    eventsPerSecond: perSecond * EVENTS_PER_CALL,
    ...framesOf(seen),
    ...lagOf(lags),
  };
}

/** One stream of many messages: its row in the list, then the stream itself. */
async function watchStream(browser: Browser, children: Children, ms: number): Promise<readonly Watched[]> {
  const child = children.startOwn("page-stream.js", [String(EVENTS_PER_SECOND)], { role: "backend" });
  const { port } = await firstMessage<{ port: number }>(child);
  const proxy = await startProxy(children, port);
  const sent: { readonly at: number; readonly sent: number }[] = [];
  child.process.on("message", (message: { at: number; sent: number }) => sent.push(message));
  const page = await open(browser, proxy.origin, "/");
  child.process.send({ proxy: proxy.port });
  await page.locator("[data-call='1']").waitFor();
  const list = await watch(page, ms);
  await page.locator("[data-call='1']").click();
  await page.locator("[data-message]").first().waitFor();
  const opened = await watch(page, ms);
  await page.context().close();
  await children.stop(proxy.child);
  await children.stop(child);
  const rate = ((sent.at(-1)!.sent - sent[0]!.sent) * 1000) / (sent.at(-1)!.at - sent[0]!.at);
  const lags = opened.looks.map(({ at, message }) => {
    const next = sent.find(({ sent: messages }) => messages > message + 1);
    return next === undefined ? 0 : Math.max(0, at - next.at);
  });
  return [
    { name: "one stream, the list", eventsPerSecond: rate, ...framesOf(list), lagMs: undefined },
    { name: "one stream, opened", eventsPerSecond: rate, ...framesOf(opened), ...lagOf(lags) },
  ];
}

/** From nothing to the first call on screen. */
async function firstViews(browser: Browser, children: Children, rounds: number): Promise<readonly number[]> {
  const { proxy, load, stop } = await unaryBackend(children);
  await load(STORED_CALLS);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const page = await open(browser, proxy.origin, "/");
    await page.locator("[data-call] .c-status").first().waitFor();
    let seen = (await page.evaluate(TAKE)) as Seen;
    // The row is there; the next frame notes it.
    while (seen.firstRowAt === undefined) seen = (await page.evaluate(TAKE)) as Seen;
    times.push(seen.firstRowAt);
    await page.context().close();
  }
  await stop();
  return times;
}

async function unaryBackend(children: Children) {
  const { messages, messageBytes } = SMALL_CALL;
  const backend = children.startOwn("backend.js", [JSON.stringify({ messages, messageBytes })], { role: "backend" });
  const { port } = await firstMessage<{ port: number }>(backend);
  const proxy = await startProxy(children, port);
  const loader = await OwnLoader.start(children);
  const load = (calls: number) =>
    loader.order({
      ...SMALL_CALL,
      ...{ port: proxy.port, tls: false, connections: 1, inFlight: 100, keep: "page", calls },
      answerBytes: answerBytes(SMALL_CALL),
    });
  const stop = async () => {
    for (const child of [loader.child, proxy.child, backend]) await children.stop(child);
  };
  return { proxy, load, stop };
}

async function open(browser: Browser, origin: string, path: string): Promise<Page> {
  const context = await browser.newContext({ viewport: VIEW });
  const page = await context.newPage();
  await page.addInitScript(PROBE);
  await page.goto(`${origin}#token=${TOKEN}&${path}`);
  return page;
}

async function watch(page: Page, ms: number): Promise<Seen> {
  await page.waitForTimeout(SETTLE_MS);
  await page.evaluate(TAKE);
  await page.waitForTimeout(ms);
  return (await page.evaluate(TAKE)) as Seen;
}

function framesOf({ frames }: Seen): Pick<Watched, "framesPerSecond" | "longestFrameMs"> {
  const first = frames[0] ?? 0;
  const last = frames.at(-1) ?? 0;
  let longest = 0;
  for (let at = 1; at < frames.length; at++) longest = Math.max(longest, frames[at]! - frames[at - 1]!);
  return { framesPerSecond: ((frames.length - 1) * 1000) / (last - first), longestFrameMs: longest };
}

function lagOf(lags: readonly number[]): Pick<Watched, "lagMs"> {
  return { lagMs: { median: median(lags), most: Math.max(0, ...lags) } };
}
