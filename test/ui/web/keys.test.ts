// What keys and commands do on the page, in a real browser on the feed of a capture that the test fills by hand.
import { join } from "node:path";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, describe, expect, test } from "vitest";
import { Capture } from "../../../src/capture/capture.js";
import { CLIENT, SERVER } from "../../../src/http2/stream.js";
import { FixedTypes } from "../../../src/schemaless/fixed-types.js";
import { SchemalessReader } from "../../../src/schemaless/schemaless-reader.js";
import { MessageReader } from "../../../src/session/message-reader.js";
import { ACTIONS, actionsOf, CONTEXTS } from "../../../ui/web/parts/actions.js";
import { CONTROL_TOKEN, FeedLab, Traffic, VIEW_TOKEN } from "../../feed/lab.js";
import { openPage } from "./browser.js";
import { openBrowser } from "./launch.js";

/** As `npm run build` made it. */
const PAGE = join(import.meta.dirname, "../../../dist/ui/web");
const GET = "/a.B/Get";
const browser = await openBrowser();

afterAll(() => browser?.close());

test("no key means two things in one part of the page", () => {
  for (const context of CONTEXTS) {
    const keys = actionsOf(context).flatMap((action) => action.keys);
    expect(new Set(keys).size, context).toBe(keys.length);
    const names = actionsOf(context).map(({ name }) => name);
    expect(new Set(names).size, context).toBe(names.length);
  }
});

describe.skipIf(browser === undefined)("keys of the page", () => {
  // Not undefined in here.
  const real = browser as Browser;

  async function start(calls = 5, token = CONTROL_TOKEN, path = "/") {
    const capture = new Capture();
    const messages = new MessageReader({ capture, guesser: new SchemalessReader(new FixedTypes()) });
    const lab = await FeedLab.start({ feed: { pageFolder: PAGE }, source: { capture, messages } });
    const traffic = new Traffic(capture);
    for (let count = 1; count <= calls; count++) {
      const call = traffic.begin(count === 2 ? "/a.B/Other" : GET);
      call.says(CLIENT, [10, 3, 97, 98, 96 + count]);
      traffic.now += 10 * (1 + ((count * 3) % 5));
      call.says(SERVER, [8, count]);
      call.ends(count === 3 ? 5 : 0);
    }
    const { page, complaints } = await openPage(real, `http://127.0.0.1:${lab.port}/#token=${token}&${path}`);
    if (calls > 0 && path === "/") await page.locator(`[data-call='${calls}']`).waitFor();
    return { lab, traffic, page, complaints };
  }

  const press = async (page: Page, ...keys: readonly string[]) => {
    for (const key of keys) await page.keyboard.press(key);
  };
  /** Numbers of the calls in sight, from the top. */
  const shown = (page: Page) => () =>
    page.evaluate<number[]>(`[...document.querySelectorAll("[data-call]:not([hidden])")]
      .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top)
      .map((row) => Number(row.dataset.call))`);
  const toShow = (page: Page, calls: readonly number[]) => expect.poll(shown(page)).toEqual(calls);
  const command = async (page: Page, text: string) => {
    await page.keyboard.press(":");
    await page.keyboard.type(text);
    await page.keyboard.press("Enter");
  };

  test("d hides a call, z all so far, Z shows them again; new ones appear", async () => {
    const { traffic, page, complaints } = await start();
    await press(page, "g", "j", "d");
    await toShow(page, [1, 3, 4, 5]);
    // What comes after it is chosen now.
    await page.locator("[data-call='3'][aria-selected=true]").waitFor();
    await press(page, "Z");
    await toShow(page, [1, 2, 3, 4, 5]);
    await press(page, "z");
    await page.getByRole("heading", { name: "All calls so far are hidden" }).waitFor();
    traffic.unary(GET);
    await toShow(page, [6]);
    await command(page, "sort duration");
    await page.locator(".chip", { hasText: "by duration" }).waitFor();
    await toShow(page, [6]);
    await page.getByRole("button", { name: "Show (Z)" }).click();
    await expect.poll(async () => (await shown(page)()).length).toBe(6);
    expect(complaints).toEqual([]);
  });

  test("Enter opens the newest call when none is chosen; 2 shows connections, and Enter there their calls", async () => {
    const { traffic, page, complaints } = await start(2);
    const { capture } = traffic;
    await press(page, "Enter");
    await page.getByRole("tab", { name: "Metadata" }).waitFor();
    expect(new URL(page.url()).hash).toBe("#/call/2");
    traffic.connection();
    const said = { connection: 1, from: "server" } as const;
    capture.connectionEvent({ kind: "settings", ...said, settings: { MAX_CONCURRENT_STREAMS: 7 } });
    const why = { code: 11, name: "ENHANCE_YOUR_CALM", debug: "too_many_pings" };
    capture.connectionEvent({ kind: "goaway", ...said, lastStream: 3, ...why });
    await press(page, "Escape");
    await page.getByRole("tab", { name: "Metadata" }).waitFor({ state: "detached" });
    await press(page, "2");
    await page.locator(".connections tbody tr", { hasText: "GOAWAY ENHANCE_YOUR_CALM" }).waitFor();
    const panel = page.getByRole("complementary", { name: "Connection 1" });
    await panel.getByText("ENHANCE_YOUR_CALM (11), last stream 3, “too_many_pings”").waitFor();
    await panel.getByText("MAX_CONCURRENT_STREAMS").waitFor();
    await press(page, "4");
    await page.getByText("a.B/Other 1 call, whose messages are guessed").waitFor();
    await press(page, "2");
    await page.locator(".connections tbody tr[aria-selected=true]", { hasText: "GOAWAY" }).waitFor();
    await press(page, "Enter");
    await toShow(page, [1, 2]);
    expect(new URL(page.url()).hash).toContain("connection+%3D%3D+1");
    expect(complaints).toEqual([]);
  });

  test("p holds the list still while capture goes on", async () => {
    const { traffic, page, complaints } = await start(2);
    const open = traffic.begin(GET);
    await page.locator("[data-call='3']", { hasText: "open" }).waitFor();
    await press(page, "p");
    await page.locator(".chip.held", { hasText: "0 new" }).waitFor();
    open.ends();
    traffic.unary(GET);
    await page.locator(".chip.held", { hasText: "1 new" }).waitFor();
    expect(await shown(page)()).toEqual([1, 2, 3]);
    expect(await page.locator("[data-call='3']").textContent()).toContain("open");
    await press(page, "p");
    await toShow(page, [1, 2, 3, 4]);
    await page.locator("[data-call='3']", { hasText: "OK" }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("M shows marked calls only", async () => {
    const { page } = await start();
    await press(page, "M");
    await page.locator(".notice.shown", { hasText: "no call is marked" }).waitFor();
    await press(page, "g", "j", "m", "G", "m", "M");
    await toShow(page, [2, 5]);
    await press(page, "M");
    await toShow(page, [1, 2, 3, 4, 5]);
    await press(page, "M", "U");
    await toShow(page, [1, 2, 3, 4, 5]);
  });

  test("s, o, v and the titles sort the calls, whichever of them the page has met", async () => {
    const { page, complaints } = await start();
    // They took 40, 20, 50, 30 and 10 ms.
    await command(page, "sort duration");
    await toShow(page, [3, 1, 4, 2, 5]);
    await press(page, "v");
    await toShow(page, [5, 2, 4, 1, 3]);
    await page.locator(".head [data-sort=start]").first().click();
    await toShow(page, [5, 4, 3, 2, 1]);
    await press(page, "o");
    await page.getByRole("dialog", { name: "sort by" }).waitFor();
    await page.keyboard.type("status");
    await press(page, "Enter");
    await expect.poll(async () => (await shown(page)())[0]).toBe(3);
    await page.getByRole("button", { name: "As they came" }).click();
    await toShow(page, [1, 2, 3, 4, 5]);
    await press(page, "s");
    await toShow(page, [5, 4, 3, 1, 2]);
    expect(complaints).toEqual([]);
  });

  test("S finds the next message with a text, n and N go on and back", async () => {
    const { page, complaints } = await start();
    await press(page, "S");
    await page.keyboard.type("ab");
    await press(page, "Enter");
    const at = (call: number) => page.locator(`section.call[aria-label='Call ${call}'] .event.selected`);
    await at(1).waitFor();
    expect(page.url()).toContain("/call/1/client/0");
    await press(page, "n");
    await at(2).waitFor();
    await press(page, "N");
    await at(1).waitFor();
    await command(page, "search abe");
    await at(5).waitFor();
    await press(page, "n");
    await page.locator(".notice.shown", { hasText: 'no message from here on has "abe"' }).waitFor();
    expect(complaints).toEqual([]);
  });

  test("Ctrl-P finds a method, and : does what the table names", async () => {
    const { page } = await start();
    await press(page, "Control+p");
    await page.keyboard.type("oth");
    await page.locator("[role=option]", { hasText: "a.B/Other" }).waitFor();
    await press(page, "Enter");
    await toShow(page, [2]);
    await press(page, "\\");
    await command(page, "go 4");
    await page.locator("section.call[aria-label='Call 4']").waitFor();
    await press(page, ">");
    await page.locator("section.call[aria-label='Call 5']").waitFor();
    await press(page, ":");
    await page.keyboard.type("nonsense");
    await press(page, "Enter");
    await page.locator(".prompt .mistake", { hasText: 'no command "nonsense"' }).waitFor();
    await press(page, "Escape");
    await command(page, "theme light");
    await page.locator("html[data-theme=light]").waitFor();
  });

  test("the help tells every key of the table, and each of them can be pressed", async () => {
    const { page, complaints } = await start();
    await press(page, "?");
    for (const context of CONTEXTS)
      expect(await page.locator("dialog.help").textContent()).toContain(actionsOf(context)[0]!.help);
    await press(page, "Escape");
    for (const { keys } of [...ACTIONS.list, ...ACTIONS.call, ...ACTIONS.app, ...ACTIONS.list]) {
      for (const key of keys) {
        const [first = "", second] = key === " " ? [key] : key.split(" ");
        await page.keyboard.press(first.replace("ctrl-", "Control+"));
        if (second !== undefined) await page.keyboard.press(second);
        // Whatever was asked is left.
        await page.keyboard.press("Escape");
      }
    }
    await page.locator(".state.live").waitFor();
    expect(complaints).toEqual([]);
  });

  test("who has the control token can clear what is kept, once asked; all others hear of it", async () => {
    const { lab, traffic, page, complaints } = await start();
    const other = await openPage(real, `http://127.0.0.1:${lab.port}/#token=${VIEW_TOKEN}`);
    await other.page.locator("[data-call='5']").click();
    await other.page.locator("section.call[aria-label='Call 5']").waitFor();
    expect(await other.page.getByRole("button", { name: "Forget all calls" }).count()).toBe(0);
    const open = traffic.begin(GET);
    await page.locator("[data-call='6']").waitFor();
    await page.getByRole("button", { name: "Forget all calls" }).click();
    await page.getByRole("heading", { name: "Forget all 6 calls?" }).waitFor();
    await press(page, "Escape");
    await command(page, "clear");
    await page.getByRole("button", { name: "Forget", exact: true }).click();
    await other.page.locator(".notice.shown", { hasText: "what was kept was cleared" }).waitFor();
    await other.page.getByText("Call 5 is not here").waitFor();
    // What is open goes on; its number is below those that come.
    traffic.unary(GET);
    traffic.unary(GET);
    for (const one of [page, other.page]) await toShow(one, [6, 7, 8]);
    open.ends();
    await page.locator("[data-call='6']", { hasText: "OK" }).waitFor();
    await command(page, "clear");
    await page.getByRole("button", { name: "Forget", exact: true }).click();
    await page.getByText("Cleared. Waiting for the next call").waitFor();
    await command(other.page, "clear");
    await other.page.locator(".notice.shown", { hasText: "needs the control token" }).waitFor();
    expect([...complaints, ...other.complaints]).toEqual([]);
  });

  test("a call has a picture of its messages that leads to them, and its frames", async () => {
    const { traffic, page, complaints } = await start(0);
    await page.getByText("Waiting for the first call").waitFor();
    const { frames } = traffic.capture;
    frames?.begin(1, traffic.now);
    frames?.add(CLIENT, 1, 4, 1, 40);
    frames?.add(SERVER, 3, 0, 1, 4);
    frames?.value(8);
    const call = traffic.begin(GET);
    for (let index = 0; index < 4; index++) {
      call.says(CLIENT, [8, index]);
      traffic.now += 500;
      call.says(SERVER, new Uint8Array(500));
    }
    call.ends();
    await page.locator("[data-call='1']").click();
    await page.getByRole("tab", { name: "Frames" }).waitFor();
    await press(page, "4");
    await expect
      .poll(() => page.locator(".frame-row[role=row] b").allTextContents())
      .toEqual(["HEADERS", "RST_STREAM"]);
    await page.locator(".frame-row", { hasText: "CANCEL (8)" }).waitFor();
    await press(page, "3");
    await expect.poll(() => page.locator(".message-chart .bar.client").count()).toBe(4);
    expect(await page.locator(".message-chart circle.server").count()).toBe(3);
    await page.locator(".message-chart .bar.server").last().click();
    await page.locator(".event.selected[data-message='server/3']").waitFor();
    expect(complaints).toEqual([]);
  });

  test("a click hits the call and the message that was pressed, however many come meanwhile", async () => {
    const { traffic, page, complaints } = await start(100);
    const known = (calls: number) => page.locator(".pulse .figure", { hasText: `calls${calls}` }).waitFor();
    const pressOn = async (row: Locator) => {
      await row.hover();
      await page.mouse.down();
    };
    await pressOn(page.locator("[data-call='95']"));
    for (let count = 0; count < 10; count++) traffic.unary(GET);
    await known(110);
    expect((await shown(page)()).at(-1)).toBe(100);
    await page.mouse.up();
    await page.getByRole("tab", { name: "Messages" }).waitFor();
    expect(new URL(page.url()).hash).toBe("#/call/95");
    // Not on a call: what is new comes into sight again.
    await press(page, "Escape", "F");
    await page.locator("[data-call='110']").waitFor();
    await pressOn(page.locator("[data-call='105']"));
    traffic.unary(GET);
    await known(111);
    await page.mouse.move(5, 5);
    await page.mouse.up();
    await page.locator("[data-call='111']").waitFor();
    const stream = traffic.begin(GET);
    const says = (from: number, to: number) => {
      for (let index = from; index < to; index++) stream.says(SERVER, [8, index]);
    };
    says(0, 100);
    await page.locator("[data-call='112']").click();
    await page.locator("[data-message='server/99']").waitFor();
    await pressOn(page.locator("[data-message='server/95']"));
    says(100, 110);
    await page.locator(".totals .server", { hasText: "110" }).waitFor();
    await page.mouse.up();
    await page.locator(".event.selected[data-message='server/95']").waitFor();
    expect(complaints).toEqual([]);
  });

  test("a page that comes late shows how traffic went before", async () => {
    const lab = await FeedLab.start({ feed: { pageFolder: PAGE } });
    lab.traffic.now = Date.now() - 60_000;
    for (let count = 0; count < 50; count++) {
      lab.traffic.unary(GET);
      lab.traffic.now += 1000;
    }
    const { page } = await openPage(real, `http://127.0.0.1:${lab.port}/#token=${CONTROL_TOKEN}&/stats`);
    await page.locator("[data-method]").waitFor();
    // A line through the last minute: its columns of pixels in the colour of the line.
    const columns = () =>
      page.evaluate<number>(`(() => {
        const canvas = document.querySelector(".rate-chart");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height * 0.8);
        const found = new Set();
        for (let at = 0; at < data.length; at += 4)
          if (Math.abs(data[at + 1] - data[at]) > 60 && data[at + 3] > 60) found.add((at / 4) % canvas.width);
        return found.size / canvas.width;
      })()`);
    await expect.poll(columns).toBeGreaterThan(0.2);
  });
});
