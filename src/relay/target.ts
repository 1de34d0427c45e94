// Addresses as a user writes them: where to listen, and which server is meant.
import { isIP } from "node:net";
import { EXIT, FramelensError } from "../model/errors.js";

/** `as-client`: plaintext or TLS, whichever the client speaks. */
export type Security = "as-client" | "plaintext" | "tls";

export type Target =
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly security: Security }
  | { readonly kind: "unix"; readonly path: string; readonly security: Security };

/** host:port, or unix:/path: how a target is shown. */
export function targetName(target: Target): string {
  return target.kind === "unix" ? `unix:${target.path}` : hostPort(target.host, target.port);
}

export function hostPort(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}

const EXPECTED = "expected host:port, http://host:port, https://host:port or unix:/path";

/** Schemes of others, and how what they mean is written here. */
const FOREIGN: ReadonlyMap<string, string> = new Map([
  ...["grpc", "h2c"].map((scheme) => [scheme, "http://"] as const),
  ...["grpcs", "h2", "tls", "ssl"].map((scheme) => [scheme, "https://"] as const),
  ...["tcp", "dns"].map((scheme) => [scheme, ""] as const),
]);

/** Reads an upstream. @throws FramelensError ERR_UPSTREAM */
export function parseUpstream(text: string): Target {
  if (text.startsWith("unix:")) {
    const path = text.slice(5).replace(/^\/\/(?=\/)/, "");
    if (path === "") throw mistake(text, "no path");
    if (path.startsWith("//")) throw mistake(text, "a Unix socket has no host");
    return { kind: "unix", path, security: "as-client" };
  }
  // As in https+unix:/path, unix+https:///path and https://unix:/path.
  if (/^(?:https?(?:\+|:\/\/)unix|unix\+https?):/i.test(text))
    throw mistake(text, "a Unix socket is plaintext or TLS as the client speaks");
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return tcp(text, text, "as-client", undefined);
  if (scheme !== "http" && scheme !== "https") throw unknownScheme(text, scheme);
  const rest = text.slice(scheme.length + 3).replace(/\/$/, "");
  if (/[/?#@]/.test(rest)) throw mistake(text, "an upstream has no path, user or query");
  return scheme === "http" ? tcp(text, rest, "plaintext", 80) : tcp(text, rest, "tls", 443);
}

/** The authority of a CONNECT request (RFC 9110 §9.3.6). @returns undefined when it is none */
export function parseAuthority(text: string, defaultPort?: number): Target | undefined {
  try {
    return tcp(text, text, "as-client", defaultPort);
  } catch {
    return undefined;
  }
}

/** Reads [host:]port. @throws FramelensError ERR_LISTEN */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:(\[[^\]]+\]|[^:]*):)?(\d{1,5})$/.exec(text);
  const port = Number(match?.[2]);
  if (match === null || port > 65_535) {
    throw new FramelensError("ERR_LISTEN", `cannot listen on "${text}"; expected [host:]port`, {
      exitCode: EXIT.usage,
    });
  }
  const host = match[1] === undefined || match[1] === "" ? "127.0.0.1" : match[1].replace(/^\[|\]$/g, "");
  return { host: host === "*" ? "0.0.0.0" : host, port };
}

/** RFC 1035 §2.3.4, and RFC 4291 §2.2 in brackets; what a peer names goes into events and messages. */
const MAX_HOST_CHARS = 255;

function tcp(whole: string, text: string, security: Security, defaultPort: number | undefined): Target {
  const match = /^(\[[0-9a-fA-F:.%a-z]+\]|[^:[\]\s/@]+)(?::(\d{1,5}))?$/.exec(text);
  if (match === null || match[1]!.length > MAX_HOST_CHARS) throw mistake(whole, "not an address");
  const port = match[2] === undefined ? defaultPort : Number(match[2]);
  if (port === undefined) throw mistake(whole, "no port");
  if (port < 1 || port > 65_535) throw mistake(whole, `port ${port} is not within 1 to 65535`);
  return { kind: "tcp", host: match[1]!.replace(/^\[|\]$/g, ""), port, security };
}

function unknownScheme(text: string, scheme: string): FramelensError {
  const ours = FOREIGN.get(scheme);
  const rest = text.slice(scheme.length + 3).replace(/^\/|\/$/g, "");
  const meant = ours !== undefined && parseAuthority(rest) !== undefined ? `; did you mean ${ours}${rest}?` : undefined;
  const what = `unknown scheme "${scheme}"`;
  if (meant === undefined) return mistake(text, what);
  return new FramelensError("ERR_UPSTREAM", `upstream "${text}": ${what}${meant}`, { exitCode: EXIT.usage });
}

function mistake(text: string, what: string): FramelensError {
  return new FramelensError("ERR_UPSTREAM", `upstream "${text}": ${what}; ${EXPECTED}`, { exitCode: EXIT.usage });
}
