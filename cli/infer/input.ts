// What framelens infer learns from: events as ndjson with the octets of messages, or files that are a message each.
import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { EXIT, FramelensError, type Side } from "../../src/index.js";
import type { ProtoDraft } from "../../src/schemaless/proto-draft.js";
import { readInput } from "../decode/input.js";

/** Calls whose method is remembered; a call's messages come near its beginning, in a recording of any length. */
const MAX_CALLS = 100_000;

interface OpenCall {
  readonly method: string;
  readonly messages: Record<Side, number>;
}

interface EventLine {
  readonly kind?: unknown;
  readonly call?: unknown;
  readonly method?: unknown;
  readonly data?: unknown;
  readonly problem?: unknown;
  readonly status?: { readonly code?: unknown };
}

/**
 * Reads events, one JSON object a line; other lines are left out.
 * @param file - for stdin
 * @throws FramelensError ERR_FILE when it cannot be read
 */
export async function readEvents(file: string, draft: ProtoDraft): Promise<void> {
  const input = file === "-" ? process.stdin : createReadStream(file);
  const calls = new Map<number, OpenCall>();
  try {
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const event = parse(line);
      if (event !== undefined) take(event, calls, draft);
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new FramelensError("ERR_FILE", `cannot read ${file} (${String(error.code)})`, { exitCode: EXIT.usage });
  }
}

function parse(line: string): EventLine | undefined {
  try {
    const event: unknown = JSON.parse(line);
    return typeof event === "object" && event !== null ? event : undefined;
  } catch {
    return undefined;
  }
}

function take(event: EventLine, calls: Map<number, OpenCall>, draft: ProtoDraft): void {
  const { kind, call, method, data } = event;
  if (typeof call !== "number") return;
  if (kind === "client-header" && typeof method === "string") {
    if (calls.size >= MAX_CALLS) calls.delete(calls.keys().next().value!);
    calls.set(call, { method, messages: { client: 0, server: 0 } });
    return;
  }
  const open = calls.get(call);
  if (open === undefined) return;
  if (kind === "client-message" || kind === "server-message") {
    const from = kind === "client-message" ? "client" : "server";
    if (++open.messages[from] > 1) draft.streams(open.method, from);
    if (typeof data === "string" && event.problem === undefined)
      draft.add(open.method, from, Buffer.from(data, "base64"));
  } else if (kind === "call-end") {
    // A call that went well without a message of a side is a stream of none.
    if (event.status?.code === 0)
      for (const from of ["client", "server"] as const) if (open.messages[from] === 0) draft.streams(open.method, from);
    calls.delete(call);
  }
}

/** Reads the files of a folder, each one message (or several, length-prefixed), and those of its folders by their names. */
export function readFolder(folder: string, draft: ProtoDraft): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      for (const file of readdirSync(path, { withFileTypes: true }))
        if (file.isFile()) readMessages(join(path, file.name), entry.name, draft);
    } else if (entry.isFile()) readMessages(path, basename(resolve(folder)), draft);
  }
}

function readMessages(path: string, name: string, draft: ProtoDraft): void {
  for (const { bytes, compressed, cut } of readInput(readFileSync(path), undefined))
    if (!compressed && cut === undefined) draft.add(name, "server", bytes);
}
