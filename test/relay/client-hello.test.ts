import { readFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { connect } from "node:tls";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ClientHello, MAX_CLIENT_HELLO_BYTES, readClientHello } from "../../src/relay/client-hello.js";

interface Captured {
  readonly name: string;
  readonly recipe: string;
  readonly servername?: string;
  readonly alpn?: readonly string[];
  readonly base64: string;
}

const captured: readonly Captured[] = JSON.parse(
  readFileSync(new URL("../vectors/client-hellos.json", import.meta.url), "utf8"),
);

const octets = (text: string) => [...Buffer.from(text, "latin1")];
const sized = (lengthBytes: number, body: readonly number[]) => [
  ...Array.from({ length: lengthBytes }, (_, i) => (body.length >>> (8 * (lengthBytes - 1 - i))) & 0xff),
  ...body,
];
const extension = (type: number, body: readonly number[]) => [type >> 8, type & 0xff, ...sized(2, body)];
const serverName = (name: string, type = 0) => extension(0, sized(2, [type, ...sized(2, octets(name))]));
const alpn = (...names: string[]) =>
  extension(
    16,
    sized(
      2,
      names.flatMap((name) => sized(1, octets(name))),
    ),
  );
const GREASE = extension(0x0a0a, []);

/** A ClientHello message (RFC 8446 §4.1.2); without extensions it is as old as TLS 1.0. */
function hello(extensions?: readonly number[]): number[] {
  const body = [3, 3, ...new Array(32).fill(7), ...sized(1, new Array(32).fill(9)), ...sized(2, [0x0a, 0x0a, 0x13, 1])];
  return [1, ...sized(3, [...body, ...sized(1, [0]), ...(extensions === undefined ? [] : sized(2, extensions))])];
}

/** Handshake records that hold a message, each with so many octets of it. */
function records(message: readonly number[], ...sizes: number[]): Uint8Array {
  const out: number[] = [];
  for (let at = 0; at < message.length; ) {
    const size = sizes.shift() ?? 16_384;
    out.push(22, 3, 1, ...sized(2, message.slice(at, at + size)));
    at += size;
  }
  return Uint8Array.from(out);
}

function expectWholeOnly(bytes: Uint8Array, expected: ClientHello): void {
  for (let length = 0; length < bytes.length; length++) {
    const answer = readClientHello(bytes.subarray(0, length));
    if (answer.kind !== "more") {
      expect({ length, answer }).toEqual({ length, answer: { kind: "more" } });
    }
  }
  expect(readClientHello(bytes)).toEqual(expected);
  expect(readClientHello(Uint8Array.from([...bytes, 23, 3, 3, 0, 1, 0]))).toEqual(expected);
}

describe("hellos of real clients", () => {
  test.each(captured)("$name: server name and ALPN are read, and every shorter piece asks for more", (vector) => {
    expectWholeOnly(Buffer.from(vector.base64, "base64"), {
      kind: "hello",
      ...(vector.servername !== undefined && { servername: vector.servername }),
      ...(vector.alpn !== undefined && { alpn: vector.alpn }),
    });
  });

  test("the hello that this Node sends is read", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as { port: number };
    const client = connect({ host: "127.0.0.1", port, servername: "here.example", ALPNProtocols: ["h2"] });
    client.on("error", () => {});
    const socket = await new Promise<Socket>((resolve) => server.once("connection", resolve));
    let bytes: Uint8Array = new Uint8Array();
    for await (const chunk of socket) {
      bytes = Buffer.concat([bytes, chunk]);
      if (readClientHello(bytes).kind !== "more") {
        break;
      }
    }
    client.destroy();
    server.close();
    expect(readClientHello(bytes)).toEqual({ kind: "hello", servername: "here.example", alpn: ["h2"] });
  });
});

describe("hellos made by hand", () => {
  const full = hello([...GREASE, ...serverName("a.example"), ...alpn("h2", "http/1.1", "\n\n"), ...extension(51, [])]);
  const facts: ClientHello = { kind: "hello", servername: "a.example", alpn: ["h2", "http/1.1", "\n\n"] };

  test("GREASE values stand beside the others and harm nothing", () => {
    expectWholeOnly(records(full), facts);
  });

  test("a hello split over records reads as in one", () => {
    expectWholeOnly(records(full, 1, 2, 3, 20, 1, 40), facts);
  });

  test("any split into records gives the same answer", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 80 }), { maxLength: 40 }), (sizes) => {
        expect(readClientHello(records(full, ...sizes))).toEqual(facts);
      }),
    );
  });

  test("what follows in the hello's last record is not looked at", () => {
    const followed = [...full, 2, 0, 0, 9];
    expect(readClientHello(records(followed))).toEqual(facts);
    expect(readClientHello(records(followed, 30, 40))).toEqual(facts);
  });

  test("a post-quantum key share of 1,216 octets before the names is no obstacle", () => {
    const big = hello([...extension(51, new Array(1216).fill(5)), ...serverName("pq.example"), ...alpn("h2")]);
    expectWholeOnly(records(big), { kind: "hello", servername: "pq.example", alpn: ["h2"] });
  });

  test("a hello without extensions, and one with none of ours, ask for nothing", () => {
    expectWholeOnly(records(hello()), { kind: "hello" });
    expectWholeOnly(records(hello([])), { kind: "hello" });
    expectWholeOnly(records(hello(GREASE)), { kind: "hello" });
  });

  test("a server name keeps every octet, one char each", () => {
    const odd = "\0*\xff\x1b[31m";
    expect(readClientHello(records(hello(serverName(odd))))).toEqual({ kind: "hello", servername: odd });
  });

  test("an empty server name, and one of another type, are no server name", () => {
    expect(readClientHello(records(hello(serverName(""))))).toEqual({ kind: "hello" });
    expect(readClientHello(records(hello(serverName("x", 1))))).toEqual({ kind: "hello" });
  });

  test("of two server names the first counts", () => {
    const twice = hello([...serverName("first"), ...serverName("second")]);
    expect(readClientHello(records(twice))).toEqual({ kind: "hello", servername: "first" });
  });
});

describe("what is not a hello says why, at the first octet that tells", () => {
  const problemOf = (...bytes: number[]) => {
    const answer = readClientHello(Uint8Array.from(bytes));
    return answer.kind === "not-tls" ? answer.problem : answer.kind;
  };

  test("an HTTP/2 preface is told from its first octet", () => {
    expect(problemOf(...octets("P"))).toBe("record type 80; TLS starts with a handshake (22)");
  });

  test("an SSLv2-style hello is named as such", () => {
    expect(problemOf(0x80)).toBe("more");
    expect(problemOf(0x80, 0x2e)).toBe("more");
    expect(problemOf(0x80, 0x2e, 1)).toBe("SSLv2-style ClientHello, which names no server");
    expect(problemOf(0x80, 0x2e, 2)).toBe("record type 128; TLS starts with a handshake (22)");
  });

  test("a record of another version, an empty and an overlong record are not TLS", () => {
    expect(problemOf(22, 2)).toBe("record version 2; TLS has 3");
    expect(problemOf(22, 3, 1, 0, 0)).toBe("handshake record of 0 octets; must be 1 to 16384");
    expect(problemOf(22, 3, 1, 0x40, 1)).toBe("handshake record of 16385 octets; must be 1 to 16384");
  });

  test("another handshake message is not a hello", () => {
    expect(problemOf(22, 3, 1, 0, 9, 2)).toBe("TLS handshake message 2; a client starts with ClientHello (1)");
  });

  test("another record inside a hello ends it", () => {
    const start = records(hello(), 10).subarray(0, 15);
    expect(problemOf(...start, 21)).toBe("record type 21; TLS starts with a handshake (22), inside a ClientHello");
  });

  test("an announced length beyond the bound is refused at once", () => {
    expect(problemOf(22, 3, 1, 0, 9, 1, 1, 0, 0)).toBe("ClientHello of 65540 octets; at most 65536 are read");
  });

  test("a hello in too many records is refused", () => {
    expect(problemOf(...records(hello(extension(51, new Array(400).fill(1))), ...new Array(300).fill(1)))).toBe(
      "ClientHello in more than 256 records",
    );
  });

  test("a hello that is still not whole at the bound is refused", () => {
    const message = [1, 0, 0xff, 0xfc, ...new Array(65_532).fill(0)];
    const bytes = records(message);
    expect(readClientHello(bytes.subarray(0, MAX_CLIENT_HELLO_BYTES - 1))).toEqual({ kind: "more" });
    expect(problemOf(...bytes.subarray(0, MAX_CLIENT_HELLO_BYTES))).toBe("ClientHello not whole after 65536 octets");
  });

  test("a length that points past its end is named", () => {
    const bad = (...extensions: number[]) => problemOf(...records(hello(extensions)));
    expect(bad(0, 0, 0, 9)).toBe("ClientHello with extension longer than what holds it");
    expect(bad(...extension(0, [0, 9, 0]))).toBe("ClientHello with server name list longer than what holds it");
    expect(bad(...extension(16, [0, 2, 5, 65]))).toBe("ClientHello with ALPN entry longer than what holds it");
    expect(problemOf(...records([1, 0, 0, 1, 3]))).toBe(
      "ClientHello with version and random longer than what holds it",
    );
  });
});

describe("whatever comes", () => {
  const kinds = ["hello", "more", "not-tls"];

  test("random octets never throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(kinds).toContain(readClientHello(bytes).kind);
        expect(kinds).toContain(readClientHello(Uint8Array.from([22, 3, 1, ...bytes])).kind);
        expect(kinds).toContain(readClientHello(records(hello([...bytes]))).kind);
      }),
      { numRuns: 1000 },
    );
  });

  test("a real hello with octets changed never throws, and once decided stays decided", () => {
    const vector = fc.constantFrom(...captured.map(({ base64 }) => Buffer.from(base64, "base64")));
    const changes = fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(vector, changes, (original, edits) => {
        const bytes = Uint8Array.from(original);
        for (const [at, octet] of edits) {
          bytes[at % bytes.length] = octet;
        }
        let decided: ClientHello | undefined;
        for (let length = 0; length <= bytes.length; length += 7) {
          const answer = readClientHello(bytes.subarray(0, length));
          if (decided !== undefined) {
            expect(answer).toEqual(decided);
          } else if (answer.kind !== "more") {
            decided = answer;
          }
        }
      }),
      { numRuns: 300 },
    );
  });
});
