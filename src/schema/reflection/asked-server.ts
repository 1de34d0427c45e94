// One server that is asked: what it told, and when it may be asked again.
import type { Socket } from "node:net";
import type { Field } from "../../model/fields.js";
import { DescriptorSource } from "../descriptor-source.js";
import { BackOff, RETRY } from "./back-off.js";
import type { Listed, ReflectionCall, ReflectionClient } from "./client.js";
import { readFileFacts } from "./messages.js";
import type { Peer } from "./peers.js";
import type { ReflectionCode } from "./problem.js";

/** One call of ours and where it went. */
export interface SourceCall extends ReflectionCall {
  readonly server: string;
}

export interface AskOptions {
  /** Opens a connection; `dialPeer` with the proxy's TLS. */
  readonly dial: (peer: Peer, giveUp: AbortSignal) => Promise<Socket>;
  /** --reflect-header, for every server that is asked. */
  readonly headers?: readonly Field[];
  readonly onCall?: (call: SourceCall) => void;
  /** Milliseconds from whatever start. */
  readonly now: () => number;
  /** See {@link ReflectionClient}. */
  readonly timeoutMs?: number;
  readonly idleMs?: number;
}

/** Of one server over time: googleapis, all of it, is 6,000 files and 30 MB, and nobody serves all of it. */
const MAX_FILES = 5000;
const MAX_BYTES = 32 * 1024 * 1024;
/** Services that were asked for, about 200 octets each: a client can call any number that do not exist. */
const MAX_SERVICES = 1000;
/** Questions that wait for their turn; further ones are not asked now. */
const MAX_WAITING = 100;

export class AskedServer {
  readonly #peer: Peer;
  readonly #options: AskOptions;
  /** What it told. */
  readonly source: DescriptorSource;
  readonly #files = new Map<string, Uint8Array>();
  #fileBytes = 0;
  #client: Promise<ReflectionClient> | undefined;
  readonly #backOff = new BackOff();
  readonly #questions = new Map<string, BackOff>();
  readonly #underWay = new Map<string, Promise<boolean>>();
  #turn: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(peer: Peer, options: AskOptions) {
    this.#peer = peer;
    this.#options = options;
    this.source = new DescriptorSource(`reflection of ${peer.server}`, {
      maxFiles: MAX_FILES,
      maxBytes: MAX_BYTES,
    });
  }

  /** @returns whether there are new files */
  ask(service: string): Promise<boolean> {
    const running = this.#underWay.get(service);
    if (running !== undefined) return running;
    if (!this.#mayAsk(service) || this.#underWay.size >= MAX_WAITING) return Promise.resolve(false);
    const run = this.#turn.then(() => this.#run(service)).finally(() => this.#underWay.delete(service));
    this.#underWay.set(service, run);
    // The next one's turn comes whatever became of this one.
    this.#turn = run.catch(() => {});
    return run;
  }

  async services(): Promise<Listed> {
    return (await this.#open()).services();
  }

  /** Everything may be asked again, and an answer may differ from the last. */
  forget(): void {
    this.#backOff.succeeded();
    this.#questions.clear();
    this.#files.clear();
    this.#fileBytes = 0;
    this.source.replace([]);
  }

  close(): void {
    this.#closed = true;
    this.#client?.then(
      (client) => client.close(),
      () => {},
    );
  }

  #mayAsk(service: string): boolean {
    const now = this.#options.now();
    return !this.#closed && this.#backOff.ready(now) && (this.#questions.get(service)?.ready(now) ?? true);
  }

  async #run(service: string): Promise<boolean> {
    // Those before it may have found the server wanting.
    if (!this.#mayAsk(service)) return false;
    const client = await this.#open();
    const { files, problem } = await client.describe({ kind: "symbol", name: service });
    if (this.#closed) return false;
    this.#note(service, problem?.code);
    if (problem !== undefined) this.source.refused(`asked for ${service}: ${problem.message} (${problem.code})`);
    return this.#learn(files);
  }

  #note(service: string, code: ReflectionCode | undefined): void {
    const now = this.#options.now();
    if (code !== undefined && RETRY[code].concerns === "server") {
      this.#backOff.failed(code, now);
      return;
    }
    this.#backOff.succeeded();
    const question = this.#questions.get(service) ?? new BackOff();
    // An answer without a fault is asked for again only when it turns out not to hold the method.
    question.failed(code ?? "ERR_REFLECTION_NOT_FOUND", now);
    this.#questions.delete(service);
    this.#questions.set(service, question);
    if (this.#questions.size > MAX_SERVICES) {
      const [oldest] = this.#questions.keys();
      this.#questions.delete(oldest!);
    }
  }

  /** A server that was started anew may say something else under the same name: what it says now counts. */
  #learn(files: readonly Uint8Array[]): boolean {
    let changed = false;
    const fresh = files.filter((bytes) => {
      const name = readFileFacts(bytes)?.name ?? "";
      const before = this.#files.get(name);
      if (before !== undefined && Buffer.compare(before, bytes) === 0) return false;
      const grown = this.#fileBytes + bytes.length - (before?.length ?? 0);
      if (grown > MAX_BYTES || (before === undefined && this.#files.size >= MAX_FILES)) return false;
      changed ||= before !== undefined;
      this.#files.set(name, bytes);
      this.#fileBytes = grown;
      return true;
    });
    if (fresh.length === 0) return false;
    if (changed) this.source.replace(this.#files.values());
    else this.source.add(fresh);
    return true;
  }

  /** The client is loaded when it is first needed: a relay lives from a small heap. */
  #open(): Promise<ReflectionClient> {
    const { dial, headers, onCall, timeoutMs, idleMs } = this.#options;
    const peer = this.#peer;
    this.#client ??= import("./client.js").then(
      ({ ReflectionClient }) =>
        new ReflectionClient({
          dial: (giveUp) => dial(peer, giveUp),
          authority: peer.authority,
          ...(headers === undefined ? {} : { headers }),
          ...(onCall === undefined ? {} : { onCall: (call) => onCall({ ...call, server: peer.server }) }),
          ...(timeoutMs === undefined ? {} : { timeoutMs }),
          ...(idleMs === undefined ? {} : { idleMs }),
        }),
    );
    return this.#client;
  }
}
