// A real browser: the one that comes as a package on Linux x64, else a Chrome that is installed; undefined when there is none.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { onTestFinished } from "vitest";

/** Weakens what is tested here, ends the browser with its first context, or draws by an emulated graphics card: 8 frames a second. */
const UNWANTED = /web-security|insecure-content|single-process|no-zygote|-gpu|-gl=|angle|swiftshader/;

export async function openBrowser(): Promise<Browser | undefined> {
  try {
    if (process.platform === "linux" && process.arch === "x64") return await packaged();
    return await chromium.launch({ channel: "chrome" });
  } catch (error) {
    // Tests are counted as skipped then; on our own platform that would hide a fault.
    if (process.platform === "linux" && process.arch === "x64") throw error;
    return undefined;
  }
}

async function packaged(): Promise<Browser> {
  // It unpacks the system libraries it needs when it is told that it runs where there are none.
  process.env.AWS_EXECUTION_ENV ??= "AWS_Lambda_nodejs20.x";
  const { default: build } = await import("@sparticuz/chromium");
  const executablePath = await build.executablePath();
  if (!existsSync(executablePath)) throw new Error(`no browser at ${executablePath} (home ${join(homedir())})`);
  return chromium.launch({
    executablePath,
    args: [...build.args.filter((arg) => !UNWANTED.test(arg)), "--disable-gpu"],
  });
}

export interface WatchedPage {
  readonly page: Page;
  /** What the page complained about so far. */
  readonly complaints: readonly string[];
}

/** A page in a context of its own, which is gone when the test is over. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options });
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url);
  return { page, complaints };
}
