// Carries one client connection: finds out what it speaks and where it is going, opens the server's leg, joins the two.
import type { Socket } from "node:net";
import { type SecureContext, TLSSocket } from "node:tls";
import type { Capture } from "../capture/capture.js";
import { ConnectionRecorder, type OpenedFacts } from "../capture/connection-recorder.js";
import { FRAME, FRAME_HEADER_BYTES } from "../http2/frames.js";
import { type Sniffed, sniff } from "../http2/sniff.js";
import { type SideIndex, sideName } from "../http2/stream.js";
import type { EndedBy, TlsFacts } from "../model/events.js";
import { acceptTls, CLIENT_LEFT_TLS, tlsFacts } from "./accept-tls.js";
import { readClientHello } from "./client-hello.js";
import {
  asksForCertificate,
  DialError,
  type DialOptions,
  dial,
  type Leg,
  startTls,
  type TlsWish,
  tlsFailure,
} from "./dial.js";
import type { DialQueue } from "./dial-queue.js";
import { MAX_HEAD_BYTES, readAbsoluteTarget } from "./http-connect.js";
import { RequestGate } from "./http1-requests.js";
import { NOTHING, type Peeked, peek, peekEither } from "./peek.js";
import { type Gate, type PipeHead, pipe, reset } from "./pipe.js";
import { letGo, refuseHttp1, refuseHttp2 } from "./refuse.js";
import { hostPort, type Target, targetName } from "./target.js";
import { readHttpConnect, readSocks5, type TunnelReader } from "./tunnel.js";

/** A client that says nothing for this long may be waiting for the server to speak first. */
const SILENCE_MS = 200;
/** So may one that stops in the middle of what could still become TLS or HTTP; that takes longer to believe. */
const HESITATION_MS = 1000;
/** How long a client may take to say in what it wants to be told that there is no server. */
const REFUSED_SILENCE_MS = 10_000;
/** How long a server of HTTP/2 that asked for our certificate may take to say its first word. */
const JUDGEMENT_MS = 500;
const LEFT_AFTER_ASKING =
  "the server asked for a client certificate and closed the connection without a word; --cert FILE --key FILE";
/** What an end may say before the other is ready and still be held back: SETTINGS have a few dozen octets. */
const MAX_HELD_BYTES = 16_384;

export interface CarryOptions {
  readonly capture: Capture;
  /** undefined for a forward proxy: the client says where to. */
  readonly upstream: Target | undefined;
  readonly dial: DialOptions;
  /** Where clients wait that have not said what they want. */
  readonly queue: DialQueue;
  /** Where those wait that speak TLS, each of which costs two handshakes. */
  readonly handshakes: DialQueue;
  /** What a client that speaks TLS is shown. @param left aborts when that client is gone: then it may reject */
  contextFor(servername: string | undefined, left: AbortSignal): Promise<SecureContext>;
  /** Whether connections end now because the proxy does. */
  isClosing(): boolean;
  now(): number;
}

type Via = NonNullable<OpenedFacts["via"]>;
type Spoken = "h2" | "http/1.1" | "unknown";

/** Where a connection is going, as far as it is known. */
interface Route {
  readonly target: Target | undefined;
  readonly via: Via | undefined;
}

/** By whom and how a connection was ended. */
interface Ending {
  readonly by: EndedBy;
  readonly how: "end" | "reset" | "error";
  readonly reason: string | undefined;
}

/** Carries a connection until it is over and all of it is written down. Nobody reads the socket yet. */
export async function carry(socket: Socket, options: CarryOptions): Promise<void> {
  options.capture.tick(options.now());
  await new Carrier(socket, options).run();
}

class Carrier {
  readonly #socket: Socket;
  readonly #client: Leg;
  readonly #clientName: string;
  readonly #options: CarryOptions;
  readonly #recorder: ConnectionRecorder;
  readonly #left = new AbortController();
  #tls: TlsFacts | undefined;
  #upstreamTls: TlsFacts | undefined;
  /** What ended the server's TLS once its handshake was over. */
  #lateTlsFailure: string | undefined;

  constructor(socket: Socket, options: CarryOptions) {
    this.#socket = socket;
    this.#client = { stream: socket, raw: socket, tcp: true };
    this.#clientName = hostPort(socket.remoteAddress ?? "", socket.remotePort ?? 0);
    this.#options = options;
    this.#recorder = new ConnectionRecorder(options.capture);
    // Errors are told by the close that follows each of them; a listener must be there all the same.
    socket.on("error", () => {});
    socket.on("close", () => this.#left.abort(LEFT));
  }

  async run(): Promise<void> {
    let ending: Ending = { by: "proxy", how: "error", reason: "framelens failed to carry this connection" };
    try {
      ending = await this.#arrive({ target: this.#options.upstream, via: undefined }, NOTHING);
    } catch (error) {
      this.#socket.destroy();
      throw error;
    } finally {
      await this.#gone();
      const { by, how, reason } = this.#options.isClosing() ? CLOSING : ending;
      this.#options.capture.tick(this.#options.now());
      this.#recorder.closed(by, how, reason);
    }
  }

  // What a client speaks, and where to. Each of these ends with the connection.

  async #arrive(route: Route, already: Buffer): Promise<Ending> {
    // Where the server's leg is TLS, or its address still unknown, it cannot be the server that speaks first.
    const waits = route.target === undefined || route.target.security === "tls" ? {} : PATIENCE;
    const heard = await peek(this.#socket, already, decided, waits);
    if (heard.found === undefined && !(heard.ended && heard.bytes.length === 0)) await this.#turn(heard.ended);
    if (heard.found === undefined && !heard.ended && heard.bytes.length === 0) return this.#silent(route);
    return this.#heard(route, heard, undefined);
  }

  /**
   * Waits until it may be looked at what the server makes of a client that did not say what it wants.
   * @param ended libuv may have taken its RST for a FIN. Writing nothing tells, and destroys the socket.
   */
  async #turn(ended: boolean): Promise<void> {
    await this.#options.queue.turn();
    const socket = this.#socket;
    if (ended && !socket.destroyed) await new Promise<void>((resolve) => socket.write(NOTHING, () => resolve()));
  }

  /** @param server its leg, where the client was silent for long */
  async #heard(route: Route, heard: Peeked<Sniffed>, server: Leg | undefined): Promise<Ending> {
    if (heard.ended && heard.bytes.length === 0) {
      this.#socket.end();
      return this.#leftEarly();
    }
    if (heard.found === "tls") return this.#clientTls(route, heard.bytes, server);
    const tunnel = route.via === undefined && heard.found !== undefined ? TUNNELS[heard.found] : undefined;
    if (tunnel !== undefined) {
      // What was opened in silence was opened to somewhere else.
      server?.raw.destroy();
      return this.#tunnel(tunnel.via, tunnel.read, heard.bytes);
    }
    const spoken = spokenOf(heard.found);
    if (route.target === undefined && spoken === "http/1.1") return this.#absoluteForm(heard.bytes);
    return this.#plain(route, spoken, heard.bytes, server);
  }

  async #tunnel(via: Via, read: TunnelReader, already: Buffer): Promise<Ending> {
    const tunnel = await read(this.#socket, already);
    if (tunnel.kind === "open") return this.#arrive({ target: tunnel.target, via }, tunnel.bytes);
    letGo(this.#client, tunnel.answer);
    return this.#failed({ target: undefined, via }, via === "connect" ? "http/1.1" : "unknown", tunnel.reason);
  }

  /** The client may be waiting for the server to speak first; whoever speaks first, it is as if we were not there. */
  async #silent(route: Route): Promise<Ending> {
    const server = await this.#serverLeg(route, (target) => this.#dial(target));
    if (typeof server === "string") {
      const heard = await peek(this.#socket, NOTHING, decided, { silenceMs: REFUSED_SILENCE_MS });
      return this.#refuse(this.#client, route, spokenOf(heard.found), heard.bytes, server);
    }
    const [asked, greeted] = await peekEither(this.#socket, decided, server.stream, greeting, HESITATION_MS);
    if (greeted.found !== undefined || greeted.ended || (asked.ended && asked.bytes.length === 0)) {
      return this.#join(route, spokenByEither(asked, greeted), this.#client, server, {
        client: asked.bytes,
        server: greeted.bytes,
      });
    }
    if (greeted.bytes.length > 0) server.stream.unshift(greeted.bytes);
    return this.#heard(route, asked, server);
  }

  /** The client's hello is read first and offered to the server; what the server chose is what the client gets. */
  async #clientTls(route: Route, already: Buffer, dialed: Leg | undefined): Promise<Ending> {
    const read = await peek(this.#socket, already, (bytes) => {
      const hello = readClientHello(bytes);
      return hello.kind === "more" ? undefined : hello;
    });
    const hello = read.found;
    if (hello?.kind !== "hello") return this.#plain(route, "unknown", read.bytes, dialed);
    await this.#options.handshakes.turn();
    const stayed = this.#keepsWaiting(read.bytes);
    const server = await this.#serverLeg(route, async (target) => {
      const leg = dialed ?? (await this.#dial(target));
      return target.security === "plaintext" ? leg : this.#startTls(leg, target, hello);
    });
    const chosen =
      typeof server === "string" || !(server.stream instanceof TLSSocket)
        ? preferred(hello.alpn)
        : this.#upstreamTls?.alpn;
    const client = await this.#acceptTls(hello.servername, chosen, stayed);
    if (typeof client === "string") {
      if (typeof server !== "string") reset(server);
      return this.#failed(route, "unknown", client);
    }
    return this.#insideTls(route, client, chosen, typeof server === "string" ? server : this.#unlessRefused(server));
  }

  /**
   * Notices a client that leaves while the server and a certificate are made ready for it. A FIN is enough: its handshake
   * cannot come to an end then, and libuv takes a RST right behind the hello for one.
   * @returns what ends the waiting: whether it is still there; TLS then reads all that it said
   */
  #keepsWaiting(hello: Buffer): () => Promise<boolean> {
    const stop = new AbortController();
    const enough = (bytes: Buffer) => (bytes.length > hello.length + MAX_HELD_BYTES ? true : undefined);
    const over = peek(this.#socket, hello, enough, { stop: stop.signal }).then(({ bytes, ended }) => {
      if (ended) this.#left.abort(LEFT);
      else this.#socket.unshift(bytes);
      return !ended;
    });
    return () => {
      stop.abort(HEARD);
      return over;
    };
  }

  /** @param server its leg, or why there is none */
  async #insideTls(route: Route, client: Leg, alpn: string | undefined, server: Leg | string): Promise<Ending> {
    if (alpn !== undefined) {
      const spoken = alpn === "h2" ? "h2" : alpn.startsWith("http/1.") ? "http/1.1" : "unknown";
      if (typeof server !== "string") return this.#join(route, spoken, client, server, NO_HEAD);
      return this.#refuse(client, route, spoken, NOTHING, server);
    }
    if (typeof server === "string") {
      const heard = await peek(client.stream, NOTHING, decided, { silenceMs: REFUSED_SILENCE_MS });
      return this.#refuse(client, route, spokenOf(heard.found), heard.bytes, server);
    }
    const [asked, greeted] = await peekEither(client.stream, decided, server.stream, greeting, HESITATION_MS);
    return this.#join(route, spokenByEither(asked, greeted), client, server, {
      client: asked.bytes,
      server: greeted.bytes,
    });
  }

  /** An HTTP/1.1 request to a forward proxy names its server itself. */
  async #absoluteForm(already: Buffer): Promise<Ending> {
    const line = await peek(this.#socket, already, (bytes) =>
      bytes.includes("\n") || bytes.length > MAX_HEAD_BYTES ? { target: readAbsoluteTarget(bytes) } : undefined,
    );
    const target = line.found?.target;
    if (target === undefined) return this.#plain({ target, via: undefined }, "http/1.1", line.bytes, undefined);
    const gate = new RequestGate(target);
    const ending = await this.#plain({ target, via: "absolute-uri" }, "http/1.1", line.bytes, undefined, gate);
    return gate.problem === undefined ? ending : { by: "proxy", how: "error", reason: gate.problem };
  }

  async #plain(route: Route, spoken: Spoken, bytes: Buffer, dialed: Leg | undefined, gate?: Gate): Promise<Ending> {
    const server = await this.#serverLeg(route, async (target) => {
      const leg = dialed ?? (await this.#dial(target));
      const alpn = spoken === "unknown" ? undefined : [spoken];
      return target.security === "tls" ? this.#startTls(leg, target, { alpn }) : leg;
    });
    if (typeof server === "string") return this.#refuse(this.#client, route, spoken, bytes, server);
    return this.#join(route, spoken, this.#client, server, { client: bytes, server: NOTHING }, gate);
  }

  // The two legs.

  /** @returns why there is none, in one line */
  async #serverLeg(route: Route, open: (target: Target) => Promise<Leg>): Promise<Leg | string> {
    if (route.target === undefined)
      return 'framelens has no upstream for this: start it as "framelens host:port", or send CONNECT or SOCKS5';
    try {
      return await open(route.target);
    } catch (error) {
      if (error instanceof DialError) return error.message;
      throw error;
    }
  }

  #dial(target: Target): Promise<Leg> {
    // Its close comes a turn later.
    if (this.#socket.destroyed) this.#left.abort(LEFT);
    return dial(target, this.#options.dial, this.#left.signal);
  }

  async #startTls(leg: Leg, target: Target, wish: TlsWish): Promise<Leg> {
    const secure = await startTls(leg, target, wish, this.#options.dial, this.#left.signal);
    const { servername } = secure.stream as { servername?: string | false | null };
    this.#upstreamTls = tlsFacts(secure.stream, typeof servername === "string" ? servername : undefined);
    secure.stream.once("error", (error) => (this.#lateTlsFailure = tlsFailure(target, error).message));
    if (asksForCertificate(secure.stream) && secure.stream.alpnProtocol === "h2") await this.#judged(secure, target);
    return secure;
  }

  /**
   * A server judges our certificate, or that we show none, when our handshake is over, and says so by an alert (RFC 8446
   * §4.4.2.4). One of HTTP/2 that is content speaks at once (RFC 9113 §3.4): what comes first tells.
   */
  async #judged({ stream }: Leg, target: Target): Promise<void> {
    const { bytes, ended } = await peek(stream, NOTHING, () => true, { silenceMs: JUDGEMENT_MS });
    if (bytes.length > 0) stream.unshift(bytes);
    else if (this.#lateTlsFailure !== undefined) throw new DialError(this.#lateTlsFailure);
    else if (ended) throw tlsFailure(target, new Error(LEFT_AFTER_ASKING));
  }

  /** What a server says against our certificate may also come late. */
  #unlessRefused(server: Leg): Leg | string {
    if (this.#lateTlsFailure === undefined) return server;
    reset(server);
    return this.#lateTlsFailure;
  }

  /** @returns why there is none, in one line */
  async #acceptTls(
    servername: string | undefined,
    alpn: string | undefined,
    stayed: () => Promise<boolean>,
  ): Promise<Leg | string> {
    let context: SecureContext;
    try {
      context = await this.#options.contextFor(servername, this.#left.signal);
    } catch (error) {
      letGo(this.#client);
      if (this.#left.signal.aborted) return CLIENT_LEFT_TLS;
      return `framelens has no certificate to show: ${error instanceof Error ? error.message : String(error)}`;
    }
    if (!(await stayed())) {
      this.#socket.destroy();
      return CLIENT_LEFT_TLS;
    }
    const stream = await acceptTls(this.#socket, context, alpn);
    if (typeof stream === "string") return stream;
    this.#tls = tlsFacts(stream, servername);
    return { stream, raw: this.#socket, tcp: true };
  }

  // How it goes on, and how it ends.

  async #join(route: Route, spoken: Spoken, client: Leg, server: Leg, head: PipeHead, gate?: Gate): Promise<Ending> {
    this.#opened(route, spoken, false);
    return new Promise((resolve) => {
      pipe(
        client,
        server,
        {
          carried: this.#carried,
          finished: (by, how, reason) => resolve({ by: sideName(by), how, reason }),
        },
        head,
        gate,
      );
    });
  }

  readonly #carried = (from: SideIndex, bytes: Uint8Array, octets?: DataView): void => {
    this.#options.capture.tick(this.#options.now());
    this.#recorder.read(from, bytes, octets);
  };

  /** Answers in the server's place, in what the client speaks. */
  async #refuse(client: Leg, route: Route, spoken: Spoken, bytes: Buffer, reason: string): Promise<Ending> {
    this.#opened(route, spoken, true);
    if (client.raw.destroyed) return this.#leftEarly();
    if (spoken === "h2") refuseHttp2(client, bytes, reason, this.#carried);
    else if (spoken === "http/1.1") refuseHttp1(client, bytes, reason, this.#carried);
    else reset(client);
    await this.#gone();
    return { by: "proxy", how: "error", reason };
  }

  async #failed(route: Route, spoken: Spoken, reason: string): Promise<Ending> {
    this.#opened(route, spoken, true);
    await this.#gone();
    return { by: "proxy", how: "error", reason };
  }

  async #leftEarly(): Promise<Ending> {
    await this.#gone();
    const error: NodeJS.ErrnoException | null = this.#socket.errored;
    return error === null
      ? { by: "client", how: "end", reason: undefined }
      : { by: "client", how: "reset", reason: error.code ?? error.message };
  }

  /** Waits until the client's socket is closed. */
  #gone(): Promise<void> {
    return this.#socket.closed
      ? Promise.resolve()
      : new Promise((resolve) => this.#socket.once("close", () => resolve()));
  }

  #opened({ target, via }: Route, protocol: Spoken, byProxy: boolean): void {
    this.#options.capture.tick(this.#options.now());
    const facts: OpenedFacts = {
      client: this.#clientName,
      server: target === undefined ? "" : targetName(target),
      relay: "tap",
      protocol,
      ...(via === undefined ? {} : { via }),
      ...(this.#tls === undefined ? {} : { tls: this.#tls }),
      ...(this.#upstreamTls === undefined ? {} : { upstreamTls: this.#upstreamTls }),
    };
    this.#recorder.opened(facts, byProxy);
  }
}

/** Why something is given up. Without a reason of ours Node makes an exception with a stack for each connection. */
const LEFT = new Error("the client left");
const HEARD = new Error("TLS reads on");
const CLOSING: Ending = { by: "proxy", how: "end", reason: "framelens ended" };
const PATIENCE = { silenceMs: SILENCE_MS, hesitationMs: HESITATION_MS } as const;
const NO_HEAD: PipeHead = { client: NOTHING, server: NOTHING };

/** What a client may ask of a forward proxy, once, before it speaks its own protocol. */
const TUNNELS: Partial<Record<Sniffed, { readonly via: Via; readonly read: TunnelReader }>> = {
  connect: { via: "connect", read: readHttpConnect },
  socks5: { via: "socks5", read: readSocks5 },
};

function decided(bytes: Buffer): Sniffed | undefined {
  const spoken = sniff(bytes);
  return spoken === "more" ? undefined : spoken;
}

function spokenOf(found: Sniffed | undefined): Spoken {
  if (found === "connect" || found === "http/1.1") return "http/1.1";
  return found === "h2" ? "h2" : "unknown";
}

/** @param greeted what the server said, before or at the same time */
function spokenByEither(asked: Peeked<Sniffed>, greeted: Peeked<"h2" | "unknown">): Spoken {
  const settings = greeted.bytes.length > 0 && greeted.found !== "unknown";
  return settings && asked.found === undefined ? "h2" : spokenOf(asked.found);
}

/**
 * What a server says that speaks first. HTTP/2 servers send SETTINGS at once (RFC 9113 §3.4), but no client needs these
 * to begin, and one that will speak TLS must not get them: they are held back until it has spoken.
 */
function greeting(bytes: Buffer): "h2" | "unknown" | undefined {
  if (bytes.length === 0) return undefined;
  const isSettings =
    bytes[0] === 0 &&
    (bytes.length < 4 || bytes[3] === FRAME.settings) &&
    (bytes.length < FRAME_HEADER_BYTES || bytes.readUInt32BE(5) === 0);
  if (!isSettings) return "unknown";
  return bytes.length > MAX_HELD_BYTES ? "h2" : undefined;
}

/** What a client gets that offers several protocols, where no server chooses. */
function preferred(offered: readonly string[] | undefined): string | undefined {
  return offered === undefined ? undefined : (["h2", "http/1.1"].find((name) => offered.includes(name)) ?? offered[0]);
}
