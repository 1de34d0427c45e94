// Carries one client connection: finds out what it speaks and where it is going, opens the server's leg, joins the two.
import type { Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import type { Capture } from "../capture/capture.js";
import { ConnectionRecorder, type OpenedFacts } from "../capture/connection-recorder.js";
import { type Sniffed, sniff } from "../http2/sniff.js";
import { CLIENT, SERVER, type SideIndex, sideName } from "../http2/stream.js";
import type { TlsFacts } from "../model/events.js";
import { type ClientHello, readClientHello } from "./client-hello.js";
import { DialError, dial, dialSocket, type Leg, startTls, type TlsWish, type UpstreamTls } from "./dial.js";
import { readAbsoluteTarget, readConnect } from "./http-connect.js";
import { peek } from "./peek.js";
import { pipe, reset } from "./pipe.js";
import { Http2Refusal, http1Refusal } from "./refusal.js";
import { greetingReply, readGreeting, readSocksRequest, SOCKS_REPLY, socksReply } from "./socks5.js";
import { hostPort, type Target, targetName } from "./target.js";

/** A client that says nothing for this long may be waiting for the server to speak first. */
const SILENCE_MS = 200;
/** How long a client that was refused may take to close its side. */
const REFUSED_LINGER_MS = 2000;

const NOTHING = Buffer.alloc(0);

export interface CarryOptions {
  readonly capture: Capture;
  /** undefined for a forward proxy: the client says where to. */
  readonly upstream: Target | undefined;
  readonly upstreamTls: UpstreamTls;
  /** What a client that speaks TLS is shown. */
  contextFor(servername: string | undefined): Promise<SecureContext>;
  /** Whether a target is this very proxy. */
  isSelf(target: Target): boolean;
  /** Whether connections end now because the proxy does. */
  isClosing(): boolean;
  now(): number;
}

type Via = NonNullable<OpenedFacts["via"]>;
type Spoken = "h2" | "http/1.1" | "unknown";

/** What is known so far of one connection on its way to a server. */
interface Destination {
  readonly target: Target | undefined;
  readonly via: Via | undefined;
}

/** Ends when the connection is joined to a server, refused or gone; the socket's own events do the rest. */
export async function carry(socket: Socket, options: CarryOptions): Promise<void> {
  options.capture.tick(options.now());
  await new Carrier(socket, options).start();
}

class Carrier {
  readonly #socket: Socket;
  readonly #options: CarryOptions;
  readonly #recorder: ConnectionRecorder;
  readonly #clientName: string;
  readonly #left = new AbortController();
  #joined = false;
  /** Why the proxy itself ended it. */
  #reason: string | undefined;
  #tls: TlsFacts | undefined;
  #upstreamTls: TlsFacts | undefined;

  constructor(socket: Socket, options: CarryOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#recorder = new ConnectionRecorder(options.capture);
    this.#clientName =
      socket.remoteAddress === undefined ? "unix" : hostPort(socket.remoteAddress, socket.remotePort ?? 0);
    // Errors are told by the close that follows each of them; a listener must be there all the same.
    socket.on("error", () => {});
    socket.on("close", () => this.#left.abort());
  }

  async start(): Promise<void> {
    try {
      await this.#firstOctets({ target: this.#options.upstream, via: undefined }, NOTHING);
    } catch (error) {
      this.#socket.destroy();
      if (error instanceof DialError) return;
      throw error;
    } finally {
      // Once joined, the pipe tells of the end, when both legs are gone.
      if (!this.#joined) this.#whenGone(() => this.#finish("client", "end", undefined));
    }
  }

  #whenGone(then: () => void): void {
    if (this.#socket.closed) then();
    else this.#socket.once("close", then);
  }

  async #firstOctets(to: Destination, already: Buffer): Promise<void> {
    // Where the server's leg is TLS, or its address still unknown, it cannot be the server that speaks first.
    const mayBeSilent = to.target !== undefined && to.target.security !== "tls";
    const first = await peek(this.#socket, already, decided, mayBeSilent ? SILENCE_MS : undefined);
    if (first.found === undefined && !first.ended && first.bytes.length === 0) {
      await this.#silent(to);
      return;
    }
    await this.#dispatch(to, first.found ?? "unknown", first.bytes, first.ended, undefined);
  }

  async #dispatch(
    to: Destination,
    spoken: Sniffed,
    bytes: Buffer,
    ended: boolean,
    dialed: Socket | undefined,
  ): Promise<void> {
    if (ended && bytes.length === 0) {
      this.#socket.end();
      dialed?.destroy();
    } else if (spoken === "connect" && to.via === undefined) await this.#connect(bytes);
    else if (spoken === "socks5" && to.via === undefined) await this.#socks5(bytes);
    else if (spoken === "tls") await this.#clientTls(to, bytes, dialed);
    else await this.#plain(to, spoken === "h2" || spoken === "unknown" ? spoken : "http/1.1", bytes, ended, dialed);
  }

  /** Opens the server's leg and waits for whoever speaks first. */
  async #silent(to: Destination): Promise<void> {
    let dialed: Socket;
    try {
      dialed = await dialSocket(to.target!, this.#left.signal);
    } catch (error) {
      // No server: what the client is refused with depends on what it will speak.
      const first = await peek(this.#socket, NOTHING, decided);
      this.#refuse(
        { stream: this.#socket, raw: this.#socket },
        to,
        spokenOf(first.found),
        first.bytes,
        reasonOf(error),
      );
      return;
    }
    dialed.on("error", () => {});
    const server = peek(dialed, NOTHING, (bytes) => (bytes.length > 0 ? true : undefined));
    const client = peek(this.#socket, NOTHING, decided);
    const winner = await Promise.race([server.then(() => SERVER), client.then(() => CLIENT)]);
    if (winner === CLIENT && !dialed.destroyed) {
      const first = await client;
      dialed.removeAllListeners("data");
      await this.#dispatch(to, first.found ?? "unknown", first.bytes, first.ended, dialed);
      return;
    }
    const spoke = await server;
    const facts = this.#facts(to, "unknown");
    this.#join(
      { stream: this.#socket, raw: this.#socket },
      { stream: dialed, raw: dialed },
      facts,
      NOTHING,
      false,
      spoke.bytes,
    );
  }

  async #connect(already: Buffer): Promise<void> {
    const head = await peek(this.#socket, already, (bytes) => {
      const read = readConnect(bytes);
      return read.kind === "more" ? undefined : read;
    });
    if (head.found?.kind !== "connect") {
      const reason = `framelens: ${head.found?.kind === "bad" ? head.found.message : "CONNECT request was cut"}`;
      this.#refuseHttp1({ target: undefined, via: "connect" }, reason, "400 Bad Request");
      return;
    }
    this.#socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    await this.#firstOctets({ target: head.found.target, via: "connect" }, head.bytes.subarray(head.found.length));
  }

  async #socks5(already: Buffer): Promise<void> {
    const greeting = await peek(this.#socket, already, (bytes) => {
      const read = readGreeting(bytes);
      return read.kind === "more" ? undefined : read;
    });
    if (greeting.found === undefined) return;
    this.#socket.write(greetingReply(greeting.found.noAuth));
    if (!greeting.found.noAuth) {
      this.#giveUp({ target: undefined, via: "socks5" }, "SOCKS5 client offers no method without authentication");
      return;
    }
    const request = await peek(this.#socket, greeting.bytes.subarray(greeting.found.length), (bytes) => {
      const read = readSocksRequest(bytes);
      return read.kind === "more" ? undefined : read;
    });
    if (request.found?.kind !== "request") {
      if (request.found?.kind === "bad") this.#socket.write(socksReply(request.found.reply));
      this.#giveUp({ target: undefined, via: "socks5" }, request.found?.message ?? "SOCKS5 request was cut");
      return;
    }
    this.#socket.write(socksReply(SOCKS_REPLY.succeeded));
    await this.#firstOctets(
      { target: request.found.target, via: "socks5" },
      request.bytes.subarray(request.found.length),
    );
  }

  /** The client's hello is read first and offered to the server; what the server chose is what the client gets. */
  async #clientTls(to: Destination, already: Buffer, dialed: Socket | undefined): Promise<void> {
    const read = await peek(this.#socket, already, (bytes) => {
      const hello = readClientHello(bytes);
      return hello.kind === "more" ? undefined : hello;
    });
    const hello: ClientHello = read.found ?? { kind: "not-tls", problem: "TLS hello was cut" };
    if (hello.kind !== "hello") {
      await this.#plain(to, "unknown", read.bytes, read.ended, dialed);
      return;
    }
    const wish: TlsWish = { servername: hello.servername, alpn: hello.alpn };
    const server = await this.#serverTls(to, wish, dialed);
    const alpn = "leg" in server ? server.alpn : preferred(hello.alpn);
    // From here on TLS reads the socket; the hello is read again.
    this.#socket.unshift(read.bytes);
    const client = await this.#acceptTls(hello.servername, alpn);
    if (typeof client === "string") {
      if ("leg" in server) reset(server.leg);
      this.#giveUp(to, client);
      return;
    }
    if (!("leg" in server)) {
      const spoken = alpn === "h2" ? "h2" : alpn === undefined ? undefined : "http/1.1";
      const first = spoken === undefined ? await peek(client.stream, NOTHING, decided) : undefined;
      this.#refuse(client, to, spoken ?? spokenOf(first?.found), first?.bytes ?? NOTHING, server.reason);
      return;
    }
    if (alpn !== undefined) {
      this.#join(
        client,
        server.leg,
        this.#facts(to, alpn === "h2" ? "h2" : alpn === "http/1.1" ? alpn : "unknown"),
        NOTHING,
        false,
        NOTHING,
      );
      return;
    }
    const first = await peek(client.stream, NOTHING, decided, SILENCE_MS);
    if (client.raw.destroyed) reset(server.leg);
    else this.#join(client, server.leg, this.#facts(to, spokenOf(first.found)), first.bytes, first.ended, NOTHING);
  }

  async #serverTls(
    to: Destination,
    wish: TlsWish,
    dialed: Socket | undefined,
  ): Promise<{ readonly leg: Leg; readonly alpn: string | undefined } | { readonly reason: string }> {
    if (to.target === undefined) return { reason: noTarget("TLS") };
    try {
      const target = this.#allowed(to.target);
      if (target.security === "plaintext") {
        const leg =
          dialed === undefined
            ? await dial(target, undefined, this.#options.upstreamTls, this.#left.signal)
            : { stream: dialed, raw: dialed };
        return { leg: guarded(leg), alpn: preferred(wish.alpn) };
      }
      const raw = dialed ?? (await dialSocket(target, this.#left.signal));
      return {
        leg: this.#tlsLeg(await startTls(raw, target, wish, this.#options.upstreamTls, this.#left.signal)),
        alpn: this.#upstreamTls?.alpn,
      };
    } catch (error) {
      return { reason: reasonOf(error) };
    }
  }

  /** @returns why the client went away during the handshake, or its leg */
  async #acceptTls(servername: string | undefined, alpn: string | undefined): Promise<Leg | string> {
    let secureContext: SecureContext;
    try {
      secureContext = await this.#options.contextFor(servername);
    } catch (error) {
      return `framelens has no certificate to show: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (this.#socket.destroyed) return "client left during the TLS handshake";
    const stream = new TLSSocket(this.#socket, {
      isServer: true,
      secureContext,
      ...(alpn === undefined ? {} : { ALPNProtocols: [alpn] }),
    });
    const failure = await new Promise<string | undefined>((resolve) => {
      stream.once("secure", () => resolve(undefined));
      stream.on("error", (error: NodeJS.ErrnoException) => resolve(tlsClientProblem(error)));
      stream.once("close", () => resolve("client left during the TLS handshake"));
    });
    if (failure !== undefined) {
      stream.destroy();
      return failure;
    }
    this.#tls = tlsFacts(stream, servername);
    return { stream, raw: this.#socket };
  }

  async #plain(
    to: Destination,
    spoken: Spoken,
    bytes: Buffer,
    ended: boolean,
    dialed: Socket | undefined,
  ): Promise<void> {
    const client: Leg = { stream: this.#socket, raw: this.#socket };
    const absolute = to.target === undefined && spoken === "http/1.1" ? readAbsoluteTarget(bytes) : undefined;
    const where: Destination = absolute === undefined ? to : { target: absolute, via: "absolute-uri" };
    if (where.target === undefined) {
      this.#refuse(client, where, spoken, bytes, noTarget(spoken));
      return;
    }
    let server: Leg;
    try {
      const target = this.#allowed(where.target);
      if (target.security === "tls") {
        const alpn = spoken === "unknown" ? undefined : [spoken];
        server = this.#tlsLeg(
          await dial(target, { servername: undefined, alpn }, this.#options.upstreamTls, this.#left.signal),
        );
      } else {
        server =
          dialed === undefined
            ? await dial(target, undefined, this.#options.upstreamTls, this.#left.signal)
            : { stream: dialed, raw: dialed };
      }
    } catch (error) {
      this.#refuse(client, where, spoken, bytes, reasonOf(error));
      return;
    }
    if (this.#socket.destroyed) reset(server);
    else this.#join(client, server, this.#facts(where, spoken), bytes, ended, NOTHING);
  }

  #allowed(target: Target): Target {
    if (this.#options.isSelf(target))
      throw new DialError(`framelens refuses to connect to itself (${targetName(target)})`);
    return target;
  }

  #tlsLeg(leg: Leg): Leg {
    const stream = leg.stream as TLSSocket;
    const servername = (stream as { servername?: string | false }).servername;
    this.#upstreamTls = tlsFacts(stream, typeof servername === "string" ? servername : undefined);
    return guarded(leg);
  }

  #facts(to: Destination, protocol: Spoken): OpenedFacts {
    return {
      client: this.#clientName,
      server: to.target === undefined ? "" : targetName(to.target),
      relay: "tap",
      protocol,
      ...(to.via === undefined ? {} : { via: to.via }),
      ...(this.#tls === undefined ? {} : { tls: this.#tls }),
      ...(this.#upstreamTls === undefined ? {} : { upstreamTls: this.#upstreamTls }),
    };
  }

  #join(
    client: Leg,
    server: Leg,
    facts: OpenedFacts,
    fromClient: Buffer,
    clientEnded: boolean,
    fromServer: Buffer,
  ): void {
    const { capture, now } = this.#options;
    const recorder = this.#recorder;
    capture.tick(now());
    recorder.opened(facts);
    this.#joined = true;
    pipe(
      client,
      server,
      {
        carried(from: SideIndex, bytes: Uint8Array) {
          capture.tick(now());
          recorder.read(from, bytes);
        },
        finished: (by, how, reason) => this.#finish(sideName(by), how, reason),
      },
      { client: fromClient, server: fromServer, clientEnded },
    );
  }

  /** Answers in the server's place, in what the client speaks. */
  #refuse(client: Leg, to: Destination, spoken: Spoken, bytes: Buffer, reason: string): void {
    const { capture, now } = this.#options;
    capture.tick(now());
    this.#recorder.opened(this.#facts(to, spoken), true);
    this.#reason = reason;
    if (spoken === "unknown") {
      reset(client);
      return;
    }
    const send = (answer: Uint8Array) => {
      if (answer.length === 0 || client.stream.writableEnded) return;
      client.stream.write(answer);
      this.#recorder.read(SERVER, answer);
    };
    const bye = () => {
      client.stream.end();
      const timer = setTimeout(() => client.raw.destroy(), REFUSED_LINGER_MS);
      client.raw.once("close", () => clearTimeout(timer));
    };
    client.stream.on("error", () => {});
    client.stream.on("end", () => client.stream.end());
    if (spoken === "http/1.1") {
      this.#recorder.read(CLIENT, bytes);
      send(http1Refusal(reason));
      client.stream.on("data", () => {});
      bye();
      client.stream.resume();
      return;
    }
    const refusal = new Http2Refusal(reason);
    const onData = (chunk: Buffer) => {
      if (client.stream.writableEnded) return;
      capture.tick(now());
      this.#recorder.read(CLIENT, chunk);
      send(refusal.push(chunk));
      if (refusal.answered) bye();
    };
    client.stream.on("data", onData);
    if (bytes.length > 0) onData(bytes);
    client.stream.resume();
  }

  #refuseHttp1(to: Destination, reason: string, status: string): void {
    this.#reason = reason;
    this.#recorder.opened(this.#facts(to, "http/1.1"), true);
    this.#socket.end(http1Refusal(reason, status));
    this.#socket.resume();
  }

  #giveUp(to: Destination, reason: string): void {
    this.#reason = reason;
    this.#options.capture.tick(this.#options.now());
    this.#recorder.opened(this.#facts(to, "unknown"), true);
    this.#socket.end();
    this.#socket.destroySoon();
  }

  #finish(by: "client" | "server", how: "end" | "reset", reason: string | undefined): void {
    this.#options.capture.tick(this.#options.now());
    if (this.#reason !== undefined) this.#recorder.closed("proxy", "error", this.#reason);
    else if (this.#options.isClosing()) this.#recorder.closed("proxy", "end", "framelens ended");
    else this.#recorder.closed(by, how, reason);
  }
}

function decided(bytes: Buffer): Sniffed | undefined {
  const spoken = sniff(bytes);
  return spoken === "more" ? undefined : spoken;
}

function spokenOf(found: Sniffed | undefined): Spoken {
  if (found === "connect" || found === "http/1.1") return "http/1.1";
  return found === "h2" ? "h2" : "unknown";
}

/** What a client gets that offers several protocols, where no server chooses. */
function preferred(offered: readonly string[] | undefined): string | undefined {
  return offered === undefined ? undefined : (["h2", "http/1.1"].find((name) => offered.includes(name)) ?? offered[0]);
}

function noTarget(spoken: string): string {
  return `framelens has no upstream for ${spoken === "unknown" ? "this" : spoken}: start it as "framelens host:port", or send CONNECT or SOCKS5`;
}

function reasonOf(error: unknown): string {
  if (error instanceof DialError) return error.message;
  throw error;
}

/** A leg that fails while nobody is joined to it must not bring the program down. */
function guarded(leg: Leg): Leg {
  leg.raw.on("error", () => {});
  leg.stream.on("error", () => {});
  return leg;
}

function tlsFacts(stream: TLSSocket, servername: string | undefined): TlsFacts {
  const version = stream.getProtocol();
  return {
    ...(version === null ? {} : { version }),
    ...(typeof stream.alpnProtocol === "string" ? { alpn: stream.alpnProtocol } : {}),
    ...(servername === undefined ? {} : { servername }),
  };
}

const UNTRUSTED = /ALERT_(UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN)/;

function tlsClientProblem(error: NodeJS.ErrnoException): string {
  const code = error.code ?? error.message;
  if (UNTRUSTED.test(code))
    return `client does not trust the certificate of framelens (${code}); see "framelens ca instructions"`;
  return `TLS handshake with the client failed (${code})`;
}
