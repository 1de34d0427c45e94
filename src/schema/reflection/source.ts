// The schema source that asks: a method that nothing else knows is asked for by reflection, at the server that serves it, once.
import type { CaptureEvent, DroppedEvent } from "../../model/events.js";
import type { DescriptorPool } from "../descriptor-pool.js";
import { DescriptorSource } from "../descriptor-source.js";
import type { SchemaProblem } from "../problems.js";
import type { SchemaSource } from "../schema-source.js";
import { AskedServer, type AskOptions } from "./asked-server.js";
import type { Listed } from "./client.js";
import { type OnDescriptors, Overhearer } from "./overhear.js";
import { type Peer, Peers } from "./peers.js";
import { serviceOf } from "./service-name.js";

export interface ReflectionSourceOptions extends AskOptions {
  /** --reflect; without it no server is asked, but what others ask is learned from all the same. */
  readonly ask: boolean;
  /** As {@link Capture.messageBytes}. */
  readonly messageBytes: (seq: number) => Uint8Array | undefined;
  /** Takes the source of a server that is asked for the first time. */
  readonly addSource: (source: SchemaSource) => void;
  /** Whom to ask about services that no call was seen of. */
  readonly upstream?: Peer;
  /** Takes what servers answered to others: it counts for less than what we asked for. */
  readonly onOverheard: OnDescriptors;
}

/** Each may hold some megabytes of descriptors, and a connection for a while; only a forward proxy has more than one or two. */
const MAX_SERVERS = 8;
/** Services that are asked for before a call to them was seen: those of the last moments. */
const MAX_EARLY = 100;

export class ReflectionSource implements SchemaSource {
  readonly name = "reflection";
  readonly #options: ReflectionSourceOptions;
  /** Stays empty: each server's files are a source of their own, as two servers may mean different things by one name. */
  readonly #own = new DescriptorSource(this.name);
  readonly #peers = new Peers();
  readonly #overhearer: Overhearer;
  readonly #servers = new Map<string, AskedServer>();
  /** Who asked for a service before it was known whom to ask: the first of a session's calls is shown before its events come here. */
  readonly #early = new Map<string, { readonly found: Promise<boolean>; readonly seen: () => void }>();
  #closed = false;

  constructor(options: ReflectionSourceOptions) {
    this.#options = options;
    this.#overhearer = new Overhearer(options.messageBytes, options.onOverheard);
  }

  get pool(): DescriptorPool {
    return this.#own.pool;
  }

  get problems(): readonly SchemaProblem[] {
    return this.#own.problems;
  }

  /** Takes an event of the capture, each once and in order: tells which server speaks what, and brings others' answers. */
  see(event: CaptureEvent | DroppedEvent): void {
    const service = this.#peers.see(event);
    if (service !== undefined) this.#early.get(service)?.seen();
    this.#overhearer.see(event);
  }

  /**
   * Waits for a server's answer, up to some seconds; one that did not help is not asked for again for a while. Waits as well
   * for {@link see} to tell whose service it is, however long that takes. Who cannot wait goes on, and hears of it by {@link onChange}.
   */
  async find(method: string): Promise<boolean> {
    const service = serviceOf(method);
    if (service === undefined) return false;
    const server = this.#serverOf(service);
    if (server !== undefined) return server.ask(service);
    return this.#peers.saw(service) ? false : this.#whenSeen(service);
  }

  /** The services of the server where one was last called, or of the upstream. */
  async services(service?: string): Promise<Listed> {
    return (await this.#serverOf(service)?.services()) ?? { services: [] };
  }

  onChange(listener: () => void): () => void {
    return this.#own.onChange(listener);
  }

  /** Forgets all answers: the servers may have changed. */
  refresh(): void {
    for (const server of this.#servers.values()) server.forget();
  }

  /** Ends what is under way, and every connection. */
  close(): void {
    this.#closed = true;
    this.#overhearer.stop();
    for (const server of this.#servers.values()) server.close();
    this.#servers.clear();
    for (const { seen } of [...this.#early.values()]) seen();
    this.#own.close();
  }

  #whenSeen(service: string): Promise<boolean> {
    const early = this.#early.get(service);
    if (early !== undefined) return early.found;
    if (!this.#options.ask || this.#closed || this.#early.size >= MAX_EARLY) return Promise.resolve(false);
    let seen = () => {};
    const called = new Promise<void>((resolve) => (seen = resolve));
    const found = called.then(() => {
      this.#early.delete(service);
      return this.#serverOf(service)?.ask(service) ?? false;
    });
    this.#early.set(service, { found, seen });
    return found;
  }

  #serverOf(service: string | undefined): AskedServer | undefined {
    if (!this.#options.ask || this.#closed) return undefined;
    const peer = (service === undefined ? undefined : this.#peers.of(service)) ?? this.#options.upstream;
    if (peer === undefined) return undefined;
    const key = JSON.stringify([peer.server, peer.authority, peer.tls, peer.servername]);
    const known = this.#servers.get(key);
    if (known !== undefined) return known;
    if (this.#servers.size >= MAX_SERVERS) {
      this.#own.report(`${peer.server} is not asked: that would be more than ${MAX_SERVERS} servers`, "note");
      return undefined;
    }
    const server = new AskedServer(peer, this.#options);
    this.#servers.set(key, server);
    this.#options.addSource(server.source);
    return server;
  }
}
