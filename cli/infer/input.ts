// What framelens infer learns from: events as ndjson with the octets of messages, gRPC's binary log, or files that are a message each.
import { createReadStream, readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { EXIT, FramelensError, type Side } from "../../src/index.js";
import type { ProtoDraft } from "../../src/schemaless/proto-draft.js";
import { readInput } from "../decode/input.js";
import { type LoggedEvent, readBinaryLog } from "./binary-log.js";

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

/** Calls by whatever names them in a recording. */
class Calls {
  readonly #calls = new Map<number | string, OpenCall>();
  readonly #draft: ProtoDraft;

  constructor(draft: ProtoDraft) {
    this.#draft = draft;
  }

  begins(call: number | string, method: string): void {
    if (this.#calls.size >= MAX_CALLS) this.#calls.delete(this.#calls.keys().next().value!);
    this.#calls.set(call, { method, messages: { client: 0, server: 0 } });
  }

  /** @param bytes undefined when they are not whole */
  message(call: number | string, from: Side, bytes: Uint8Array | undefined): void {
    const open = this.#calls.get(call);
    if (open === undefined) return;
    if (++open.messages[from] > 1) this.#draft.streams(open.method, from);
    if (bytes !== undefined) this.#draft.add(open.method, from, bytes);
  }

  ends(call: number | string, ok: boolean): void {
    const open = this.#calls.get(call);
    // A call that went well without a message of a side is a stream of none.
    if (open !== undefined && ok)
      for (const from of ["client", "server"] as const)
        if (open.messages[from] === 0) this.#draft.streams(open.method, from);
    this.#calls.delete(call);
  }
}

const GZIP = 0x1f;

/**
 * Reads a recording: events as ndjson, one JSON object a line, of which other lines are left out; or gRPC's binary log. Either may
 * be gzipped. The first octet tells: an entry of a log begins with its length, whose first octet no line begins with.
 * @param file - for stdin
 * @param note is told what could not be read
 * @throws FramelensError ERR_FILE when it cannot be read
 */
export async function readRecording(file: string, draft: ProtoDraft, note: (text: string) => void): Promise<void> {
  const input = file === "-" ? process.stdin : createReadStream(file);
  const calls = new Calls(draft);
  try {
    let { first, all } = await opened(input);
    if (first === GZIP) ({ first, all } = await opened(all.pipe(createGunzip())));
    if (first !== undefined && first < 0x09) {
      for await (const event of readBinaryLog(all, (what) => note(`${file}: ${what}; read up to there`)))
        takeLogged(event, calls);
      return;
    }
    for await (const line of createInterface({ input: all, crlfDelay: Number.POSITIVE_INFINITY })) {
      const event = parse(line);
      if (event !== undefined) take(event, calls);
    }
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    throw new FramelensError("ERR_FILE", `cannot read ${file} (${String(error.code)})`, { exitCode: EXIT.usage });
  }
}

/** A stream as it is, and its first octet; undefined when there is none. */
async function opened(input: Readable): Promise<{ first: number | undefined; all: Readable }> {
  const chunks = input[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
  const first = await chunks.next();
  async function* whole() {
    if (first.done !== true) yield first.value;
    yield* chunks;
  }
  return {
    first: first.done === true ? undefined : first.value[0],
    all: Readable.from(whole(), { objectMode: false }),
  };
}

function takeLogged(event: LoggedEvent, calls: Calls): void {
  if (event.kind === "client-header") calls.begins(event.call, event.method);
  else if (event.kind === "message") calls.message(event.call, event.from, event.bytes);
  else calls.ends(event.call, event.ok);
}

function parse(line: string): EventLine | undefined {
  try {
    const event: unknown = JSON.parse(line);
    return typeof event === "object" && event !== null ? event : undefined;
  } catch {
    return undefined;
  }
}

function take(event: EventLine, calls: Calls): void {
  const { kind, call, method, data } = event;
  if (typeof call !== "number") return;
  if (kind === "client-header" && typeof method === "string") calls.begins(call, method);
  else if (kind === "client-message" || kind === "server-message") {
    const isWhole = typeof data === "string" && event.problem === undefined;
    calls.message(
      call,
      kind === "client-message" ? "client" : "server",
      isWhole ? Buffer.from(data, "base64") : undefined,
    );
  } else if (kind === "call-end") calls.ends(call, event.status?.code === 0);
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
