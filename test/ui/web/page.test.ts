// The page in a real browser, on the feed of a real program.
import { join } from "node:path";
import { Client, credentials, Metadata } from "@grpc/grpc-js";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { SERVER } from "../../../src/http2/stream.js";
import { Program, type ProgramOptions } from "../../cli/program.js";
import { CONTROL_TOKEN, FeedLab } from "../../feed/lab.js";
import { METHODS, startBytesServer } from "../../interop/bytes-service.js";
import { freePort } from "../../support/free-port.js";
import { openPage } from "./browser.js";
import { openBrowser } from "./launch.js";

const TOKEN = "page-test-token";
/** As `npm run build` made it. */
const PAGE = join(import.meta.dirname, "../../../dist/ui/web");
/** Busy enough that each kind of call was there a few seconds after the start. */
const DEMO = ["demo", "--rate", "5"] as const;
const browser = await openBrowser();

afterAll(() => browser?.close());

interface Started {
  readonly program: Program;
  /** http://host:port/ without the token. */
  readonly origin: string;
  /** Of the proxy. */
  readonly port: number;
}

async function started(args: readonly string[], feed = "127.0.0.1:0", options: ProgramOptions = {}): Promise<Started> {
  const own = ["--listen", "127.0.0.1:0", "--output", "none", "--feed", feed, "--feed-token", TOKEN];
  const program = new Program([...args, ...own], options);
  const origin = await program.until(() => /page (http:\/\/[^/]+\/)#/.exec(program.stderr)?.[1]);
  return { program, origin, port: await program.port() };
}

/** A call that the test itself makes through the proxy. */
function caller(port: number): Client {
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure());
  onTestFinished(() => client.close());
  return client;
}

/** One whole call of such a client. */
async function called(port: number): Promise<void> {
  const { path, requestSerialize, responseDeserialize } = METHODS.unary;
  const client = caller(port);
  const bytes = Buffer.from("0a03616263", "hex");
  await new Promise((resolve) => client.makeUnaryRequest(path, requestSerialize, responseDeserialize, bytes, resolve));
}

/** Calls that are in sight: rows are used again, and some of them have nothing to show. */
function rows(page: Page) {
  return page.locator("[data-call]:not([hidden])");
}

/** Cells of calls in sight that ended well. */
function succeeded(page: Page) {
  return rows(page).locator(".c-status", { hasText: /^OK$/ });
}

describe.skipIf(browser === undefined)("the page", () => {
  /** One for all tests that only look. */
  let demo: Started;
  beforeAll(async () => {
    demo = await started(DEMO, undefined, { shared: true });
  });
  afterAll(() => demo?.program.kill());

  // Not undefined in here.
  const real = browser as Browser;
  const open = (origin: string, path = "/", options = {}) =>
    openPage(real, `${origin}#token=${TOKEN}&${path}`, options);

  test("shows the demo's calls, and takes the token out of the address", async () => {
    const { origin } = demo;
    const { page, complaints } = await open(origin);
    await page.locator("[role=row][data-call]", { hasText: "GetUser" }).first().waitFor();
    await page.locator(".state.live").waitFor();
    expect(page.url()).toBe(`${origin}#/`);
    // Kept for this tab: a reload needs no token.
    await page.reload();
    await page.locator("[role=row][data-call]").first().waitFor();
    expect(complaints).toEqual([]);
  });

  test("opened without the token says where to find it", async () => {
    const { origin } = demo;
    const { page } = await openPage(real, origin);
    await page.getByText("page http://").waitFor();
    expect(await page.locator("[role=row]").count()).toBe(0);
  });

  test("opened with another run's token says so", async () => {
    const { origin } = demo;
    const { page } = await openPage(real, `${origin}#token=of-another-run`);
    await page.getByText("This link is of another run").waitFor();
  });

  test("shows each message of a stream while it is open", async () => {
    const server = await startBytesServer();
    const { origin, port } = await started([`127.0.0.1:${server.port}`, "--no-reflect"]);
    const { path, requestSerialize, responseDeserialize } = METHODS.bidi;
    const stream = caller(port).makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    stream.on("data", () => {});
    stream.write(Buffer.from("0a03616263", "hex"));
    const { page, complaints } = await open(origin);
    await page.locator("[data-call='1']", { hasText: "open" }).click();
    await page.locator("[data-message='server/0']").waitFor();
    expect(await page.locator("[data-message]").count()).toBe(2);
    stream.write(Buffer.from("0a03646566", "hex"));
    await page.locator("[data-message='server/1']").waitFor();
    await page.locator(".event.last").waitFor();
    await page.locator(".ending", { hasText: "Still open" }).waitFor();
    stream.end();
    await page.locator(".ending", { hasText: "finished the call normally" }).waitFor();
    expect(await page.locator("[data-message]").count()).toBe(4);
    expect(complaints).toEqual([]);
  });

  test("shows the beginning of a long stream, and its newest messages as they come", async () => {
    const lab = await FeedLab.start({ feed: { pageFolder: PAGE } });
    const call = lab.traffic.begin("/a.B/Long");
    for (let index = 0; index < 5000; index++) call.says(SERVER, [8, 1]);
    const { page, complaints } = await openPage(real, `http://127.0.0.1:${lab.port}/#token=${CONTROL_TOKEN}&/call/1`);
    await page.locator("[data-message='server/4999']").waitFor();
    call.says(SERVER, [8, 2]);
    await page.locator("[data-message='server/5000']").waitFor();
    await page.locator(".timeline").press("Home");
    await page.locator("[data-message='server/0']").waitFor();
    expect(complaints).toEqual([]);
  });

  test("filters as it is typed, completes words, and points at what is wrong", async () => {
    const { origin } = demo;
    const { page, complaints } = await open(origin);
    await rows(page).first().waitFor();
    await page.keyboard.press("/");
    await page.keyboard.type("stat");
    await page.locator("[role=option]", { hasText: "status.message" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Tab");
    expect(await page.locator("[role=combobox]").inputValue()).toBe("status");
    await page.keyboard.type(" != OK && statsu == 1");
    await page.locator(".mistake", { hasText: 'unknown field "statsu"' }).waitFor();
    expect(await page.locator(".underline mark").textContent()).toBe("statsu");
    for (const _ of " && statsu == 1") await page.keyboard.press("Backspace");
    await page.keyboard.press("Enter");
    await page.locator(".found").waitFor();
    await rows(page).first().waitFor();
    await expect.poll(() => succeeded(page).count()).toBe(0);
    expect(decodeURIComponent(page.url().replaceAll("+", " "))).toBe(`${origin}#/?f=status != OK`);
    await page.keyboard.press("g");
    const method = await page.locator("[data-call][aria-selected=true] .c-method").textContent();
    await page.keyboard.press("*");
    expect(await page.locator("[role=combobox]").inputValue()).toBe(`status != OK && method == "/${method}"`);
    await page.keyboard.press("\\");
    await succeeded(page).first().waitFor();
    expect(complaints).toEqual([]);
  });

  test("a deep link leads to a message under a filter", async () => {
    const { origin } = demo;
    const first = await open(origin, "/?f=ListUsers");
    await succeeded(first.page).first().waitFor();
    // Rows that follow the newest do not hold still.
    await first.page.keyboard.press("g");
    await succeeded(first.page).first().click();
    await first.page.locator("[data-message='server/2']").click();
    const { hash } = new URL(first.page.url());
    expect(hash).toMatch(/^#\/call\/\d+\/server\/2\?f=ListUsers$/);
    const { page, complaints } = await open(origin, hash.slice(1));
    await page.locator(".event.selected[data-message='server/2']").waitFor();
    await page.locator(".message .type", { hasText: "User" }).first().waitFor();
    expect(await page.locator("[role=combobox]").inputValue()).toBe("ListUsers");
    expect(complaints).toEqual([]);
  });

  test("a field leads to its octets, and an octet to its field", async () => {
    const server = await startBytesServer();
    const { origin, port } = await started([`127.0.0.1:${server.port}`, "--no-reflect"]);
    const { path, requestSerialize, responseDeserialize } = METHODS.unary;
    // 1: "abc", 2: 150
    const bytes = Buffer.from("0a03616263109601", "hex");
    await new Promise((resolve) =>
      caller(port).makeUnaryRequest(path, requestSerialize, responseDeserialize, bytes, resolve),
    );
    const { page, complaints } = await open(origin, "/call/1/client/0");
    await page.locator("[role=treeitem]").nth(1).click();
    expect(await page.locator(".digits .tag").allTextContents()).toEqual(["10"]);
    expect(await page.locator(".digits .value").allTextContents()).toEqual(["96", "01"]);
    expect(await page.locator(".readings").textContent()).toContain("150");
    // No schema knows it: the user does, for all messages of the method.
    await page.getByRole("textbox", { name: "Name" }).fill("loud");
    await page.getByRole("combobox", { name: "Type" }).selectOption("sint32");
    await page.getByRole("button", { name: "Say so" }).click();
    await page.locator("[role=treeitem]", { hasText: "loud: 75" }).waitFor();
    await page.locator(".digits [data-offset='3']").click();
    expect(await page.locator("[role=treeitem][aria-selected=true]").textContent()).toContain("abc");
    expect(await page.locator(".digits .value").allTextContents()).toEqual(["61", "62", "63"]);
    expect(complaints).toEqual([]);
  });

  test("comes back by itself when the program does, and shows the new run's calls", async () => {
    const server = await startBytesServer();
    const upstream = [`127.0.0.1:${server.port}`, "--no-reflect"];
    const first = await started(upstream, `127.0.0.1:${await freePort()}`);
    await called(first.port);
    const { page, complaints } = await open(first.origin);
    await rows(page).first().waitFor();
    await first.program.end();
    await page.locator(".state.cut").waitFor();
    // The calls that were there can still be seen.
    expect(await rows(page).count()).toBe(1);
    const second = await started(upstream, new URL(first.origin).host);
    await page.locator(".state.live").waitFor();
    await page.getByText("Waiting for the first call").waitFor();
    await called(second.port);
    await page.locator("[data-call='1']:not([hidden])").waitFor();
    expect(complaints.filter((text) => !/WebSocket connection|ERR_CONNECTION_REFUSED/.test(text))).toEqual([]);
  });

  test("after a cut shows what happened meanwhile, without reading everything again", async () => {
    const lab = await FeedLab.start({ feed: { pageFolder: PAGE } });
    const call = lab.traffic.begin("/a.B/Open");
    const { page, complaints } = await openPage(real, `http://127.0.0.1:${lab.port}/#token=${CONTROL_TOKEN}`);
    await page.locator("[data-call='1']", { hasText: "open" }).waitFor();
    await lab.feed.close();
    await page.locator(".state.cut").waitFor();
    call.ends(5);
    lab.traffic.unary("/a.B/Meanwhile");
    await lab.restart();
    await page.locator("[data-call='1']", { hasText: "NOT_FOUND" }).waitFor();
    await page.locator("[data-call='2']", { hasText: "Meanwhile" }).waitFor();
    lab.traffic.unary("/a.B/Afterwards");
    await page.locator("[data-call='3']", { hasText: "Afterwards" }).waitFor();
    await expect.poll(() => rows(page).count()).toBe(3);
    expect(complaints.filter((text) => !/WebSocket connection|ERR_CONNECTION_REFUSED/.test(text))).toEqual([]);
  });

  test("reaches the first and the last of calls that are more than a browser can lay out", async () => {
    const lab = await FeedLab.start({ feed: { pageFolder: PAGE }, maxMemoryBytes: 512 * 1024 * 1024 });
    const calls = 400_000;
    for (let call = 0; call < calls; call++) lab.traffic.begin(`/a.B/C${call % 10}`).ends();
    const { page } = await openPage(real, `http://127.0.0.1:${lab.port}/#token=${CONTROL_TOKEN}`);
    await page.locator(`[data-call='${calls}']`).waitFor();
    await page.keyboard.press("g");
    await page.locator("[data-call='1']", { hasText: "C0" }).waitFor();
    await page.keyboard.press("j");
    await page.locator("[data-call='2'][aria-selected=true]").waitFor();
    await page.evaluate(`(() => {
      const scroller = document.querySelector(".scroller");
      scroller.scrollTop = scroller.scrollHeight / 2;
    })()`);
    await expect
      .poll(() => rows(page).filter({ hasText: "C" }).first().getAttribute("data-call").then(Number))
      .toBeGreaterThan(190_000);
    await page.keyboard.press("G");
    await page.locator(`[data-call='${calls}'][aria-selected=true]`).waitFor();
  });

  test("copies a call as a command that makes it again", async () => {
    const { origin } = demo;
    const filter = encodeURIComponent('method contains "/GetUser" && status == OK');
    const { page } = await open(origin, `/?f=${filter}`, { permissions: ["clipboard-read", "clipboard-write"] });
    await succeeded(page).first().waitFor();
    await page.keyboard.press("g");
    await page.keyboard.press("Enter");
    await page.getByRole("tab", { name: "Messages" }).waitFor();
    await page.keyboard.press("Y");
    await page.getByRole("menuitem", { name: "grpcurl" }).click();
    await page.locator(".notice.shown", { hasText: "copied a grpcurl command" }).waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toMatch(
      /^grpcurl -plaintext .*-d '\{"id":\d+[^']*\}' -- 127\.0\.0\.1:\d+ framelens\.demo\.v1\.UserService\/GetUser$/,
    );
  });

  test("shows HTML of a peer as text, and lets no foreign script run", async () => {
    const server = await startBytesServer();
    const { origin, port } = await started([`127.0.0.1:${server.port}`, "--no-reflect"]);
    const html = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>";
    const text = Buffer.from(html);
    const bytes = Buffer.concat([Buffer.from([0x0a, text.length]), text]);
    const metadata = new Metadata();
    metadata.set("x-html", html);
    const { path, requestSerialize, responseDeserialize } = METHODS.bidi;
    const stream = caller(port).makeBidiStreamRequest(path, requestSerialize, responseDeserialize, metadata);
    stream.on("data", () => {});
    const over = new Promise((resolve) => stream.on("status", resolve));
    stream.write(bytes);
    stream.end();
    await over;
    const { page, complaints } = await open(origin, "/call/1/client/0");
    await page.locator("[role=treeitem]", { hasText: html }).waitFor();
    await page.locator(".event", { hasText: "<img src=x" }).first().waitFor();
    await page.locator("[data-tab=JSON]").click();
    await page.locator(".json-line", { hasText: "<img src=x" }).waitFor();
    await page.locator("[data-tab=Metadata]").click();
    await page.locator("td", { hasText: html }).waitFor();
    expect(await page.title()).toBe("framelens");
    expect(await page.locator("#app img, #app script").count()).toBe(0);
    expect(complaints).toEqual([]);
    const ran = await page.evaluate(`(() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
      document.body.insertAdjacentHTML("beforeend", '<p id="styled" style="color: rgb(1, 2, 3)">x</p>');
      return [window.ran ?? false, getComputedStyle(document.getElementById("styled")).color === "rgb(1, 2, 3)"];
    })()`);
    expect(ran).toEqual([false, false]);
  });

  test("compares two calls field by field", async () => {
    const server = await startBytesServer();
    const { origin, port } = await started([`127.0.0.1:${server.port}`, "--no-reflect"]);
    const { path, requestSerialize, responseDeserialize } = METHODS.unary;
    const client = caller(port);
    for (const hex of ["0a03616263", "0a03616463"]) {
      const bytes = Buffer.from(hex, "hex");
      await new Promise((resolve) =>
        client.makeUnaryRequest(path, requestSerialize, responseDeserialize, bytes, resolve),
      );
    }
    const { page, complaints } = await open(origin);
    for (const call of [1, 2]) {
      await page.locator(`[data-call='${call}']`).click();
      await page.keyboard.press("Escape");
      await page.keyboard.press("m");
    }
    await page.keyboard.press("c");
    const row = page.locator(".difference.changed", { hasText: "client[0]" });
    await row.waitFor();
    expect(await row.locator("mark").allTextContents()).toEqual(["b", "d"]);
    expect(complaints).toEqual([]);
  });

  test("statistics lead to the calls they count", async () => {
    const { origin } = demo;
    const { page, complaints } = await open(origin, "/stats");
    await page.locator("[data-method$='GetUser']").click();
    await page.locator(".bars button", { hasText: "NOT_FOUND" }).click();
    await rows(page).first().waitFor();
    expect(await page.locator("[role=combobox]").inputValue()).toMatch(/^method == .*GetUser" && status == NOT_FOUND$/);
    await expect
      .poll(async () => new Set(await rows(page).locator(".c-status").allTextContents()))
      .toEqual(new Set([" NOT_FOUND"]));
    expect(complaints).toEqual([]);
  });

  test("is in the colours that the system asks for, until it is told otherwise", async () => {
    const { origin } = demo;
    const { page } = await open(origin, "/", { colorScheme: "light" });
    await page.locator("html[data-theme=light]").waitFor();
    await page.getByRole("button", { name: "Dark colours" }).click();
    await page.reload();
    await page.locator("html[data-theme=dark]").waitFor();
  });

  test("can be read by what reads pages to people", async () => {
    const { origin } = demo;
    const { page } = await open(origin);
    await page.getByRole("grid", { name: "Calls" }).getByRole("row").nth(3).waitFor();
    await page.getByRole("columnheader", { name: "Method" }).waitFor();
    await rows(page).first().click();
    await page.getByRole("tab", { name: "Messages", selected: true }).waitFor();
    await page.getByRole("grid", { name: "Events of the call" }).getByRole("row").first().waitFor();
  });
});
