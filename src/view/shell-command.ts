// A call as a command to run it again: grpcurl and buf curl. Nothing that a peer sent gets out of its quotes.
import type { Field } from "../model/fields.js";
import { isSecretName } from "../model/secrets.js";

/** How the server's leg of a call is secured: files as they were named, and what is done without. */
export interface ServerTrust {
  /** PEM of CAs that are trusted besides the well-known ones. */
  readonly cacert: string | undefined;
  readonly cert: string | undefined;
  readonly key: string | undefined;
  readonly servername: string | undefined;
  /** The server's certificate is not verified. */
  readonly insecure: boolean;
}

export interface CommandCall {
  /** "/pkg.Service/Name" */
  readonly method: string;
  /** host:port or unix:/path of the server. */
  readonly server: string;
  readonly authority: string | undefined;
  /** TLS towards the server. */
  readonly tls: boolean;
  /** Only of use with TLS; undefined when it is not known. */
  readonly trust?: ServerTrust | undefined;
  readonly timeoutMs: number | undefined;
  /** The request's metadata as it stood on the wire. */
  readonly fields: readonly Field[];
  /** Canonical JSON of each message of the client, in order. */
  readonly messages: readonly string[];
  /** Where the server's types can be read, when it is not asked for them; a file by the name it is imported by. */
  readonly schema?:
    | { readonly kind: "protoset"; readonly path: string }
    | {
        readonly kind: "proto";
        readonly roots: readonly string[];
        readonly file: string;
        /** Whether it imports nothing but what every tool has, google/protobuf. */
        readonly alone?: boolean;
      }
    | undefined;
  /** Whether secrets are written as they are. */
  readonly showSecrets: boolean;
}

export interface ShellCommand {
  /** One line. */
  readonly text: string;
  /** What the command could not say. */
  readonly notes: readonly string[];
}

/** Written by every client, or by the tool itself. */
const OWN = /^(:|grpc-)|^(te|content-type|content-length|accept-encoding|user-agent|connection|host)$/;
/** A field's name (RFC 9110 §5.1, §5.6.2). */
const TOKEN = /^[\w!#$%&'*+.^`|~-]+$/;
/** Names that buf curl takes from nobody. */
const BUF_REFUSES = /^connect-|^(accept|content-encoding|transfer-encoding)$/;

/** One word for a POSIX shell, whatever is in it. @param text without control characters */
export function shellQuote(text: string): string {
  return /^[A-Za-z0-9_./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

export function grpcurlCommand(call: CommandCall): ShellCommand {
  const words = ["grpcurl"];
  if (!call.tls) words.push("-plaintext");
  else words.push(...trustOptions(call.trust, "-"));
  const unix = unixPath(call.server);
  if (unix !== undefined) words.push("-unix");
  if (call.schema?.kind === "protoset") words.push("-protoset", plain(call.schema.path));
  if (call.schema?.kind === "proto")
    words.push(
      ...call.schema.roots.flatMap((root) => ["-import-path", plain(root)]),
      "-proto",
      plain(call.schema.file),
    );
  // It takes one name for both.
  const named = call.tls && call.trust?.servername !== undefined && !call.trust.insecure;
  if (wantsAuthority(call) && !named) words.push("-authority", plain(call.authority ?? ""));
  if (call.timeoutMs !== undefined) words.push("-max-time", seconds(call.timeoutMs));
  const headers = metadata(call);
  for (const header of headers.values) words.push("-H", header);
  if (call.messages.length > 0) words.push("-d", call.messages.map(safeJson).join(" "));
  words.push("--", plain(unix ?? call.server), plain(call.method.replace(/^\//, "")));
  return { text: words.map(shellQuote).join(" "), notes: headers.notes };
}

export function bufCurlCommand(call: CommandCall): ShellCommand {
  const words = ["buf", "curl", "--protocol", "grpc"];
  if (!call.tls) words.push("--http2-prior-knowledge");
  else words.push(...trustOptions(call.trust, "--"));
  if (call.schema !== undefined) words.push("--schema", csv(plain(bufSchema(call.schema))));
  if (call.timeoutMs !== undefined) words.push("--timeout", `${seconds(call.timeoutMs)}s`);
  const unix = unixPath(call.server);
  if (unix !== undefined) words.push("--unix-socket", plain(unix));
  const refused = call.fields.filter(([name]) => BUF_REFUSES.test(name));
  const headers = metadata({ ...call, fields: call.fields.filter((field) => !refused.includes(field)) });
  for (const header of headers.values) words.push("--header", csv(header));
  if (call.messages.length > 0) words.push("--data", call.messages.map(safeJson).join(" "));
  const host = unix !== undefined || wantsAuthority(call) ? (call.authority ?? "localhost") : call.server;
  words.push("--", plain(`${call.tls ? "https" : "http"}://${host}${call.method}`));
  const notes = [...headers.notes];
  if (refused.length > 0) notes.push(`buf curl takes no ${[...new Set(refused.map(([name]) => name))].join(", ")}`);
  return { text: words.map(shellQuote).join(" "), notes };
}

/** Both tools name them as we do. */
function trustOptions(trust: ServerTrust | undefined, dashes: "-" | "--"): readonly string[] {
  if (trust === undefined) return [];
  const { insecure, ...named } = trust;
  const words = insecure ? [`${dashes}insecure`] : [];
  for (const [name, value] of Object.entries(named)) {
    // Neither tool takes a CA for a certificate that it does not verify.
    if (value !== undefined && !(insecure && name === "cacert")) words.push(dashes + name, plain(value));
  }
  return words;
}

/**
 * One input of buf. A folder must be free of contradictions as a whole, a file only with what it imports; but imports are looked
 * for beside the file, so that a file in a folder of its own needs its root.
 */
function bufSchema(schema: NonNullable<CommandCall["schema"]>): string {
  if (schema.kind === "protoset") return schema.path;
  const [root = "."] = schema.roots;
  const needsRoot = schema.file.includes("/") && schema.alone !== true;
  return schema.roots.length > 1 || needsRoot ? root : `${root.replace(/\/$/, "")}/${schema.file}`;
}

/** buf splits what these options are given at commas, as CSV (RFC 4180). */
function csv(text: string): string {
  return /[,"]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function unixPath(server: string): string | undefined {
  return server.startsWith("unix:") ? server.slice("unix:".length) : undefined;
}

/** The address of this machine is what the client called us by: the server would be told nothing by it. */
const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/;

function wantsAuthority({ authority, server }: CommandCall): boolean {
  return authority !== undefined && authority !== "" && authority !== server && !LOOPBACK.test(authority);
}

function seconds(ms: number): string {
  return String(Math.round(ms) / 1000);
}

function metadata({ fields, showSecrets }: CommandCall): {
  readonly values: readonly string[];
  readonly notes: readonly string[];
} {
  const values: string[] = [];
  const notes: string[] = [];
  let unprintable = 0;
  let secrets = 0;
  for (const [name, value] of fields) {
    if (OWN.test(name)) continue;
    // A name with an @ before it would be read by buf curl as that of a file.
    if (!TOKEN.test(name) || !isPlain(value)) unprintable++;
    else if (isSecretName(name) && !showSecrets) {
      secrets++;
      values.push(`${name}: MASKED`);
    } else values.push(`${name}: ${value}`);
  }
  if (secrets > 0) notes.push(`${secrets} secret${secrets === 1 ? " is" : "s are"} MASKED`);
  if (unprintable > 0)
    notes.push(`${unprintable} header${unprintable === 1 ? "" : "s"} that cannot be written so left out`);
  return { values, notes };
}

function isPlain(text: string): boolean {
  return /^[ -~]*$/.test(text);
}

/** Names of hosts and methods: what is not printable ASCII has no place in them. */
function plain(text: string): string {
  return text.replace(/[^ -~]/g, "?");
}

/** JSON in which everything a terminal or an eye could trip over is escaped. */
function safeJson(json: string): string {
  return json.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu, (char) =>
    Array.from({ length: char.length }, (_, at) => `\\u${char.charCodeAt(at).toString(16).padStart(4, "0")}`).join(""),
  );
}
