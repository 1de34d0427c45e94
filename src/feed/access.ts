// Who may read the feed: a token, a Host that is ours, an Origin that is ours. Against DNS rebinding and pages of strangers.
import { createHash, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import { SUBPROTOCOL, TOKEN_SUBPROTOCOL_PREFIX } from "./messages.js";

export const ROLES = ["view", "control"] as const;
export type Role = (typeof ROLES)[number];

export interface Tokens {
  /** Allows everything. */
  readonly control: string;
  /** Allows looking only; undefined when there is no such token. */
  readonly view?: string | undefined;
}

export interface Refusal {
  readonly status: 400 | 401 | 403;
  /** One line, without anything that the client sent. */
  readonly reason: string;
}

/** 192 bits: nobody finds it by trying. */
export function newToken(): string {
  return randomBytes(24).toString("base64url");
}

/** What a subprotocol may consist of (RFC 9110 §5.6.2, token). */
export function isTokenText(text: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}$/.test(text);
}

/** Whether only this machine can reach an address, or a name that means it. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
}

/**
 * The Host that a client may have asked for. A page of a stranger can have its own name lead to our address, but then that
 * name stands in the Host; addresses cannot be made to lead elsewhere.
 * @param bound as the feed was asked to listen on
 */
export function isOwnHost(
  header: string | undefined,
  bound: { readonly host: string; readonly port: number },
): boolean {
  const match = /^(?:\[([0-9a-f:.]{2,45})\]|([a-z0-9.-]{1,255}))(?::(\d{1,5}))?$/i.exec(header ?? "");
  const host = (match?.[1] ?? match?.[2] ?? "").toLowerCase();
  // A browser leaves out the port of its scheme.
  if (match === null || Number(match[3] ?? "80") !== bound.port) return false;
  if (host === "localhost" || host === bound.host.toLowerCase()) return true;
  if (isLoopback(bound.host)) return isLoopback(host);
  return isIP(host) !== 0;
}

/** Programs send no Origin; a page sends that of the server it came from, which must be ours. */
export function isOwnOrigin(origin: string | undefined, host: string | undefined): boolean {
  return origin === undefined || origin.toLowerCase() === `http://${(host ?? "").toLowerCase()}`;
}

/** @returns the role that the token gives, or why the client is turned away */
export function admit(
  headers: IncomingHttpHeaders,
  tokens: Tokens,
  bound: { readonly host: string; readonly port: number },
): Role | Refusal {
  if (!isOwnHost(headers.host, bound)) return { status: 403, reason: "the Host is not this feed's" };
  if (!isOwnOrigin(headers.origin, headers.host)) return { status: 403, reason: "the Origin is not this feed's page" };
  const offered = subprotocols(headers["sec-websocket-protocol"]);
  if (offered.length > 0 && !offered.includes(SUBPROTOCOL)) {
    return { status: 400, reason: `expected the subprotocol ${SUBPROTOCOL}` };
  }
  return (
    roleOf(tokenIn(headers.authorization, offered), tokens) ?? { status: 401, reason: "expected the feed's token" }
  );
}

function subprotocols(header: string | undefined): readonly string[] {
  return (header ?? "").split(",").flatMap((name) => (name.trim() === "" ? [] : [name.trim()]));
}

function tokenIn(authorization: string | undefined, offered: readonly string[]): string | undefined {
  const bearer = /^Bearer ([^\s]{1,200})$/i.exec(authorization ?? "")?.[1];
  if (bearer !== undefined) return bearer;
  const second = offered.find((name) => name.startsWith(TOKEN_SUBPROTOCOL_PREFIX));
  return second?.slice(TOKEN_SUBPROTOCOL_PREFIX.length);
}

/** Both are compared, whatever the first says: how long it takes tells nothing. */
function roleOf(token: string | undefined, { control, view }: Tokens): Role | undefined {
  const isControl = same(token ?? "", control);
  const isView = same(token ?? "", view ?? control);
  if (token === undefined) return undefined;
  if (isControl) return "control";
  return isView && view !== undefined ? "view" : undefined;
}

/** Of equal length first, as digests are, so that the length tells nothing either. */
function same(given: string, wanted: string): boolean {
  return timingSafeEqual(digest(given), digest(wanted));
}

function digest(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}
