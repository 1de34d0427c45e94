// Connections for the clients of a feed: looked through from the first time that somebody asks, and then kept up when asked again.
import type { ConnectionOpenedEvent } from "../model/events.js";
import { type ConnectionFacts, ConnectionList } from "../session/connection-list.js";
import { jsonLine } from "./json-line.js";
import type { ConnectionsRequest } from "./messages.js";
import type { FeedSource } from "./source.js";

/** At a stretch, before others get their turn. */
const SLICE_MS = 4;
/** What one answer may take: what is not looked through then is told to be missing. */
const ANSWER_MS = 200;

export class Connections {
  readonly #source: FeedSource;
  #list: ConnectionList | undefined;

  constructor(source: FeedSource) {
    this.#source = source;
  }

  async answer({ id }: ConnectionsRequest): Promise<string> {
    const { list, behind } = await this.#read();
    const at = this.#source.now();
    return jsonLine({ kind: "connections", id, at, connections: list.all().map(told), behind });
  }

  /** @returns undefined when it is not kept any more */
  async openedOf(connection: number): Promise<ConnectionOpenedEvent | undefined> {
    return (await this.#read()).list.get(connection)?.opened;
  }

  async #read(): Promise<{ readonly list: ConnectionList; readonly behind: boolean }> {
    const clock = () => performance.now();
    this.#list ??= new ConnectionList({ capture: this.#source.capture, clock });
    const list = this.#list;
    const until = clock() + ANSWER_MS;
    let behind = list.update(SLICE_MS);
    while (behind && clock() < until) {
      await new Promise((resolve) => setImmediate(resolve));
      behind = list.update(SLICE_MS);
    }
    return { list, behind };
  }
}

function told({ id, ...facts }: ConnectionFacts): object {
  return { connection: id, ...facts };
}
