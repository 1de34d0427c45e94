// How far the requests of one connection to a forward proxy may go to one host (RFC 9112 §3.2.2, §6, §7.1).
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { RequestGate } from "../../src/relay/http1-requests.js";
import { parseAuthority } from "../../src/relay/target.js";
import { anySplit } from "../support/any-split.js";

const HOST = parseAuthority("a.test:80")!;

/** What passed of the octets, and why no more. */
function passed(text: string): { readonly text: string; readonly problem: string | undefined } {
  return anySplit(Buffer.from(text, "latin1"), () => {
    const gate = new RequestGate(HOST);
    let out = "";
    let shut = false;
    return {
      push(bytes) {
        if (shut) return;
        const { bytes: go, shut: now } = gate.pass(bytes);
        out += Buffer.from(go).toString("latin1");
        shut = now;
      },
      result: () => ({ text: out, problem: gate.problem }),
    };
  });
}

const GET = "GET http://a.test/ HTTP/1.1\r\nhost: a.test\r\n\r\n";
const OTHER = "GET http://b.test/secret HTTP/1.1\r\ncookie: x\r\n\r\n";
const post = (fields: string, body: string) => `POST http://a.test:80/ HTTP/1.1\r\n${fields}\r\n\r\n${body}`;

describe("requests for the host pass, octet for octet", () => {
  test.each([
    ["one", GET],
    ["two at once", GET + GET],
    ["a body of known length", post("Content-Length: 5", "GET h") + GET],
    ["a body of no length", post("content-length: 0", "") + GET],
    ["chunks", post("Transfer-Encoding: chunked", "5\r\nhello\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n") + GET],
    ["chunks with trailers", post("transfer-encoding: chunked", "1\r\nx\r\n0\r\nt: 1\r\nu: 2\r\n\r\n") + GET],
    [
      "a chunk that looks like a request",
      post("transfer-encoding: chunked", `${OTHER.length.toString(16)}\r\n${OTHER}\r\n0\r\n\r\n`),
    ],
  ])("%s", (_, text) => {
    expect(passed(text)).toEqual({ text, problem: undefined });
  });
});

describe("nothing passes behind", () => {
  test.each([
    [
      "a request for another host",
      GET,
      OTHER,
      /next request is "GET http:\/\/b\.test\/secret HTTP\/1\.1"; this connection goes to a\.test:80/,
    ],
    ["a request for another port", GET, "GET http://a.test:81/ HTTP/1.1\r\n\r\n", /a\.test:81/],
    ["a request for no host", GET, "GET / HTTP/1.1\r\nhost: b.test\r\n\r\n", /next request/],
    ["another host behind a body", post("content-length: 3", "abc"), OTHER, /next request/],
    ["another host behind chunks", post("transfer-encoding: chunked", "1\r\nx\r\n0\r\n\r\n"), OTHER, /next request/],
    ["two lengths", "", post("content-length: 3\r\ncontent-length: 4", "abcd"), /where this request ends/],
    ["a length that is none", "", post("content-length: +3", "abc"), /where this request ends/],
    [
      "a length and chunks",
      "",
      post("content-length: 3\r\ntransfer-encoding: chunked", "0\r\n\r\n"),
      /where this request ends/,
    ],
    ["an unknown coding", "", post("transfer-encoding: gzip", "x"), /where this request ends/],
    [
      "a chunk size that is none",
      post("transfer-encoding: chunked", ""),
      "5 x\r\nhello\r\n",
      /cannot follow the chunks/,
    ],
    [
      "a chunk longer than it says",
      post("transfer-encoding: chunked", "1\r\nx"),
      "y\r\n0\r\n\r\n",
      /cannot follow the chunks/,
    ],
    [
      "a chunk extension without end",
      post("transfer-encoding: chunked", ""),
      `1;${"x".repeat(5000)}`,
      /cannot follow the chunks/,
    ],
    ["a head without end", "", `GET http://a.test/ HTTP/1.1\r\nx: ${"y".repeat(17_000)}`, /up to 16384 octets/],
  ])("%s", (_, before, after, problem) => {
    const result = passed(before + after);
    expect(result.text).toBe(before);
    expect(result.problem).toMatch(problem);
  });
});

test("requests of any kind pass until one names another host, however they are cut", () => {
  const body = fc.oneof(
    fc.constant(GET),
    fc.string({ maxLength: 40 }).map((text) => post(`content-length: ${text.length}`, text.replace(/[^ -~]/g, "."))),
    fc.array(fc.string({ minLength: 1, maxLength: 20 }), { maxLength: 4 }).map((chunks) => {
      const lines = chunks.map((text) => `${text.length.toString(16)}\r\n${text.replace(/[^ -~]/g, ".")}\r\n`);
      return post("transfer-encoding: chunked", `${lines.join("")}0\r\n\r\n`);
    }),
  );
  fc.assert(
    fc.property(fc.array(body, { maxLength: 5 }), (requests) => {
      const before = requests.join("");
      expect(passed(before + OTHER)).toMatchObject({ text: before, problem: expect.stringContaining("b.test") });
    }),
    { numRuns: 30 },
  );
});
