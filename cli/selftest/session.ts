// Whole runs of the selftest: against framelens itself, in plaintext and over TLS, or against whatever listens somewhere.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FramelensError } from "../../src/model/errors.js";
import { loadOrMakeAuthority } from "../../src/relay/ca-store.js";
import { hostPort } from "../../src/relay/target.js";
import { makeServerCertificate, SERVER_NAME } from "./certificate.js";
import type { Check } from "./check.js";
import { CHECKS } from "./checks/index.js";
import { dial, type Target } from "./client.js";
import { Lab } from "./lab.js";
import { Pulse } from "./pulse.js";
import { type Row, type RunOptions, runChecks } from "./runner.js";
import { SelftestServer, type ServerOptions } from "./server.js";

const LOOPBACK = "127.0.0.1";

export interface SessionOptions
  extends Pick<RunOptions, "boundMs" | "strict" | "gapMs" | "quietMs" | "promptMs" | "onRow" | "signal"> {
  /** Default: all. */
  readonly checks?: readonly Check[];
}

/** Makes the proxy under test in front of a server. */
export type StartProxy = (options: {
  readonly upstream: string;
  readonly listen: string;
  /** Present where TLS is spoken: an own folder for the CA, and an upstream certificate that nobody knows. */
  readonly caDir?: string;
  readonly insecure?: boolean;
}) => Promise<{ readonly address: { readonly port: number }; close(): Promise<void> }>;

/** Runs all checks against a proxy that is started for them, in plaintext and then over TLS. */
export async function testOwnProxy(startProxy: StartProxy, options: SessionOptions): Promise<Row[]> {
  const plaintext = await withServer({ host: LOOPBACK, port: 0 }, async (server, pulse) => {
    const proxy = await startProxy({ upstream: hostPort(server.host, server.port), listen: `${LOOPBACK}:0` });
    try {
      const target = { host: LOOPBACK, port: proxy.address.port };
      return await runChecks({ checks: CHECKS, ...options, server, pulse, target });
    } finally {
      await proxy.close();
    }
  });
  if (options.signal?.aborted) return plaintext;
  return [...plaintext, ...(await testOwnProxyOverTls(startProxy, options))];
}

async function testOwnProxyOverTls(startProxy: StartProxy, options: SessionOptions): Promise<Row[]> {
  const now = Date.now();
  const tls = await makeServerCertificate(now);
  const caDir = await mkdtemp(join(tmpdir(), "framelens-selftest-"));
  try {
    return await withServer({ host: LOOPBACK, port: 0, tls }, async (server, pulse) => {
      const { certificatePem } = await loadOrMakeAuthority(caDir, now);
      const listen = `${LOOPBACK}:0`;
      const proxy = await startProxy({ upstream: hostPort(server.host, server.port), listen, caDir, insecure: true });
      try {
        const trust = { ca: [certificatePem], servername: SERVER_NAME };
        const target = { host: LOOPBACK, port: proxy.address.port, tls: trust };
        return await runChecks({ checks: CHECKS, ...options, server, pulse, target });
      } finally {
        await proxy.close();
      }
    });
  } finally {
    await rm(caDir, { recursive: true, force: true });
  }
}

export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/**
 * Runs all checks, in plaintext, through a proxy that listens at `through` and forwards to `serve`.
 * @param onServing called when the server listens, before the first call
 * @throws FramelensError when no proxy is there, or none that forwards to the server
 */
export async function testThrough(
  through: Endpoint,
  serve: Endpoint,
  options: SessionOptions & { readonly onServing?: (address: string) => void },
): Promise<Row[]> {
  return withServer(serve, async (server, pulse) => {
    options.onServing?.(hostPort(server.host, server.port));
    await reach(through, server, pulse, options.boundMs);
    return runChecks({ checks: CHECKS, ...options, server, pulse, target: through });
  });
}

async function withServer<T>(
  options: ServerOptions,
  use: (server: SelftestServer, pulse: Pulse) => Promise<T>,
): Promise<T> {
  const pulse = new Pulse();
  const server = await SelftestServer.start(options, pulse);
  try {
    return await use(server, pulse);
  } finally {
    await server.close();
  }
}

/** Makes sure that there is something to test, so that a wrong port is one line and not a table of failures. */
async function reach(target: Target, server: SelftestServer, pulse: Pulse, boundMs: number): Promise<void> {
  const where = hostPort(target.host, target.port);
  const bound = new AbortController();
  const timer = setTimeout(() => bound.abort(), boundMs);
  const lab = new Lab({
    server,
    target,
    pulse,
    signal: bound.signal,
    gapMs: 0,
    quietMs: 0,
    promptMs: 0,
    name: "Reach",
  });
  try {
    const socket = await dial(target, [], bound.signal);
    socket.destroy();
  } catch (cause) {
    clearTimeout(timer);
    const why = bound.signal.aborted ? "no answer" : ((cause as NodeJS.ErrnoException).code ?? String(cause));
    throw new FramelensError("ERR_SELFTEST_NO_PROXY", `no proxy at ${where} (${why}); start it before the selftest`, {
      cause,
    });
  }
  try {
    await lab.call({ messages: ["are you there?"] });
  } catch (cause) {
    const message = `the proxy at ${where} brought no call to ${hostPort(server.host, server.port)}; it must forward there`;
    throw new FramelensError("ERR_SELFTEST_NOT_FORWARDED", message, { cause });
  } finally {
    clearTimeout(timer);
    lab.close();
  }
}
