// One run of the proxy as the command line asks for it: started, shown, and ended by a signal, by --for or by a reader that left.
import { createProxy, EXIT, type ProxyOptions, type RunningProxy } from "../src/index.js";
import { hostPort } from "../src/relay/target.js";
import { parseSize } from "./numbers.js";
import { type ProxyArguments, trustOf } from "./options.js";
import { readCertificates, readPair } from "./pem.js";
import { planShowing, startShowing } from "./showing.js";

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

/**
 * Starts the proxy and its output.
 * @param upstream undefined for a forward proxy
 * @throws FramelensError for what the user got wrong
 */
export async function startSession(args: ProxyArguments, upstream: string | undefined): Promise<Session> {
  const plan = await planShowing(args);
  const file = args.save === undefined ? undefined : await (await import("./save.js")).openSaveFile(args.save);
  const proxy = await createProxy(readProxyOptions(args, upstream));
  const { capture, address, dialOptions, refuse } = proxy;
  const listen = hostPort(address.host, address.port);
  const where = `:${address.port} → ${upstream ?? "wherever clients ask for"}`;
  const watched = { capture, dialOptions, refuse, listen, where, upstream, trust: trustOf(args) };
  const showing = await startShowing(plan, watched, file !== undefined).catch(async (error: unknown) => {
    await proxy.close();
    throw error;
  });
  const { messages, schema } = showing.schema ?? {};
  const { showSecrets } = args;
  const saving = messages && file?.start({ capture, messages, schema, showSecrets, upstream }, showing.learn);
  announce(listen, upstream, showing.lines);
  return {
    proxy,
    async untilOver(stopTraffic) {
      const reason = await showing.told;
      await stopTraffic?.();
      await proxy.close(reason === EXIT.ok && stopTraffic === undefined ? 0 : GRACE_MS);
      const isSaved = (await saving?.finish()) !== false;
      return showing.finish(reason === EXIT.ok && !isSaved ? EXIT.failed : reason);
    },
  };
}

function announce(listen: string, upstream: string | undefined, more: readonly string[]): void {
  if (upstream === undefined) {
    process.stderr.write(
      `no upstream, so a forward proxy: start clients with https_proxy=http://${listen}, or give a host:port\n`,
    );
  }
  process.stderr.write([`framelens listening on ${listen}`, ...more, ""].join("\n"));
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
