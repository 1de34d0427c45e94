// The page's files at the feed's port: what is in one folder and nothing else, under a policy that lets nothing foreign in.
import { createReadStream } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join, sep } from "node:path";
import { pipeline } from "node:stream";

/** No inline script or style, nothing from elsewhere, no frame around it, and no address told to others. */
const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "referrer-policy": "no-referrer",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  // A newer framelens at the same port has another page.
  "cache-control": "no-cache",
};

const TYPES: ReadonlyMap<string, string> = new Map([
  [".html", "text/html; charset=utf-8"],
  [".js", "text/javascript; charset=utf-8"],
  [".css", "text/css; charset=utf-8"],
  [".json", "application/json; charset=utf-8"],
  [".map", "application/json; charset=utf-8"],
  [".svg", "image/svg+xml"],
  [".png", "image/png"],
  [".ico", "image/x-icon"],
  [".woff2", "font/woff2"],
  [".txt", "text/plain; charset=utf-8"],
]);

/** Names of files that are ours begin with neither a dot nor a slash. */
const PATH = /^(?:\/[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,100}){1,5}$/;

/** Answers in plain text. */
export function answerText(response: ServerResponse, status: number, text: string, headers: object = {}): void {
  response.writeHead(status, { ...HEADERS, "content-type": "text/plain; charset=utf-8", ...headers });
  response.end(`${text}\n`);
}

/** Leads on to the page and tells it the token, where no server sees it. */
export function answerTicket(response: ServerResponse, token: string): void {
  response.writeHead(303, {
    ...HEADERS,
    "cache-control": "no-store",
    location: `/#token=${encodeURIComponent(token)}`,
  });
  response.end();
}

/** @param folder where the built page is; it may not be there */
export async function servePage(request: IncomingMessage, response: ServerResponse, folder: string): Promise<void> {
  if (request.method !== "GET" && request.method !== "HEAD") {
    answerText(response, 405, "expected GET", { allow: "GET, HEAD" });
    return;
  }
  const path = (request.url ?? "").replace(/[?#].*$/s, "");
  const file = await fileAt(folder, path === "/" ? "/index.html" : path);
  if (file !== undefined) {
    const type = TYPES.get(extname(file.path)) ?? "application/octet-stream";
    response.writeHead(200, { ...HEADERS, "content-type": type, "content-length": file.bytes });
    if (request.method === "HEAD") response.end();
    // A client that leaves is no fault of anybody's.
    else pipeline(createReadStream(file.path), response, () => {});
  } else if (path === "/") {
    answerText(response, 404, "the page is not built; the feed is at /feed");
  } else {
    answerText(response, 404, "no such file; the page is at / and the feed at /feed");
  }
}

/** @returns undefined for what is not there, not a file, or, links followed, not in the folder */
async function fileAt(folder: string, path: string): Promise<{ path: string; bytes: number } | undefined> {
  if (!PATH.test(path)) return undefined;
  try {
    const root = await realpath(folder);
    const found = await realpath(join(root, path));
    if (!found.startsWith(root + sep)) return undefined;
    const info = await stat(found);
    return info.isFile() ? { path: found, bytes: info.size } : undefined;
  } catch {
    return undefined;
  }
}
