// framelens demo: a sample server, clients that keep calling it, and framelens between them.
import type { ArgumentsCamelCase, CommandModule } from "yargs";
import { startDemoClients } from "./demo/clients.js";
import { startDemoServer } from "./demo/server.js";
import { proxyOptions } from "./proxy.js";
import { type ProxyArguments, startSession } from "./session.js";

interface DemoArguments extends ProxyArguments {
  readonly seed: number;
  readonly rate: number;
}

export const demoCommand: CommandModule<object, DemoArguments> = {
  command: "demo",
  describe: "run a sample server and clients that call it through framelens",
  builder: (yargs) =>
    proxyOptions(yargs)
      .option("seed", { type: "number", default: 1, describe: "the same seed makes the same calls" })
      .option("rate", { type: "number", default: 1, describe: "how busy the clients are; 1 is 4 to 5 calls a second" }),
  handler: async (args) => {
    process.exitCode = await runDemo(args);
  },
};

/** Runs until the session is over; nothing of the demo is left then. */
async function runDemo(args: ArgumentsCamelCase<DemoArguments>): Promise<number> {
  const server = await startDemoServer({ seed: args.seed });
  try {
    const session = await startSession(args, `127.0.0.1:${server.port}`);
    const target = `127.0.0.1:${session.proxy.address.port}`;
    const clients = startDemoClients({ target, seed: args.seed, rate: args.rate });
    return await session.finished.finally(() => clients.stop());
  } finally {
    await server.stop();
  }
}
