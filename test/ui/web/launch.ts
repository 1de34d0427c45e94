// A real browser: the one that comes as a package on Linux x64, else a Chrome that is installed; undefined when there is none.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
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

/** Until a busy machine has started it. */
const LAUNCH_MS = 120_000;

async function packaged(): Promise<Browser> {
  const executablePath = await unpacked();
  const { default: build } = await import("@sparticuz/chromium");
  return chromium.launch({
    executablePath,
    args: [...build.args.filter((arg) => !UNWANTED.test(arg)), "--disable-gpu"],
    timeout: LAUNCH_MS,
  });
}

/**
 * The package unpacks its browser into the system's folder for temporary files, and takes whatever is there for a whole one of
 * its own: half a one that somebody else is unpacking, or another user's. So each clone has its own, which is there at once.
 * @returns where the browser is
 */
async function unpacked(): Promise<string> {
  const main = createRequire(import.meta.url).resolve("@sparticuz/chromium");
  const modules = main.slice(0, main.lastIndexOf("@sparticuz"));
  const { version } = JSON.parse(readFileSync(join(modules, "@sparticuz/chromium/package.json"), "utf8")) as {
    readonly version: string;
  };
  const folder = join(modules, ".cache", `chromium-${version}`);
  // It unpacks the system libraries it needs, too, when it is told that it runs where there are none.
  process.env.AWS_EXECUTION_ENV ??= "AWS_Lambda_nodejs20.x";
  const { default: build } = await withTemporary(folder, () => import("@sparticuz/chromium"));
  if (!existsSync(folder)) {
    mkdirSync(dirname(folder), { recursive: true });
    const draft = mkdtempSync(`${folder}-`);
    try {
      await withTemporary(draft, () => build.executablePath());
      const fonts = join(draft, "fonts/fonts.conf");
      writeFileSync(fonts, readFileSync(fonts, "utf8").replaceAll("/tmp/", `${folder}/`));
      renameSync(draft, folder);
    } catch (error) {
      rmSync(draft, { recursive: true, force: true });
      // Another process was first.
      if (!existsSync(folder)) throw error;
    }
  }
  return join(folder, "chromium");
}

/** Does something while the system's folder for temporary files is another. */
async function withTemporary<T>(folder: string, work: () => Promise<T>): Promise<T> {
  const before = process.env.TMPDIR;
  process.env.TMPDIR = folder;
  try {
    return await work();
  } finally {
    if (before === undefined) delete process.env.TMPDIR;
    else process.env.TMPDIR = before;
  }
}
