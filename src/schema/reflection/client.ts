// Asks a server what it speaks: server reflection v1, and v1alpha where the server has no other (grpc/doc/server-reflection.md).
import type { Socket } from "node:net";
import type { OutgoingHttpHeaders } from "http2-wrapper";
import type { Field } from "../../model/fields.js";
import { Http2Connection } from "./connection.js";
import { ImportWalk } from "./import-walk.js";
import { REFLECTION_VERSIONS, type ReflectionQuery, type ReflectionVersion, reflectionPath } from "./messages.js";
import { problemOfStatus, type ReflectionCode, type ReflectionProblem } from "./problem.js";
import { type Budget, ReflectionStream, type Reply } from "./stream.js";

/** From the first octet of the connection to the last import. */
const ASK_TIMEOUT_MS = 10_000;
/** A client's next method is of another service, often at once. */
const IDLE_MS = 5000;
/** googleapis, all of it, is 30 MB of descriptors. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** One call of ours, which does not pass the proxy: for the user to know of. */
export interface ReflectionCall {
  /** `/grpc.reflection.v1.ServerReflection/ServerReflectionInfo` */
  readonly method: string;
  /** What was asked for: a service's full name most of the time, "*" for the list of services. */
  readonly service: string;
  readonly outcome: "OK" | ReflectionCode;
  /** Present unless the outcome is OK. */
  readonly message?: string;
  /** Files that came. */
  readonly files: number;
  readonly durationMs: number;
}

export interface ReflectionClientOptions {
  /** Opens a connection to the server, TLS included. Rejects with one line that says why there is none. */
  dial(giveUp: AbortSignal): Promise<Socket>;
  /** `:authority`, as the server's clients say it. */
  readonly authority: string;
  /** Metadata of every call; names in lower case. */
  readonly headers?: readonly Field[];
  readonly onCall?: (call: ReflectionCall) => void;
  readonly timeoutMs?: number;
  readonly idleMs?: number;
  readonly maxAnswerBytes?: number;
}

export interface Described {
  /** FileDescriptorProtos as the server sent them. There may be some where there is a problem, too. */
  readonly files: readonly Uint8Array[];
  /** Imports that the server did not give. */
  readonly missing: readonly string[];
  readonly problem?: ReflectionProblem;
}

export interface Listed {
  readonly services: readonly string[];
  readonly problem?: ReflectionProblem;
}

/** One ask: a question and what it leads to, over whichever version the server has. */
interface Ask {
  readonly query: ReflectionQuery;
  readonly giveUp: AbortSignal;
  readonly budget: Budget;
  /** Goes through the conversation. @returns why it did not lead to the end */
  readonly converse: (stream: ReflectionStream) => Promise<ReflectionProblem | undefined>;
  readonly files: () => number;
}

export class ReflectionClient {
  readonly #options: ReflectionClientOptions;
  #closed = false;
  /** Ends the ask that is under way. */
  #giveUp: AbortController | undefined;
  #connection: Http2Connection | undefined;
  #version: ReflectionVersion | undefined;
  /** Asks go one after the other. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(options: ReflectionClientOptions) {
    this.#options = options;
  }

  /** The file that declares something, with all that it imports. Never rejects for what a server does. */
  async describe(query: ReflectionQuery): Promise<Described> {
    let walk = new ImportWalk();
    const converse = (stream: ReflectionStream) => {
      walk = new ImportWalk();
      return walkImports(stream, query, walk);
    };
    const problem = await this.#inTurn(query, converse, () => walk.files.length);
    const { files, missing } = walk;
    return problem === undefined ? { files, missing } : { files, missing, problem };
  }

  /** The full names of the server's services. Never rejects for what a server does. */
  async services(): Promise<Listed> {
    let services: readonly string[] = [];
    const query: ReflectionQuery = { kind: "services" };
    const converse = async (stream: ReflectionStream): Promise<ReflectionProblem | undefined> => {
      const reply = await stream.ask(query);
      if (reply.kind !== "services") return problemOfReply(reply);
      services = reply.names;
      return undefined;
    };
    const problem = await this.#inTurn(query, converse, () => 0);
    return problem === undefined ? { services } : { services, problem };
  }

  /** Ends what is under way and the connection. */
  close(): void {
    this.#closed = true;
    this.#giveUp?.abort();
    this.#connection?.destroy();
  }

  #inTurn(
    query: ReflectionQuery,
    converse: Ask["converse"],
    files: Ask["files"],
  ): Promise<ReflectionProblem | undefined> {
    const run = async () => {
      if (this.#closed) return this.#gaveUp();
      const giveUp = new AbortController();
      const timer = setTimeout(() => giveUp.abort(), this.#timeoutMs);
      this.#giveUp = giveUp;
      try {
        const budget = { bytes: this.#options.maxAnswerBytes ?? MAX_ANSWER_BYTES };
        return await this.#ask({ query, giveUp: giveUp.signal, budget, converse, files });
      } finally {
        clearTimeout(timer);
        if (this.#closed) this.#connection?.destroy();
        else this.#connection?.rest();
      }
    };
    const result = this.#turn.then(run);
    // The next one's turn comes whatever became of this one.
    this.#turn = result.catch(() => {});
    return result;
  }

  get #timeoutMs(): number {
    return this.#options.timeoutMs ?? ASK_TIMEOUT_MS;
  }

  /** Tries the version that answered last, then the others. */
  async #ask(ask: Ask): Promise<ReflectionProblem | undefined> {
    const versions = [...REFLECTION_VERSIONS].sort((a, b) => Number(b === this.#version) - Number(a === this.#version));
    let problem: ReflectionProblem | undefined;
    for (const version of versions) {
      problem = await this.#call(version, ask);
      if (problem?.code === "ERR_REFLECTION_UNIMPLEMENTED") continue;
      this.#version = version;
      break;
    }
    return problem;
  }

  async #call(version: ReflectionVersion, ask: Ask): Promise<ReflectionProblem | undefined> {
    const startedAt = performance.now();
    const problem = await this.#overConnection(version, ask);
    this.#options.onCall?.({
      method: reflectionPath(version),
      service: subjectOf(ask.query),
      outcome: problem?.code ?? "OK",
      ...(problem === undefined ? {} : { message: problem.message }),
      files: ask.files(),
      durationMs: performance.now() - startedAt,
    });
    return problem;
  }

  async #overConnection(version: ReflectionVersion, ask: Ask): Promise<ReflectionProblem | undefined> {
    const kept = this.#connection;
    if (kept?.usable === true) {
      const { problem, answered } = await this.#converse(kept, version, ask);
      // The server may have closed it just before we asked: then, once, over a new one.
      if (answered || problem?.code !== "ERR_REFLECTION_UNAVAILABLE") return problem;
    }
    kept?.destroy();
    let socket: Socket;
    try {
      socket = await this.#options.dial(ask.giveUp);
    } catch (error) {
      if (ask.giveUp.aborted) return this.#gaveUp();
      return { code: "ERR_REFLECTION_UNAVAILABLE", message: messageOf(error) };
    }
    this.#connection = new Http2Connection(socket, this.#options.idleMs ?? IDLE_MS);
    return (await this.#converse(this.#connection, version, ask)).problem;
  }

  async #converse(
    connection: Http2Connection,
    version: ReflectionVersion,
    ask: Ask,
  ): Promise<{ readonly problem: ReflectionProblem | undefined; readonly answered: boolean }> {
    if (ask.giveUp.aborted) return { problem: this.#gaveUp(), answered: false };
    let stream: ReflectionStream;
    try {
      stream = new ReflectionStream(connection.request(this.#headers(version, connection.scheme)), ask.budget);
    } catch (error) {
      return { problem: { code: "ERR_REFLECTION_UNAVAILABLE", message: messageOf(error) }, answered: false };
    }
    const onGiveUp = () => stream.abort(this.#gaveUp());
    ask.giveUp.addEventListener("abort", onGiveUp);
    try {
      const problem = await ask.converse(stream);
      return { problem, answered: stream.answered };
    } finally {
      ask.giveUp.removeEventListener("abort", onGiveUp);
      stream.finish();
    }
  }

  #gaveUp(): ReflectionProblem {
    if (this.#closed) return { code: "ERR_REFLECTION_CLOSED", message: "framelens was closed" };
    return { code: "ERR_REFLECTION_TIMEOUT", message: `no answer within ${this.#timeoutMs / 1000} s` };
  }

  #headers(version: ReflectionVersion, scheme: string): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = Object.create(null);
    for (const [name, value] of this.#options.headers ?? []) {
      const before = headers[name];
      headers[name] = before === undefined ? value : [before, value].flat().map(String);
    }
    // So that the server's own log tells whose call it is.
    headers["user-agent"] ??= "framelens";
    return Object.assign(headers, {
      ":method": "POST",
      ":scheme": scheme,
      ":authority": this.#options.authority,
      ":path": reflectionPath(version),
      "content-type": "application/grpc",
      te: "trailers",
    });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Asks for what declares it, then for what that imports, until nothing is wanted any more. */
async function walkImports(
  stream: ReflectionStream,
  query: ReflectionQuery,
  walk: ImportWalk,
): Promise<ReflectionProblem | undefined> {
  const first = await stream.ask(query);
  if (first.kind !== "files") return problemOfReply(first);
  walk.take(first.files);
  for (let names = walk.next(); names.length > 0; names = walk.next()) {
    const replies = await Promise.all(names.map((name) => stream.ask({ kind: "file", name })));
    for (const reply of replies) {
      if (reply.kind === "files") walk.take(reply.files);
      else if (reply.kind === "ended") return reply.problem;
    }
  }
  return problemOfWalk(walk);
}

function problemOfWalk(walk: ImportWalk): ReflectionProblem | undefined {
  const { files, missing, unreadable, full } = walk;
  if (full)
    return { code: "ERR_REFLECTION_LIMIT", message: "the server has more files, or deeper imports, than we take" };
  if (files.length === 0) return { code: "ERR_REFLECTION_MALFORMED", message: "the answer holds no file descriptor" };
  const parts: string[] = [];
  if (unreadable > 0) parts.push(`${unreadable} of the files cannot be read`);
  if (missing.length > 0)
    parts.push(`the server does not give ${missing.slice(0, 3).join(", ")}${missing.length > 3 ? " …" : ""}`);
  return parts.length === 0 ? undefined : { code: "ERR_REFLECTION_INCOMPLETE", message: parts.join("; ") };
}

function problemOfReply(reply: Reply): ReflectionProblem {
  switch (reply.kind) {
    case "ended":
      return reply.problem;
    case "error": {
      const problem = problemOfStatus(reply.code, reply.message);
      // Said inside a call that works: it is about the question, not about reflection or the server.
      const codes: readonly ReflectionCode[] = ["ERR_REFLECTION_NOT_FOUND", "ERR_REFLECTION_TIMEOUT"];
      return codes.includes(problem.code) ? problem : { code: "ERR_REFLECTION_REFUSED", message: problem.message };
    }
    case "malformed":
      return { code: "ERR_REFLECTION_MALFORMED", message: `no reflection answer: ${reply.reason}` };
    case "files":
    case "services":
    case "other":
      return { code: "ERR_REFLECTION_MALFORMED", message: "an answer to another question" };
    default:
      return reply satisfies never;
  }
}

function subjectOf(query: ReflectionQuery): string {
  switch (query.kind) {
    case "services":
      return "*";
    case "extension":
      return `${query.type}[${query.number}]`;
    default:
      return query.name;
  }
}
