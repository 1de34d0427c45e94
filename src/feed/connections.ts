// Connections for the clients of a feed: looked through from the first time that somebody asks, and then kept up when asked again.
import type { ConnectionOpenedEvent } from "../model/events.js";
import { type ConnectionFacts, ConnectionList } from "../session/connection-list.js";
import { catchUp } from "./catch-up.js";
import { jsonLine } from "./json-line.js";
import type { ConnectionsRequest } from "./messages.js";
import type { FeedSource } from "./source.js";

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
    this.#list ??= new ConnectionList({ capture: this.#source.capture, clock: () => performance.now() });
    const list = this.#list;
    return { list, behind: await catchUp(list) };
  }
}

function told({ id, ...facts }: ConnectionFacts): object {
  return { connection: id, ...facts };
}
