// A proxy of a test's own, and waiting for what its capture says.
import { onTestFinished } from "vitest";
import type { Capture } from "../../src/capture/capture.js";
import type {
  CallEndEvent,
  CaptureEvent,
  ConnectionClosedEvent,
  ConnectionOpenedEvent,
  DroppedEvent,
} from "../../src/model/events.js";
import { createProxy, type ProxyOptions, type RunningProxy } from "../../src/relay/proxy.js";

type Event = CaptureEvent | DroppedEvent;

export class WatchedProxy {
  readonly proxy: RunningProxy;
  readonly capture: Capture;
  readonly port: number;
  readonly events: Event[] = [];
  #waiting: (() => void)[] = [];

  constructor(proxy: RunningProxy) {
    this.proxy = proxy;
    this.capture = proxy.capture;
    this.port = proxy.address.port;
    proxy.onEvent((event) => {
      this.events.push(event);
      for (const again of this.#waiting.splice(0)) again();
    });
  }

  /** Waits for an event that has come or will. */
  async event<K extends Event["kind"]>(
    kind: K,
    accepts: (event: Event & { kind: K }) => boolean = () => true,
  ): Promise<Event & { kind: K }> {
    for (let seen = 0; ; ) {
      for (; seen < this.events.length; seen++) {
        const event = this.events[seen]!;
        if (event.kind === kind && accepts(event as Event & { kind: K })) return event as Event & { kind: K };
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  opened(connection = 1): Promise<ConnectionOpenedEvent> {
    return this.event("connection-opened", (event) => event.connection === connection);
  }

  closed(connection = 1): Promise<ConnectionClosedEvent> {
    return this.event("connection-closed", (event) => event.connection === connection);
  }

  callEnd(call = 1): Promise<CallEndEvent> {
    return this.event("call-end", (event) => event.call === call);
  }

  /** Waits until no connection is open, those included of which there is nothing to tell. */
  async idle(): Promise<void> {
    while (this.capture.counters.openConnections > 0) await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Listens on a free port; ends with the test. */
export async function watchedProxy(options: ProxyOptions = {}): Promise<WatchedProxy> {
  const proxy = await createProxy({ listen: "127.0.0.1:0", ...options });
  onTestFinished(() => proxy.close());
  return new WatchedProxy(proxy);
}
