// The demo's gRPC server: a user directory, a metrics collector, a chat room, a health check and a relic without a contract.
import { Metadata, Server, ServerCredentials } from "@grpc/grpc-js";
import { loadFailures } from "./failures.js";
import { loadMethods } from "./protos.js";
import { createRandom } from "./random.js";
import type { OpenCall } from "./server-calls.js";
import { serveChat } from "./services/chat.js";
import { serveHealth } from "./services/health.js";
import { serveLegacy } from "./services/legacy.js";
import { serveMetrics } from "./services/metrics.js";
import { serveUsers } from "./services/users.js";

export interface DemoServerOptions {
  readonly seed?: number;
  /** 0, the default, picks a free one. */
  readonly port?: number;
}

export interface DemoServer {
  readonly port: number;
  /** Ends every call and closes every connection. */
  stop(): Promise<void>;
}

/** What the server takes in one message; a larger one is RESOURCE_EXHAUSTED. Twice the demo's photos. */
export const MAX_REQUEST_BYTES = 2 * 1024 * 1024;

const SERVICES = [serveUsers, serveMetrics, serveChat, serveHealth, serveLegacy];

/** Starts the server on loopback, in plaintext. */
export async function startDemoServer(options: DemoServerOptions = {}): Promise<DemoServer> {
  const calls = new Set<AbortController>();
  const server = new Server({ "grpc.max_receive_message_length": MAX_REQUEST_BYTES });
  const methods = loadMethods();
  const fail = loadFailures();
  const random = createRandom(options.seed ?? 1);
  const open = callsIn(calls);
  for (const serve of SERVICES) serve(server, { methods, fail, random, open });
  return {
    port: await listen(server, options.port ?? 0),
    async stop() {
      const closed = new Promise<void>((resolve) => server.tryShutdown(() => resolve()));
      for (const call of calls) call.abort();
      server.forceShutdown();
      await closed;
    },
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
}

function callsIn(calls: Set<AbortController>): OpenCall {
  return (call) => {
    const controller = new AbortController();
    calls.add(controller);
    call.once("cancelled", () => controller.abort());
    return { call, signal: controller.signal, trailers: new Metadata(), over: () => calls.delete(controller) };
  };
}
