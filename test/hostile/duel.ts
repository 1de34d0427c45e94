// One attack carried out: its connections through the proxy, both ends of each, and what was put in and came out at either.
import { createHash } from "node:crypto";
import type { Socket } from "node:net";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Backend } from "./backend.js";
import { NOTHING } from "./bytes.js";
import type { Attack, Script } from "./script.js";

/** Octets kept to tell whether what arrived is the beginning of what was sent. */
const KEPT_BYTES = 65_536;
/** Nothing moved for this long: a deaf peer's buffers are full. */
const STALLED_MS = 400;
/** How long connections that stay are left open when all has arrived. */
const HOLD_MS = 100;

/** What passed one end in one direction. */
class Tally {
  bytes = 0;
  readonly #hash = createHash("sha256");
  readonly #kept: Uint8Array[] = [];
  #keptBytes = 0;

  add(bytes: Uint8Array): void {
    this.bytes += bytes.length;
    this.#hash.update(bytes);
    if (this.#keptBytes >= KEPT_BYTES) return;
    const keep = bytes.slice(0, KEPT_BYTES - this.#keptBytes);
    this.#kept.push(keep);
    this.#keptBytes += keep.length;
  }

  fingerprint(): string {
    return `${this.bytes}:${this.#hash.copy().digest("hex")}`;
  }

  head(): Buffer {
    return Buffer.concat(this.#kept);
  }
}

/** One end of a connection. */
class End {
  readonly socket: Socket;
  readonly script: Script;
  readonly sent = new Tally();
  readonly received = new Tally();
  readonly closed: Promise<void>;
  #spoken: () => void = () => {};
  readonly #spoke = new Promise<void>((resolve) => {
    this.#spoken = resolve;
  });

  constructor(socket: Socket, script: Script, first: Uint8Array) {
    this.socket = socket;
    this.script = script;
    socket.on("error", () => {});
    this.closed = new Promise((resolve) => (socket.closed ? resolve() : socket.once("close", () => resolve())));
    void this.closed.then(this.#spoken);
    const take = (chunk: Uint8Array) => {
      this.received.add(chunk);
      if (this.received.bytes >= (script.waitsFor ?? 1)) this.#spoken();
    };
    if (first.length > 0) take(first);
    if (script.deaf) {
      socket.pause();
      this.#spoken();
      return;
    }
    socket.on("data", take);
    socket.on("end", this.#spoken);
    socket.resume();
  }

  async act(bytes: number, connection: number): Promise<void> {
    const { script, socket } = this;
    if (script.open !== undefined) await this.#write(script.open);
    if (script.main !== undefined) {
      if (!script.atOnce) await this.#spoke;
      for (const piece of script.main(bytes, connection)) {
        if (socket.destroyed) break;
        await this.#write(piece);
      }
    }
    if (script.end === "reset") reset(socket);
    else if (script.end !== "stay") socket.end();
  }

  async #write(piece: Uint8Array): Promise<void> {
    if (this.script.drip) {
      for (let at = 0; at < piece.length && !this.socket.destroyed; at++) {
        await this.#put(piece.subarray(at, at + 1));
        await new Promise((resolve) => setImmediate(resolve));
      }
    } else await this.#put(piece);
  }

  async #put(piece: Uint8Array): Promise<void> {
    const { socket } = this;
    if (socket.destroyed || !socket.writable) return;
    this.sent.add(piece);
    if (socket.write(piece)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        socket.removeListener("drain", done);
        socket.removeListener("close", done);
        resolve();
      };
      socket.on("drain", done);
      socket.on("close", done);
    });
  }
}

export interface DuelResult {
  /** Octets that the two sides put in and got out, and what kept them from being the same. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly seconds: number;
  /** The longest that this process itself let everybody wait. */
  readonly ownStallMs: number;
  readonly difference: string | undefined;
}

export interface DuelOptions {
  readonly full: boolean;
  /** After this it has failed. */
  readonly limitMs: number;
  /** A connection to the proxy; in TLS unless `raw`. */
  dial(raw: boolean): Promise<Socket>;
}

/** Carries out one attack. */
export async function duel(attack: Attack, backend: Backend, options: DuelOptions): Promise<DuelResult> {
  const size = options.full ? "full" : "quick";
  const bytes = attack.bytes[size];
  const connections = attack.connections?.[size] ?? 1;
  const clients: End[] = [];
  const servers: End[] = [];
  const acts: Promise<void>[] = [];
  backend.undecidedMs = attack.server.atOnce ? 1500 : 10_000;
  backend.onStranger = (socket, first) => {
    const end = new End(socket, attack.server, first);
    acts.push(end.act(bytes, servers.push(end) - 1));
  };
  const delays = monitorEventLoopDelay({ resolution: 5 });
  delays.enable();
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`not over after ${options.limitMs} ms`), options.limitMs);
  });
  const run = async (): Promise<undefined> => {
    const one = async (index: number) => {
      const end = new End(await options.dial(attack.raw === true), attack.client, NOTHING);
      clients[index] = end;
      await end.act(bytes, index);
      if (attack.client.end !== "stay" && attack.atOnce !== undefined) await end.closed;
    };
    let next = 0;
    const worker = async () => {
      while (next < connections) await one(next++);
    };
    const all = Promise.all(Array.from({ length: Math.min(connections, attack.atOnce ?? connections) }, worker));
    if (attack.stalls) {
      await stalled(clients, servers);
      return undefined;
    }
    await all;
    await Promise.all(acts);
    await settled(attack, clients, servers, connections);
    return undefined;
  };
  const overdue = await Promise.race([run(), limit]);
  clearTimeout(timer);
  const seconds = (performance.now() - began) / 1000;
  delays.disable();
  const mid = stateOf(clients, servers);
  for (const end of [...clients, ...servers]) end?.socket.destroy();
  await Promise.all([...clients, ...servers].map((end) => end?.closed));
  backend.onStranger = (socket) => socket.destroy();
  return {
    sentBytes: sum(clients, "sent") + sum(servers, "sent"),
    receivedBytes: sum(clients, "received") + sum(servers, "received"),
    seconds,
    ownStallMs: delays.max / 1e6,
    difference:
      overdue === undefined
        ? (difference("client", attack, clients, servers) ?? difference("server", attack, servers, clients))
        : `${overdue}: ${mid}`,
  };
}

/** All that both sides meant to send has arrived, and those who leave have left. */
async function settled(attack: Attack, clients: readonly End[], servers: readonly End[], count: number): Promise<void> {
  const stays = attack.client.end === "stay" || attack.server.end === "stay";
  if (!stays) {
    // The last of them may not yet have been accepted.
    const missing = () => (attack.arrives ?? "all") === "all" && servers.length < count;
    for (let seen = -1; seen !== servers.length || missing(); await pause(20)) {
      seen = servers.length;
      await Promise.all([...clients, ...servers].map((end) => end.closed));
    }
    return;
  }
  if (attack.arrives === "nothing") return;
  while (
    servers.length < count ||
    sum(clients, "sent") !== sum(servers, "received") ||
    sum(servers, "sent") !== sum(clients, "received")
  )
    await pause(10);
  await pause(HOLD_MS);
}

async function stalled(clients: readonly End[], servers: readonly End[]): Promise<void> {
  for (let last = -1, still = 0; still < STALLED_MS; ) {
    await pause(20);
    const moved = sum([...clients, ...servers], "sent");
    still = moved === last && moved > 0 ? still + 20 : 0;
    last = moved;
  }
}

function difference(from: string, attack: Attack, here: readonly End[], there: readonly End[]): string | undefined {
  const arrives = attack.arrives ?? "all";
  if (arrives === "nothing") return undefined;
  if (arrives === "part" || attack.stalls) {
    const sent = here.map((end) => end.sent.head());
    const wrong = there.filter((end) => {
      const got = end.received.head();
      return !sent.some((bytes) => bytes.subarray(0, got.length).equals(got));
    });
    return wrong.length === 0 ? undefined : `${wrong.length} of ${from}'s connections arrived altered`;
  }
  const sent = here.map((end) => end.sent.fingerprint()).sort();
  const received = there.map((end) => end.received.fingerprint()).sort();
  if (sent.join() === received.join()) return undefined;
  const bytes = (list: readonly string[]) => list.reduce((sum, each) => sum + Number.parseInt(each, 10), 0);
  return `${from} sent ${bytes(sent)} octets over ${sent.length} connections, ${bytes(received)} over ${received.length} arrived, not the same`;
}

function stateOf(clients: readonly End[], servers: readonly End[]): string {
  const say = (name: string, ends: readonly End[]) =>
    `${name} ${ends.filter((end) => !end.socket.closed).length} of ${ends.length} open, ${sum(ends, "sent")} sent, ${sum(ends, "received")} received`;
  return `${say("clients", clients)}; ${say("servers", servers)}`;
}

function sum(ends: readonly (End | undefined)[], of: "sent" | "received"): number {
  return ends.reduce((total, end) => total + (end?.[of].bytes ?? 0), 0);
}

/** As abruptly as can be: a RST, if it is TCP. */
function reset(socket: Socket): void {
  try {
    socket.resetAndDestroy();
  } catch {
    socket.destroy();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
