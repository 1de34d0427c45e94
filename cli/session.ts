// One run of the proxy as the command line asks for it: started, shown, and ended by a signal, by --for or by a reader that left.
import type { Filter } from "../src/filter/filter.js";
import { createProxy, EXIT, FramelensError, type ProxyOptions, type RunningProxy } from "../src/index.js";
import { boundHeap } from "./compiler.js";
import { type FeedOptions, readFeedOptions, type SessionFeed, startSessionFeed } from "./feed.js";
import { expectNamedSchemas } from "./named-schemas.js";
import { parseSeconds, parseSize } from "./numbers.js";
import { type ProxyArguments, trustOf } from "./options.js";
import { follow } from "./output/follow.js";
import { NOWHERE, OUTPUTS, type OutputOptions } from "./output/output.js";
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
  const outputName = args.output ?? usualOutput();
  const startOutput = OUTPUTS.get(outputName);
  if (startOutput === undefined) {
    throw usage(`--output "${outputName}"; expected ${[...OUTPUTS.keys()].join(", ")}`);
  }
  const seconds = args.for === undefined ? undefined : parseSeconds("for", args.for);
  const shown = readOutputOptions(args);
  const filter = await readFilterOption(args.filter);
  const feedOptions = readFeedOptions(args);
  expectNamedSchemas(args);
  const said = outputName === "terminal" ? (await import("./output/remember-stderr.js")).rememberStderr() : undefined;
  const proxy = await createProxy(readProxyOptions(args, upstream));
  const schema = await openSchema(args, proxy);
  const feed = feedOptions && (await startFeed(feedOptions, args, proxy, upstream, schema));
  const opened = args.open && feed !== undefined ? await openPage(feed) : [];
  const stdout = openStdout();
  let quit: () => void = () => {};
  const left = new Promise<void>((resolve) => (quit = resolve));
  const told = toldToEnd(seconds, Promise.race([stdout.broken, left]));
  // A slow reader of the output misses events; whoever asks for the check of all messages must not.
  const watch =
    schema !== undefined && watchesAll(args) ? follow(proxy.capture, NOWHERE, schema.see, () => "") : undefined;
  if (outputName === "log" || outputName === "ndjson") boundHeap(proxy.capture);
  const output = await startOutput(proxy.capture, stdout, {
    ...shown,
    schema: schema?.schema,
    trust: trustOf(args),
    upstream,
    kinds: schema?.kinds,
    types: schema?.types,
    filter: args.filter ?? "",
    where: `:${proxy.address.port} → ${upstream ?? "wherever clients ask for"}`,
    page: feed?.page,
    said: said?.(),
    quit,
    messages: schema?.messages,
    see: watch === undefined ? schema?.see : undefined,
    findings: schema?.findings,
    select: filter === undefined ? undefined : await selector(filter, proxy, schema),
  });
  announce(proxy, upstream, [...(feed?.lines ?? []), ...opened]);
  return {
    proxy,
    async untilOver(stopTraffic) {
      const reason = await told;
      await stopTraffic?.();
      await proxy.close(reason === EXIT.ok && stopTraffic === undefined ? 0 : GRACE_MS);
      await watch?.finish();
      await feed?.close();
      const drifted = args.failOnDrift && (await schema?.findings.conclude())?.contract?.fits === false;
      // Whatever ended the session, a script that asked is told by the exit code.
      const code = drifted ? EXIT.failed : reason;
      const tell = async () => {
        for (const line of (await schema?.findings.lines()) ?? [])
          process.stderr.write(line.startsWith(" ") ? `${line}\n` : `framelens: ${line}\n`);
      };
      await Promise.race([
        output.finish(),
        stdout.stuck(STUCK_MS).then(async () => {
          process.stderr.write("framelens: nobody reads stdout; what was still to be written is lost\n");
          await tell();
          process.exit(code);
        }),
      ]);
      await tell();
      schema?.close();
      return code;
    },
  };
}

/** A person at a terminal gets the screen; everybody else lines. */
function usualOutput(): string {
  const { stdin, stdout, env } = process;
  return stdin.isTTY === true && stdout.isTTY === true && env.TERM !== "dumb" ? "terminal" : "log";
}

/** Whether every message is looked at, whatever the output shows and however slowly it is read. */
function watchesAll(args: ProxyArguments): boolean {
  return args.failOnDrift || args.sizes;
}

/** Nothing is loaded for an output that shows nothing; see src/README.md, "Speed". */
async function openSchema(args: ProxyArguments, proxy: RunningProxy): Promise<SessionSchema | undefined> {
  if (args.output === "none" && !watchesAll(args)) return undefined;
  try {
    const { openSessionSchema } = await import("./session-schema.js");
    return await openSessionSchema(args, proxy);
  } catch (error) {
    await proxy.close();
    throw error;
  }
}

async function startFeed(
  options: FeedOptions,
  args: ProxyArguments,
  proxy: RunningProxy,
  upstream: string | undefined,
  schema: SessionSchema | undefined,
): Promise<SessionFeed> {
  try {
    return await startSessionFeed(options, args, proxy, upstream, schema);
  } catch (error) {
    schema?.close();
    await proxy.close();
    throw error;
  }
}

/** @returns what is to be told of it */
async function openPage(feed: SessionFeed): Promise<readonly string[]> {
  const { openInBrowser } = await import("./browser.js");
  const problem = await openInBrowser(feed.link());
  return problem === undefined ? [] : [`framelens: no browser was opened (${problem}); the page's address is above`];
}

function announce(
  { address: { host, port } }: RunningProxy,
  upstream: string | undefined,
  more: readonly string[],
): void {
  const at = `${host.includes(":") ? `[${host}]` : host}:${port}`;
  if (upstream === undefined) {
    process.stderr.write(
      `no upstream, so a forward proxy: start clients with https_proxy=http://${at}, or give a host:port\n`,
    );
  }
  process.stderr.write([`framelens listening on ${at}`, ...more, ""].join("\n"));
}

/** Loaded when it is asked for, as all that an idle proxy can do without; see src/README.md, "Speed". */
async function readFilterOption(text: string | undefined): Promise<Filter | undefined> {
  return text === undefined ? undefined : (await import("./filter.js")).readFilter("filter", text);
}

async function selector(filter: Filter, { capture }: RunningProxy, schema: SessionSchema | undefined) {
  const { Selection } = await import("./output/selection.js");
  const { messages, kinds } = schema ?? {};
  return (tellsWhole: boolean) => new Selection({ capture, filter, messages, kinds, tellsWhole });
}

function readOutputOptions(args: ProxyArguments): Pick<OutputOptions, "bodies" | "showSecrets" | "colour" | "width"> {
  const { isTTY, columns } = process.stdout;
  return {
    bodies: args.bodies,
    showSecrets: args.showSecrets,
    colour: isTTY === true && (process.env.NO_COLOR ?? "") === "",
    width: isTTY === true && columns > 0 ? columns : undefined,
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
