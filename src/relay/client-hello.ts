// Reads what a client asks for in its TLS ClientHello (RFC 8446 §4.1.2, §5.1; server name RFC 6066 §3; ALPN RFC 7301 §3.1).

/**
 * What the first bytes of a connection say.
 * Names are one char per octet, exactly as sent: they may hold anything.
 */
export type ClientHello =
  | { readonly kind: "hello"; readonly servername?: string; readonly alpn?: readonly string[] }
  | { readonly kind: "more" }
  | { readonly kind: "not-tls"; readonly problem: string };

/** Hellos with post-quantum key shares have some 1,800 octets. */
export const MAX_CLIENT_HELLO_BYTES = 65_536;

// The records are walked anew with every chunk; without this bound, one-octet records make that quadratic.
const MAX_RECORDS = 256;

const HANDSHAKE_RECORD = 22; // RFC 8446 §5.1
const RECORD_HEADER_BYTES = 5;
const MAX_RECORD_BYTES = 16_384; // RFC 8446 §5.1, of plaintext
const CLIENT_HELLO = 1; // RFC 8446 §4
const HANDSHAKE_HEADER_BYTES = 4;
const VERSION_AND_RANDOM_BYTES = 2 + 32; // RFC 8446 §4.1.2
const SERVER_NAME_EXTENSION = 0; // RFC 6066 §3
const HOST_NAME = 0; // RFC 6066 §3, NameType
const ALPN_EXTENSION = 16; // RFC 7301 §3.1
const MORE: ClientHello = { kind: "more" };

/**
 * Reads a ClientHello from the bytes a client has sent so far.
 * @param bytes from the very first on; what follows the hello is not looked at
 * @returns "more" while it is TLS as far as can be seen, and not whole yet
 */
export function readClientHello(bytes: Uint8Array): ClientHello {
  const found = findHello(bytes);
  if ("kind" in found) {
    return found;
  }
  try {
    return readBody(new Reader(joined(bytes, found)));
  } catch (problem) {
    if (problem instanceof CutShort) {
      return notTls(`ClientHello with ${problem.message} longer than what holds it`);
    }
    throw problem;
  }
}

/** Where the hello's parts lie, one for each record. */
interface Found {
  readonly parts: readonly (readonly [from: number, to: number])[];
  readonly helloBytes: number;
}

function findHello(bytes: Uint8Array): ClientHello | Found {
  const parts: [number, number][] = [];
  const header: number[] = [];
  let have = 0;
  let helloBytes: number | undefined;
  for (let at = 0; at < bytes.length; ) {
    const problem = recordProblem(bytes, at);
    if (problem !== undefined) {
      return notTls(at === 0 ? problem : `${problem}, inside a ClientHello`);
    }
    const from = at + RECORD_HEADER_BYTES;
    if (from > bytes.length) {
      break;
    }
    at = from + ((bytes[at + 3]! << 8) | bytes[at + 4]!);
    const to = Math.min(at, bytes.length);
    for (let i = from; i < to && header.length < HANDSHAKE_HEADER_BYTES; i++) {
      header.push(bytes[i]!);
    }
    if (header.length > 0 && header[0] !== CLIENT_HELLO) {
      return notTls(`TLS handshake message ${header[0]}; a client starts with ClientHello (1)`);
    }
    if (helloBytes === undefined && header.length === HANDSHAKE_HEADER_BYTES) {
      helloBytes = HANDSHAKE_HEADER_BYTES + ((header[1]! << 16) | (header[2]! << 8) | header[3]!);
      if (helloBytes > MAX_CLIENT_HELLO_BYTES) {
        return notTls(`ClientHello of ${helloBytes} octets; at most ${MAX_CLIENT_HELLO_BYTES} are read`);
      }
    }
    if (parts.push([from, to]) > MAX_RECORDS) {
      return notTls(`ClientHello in more than ${MAX_RECORDS} records`);
    }
    have += to - from;
    if (helloBytes !== undefined && have >= helloBytes) {
      return { parts, helloBytes };
    }
  }
  return bytes.length >= MAX_CLIENT_HELLO_BYTES
    ? notTls(`ClientHello not whole after ${MAX_CLIENT_HELLO_BYTES} octets`)
    : MORE;
}

/** What is wrong with the record that starts here, as far as it has come. The minor version says nothing (RFC 8446 §5.1). */
function recordProblem(bytes: Uint8Array, at: number): string | undefined {
  const left = bytes.length - at;
  const type = bytes[at]!;
  if (at === 0 && type >= 0x80 && left >= 3 && bytes[2] === CLIENT_HELLO) {
    return "SSLv2-style ClientHello, which names no server"; // RFC 5246 appendix E.2
  }
  if (type !== HANDSHAKE_RECORD) {
    return at === 0 && type >= 0x80 && left < 3 ? undefined : `record type ${type}; TLS starts with a handshake (22)`;
  }
  if (left >= 2 && bytes[at + 1] !== 3) {
    return `record version ${bytes[at + 1]}; TLS has 3`;
  }
  if (left >= RECORD_HEADER_BYTES) {
    const length = (bytes[at + 3]! << 8) | bytes[at + 4]!;
    if (length === 0 || length > MAX_RECORD_BYTES) {
      return `handshake record of ${length} octets; must be 1 to ${MAX_RECORD_BYTES}`;
    }
  }
  return undefined;
}

/** The hello's octets without record headers; copied only when several records hold it. */
function joined(bytes: Uint8Array, { parts, helloBytes }: Found): Uint8Array {
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) {
    return bytes.subarray(first[0], first[0] + helloBytes);
  }
  const whole = new Uint8Array(helloBytes);
  let at = 0;
  for (const [from, to] of parts) {
    const part = bytes.subarray(from, Math.min(to, from + helloBytes - at));
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

function readBody(hello: Reader): ClientHello {
  hello.take(HANDSHAKE_HEADER_BYTES + VERSION_AND_RANDOM_BYTES, "version and random");
  hello.vector(1, "session id");
  hello.vector(2, "cipher suites");
  hello.vector(1, "compression methods");
  if (hello.done) {
    return { kind: "hello" }; // extensions came with TLS 1.0's successors
  }
  let servername: string | undefined;
  let alpn: readonly string[] | undefined;
  const extensions = hello.vector(2, "extensions");
  while (!extensions.done) {
    const type = extensions.number(2, "extension type");
    const body = extensions.vector(2, "extension");
    if (type === SERVER_NAME_EXTENSION) {
      servername ??= readServerName(body);
    } else if (type === ALPN_EXTENSION) {
      alpn ??= readProtocols(body);
    }
  }
  return { kind: "hello", ...(servername !== undefined && { servername }), ...(alpn !== undefined && { alpn }) };
}

function readServerName(extension: Reader): string | undefined {
  const names = extension.vector(2, "server name list");
  while (!names.done) {
    const type = names.number(1, "server name type");
    const name = names.vector(2, "server name");
    if (type === HOST_NAME && !name.done) {
      return name.text();
    }
  }
  return undefined;
}

function readProtocols(extension: Reader): readonly string[] {
  const list = extension.vector(2, "ALPN list");
  const protocols: string[] = [];
  while (!list.done) {
    protocols.push(list.vector(1, "ALPN entry").text());
  }
  return protocols;
}

function notTls(problem: string): ClientHello {
  return { kind: "not-tls", problem };
}

/** A length that promises more than there is; the message names the field. */
class CutShort extends Error {}

/** Takes TLS's numbers and vectors (RFC 8446 §3) off the front of some bytes. */
class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get done(): boolean {
    return this.#at >= this.#bytes.length;
  }

  take(count: number, what: string): Uint8Array {
    if (count > this.#bytes.length - this.#at) {
      throw new CutShort(what);
    }
    this.#at += count;
    return this.#bytes.subarray(this.#at - count, this.#at);
  }

  number(width: number, what: string): number {
    return this.take(width, what).reduce((number, octet) => number * 256 + octet, 0);
  }

  vector(lengthBytes: number, what: string): Reader {
    return new Reader(this.take(this.number(lengthBytes, what), what));
  }

  text(): string {
    let text = "";
    for (const octet of this.take(this.#bytes.length - this.#at, "text")) {
      text += String.fromCharCode(octet);
    }
    return text;
  }
}
