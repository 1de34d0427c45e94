// Opens an address in the user's browser, as the desktop does it; where there is none, says so.
import { spawn } from "node:child_process";

const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>>> = {
  darwin: ["open"],
  // What would be the window's title stands first.
  win32: ["cmd", "/c", "start", ""],
};
/** How long it is waited for what goes wrong at once: what opens a browser may run as long as the browser does. */
const WAIT_MS = 1000;

/**
 * @param url without characters that mean something to a shell; others can see it in the list of processes
 * @returns what went wrong, in a few words; undefined when it is open, or about to be
 */
export function openInBrowser(url: string): Promise<string | undefined> {
  const [command, ...args] = OPENERS[process.platform] ?? ["xdg-open"];
  return new Promise((resolve) => {
    // In a group of its own: Ctrl-C here is not meant for the browser.
    const child = spawn(command, [...args, url], { stdio: "ignore", detached: true });
    const timer = setTimeout(() => resolve(undefined), WAIT_MS);
    const over = (problem: string | undefined): void => {
      clearTimeout(timer);
      resolve(problem);
    };
    child.on("error", (error: NodeJS.ErrnoException) =>
      over(error.code === "ENOENT" ? `${command} is not installed` : error.message),
    );
    child.on("exit", (code, signal) => over(code === 0 ? undefined : `${command} ended with ${code ?? signal}`));
    child.unref();
  });
}
