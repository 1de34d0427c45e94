// The page's end of the feed: one WebSocket, made again when it is cut; requests with their answers, and what comes unasked.
import { signal } from "@preact/signals";
import {
  type FeedMessage,
  type FeedRequest,
  type Hello,
  SUBPROTOCOL,
  TOKEN_SUBPROTOCOL_PREFIX,
} from "../../../src/feed/messages.js";
import { FeedMistake } from "./mistake.js";
import { RequestPace } from "./pace.js";

export type LinkState =
  | { readonly kind: "connecting" }
  | { readonly kind: "open" }
  /** It is tried again. */
  | { readonly kind: "cut"; readonly reason: string; readonly retryAt: number }
  | { readonly kind: "refused" }
  | { readonly kind: "no-token" };

/** What clears tells all who look, and with an id whoever asked for it. */
type Answered = Extract<FeedMessage, { readonly id: number } | { readonly kind: "cleared" }>;
type WithoutId<T> = T extends unknown ? Omit<T, "id"> : never;
type Asked = WithoutId<
  Extract<FeedRequest, { readonly op: "list" | "get" | "stats" | "connections" | "sources" | "correct" | "clear" }>
>;

interface Waiting {
  readonly text: string;
  readonly resolve: (answer: never) => void;
  readonly reject: (reason: unknown) => void;
}

const RETRY_MS = [200, 400, 800, 1500, 3000] as const;
/** Numbers below are those of subscriptions. */
const FIRST_REQUEST = 100;

export class FeedLink {
  readonly state = signal<LinkState>({ kind: "connecting" });
  readonly hello = signal<Hello | undefined>(undefined);
  onHello: (hello: Hello) => void = () => {};
  onMessage: (message: FeedMessage) => void = () => {};
  readonly #token: string | undefined;
  readonly #waiting = new Map<number, Waiting>();
  readonly #pace = new RequestPace((id) => this.#send(id));
  #socket: WebSocket | undefined;
  #nextId = FIRST_REQUEST;
  #attempts = 0;
  #timer: number | undefined;

  constructor(token: string | undefined) {
    this.#token = token;
    if (token === undefined) this.state.value = { kind: "no-token" };
  }

  open(): void {
    if (this.#token === undefined) return;
    clearTimeout(this.#timer);
    if (this.state.value.kind !== "cut") this.state.value = { kind: "connecting" };
    const url = new URL("/feed", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(url, [SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX + this.#token]);
    this.#socket = socket;
    let wasOpen = false;
    socket.onopen = () => {
      wasOpen = true;
    };
    socket.onmessage = ({ data }: MessageEvent<string>) => this.#heard(JSON.parse(data) as FeedMessage);
    socket.onclose = ({ reason, code }) => {
      if (this.#socket === socket) this.#cut(wasOpen, reason === "" ? "" : `${reason} (${code})`);
    };
  }

  /** Tells the feed something whose answers come as messages. */
  tell(request: FeedRequest): void {
    if (this.state.value.kind === "open") this.#socket?.send(JSON.stringify(request));
  }

  /** @throws FeedMistake when the feed says that the request is wrong, or the connection is cut */
  ask<K extends Answered["kind"]>(_kind: K, request: Asked): Promise<Extract<Answered, { readonly kind: K }>> {
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { text: JSON.stringify({ ...request, id }), resolve, reject });
      this.#pace.add(id);
    });
  }

  #send(id: number): boolean {
    const request = this.#waiting.get(id);
    if (request === undefined) return true;
    if (this.state.value.kind !== "open") return false;
    this.#socket?.send(request.text);
    return true;
  }

  #heard(message: FeedMessage): void {
    if (message.kind === "hello") {
      this.#attempts = 0;
      this.hello.value = message;
      this.state.value = { kind: "open" };
      this.onHello(message);
      this.#pace.resume();
      return;
    }
    const id = "id" in message ? message.id : undefined;
    const waiting = id === undefined ? undefined : this.#waiting.get(id);
    if (id === undefined || waiting === undefined) {
      this.onMessage(message);
      return;
    }
    this.#waiting.delete(id);
    if (message.kind === "error") waiting.reject(new FeedMistake(message));
    else waiting.resolve(message as never);
  }

  #cut(wasOpen: boolean, reason: string): void {
    this.#socket = undefined;
    for (const { reject } of this.#waiting.values())
      reject(new FeedMistake({ code: "ERR_CUT", message: "connection lost" }));
    this.#waiting.clear();
    this.#pace.clear();
    const wait = RETRY_MS[Math.min(this.#attempts++, RETRY_MS.length - 1)] ?? 0;
    if (wasOpen) {
      this.#retry(wait, reason || "the connection was lost");
      return;
    }
    // A browser does not tell a page why it was turned away.
    fetch("/feed", { cache: "no-store", headers: { authorization: `Bearer ${this.#token}` } }).then(
      ({ status }) => {
        if (status === 401) this.state.value = { kind: "refused" };
        else this.#retry(wait, "framelens turned the page away");
      },
      () => this.#retry(wait, "framelens does not answer"),
    );
  }

  #retry(wait: number, reason: string): void {
    this.state.value = { kind: "cut", reason, retryAt: Date.now() + wait };
    this.#timer = setTimeout(() => this.open(), wait);
  }
}
