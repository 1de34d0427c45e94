// Ports to be listened on later, or by nobody.
import { once } from "node:events";
import { createServer } from "node:net";

/** Below those that systems give to connections and to who asks for any: Linux from 32768, others from 49152. */
const LOWEST = 20_000;
const HIGHEST = 32_000;

/** A port of this machine on which nobody listens, and which nobody gets who does not ask for it. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const server = createServer().listen(port, "127.0.0.1");
    const free = await once(server, "listening").then(
      () => true,
      () => false,
    );
    if (!free) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
