// The arena: the program, a server behind it, an honest client through it, and attacks carried out and measured meanwhile.
import { connect, type Socket } from "node:net";
import { connect as tlsConnect } from "node:tls";
import type { ServerCertificate } from "../../cli/selftest/certificate.js";
import type { BackendAnswers } from "./apart/backend.js";
import type { HonestAnswers } from "./apart/honest.js";
import { Apart } from "./apart.js";
import { ATTACKS } from "./attacks.js";
import { duel, type ServerEnds } from "./duel.js";
import type { Evidence, Report } from "./ends.js";
import type { Way } from "./honest.js";
import { Program } from "./program.js";
import type { Attack, Sizes } from "./script.js";

const MIB = 1024 * 1024;

export interface Limits {
  readonly full: boolean;
  /** An honest call while the attack goes on, and one when it is over. */
  readonly duringMs: number;
  readonly afterMs: number;
  /** Resident memory over what it was when the program had started. */
  readonly growthBytes: number;
  /** Until descriptors are given back. */
  readonly descriptorsMs: number;
  readonly attackMs: number;
}

export interface Outcome {
  readonly attack: string;
  readonly sentBytes: number;
  readonly receivedBytes: number;
  readonly seconds: number;
  readonly cpuMs: number;
  /** The longest turn of the program's event loop, in processor time. */
  readonly turnMs: number;
  /** The longest that the honest client's process and the server's let everybody wait, in sum. */
  readonly ownStallMs: number;
  readonly worstDuringMs: number;
  readonly afterMs: number;
  readonly growthBytes: number;
  readonly leftBytes: number;
  /** What did not hold; empty when all did. */
  readonly wrong: readonly string[];
}

export interface ArenaOptions {
  readonly args: readonly string[];
  readonly onOutput?: (bytes: Buffer) => void;
  readonly tls?: ServerCertificate & { readonly certFile: string; readonly keyFile: string; readonly caFile: string };
  /** Started without an upstream; the honest client says CONNECT. */
  readonly forward?: boolean;
}

/** The server's ends, in the backend's process. */
class ServersApart implements ServerEnds {
  readonly #backend: Apart<BackendAnswers>;
  /** The longest that the process let everybody wait, during the last attack. */
  stallMs = 0;

  constructor(backend: Apart<BackendAnswers>) {
    this.#backend = backend;
  }

  begin(attack: Attack, size: keyof Sizes): Promise<void> {
    return this.#backend.ask("begin", { attack: ATTACKS.indexOf(attack), size });
  }

  async report(): Promise<Report> {
    return (await this.#backend.ask("report", undefined))!;
  }

  async evidence(heads: boolean): Promise<Evidence> {
    return (await this.#backend.ask("evidence", heads))!;
  }

  async finish(): Promise<void> {
    this.stallMs = await this.#backend.ask("finish", undefined);
  }
}

export class Arena {
  readonly program: Program;
  readonly #backend: Apart<BackendAnswers>;
  readonly #honest: Apart<HonestAnswers>;
  readonly #tls: ServerCertificate | undefined;
  readonly #startBytes: number;
  readonly #startFiles: readonly string[] | undefined;

  private constructor(
    program: Program,
    backend: Apart<BackendAnswers>,
    honest: Apart<HonestAnswers>,
    tls: ServerCertificate | undefined,
  ) {
    this.program = program;
    this.#backend = backend;
    this.#honest = honest;
    this.#tls = tls;
    this.#startBytes = program.memory?.now ?? 0;
    this.#startFiles = program.fileNames;
  }

  static async open(options: ArenaOptions): Promise<Arena> {
    const { tls } = options;
    const backend = new Apart<BackendAnswers>("backend");
    const honest = new Apart<HonestAnswers>("honest");
    const serverPort = await backend.ask("listen", tls);
    const upstream = `${tls === undefined ? "" : "https://"}127.0.0.1:${serverPort}`;
    const program = await Program.start({
      ...(options.onOutput === undefined ? {} : { onOutput: options.onOutput }),
      args: [
        ...(options.forward ? [] : [upstream]),
        ...(tls === undefined
          ? []
          : ["--cacert", tls.caFile, "--serve-cert", tls.certFile, "--serve-key", tls.keyFile]),
        ...options.args,
      ],
    });
    await honest.ask("goes", wayTo(program.port, options, serverPort));
    for (let warm = 0; warm < 20; warm++) await honest.ask("once", undefined);
    await closedAgain(program);
    return new Arena(program, backend, honest, tls);
  }

  /** Carries out an attack and says what it did. */
  async run(attack: Attack, limits: Limits): Promise<Outcome> {
    const { program } = this;
    const honest = this.#honest;
    const servers = new ServersApart(this.#backend);
    await honest.ask("start", undefined);
    program.forgetPeak();
    program.longestTurnMs = 0;
    const cpuBefore = program.cpuMs;
    const result = await duel(attack, servers, {
      full: limits.full,
      limitMs: limits.attackMs,
      dial: (raw) => this.#connect(raw),
    });
    const cpuMs = program.cpuMs - cpuBefore;
    const during = await honest.ask("take", undefined);
    const once = () => honest.ask("once", undefined).catch(() => Number.POSITIVE_INFINITY);
    const after = program.ended === undefined ? await once() : Number.POSITIVE_INFINITY;
    await honest.ask("stop", undefined);
    const ownStallMs = during.ownStallMs + servers.stallMs;
    const filesBack = await this.#filesBack(limits.descriptorsMs);
    const memory = program.memory;
    const growthBytes = Math.max(0, (memory?.peak ?? 0) - this.#startBytes);
    const wrong: string[] = [];
    if (program.ended !== undefined) wrong.push(`the program ended: ${program.ended} ${program.complaints}`);
    if (result.difference !== undefined) wrong.push(result.difference);
    if (during.failed > 0) wrong.push(`${during.failed} of ${during.calls} honest calls failed: ${during.failure}`);
    if (during.worstMs - ownStallMs > limits.duringMs)
      wrong.push(`an honest call took ${Math.round(during.worstMs)} ms`);
    if (after > limits.afterMs) wrong.push(`an honest call took ${Math.round(after)} ms after it`);
    if (growthBytes > limits.growthBytes) wrong.push(`memory grew by ${Math.round(growthBytes / MIB)} MiB`);
    if (!filesBack) wrong.push(`${program.openFiles} open files, ${this.#newFiles().join(" ")} since the start`);
    if (program.complaints !== "") wrong.push(`stderr: ${program.complaints.slice(0, 500)}`);
    return {
      attack: attack.name,
      ...result,
      ownStallMs,
      cpuMs,
      turnMs: program.longestTurnMs,
      worstDuringMs: during.worstMs,
      afterMs: after,
      growthBytes,
      leftBytes: Math.max(0, (memory?.now ?? 0) - this.#startBytes),
      wrong,
    };
  }

  async close(): Promise<string> {
    const ended = await this.program.stop();
    await Promise.all([this.#backend.close(), this.#honest.close()]);
    return ended;
  }

  #connect(raw: boolean): Promise<Socket> {
    const socket = connect({ host: "127.0.0.1", port: this.program.port, allowHalfOpen: true, noDelay: true });
    if (this.#tls === undefined || raw) return opened(socket, "connect");
    const { ca } = this.#tls;
    return opened(tlsConnect({ socket, servername: "localhost", ca, ALPNProtocols: ["h2"] }), "secureConnect");
  }

  #newFiles(): readonly string[] {
    return (this.program.fileNames ?? []).filter((name) => !this.#startFiles?.includes(name)).slice(0, 10);
  }

  async #filesBack(withinMs: number): Promise<boolean> {
    if (this.#startFiles === undefined) return true;
    for (const until = performance.now() + withinMs; performance.now() < until; ) {
      if ((this.program.openFiles ?? 0) <= this.#startFiles.length) return true;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return false;
  }
}

function wayTo(port: number, { tls, forward }: ArenaOptions, to: number): Way {
  if (forward) return { kind: "tunnel", port, to };
  return tls === undefined ? { kind: "plain", port } : { kind: "tls", port, ca: tls.ca };
}

function opened(socket: Socket, event: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once(event, () => resolve(socket));
    socket.once("error", reject);
  });
}

/** Waits until the warm-up's connections are gone, so that what is counted next is a fair start. */
async function closedAgain(program: Program): Promise<void> {
  let last = -1;
  for (let same = 0; same < 5; ) {
    const files = program.openFiles ?? 0;
    same = files === last ? same + 1 : 0;
    last = files;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
