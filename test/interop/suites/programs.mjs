// Programs as children: framelens in front of a server, servers that are to be watched, commands that run to their end.
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const MAIN = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));
const START_MS = 20_000;

/** Everything that the suites write; gone when the program ends. */
export const scratch = mkdtempSync(join(tmpdir(), "framelens-suites-"));
const children = new Set();
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
  rmSync(scratch, { recursive: true, force: true });
});
for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => process.exit(1));

export function isInstalled(program) {
  return spawnSync("sh", ["-c", `command -v "${program}"`], { stdio: "ignore" }).status === 0;
}

/** Whether a command ends well. */
export function works([program, ...args]) {
  return spawnSync(program, args, { stdio: "ignore" }).status === 0;
}

/** Runs to the end. @returns exit code and all that was printed; a command that takes too long has the code null */
export function run(command, { seconds = 600 } = {}) {
  return new Promise((resolve) => {
    const child = track(spawn(command[0], command.slice(1), { stdio: ["ignore", "pipe", "pipe"] }));
    let output = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (bytes) => (output += bytes.toString("latin1")));
    const timer = setTimeout(() => child.kill("SIGKILL"), seconds * 1000);
    child.on("close", (code) => {
      clearTimeout(timer);
      resolve({ code, output });
    });
  });
}

/** Starts a server and waits until something listens on its port. */
export async function startServer(command, port) {
  const child = track(spawn(command[0], command.slice(1), { stdio: "ignore" }));
  const listens = () =>
    new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => socket.destroy(resolve(true)));
      socket.on("error", () => resolve(false));
    });
  for (const end = Date.now() + START_MS; !(await listens()); await new Promise((wake) => setTimeout(wake, 50))) {
    if (Date.now() > end) throw new Error(`${command[0]} does not listen on port ${port}`);
  }
  return { port, stop: () => child.kill("SIGTERM") };
}

/** framelens, watching, on a port of its own. @param upstream as on its command line */
export function startFramelens(upstream, caDir = join(scratch, "ca")) {
  const args = [
    MAIN,
    upstream,
    "--listen",
    "127.0.0.1:0",
    "--output",
    "none",
    "--no-feed",
    "--insecure",
    "--ca-dir",
    caDir,
  ];
  const child = track(spawn(process.execPath, args, { stdio: ["ignore", "ignore", "pipe"] }));
  return new Promise((resolve, reject) => {
    let text = "";
    child.stderr.on("data", (bytes) => {
      text += bytes;
      const port = /listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
      if (port !== undefined) resolve({ port: Number(port), stop: () => child.kill("SIGTERM") });
    });
    child.once("exit", (code, signal) => reject(new Error(`framelens ended (${code ?? signal}): ${text}`)));
  });
}

/** The CA of framelens, made when it is not there. @returns the path of its certificate */
export function framelensCa(caDir = join(scratch, "ca")) {
  const made = spawnSync(process.execPath, [MAIN, "ca", "path", "--ca-dir", caDir], { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`framelens is not built; run "npm run build" first\n${made.stderr}`);
  return made.stdout.trim();
}

export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function track(child) {
  children.add(child);
  child.once("exit", () => children.delete(child));
  return child;
}

/** A certificate for localhost, as files. */
export async function serverCertificate() {
  const { makeServerCertificate } = await import("../../../dist/cli/selftest/certificate.js");
  const made = Object.entries(await makeServerCertificate(Date.now()));
  return Object.fromEntries(
    made.map(([name, pem]) => {
      const file = join(scratch, `server-${name}.pem`);
      writeFileSync(file, pem);
      return [name, file];
    }),
  );
}

/** @returns the result of a suite that cannot run */
export function notInstalled(what, program) {
  return skipped(what, `${program} is not installed`);
}

/** @returns the result of a suite that is left out */
export function skipped(what, why) {
  return { what, passed: 0, failed: 0, skipped: why };
}
