// What framelens infer learns from: events as ndjson with the octets of messages, gRPC's binary log, or files that are a message each.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { ENTRY, type LogEntry } from "../../src/binary-log/entry.js";
import { LogEntries } from "../../src/binary-log/log-entries.js";
import type { Side } from "../../src/index.js";
import type { ProtoDraft } from "../../src/schemaless/proto-draft.js";
import { readInput } from "../decode/input.js";
import { cannotRead, openInput } from "../input-file.js";

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

const NO_OCTETS = new Uint8Array(0);

/**
 * Reads a recording: events as ndjson, one JSON object a line, of which other lines are left out; or gRPC's binary log. Either may
 * be gzipped. The first octet tells: an entry of a log begins with its length, whose first octet no line begins with.
 * @param file - for stdin
 * @param note is told what could not be read
 * @throws FramelensError ERR_FILE when it cannot be read
 */
export async function readRecording(file: string, draft: ProtoDraft, note: (text: string) => void): Promise<void> {
  const calls = new Calls(draft);
  try {
    const { firstOctet, chunks } = await openInput(file);
    if (firstOctet !== undefined && firstOctet < 0x09) {
      const entries = new LogEntries(chunks);
      for await (const entry of entries) takeLogged(entry, calls);
      if (entries.problem !== undefined) note(`${file}: ${entries.problem}; read up to there`);
      return;
    }
    for await (const line of createInterface({ input: chunks, crlfDelay: Number.POSITIVE_INFINITY })) {
      const event = parse(line);
      if (event !== undefined) take(event, calls);
    }
  } catch (error) {
    throw cannotRead(file, error);
  }
}

function takeLogged({ type, logger, call: id, method, message, truncated, status }: LogEntry, calls: Calls): void {
  // A client and a server may write to one log, and count their calls each.
  const call = `${logger}:${id}`;
  switch (type) {
    case ENTRY.clientHeader:
      calls.begins(call, method ?? "");
      break;
    case ENTRY.clientMessage:
    case ENTRY.serverMessage: {
      const { length = 0, data = NO_OCTETS } = message ?? {};
      const isWhole = truncated !== true && data.length === length;
      calls.message(call, type === ENTRY.clientMessage ? "client" : "server", isWhole ? data : undefined);
      break;
    }
    case ENTRY.serverTrailer:
      calls.ends(call, (status?.code ?? 0) === 0);
      break;
    case ENTRY.cancel:
      calls.ends(call, false);
      break;
    default:
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
