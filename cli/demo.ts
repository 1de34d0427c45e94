// framelens demo: a sample server, clients that keep calling it, and framelens between them.
import type { Argv, CommandModule } from "yargs";
import { startDemoClients } from "./demo/clients.js";
import { DEMO_PROTO_FILES, PROTO_SAMPLES } from "./demo/protos.js";
import { startDemoServer } from "./demo/server.js";
import { parsePositive, parseWhole } from "./numbers.js";
import { PROXY_OPTIONS, type ProxyArguments, withEnvironment } from "./options.js";
import { startSession } from "./session.js";

interface DemoArguments extends ProxyArguments {
  readonly seed: string;
  readonly rate: string;
}

const OPTIONS = {
  ...PROXY_OPTIONS,
  seed: { type: "string", requiresArg: true, default: "1", describe: "the same seed makes the same calls (1)" },
  rate: {
    type: "string",
    requiresArg: true,
    default: "1",
    describe: "how busy clients are (1: 4 to 5 calls a second)",
  },
} as const;

export const demoCommand: CommandModule<object, DemoArguments> = {
  command: "demo",
  describe: "run a sample server and clients that call it through framelens",
  builder: (yargs) => yargs.options(withEnvironment(OPTIONS)) as unknown as Argv<DemoArguments>,
  handler: async (args) => {
    process.exitCode = await runDemo(args);
  },
};

/** Runs until the session is over; nothing of the demo is left then. */
async function runDemo(args: DemoArguments): Promise<number> {
  const seed = parseWhole("seed", args.seed);
  const rate = parsePositive("rate", args.rate);
  const server = await startDemoServer({ seed });
  try {
    // The demo's own schemas stand in front of whatever the user names.
    const schemas = {
      proto: [...DEMO_PROTO_FILES, ...(args.proto ?? [])],
      importPath: [PROTO_SAMPLES, ...(args.importPath ?? [])],
    };
    const session = await startSession({ ...args, ...schemas }, `127.0.0.1:${server.port}`);
    // Its connections live as long as it does, and somebody may want to see their frames later.
    session.proxy.capture.keepFrames();
    const clients = startDemoClients({ target: `127.0.0.1:${session.proxy.address.port}`, seed, rate });
    return await session.untilOver(() => clients.stop());
  } finally {
    await server.stop();
  }
}
