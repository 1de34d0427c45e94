// One attack carried out: its connections through the proxy, both ends of each, and what was put in and came out at either.
import type { Socket } from "node:net";
import { NOTHING } from "./bytes.js";
import { Ends, type Evidence, type Passed, type Report } from "./ends.js";
import type { Attack, Sizes } from "./script.js";

/** Nothing moved for this long: a deaf peer's buffers are full. */
const STALLED_MS = 400;
/** How long connections that stay are left open when all has arrived. */
const HOLD_MS = 100;

/** The server's ends, in this process or in another. */
export interface ServerEnds {
  begin(attack: Attack, size: keyof Sizes): void | Promise<void>;
  report(): Report | Promise<Report>;
  evidence(heads: boolean): Evidence | Promise<Evidence>;
  /** Cuts them all. What was said of them stays until the next begin. */
  finish(): Promise<void>;
}

export interface DuelResult {
  /** Octets that the two sides put in and got out, and what kept them from being the same. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly seconds: number;
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
export async function duel(attack: Attack, servers: ServerEnds, options: DuelOptions): Promise<DuelResult> {
  const size = options.full ? "full" : "quick";
  const bytes = attack.bytes[size];
  const connections = attack.connections?.[size] ?? 1;
  const clients = new Ends(attack.client);
  await servers.begin(attack, size);
  const began = performance.now();
  let timer: NodeJS.Timeout | undefined;
  const limit = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(`not over after ${options.limitMs} ms`), options.limitMs);
  });
  const run = async (): Promise<undefined> => {
    let next = 0;
    const worker = async () => {
      while (next < connections) {
        const index = next++;
        const socket = await options.dial(attack.raw === true);
        const end = await clients.act(socket, NOTHING, bytes, index);
        if (attack.client.end !== "stay" && attack.atOnce !== undefined) await end.closed;
      }
    };
    const all = Promise.all(Array.from({ length: Math.min(connections, attack.atOnce ?? connections) }, worker));
    if (attack.stalls) {
      await stalled(clients, servers);
      return undefined;
    }
    await all;
    await settled(attack, clients, servers, connections);
    return undefined;
  };
  const overdue = await Promise.race([run(), limit]);
  clearTimeout(timer);
  const seconds = (performance.now() - began) / 1000;
  const [here, there] = [clients.report(), await servers.report()];
  await Promise.all([clients.cut(), servers.finish()]);
  return {
    sentBytes: here.sent + there.sent,
    receivedBytes: here.received + there.received,
    seconds,
    difference:
      overdue === undefined
        ? await differenceOf(attack, clients, servers)
        : `${overdue}: ${stateOf("clients", here)}; ${stateOf("servers", there)}`,
  };
}

/** All that both sides meant to send has arrived, and those who leave have left. */
async function settled(attack: Attack, clients: Ends, servers: ServerEnds, count: number): Promise<void> {
  const stays = attack.client.end === "stay" || attack.server.end === "stay";
  if (!stays) {
    const enough = (attack.arrives ?? "all") === "all" ? count : 0;
    // The last of them may not yet have been accepted.
    for (let seen = -1; ; await pause(20)) {
      const [here, there] = [clients.report(), await servers.report()];
      const still = there.ends === seen && there.ends >= enough;
      if (still && here.open + there.open + there.acting === 0) return;
      seen = there.ends;
    }
  }
  if (attack.arrives === "nothing") return;
  for (; ; await pause(10)) {
    const [here, there] = [clients.report(), await servers.report()];
    if (there.ends < count || there.acting > 0) continue;
    if (here.sent === there.received && there.sent === here.received) break;
  }
  await pause(HOLD_MS);
}

async function stalled(clients: Ends, servers: ServerEnds): Promise<void> {
  for (let last = -1, still = 0; still < STALLED_MS; ) {
    await pause(20);
    const moved = clients.report().sent + (await servers.report()).sent;
    still = moved === last && moved > 0 ? still + 20 : 0;
    last = moved;
  }
}

async function differenceOf(attack: Attack, clients: Ends, servers: ServerEnds): Promise<string | undefined> {
  const arrives = attack.arrives ?? "all";
  if (arrives === "nothing") return undefined;
  const partly = arrives === "part" || attack.stalls === true;
  const [here, there] = [clients.evidence(partly), await servers.evidence(partly)];
  const compare = partly ? alteredBeginnings : notTheSame;
  return compare("client", here.sent, there.received) ?? compare("server", there.sent, here.received);
}

function alteredBeginnings(from: string, sent: readonly Passed[], received: readonly Passed[]): string | undefined {
  const wrong = received.filter(
    ({ head }) => !sent.some((each) => Buffer.compare(each.head.subarray(0, head.length), head) === 0),
  );
  return wrong.length === 0 ? undefined : `${wrong.length} of ${from}'s connections arrived altered`;
}

function notTheSame(from: string, sent: readonly Passed[], received: readonly Passed[]): string | undefined {
  const fingerprints = (list: readonly Passed[]) => list.map(({ bytes, hash }) => `${bytes}:${hash}`).sort();
  if (fingerprints(sent).join() === fingerprints(received).join()) return undefined;
  const octets = (list: readonly Passed[]) => list.reduce((sum, { bytes }) => sum + bytes, 0);
  return `${from} sent ${octets(sent)} octets over ${sent.length} connections, ${octets(received)} over ${received.length} arrived, not the same`;
}

function stateOf(name: string, { ends, open, sent, received }: Report): string {
  return `${name} ${open} of ${ends} open, ${sent} sent, ${received} received`;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
