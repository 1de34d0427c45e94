// A real browser: the one that comes as a package on Linux x64, else a Chrome that is installed; undefined when there is none.
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium } from "playwright-core";

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
