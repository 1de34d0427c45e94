// One run of the proxy as the command line asks for it: started, shown, and ended by a signal, by --for or by a reader that left.
import { createProxy, EXIT, FramelensError, type ProxyOptions, type RunningProxy } from "../src/index.js";
import { parseSeconds, parseSize } from "./numbers.js";
import type { ProxyArguments } from "./options.js";
import { OUTPUTS, type OutputOptions } from "./output/output.js";
import { openStdout } from "./output/stdout.js";
import { readCertificates, readPair } from "./pem.js";
import type { SessionSchema } from "./session-schema.js";

export interface Session {
  readonly proxy: RunningProxy;
  /**
   * Waits for the end of the session and closes it.
   * @param stopTraffic ends calls of our own making, before the proxy closes
   * @returns the exit code, when all is written
   */
  untilOver(stopTraffic?: () => Promise<void>): Promise<number>;
}

/** How long calls in flight may take to end after a signal. */
const GRACE_MS = 1000;
/** A signal to the whole process group comes twice under npm, which passes it on; a person needs longer for a second one. */
const SAME_SIGNAL_MS = 100;
/** A reader that has taken nothing for so long when all is over will not. */
const STUCK_MS = 5000;
/** 128 and the number of the signal, as shells count. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Starts the proxy and its output.
 * @param upstream undefined for a forward proxy
 * @throws FramelensError for what the user got wrong
 */
export async function startSession(args: ProxyArguments, upstream: string | undefined): Promise<Session> {
  const startOutput = OUTPUTS.get(args.output ?? "log");
  if (startOutput === undefined) {
    throw usage(`--output "${args.output}"; expected ${[...OUTPUTS.keys()].join(", ")}`);
  }
  if (args.feed === true) throw usage("--feed; there is no feed yet");
  const seconds = args.for === undefined ? undefined : parseSeconds("for", args.for);
  const shown = readOutputOptions(args);
  const proxy = await createProxy(readProxyOptions(args, upstream));
  const schema = await openSchema(args, proxy);
  const stdout = openStdout();
  const told = toldToEnd(seconds, stdout.broken);
  const output = startOutput(proxy.capture, stdout, { ...shown, decoder: schema?.decoder, see: schema?.see });
  announce(proxy, upstream);
  return {
    proxy,
    async untilOver(stopTraffic) {
      const code = await told;
      await stopTraffic?.();
      await proxy.close(code === EXIT.ok && stopTraffic === undefined ? 0 : GRACE_MS);
      await Promise.race([
        output.finish(),
        stdout.stuck(STUCK_MS).then(() => {
          process.stderr.write("framelens: nobody reads stdout; what was still to be written is lost\n");
          process.exit(code);
        }),
      ]);
      schema?.close();
      return code;
    },
  };
}

/** Nothing is loaded for an output that shows nothing; see src/README.md, "Speed". */
async function openSchema(args: ProxyArguments, proxy: RunningProxy): Promise<SessionSchema | undefined> {
  if (args.output === "none") return undefined;
  try {
    const { openSessionSchema } = await import("./session-schema.js");
    return await openSessionSchema(args, proxy);
  } catch (error) {
    await proxy.close();
    throw error;
  }
}

function announce({ address: { host, port } }: RunningProxy, upstream: string | undefined): void {
  const at = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (upstream === undefined) {
    process.stderr.write(
      `no upstream, so a forward proxy: start clients with https_proxy=http://${at}, or give a host:port\n`,
    );
  }
  process.stderr.write(`framelens listening on ${at}\n`);
}

function readOutputOptions(args: ProxyArguments): Omit<OutputOptions, "decoder" | "see"> {
  const { isTTY, columns } = process.stdout;
  return {
    bodies: args.bodies,
    showSecrets: args.showSecrets,
    colour: isTTY === true && (process.env.NO_COLOR ?? "") === "",
    width: isTTY === true && columns > 0 ? columns : undefined,
    maxInflatedBytes: parseSize("max-message", args.maxMessage),
  };
}

function readProxyOptions(args: ProxyArguments, upstream: string | undefined): ProxyOptions {
  const client = readPair("cert", args.cert, "key", args.key);
  const serve = readPair("serve-cert", args.serveCert, "serve-key", args.serveKey);
  const options = {
    upstream,
    listen: args.listen,
    insecure: args.insecure,
    cacert: args.cacert === undefined ? undefined : readCertificates("cacert", args.cacert),
    cert: client.cert,
    key: client.key,
    servername: args.servername,
    serveCert: serve.cert,
    serveKey: serve.key,
    caDir: args.caDir,
    maxMemoryBytes: parseSize("max-memory", args.maxMemory),
    maxMessageBytes: parseSize("max-message", args.maxMessage),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as ProxyOptions;
}

/**
 * Waits for a reason to end. Once there was one, a further signal ends the program at once.
 * @returns the exit code that the reason asks for
 */
function toldToEnd(seconds: number | undefined, broken: Promise<void>): Promise<number> {
  return new Promise((resolve) => {
    let endedAt: number | undefined;
    const end = (code: number) => {
      endedAt ??= performance.now();
      clearTimeout(timer);
      resolve(code);
    };
    const timer = seconds === undefined ? undefined : setTimeout(() => end(EXIT.ok), seconds * 1000);
    for (const [signal, code] of Object.entries(SIGNALS)) {
      process.on(signal, () => {
        if (endedAt === undefined) end(code);
        else if (performance.now() - endedAt > SAME_SIGNAL_MS) process.exit(code);
      });
    }
    void broken.then(() => end(EXIT.ok));
  });
}

function usage(message: string): FramelensError {
  return new FramelensError("ERR_USAGE", message, { exitCode: EXIT.usage });
}
