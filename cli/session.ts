// One run of the proxy as the command line asks for it: started, shown, and ended by a signal, by --for or by a reader that left.
import { readFileSync } from "node:fs";
import { createProxy, EXIT, FramelensError, type ProxyOptions, type RunningProxy } from "../src/index.js";
import { OUTPUTS } from "./output/output.js";
import { openStdout } from "./output/stdout.js";
import { parseSize } from "./size.js";

/** The options of every command that proxies. */
export interface ProxyArguments {
  readonly listen: string;
  readonly output: string | undefined;
  readonly insecure: boolean;
  readonly cacert: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly servername: string | undefined;
  readonly serveCert: string | undefined;
  readonly serveKey: string | undefined;
  readonly caDir: string | undefined;
  readonly maxMemory: string;
  readonly maxMessage: string;
  readonly showSecrets: boolean;
  readonly bodies: boolean;
  readonly for: number | undefined;
}

export interface Session {
  readonly proxy: RunningProxy;
  /** The exit code, when the session is over and all is written. */
  readonly finished: Promise<number>;
}

/** How long calls in flight may take to end after a signal. */
const GRACE_MS = 1000;

/**
 * Starts the proxy and its output.
 * @param upstream undefined for a forward proxy
 * @throws FramelensError for what the user got wrong
 */
export async function startSession(args: ProxyArguments, upstream: string | undefined): Promise<Session> {
  const start = OUTPUTS[args.output ?? "log"];
  if (start === undefined)
    throw new FramelensError("ERR_USAGE", `unknown output "${args.output}"`, { exitCode: EXIT.usage });
  const proxy = await createProxy(proxyOptions(args, upstream));
  const { host, port } = proxy.address;
  process.stderr.write(`framelens listening on ${host.includes(":") ? `[${host}]` : host}:${port}\n`);
  const stdout = openStdout();
  const colour = process.stdout.isTTY === true && (process.env.NO_COLOR ?? "") === "";
  const output = start(proxy.capture, stdout, { bodies: args.bodies, showSecrets: args.showSecrets, colour });
  const run = async (): Promise<number> => {
    const code = await endOfSession(args.for, stdout.broken);
    await proxy.close(code === EXIT.ok ? 0 : GRACE_MS);
    await output.finish();
    return code;
  };
  return { proxy, finished: run() };
}

function proxyOptions(args: ProxyArguments, upstream: string | undefined): ProxyOptions {
  const pem = (option: string, file: string | undefined) => (file === undefined ? undefined : readPem(option, file));
  const options = {
    upstream,
    listen: args.listen,
    insecure: args.insecure,
    cacert: pem("cacert", args.cacert),
    cert: pem("cert", args.cert),
    key: pem("key", args.key),
    servername: args.servername,
    serveCert: pem("serve-cert", args.serveCert),
    serveKey: pem("serve-key", args.serveKey),
    caDir: args.caDir,
    maxMemoryBytes: parseSize("max-memory", args.maxMemory),
    maxMessageBytes: parseSize("max-message", args.maxMessage),
  };
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as ProxyOptions;
}

function readPem(option: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : String(error);
    throw new FramelensError("ERR_FILE", `--${option}: cannot read ${file} (${why})`, {
      exitCode: EXIT.usage,
      cause: error,
    });
  }
}

/** @returns the exit code that the reason asks for */
function endOfSession(seconds: number | undefined, broken: Promise<void>): Promise<number> {
  return new Promise((resolve) => {
    const timer = seconds === undefined ? undefined : setTimeout(() => end(EXIT.ok), seconds * 1000);
    const onInterrupt = () => end(130);
    const onTerminate = () => end(143);
    const end = (code: number) => {
      clearTimeout(timer);
      process.removeListener("SIGINT", onInterrupt);
      process.removeListener("SIGTERM", onTerminate);
      // A second signal finds no listener and ends the process at once.
      resolve(code);
    };
    process.on("SIGINT", onInterrupt);
    process.on("SIGTERM", onTerminate);
    void broken.then(() => end(EXIT.ok));
  });
}
