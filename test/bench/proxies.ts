// The relays under test: how each is started in front of a backend, one table entry apiece.

import { existsSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Child, type Children, findProgram, firstMessage } from "./children.js";
import { writeSchema } from "./record.js";

/** What a relay is to do. */
export interface RelayJob {
  readonly upstreamPort: number;
  /** TLS on both sides; the pipe cannot tell. */
  readonly tls: boolean;
  /** A folder for configuration, keys and certificates; `key.pem`, `cert.pem` and both in `both.pem` are there. */
  readonly folder: string;
  /** Expect this many connections. */
  readonly connections?: number;
  /** More arguments for framelens. */
  readonly framelensArgs?: readonly string[];
}

export interface Relay {
  readonly name: string;
  readonly port: number;
  readonly child: Child;
  /** The process that carries the traffic, where it is not the child itself. */
  readonly pid?: number;
  /** Events that its readers were told so far, all readers together. */
  readonly told?: () => number;
}

export interface Contender {
  readonly name: string;
  /** Opens one upstream connection for each of the client's (as far as we know), so that what a connection costs can be told. */
  readonly pairs: boolean;
  /** Why it cannot be run here; undefined when it can. */
  readonly missing: (job: Pick<RelayJob, "tls">) => string | undefined;
  readonly start: (children: Children, job: RelayJob) => Promise<Relay>;
}

const START_MS = 20_000;
const FRAMELENS = fileURLToPath(new URL("../../cli/main.js", import.meta.url));

const pipe: Contender = {
  name: "pipe",
  pairs: true,
  missing: () => undefined,
  async start(children, job) {
    const child = children.startOwn("pipe.js", [String(job.upstreamPort)], startOptions(job));
    const { port } = await firstMessage<{ port: number }>(child);
    return { name: "pipe", port, child };
  },
};

/** framelens with its output of that kind, which nobody reads. @param args more arguments for it */
function framelens(name: string, output: string, args: (job: RelayJob) => readonly string[] = () => []): Contender {
  return {
    name,
    pairs: true,
    missing: () => (existsSync(FRAMELENS) ? undefined : "not built, skipped"),
    async start(children, job) {
      const upstream = `127.0.0.1:${job.upstreamPort}`;
      const line = [FRAMELENS, job.tls ? `https://${upstream}` : upstream, "--listen", "127.0.0.1:0"];
      // A feed that is asked for comes after it, and counts.
      line.push("--output", output, "--no-feed", ...args(job), ...(job.framelensArgs ?? []));
      if (job.tls) line.push("--insecure", "--ca-dir", join(job.folder, "ca"));
      const child = children.start(process.execPath, line, { ...startOptions(job), stdout: "ignore" });
      const port = await new Promise<number>((resolve, reject) => {
        const fail = (what: string): void => reject(new Error(`framelens ${what}: ${child.output()}`));
        const timer = setTimeout(() => fail("did not say where it listens"), START_MS);
        child.onOutput((text) => {
          const said = /framelens listening on \S+:(\d+)\s/.exec(text);
          if (said === null) return;
          clearTimeout(timer);
          resolve(Number(said[1]));
        });
        child.process.once("exit", () => fail("ended early"));
      });
      return { name, port, child };
    },
  };
}

/** framelens with its feed on, and that many subscribers to every event of it. */
function withReaders(name: string, readers: number): Contender {
  const token = "bench-token-of-24-letters";
  const plain = framelens(name, "none", () => ["--feed", "127.0.0.1:0", "--feed-token", token]);
  return {
    ...plain,
    async start(children, job) {
      const relay = await plain.start(children, job);
      const url = /feed (ws:\S+)/.exec(relay.child.output())?.[1];
      if (url === undefined) throw new Error(`framelens did not say where its feed is: ${relay.child.output()}`);
      const reader = children.startOwn("feed-readers.js", [url, token, String(readers)], { role: "load" });
      await firstMessage<{ events: number }>(reader);
      let events = 0;
      reader.process.on("message", (told: { readonly events: number }) => (events = told.events));
      relay.child.process.once("exit", () => void children.stop(reader));
      return { ...relay, told: () => events };
    },
  };
}

/** framelens with its screen on a pseudo-terminal of that size. */
function onTerminal(name: string, columns: number, rows: number): Contender {
  return {
    name,
    pairs: true,
    missing: () => (existsSync(FRAMELENS) ? undefined : "not built, skipped"),
    async start(children, job) {
      const port = await freePort();
      const line = [String(columns), String(rows), process.execPath, FRAMELENS, `127.0.0.1:${job.upstreamPort}`];
      line.push("--listen", `127.0.0.1:${port}`, "--output", "terminal", "--no-feed", "--no-reflect");
      const child = children.startOwn("terminal-host.js", line, startOptions(job));
      const { pid } = await firstMessage<{ pid: number }>(child);
      return { name, port, pid, child: await listening(child, port, name) };
    },
  };
}

const nghttpx: Contender = installed("nghttpx", (port, job) => {
  const tls = job.tls ? [join(job.folder, "key.pem"), join(job.folder, "cert.pem")] : [];
  return [
    "--conf=/dev/null",
    "--log-level=ERROR",
    "--accesslog-file=/dev/null",
    "--workers=1",
    "--no-via",
    `--frontend=127.0.0.1,${port}${job.tls ? "" : ";no-tls"}`,
    `--backend=127.0.0.1,${job.upstreamPort};;proto=h2${job.tls ? ";tls" : ""}`,
    ...(job.tls ? ["--insecure"] : []),
    // its default of 64 KiB would measure window updates, not the relay
    "--backend-http2-window-size=16M",
    "--frontend-http2-max-concurrent-streams=1000",
    ...tls,
  ];
});

const haproxy: Contender = installed("haproxy", (port, job) => {
  const file = join(job.folder, `haproxy-${port}.cfg`);
  const [bind, server] = job.tls
    ? [`ssl crt ${join(job.folder, "both.pem")} alpn h2`, "ssl verify none alpn h2"]
    : ["proto h2", "proto h2"];
  writeFileSync(
    file,
    [
      "global",
      "  nbthread 1",
      "  maxconn 5000",
      "  tune.h2.initial-window-size 16777216", // as for nghttpx
      "  tune.h2.max-concurrent-streams 1000",
      "defaults",
      "  mode http",
      "  timeout connect 5s",
      "  timeout client 10m",
      "  timeout server 10m",
      "frontend in",
      `  bind 127.0.0.1:${port} ${bind}`,
      "  default_backend out",
      "backend out",
      `  server one 127.0.0.1:${job.upstreamPort} ${server}`,
      "",
    ].join("\n"),
  );
  return ["-f", file, "-db"];
});

/** The relays that are always measured, the yardstick first. */
export const PROXIES: readonly Contender[] = [pipe, framelens("framelens", "none"), nghttpx, haproxy];

/** framelens with and without an output that decodes everything. */
export const OUTPUTS: readonly Contender[] = [
  pipe,
  framelens("framelens", "none"),
  framelens("ndjson", "ndjson", ({ folder }) => ["--proto", writeSchema(folder), "--no-reflect"]),
];

/** framelens with and without readers of its feed. */
export const READERS: readonly Contender[] = [pipe, framelens("framelens", "none"), withReaders("10 readers", 10)];

/** framelens with and without its screen open: of the usual size, and of a large one that shows a call beside the list. */
export const SCREENS: readonly Contender[] = [
  pipe,
  framelens("framelens", "none"),
  onTerminal("80x24", 80, 24),
  onTerminal("160x50", 160, 50),
];

/**
 * A program given by `--proxy`.
 * @param text a shell command, or NAME=COMMAND, with `{listen}` and `{upstream}` (host:port); with `{scheme}` (http or https) and
 *   `{key}`, `{cert}` (PEM files) in it, it takes part in the TLS case too
 */
export function extraProxy(text: string): Contender {
  const named = /^([\w.-]+)=(.*)$/s.exec(text);
  const line = named?.[2] ?? text;
  const name = named?.[1] ?? line.trim().split(/\s+/)[0]?.split("/").pop() ?? line;
  return {
    name,
    pairs: true,
    missing: ({ tls }) => (tls && !line.includes("{scheme}") ? "its --proxy line has no {scheme}" : undefined),
    async start(children, job) {
      const port = await freePort();
      const command = line
        .replaceAll("{listen}", `127.0.0.1:${port}`)
        .replaceAll("{upstream}", `127.0.0.1:${job.upstreamPort}`)
        .replaceAll("{scheme}", job.tls ? "https" : "http")
        .replaceAll("{key}", join(job.folder, "key.pem"))
        .replaceAll("{cert}", join(job.folder, "cert.pem"));
      const child = children.start("sh", ["-c", `exec ${command}`], startOptions(job));
      return { name, port, child: await listening(child, port, name) };
    },
  };
}

/** A program that is told its port and may not be on this machine. */
function installed(name: string, args: (port: number, job: RelayJob) => readonly string[]): Contender {
  return {
    name,
    pairs: false,
    missing: () => (findProgram(name) === undefined ? "not installed, skipped" : undefined),
    async start(children, job) {
      const port = await freePort();
      const child = children.start(findProgram(name) ?? name, args(port, job), startOptions(job));
      return { name, port, child: await listening(child, port, name) };
    },
  };
}

function startOptions(job: RelayJob) {
  return { role: "relay", manyFiles: (job.connections ?? 0) > 0 } as const;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

async function listening(child: Child, port: number, name: string): Promise<Child> {
  const deadline = performance.now() + START_MS;
  while (!(await accepts(port))) {
    if (child.process.exitCode !== null) throw new Error(`${name} ended early: ${child.output()}`);
    if (performance.now() > deadline) throw new Error(`${name} did not listen on port ${port}: ${child.output()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return child;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: "127.0.0.1" });
    socket.once("connect", () => socket.end(() => resolve(true)));
    socket.once("error", () => resolve(false));
  });
}
