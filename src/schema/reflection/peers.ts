// Which server speaks a service, and how its clients reach it: learned from the events of a capture.
import type { CaptureEvent, ConnectionOpenedEvent, DroppedEvent } from "../../model/events.js";
import { serviceOf } from "./service-name.js";

/** A server as seen from outside. */
export interface Peer {
  /** host:port or unix:/path */
  readonly server: string;
  /** `:authority` of its clients' calls. */
  readonly authority: string;
  readonly tls: boolean;
  /** What its clients ask for in TLS. */
  readonly servername: string | undefined;
}

/** Connections whose opening is remembered, about 200 octets each; a service is most often seen soon after. */
const MAX_CONNECTIONS = 10_000;
/** Services, about 300 octets each. A client may make up any number of them. */
const MAX_SERVICES = 10_000;

export class Peers {
  readonly #connections = new Map<number, ConnectionOpenedEvent>();
  /** Undefined for a service that was called where nobody can be asked. */
  readonly #services = new Map<string, Peer | undefined>();

  /** Takes an event; cheap for those that tell nothing. @returns the service that it calls */
  see(event: CaptureEvent | DroppedEvent): string | undefined {
    switch (event.kind) {
      case "connection-opened":
        if (event.protocol === "h2" && event.server !== "")
          remember(this.#connections, event.connection, event, MAX_CONNECTIONS);
        return undefined;
      case "connection-closed":
        this.#connections.delete(event.connection);
        return undefined;
      case "client-header": {
        const opened = this.#connections.get(event.connection);
        const service = serviceOf(event.method);
        if (service === undefined) return undefined;
        if (opened !== undefined && event.protocol === "grpc") this.#serve(service, opened, event.authority);
        else if (!this.#services.has(service)) remember(this.#services, service, undefined, MAX_SERVICES);
        return service;
      }
      default:
        return undefined;
    }
  }

  /** Whether a call to the service was seen, also where {@link of} knows nobody. */
  saw(service: string): boolean {
    return this.#services.has(service);
  }

  /** The server that the last call to a service went to; undefined when there was none. */
  of(service: string): Peer | undefined {
    return this.#services.get(service);
  }

  #serve(service: string, opened: ConnectionOpenedEvent, said: string | undefined): void {
    const authority = said ?? opened.server;
    const tls = opened.upstreamTls !== undefined;
    const servername = opened.upstreamTls?.servername;
    const known = this.#services.get(service);
    if (
      known?.server === opened.server &&
      known.authority === authority &&
      known.tls === tls &&
      known.servername === servername
    ) {
      return;
    }
    remember(this.#services, service, { server: opened.server, authority, tls, servername }, MAX_SERVICES);
  }
}

/** The oldest goes when there is no room. */
function remember<K, V>(map: Map<K, V>, key: K, value: V, max: number): void {
  map.delete(key);
  map.set(key, value);
  if (map.size <= max) return;
  const [oldest] = map.keys();
  map.delete(oldest!);
}
