// A relay of bytes that cuts its connections at random points: what stands behind it loses its peer as a crash would have it.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { onTestFinished } from "vitest";

export interface CutterOptions {
  /** 0 to 1 */
  random(): number;
  /** The part of connections that are cut. */
  readonly share: number;
  /** Cut within so many octets of either direction. */
  readonly withinBytes: number;
}

/** Connects every client to a port. @returns where to; ends with the test */
export async function startCutter(port: number, { random, share, withinBytes }: CutterOptions): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const behind = connect({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
    const cut = random() < share;
    const abruptly = random() < 0.6;
    let left = cut ? Math.floor(random() ** 3 * withinBytes) : Number.POSITIVE_INFINITY;
    const join = (from: Socket, to: Socket) => {
      sockets.add(from);
      from.on("error", () => {});
      from.on("close", () => {
        sockets.delete(from);
        end(to, true);
      });
      from.on("data", (bytes: Buffer) => {
        left -= bytes.length;
        if (left >= 0) {
          if (!to.write(bytes)) from.pause();
          return;
        }
        to.write(bytes.subarray(0, bytes.length + left));
        left = 0;
        for (const socket of [client, behind]) end(socket, abruptly);
      });
      to.on("drain", () => from.resume());
      from.on("end", () => to.end());
    };
    join(client, behind);
    join(behind, client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return (server.address() as AddressInfo).port;
}

/** One that is being shut down cannot be reset. */
function end(socket: Socket, abruptly: boolean): void {
  if (abruptly && !socket.writableEnded && !socket.connecting) socket.resetAndDestroy();
  else socket.destroy();
}
