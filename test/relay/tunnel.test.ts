// The heads of CONNECT, SOCKS5 and absolute-form requests, and addresses as users and clients write them.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FramelensError } from "../../src/model/errors.js";
import { MAX_HEAD_BYTES, readAbsoluteTarget, readConnect } from "../../src/relay/http-connect.js";
import { greetingReply, readGreeting, readSocksRequest, SOCKS_REPLY, socksReply } from "../../src/relay/socks5.js";
import { parseAuthority, parseListen, parseUpstream, targetName } from "../../src/relay/target.js";

const octets = (text: string) => Buffer.from(text, "latin1");

/** Every true beginning of a whole needs more, and the whole with a tail says the same as the whole. */
function anyCut<R extends { readonly kind: string }>(whole: Uint8Array, read: (bytes: Uint8Array) => R): R {
  for (let end = 0; end < whole.length; end++) expect(read(whole.subarray(0, end)).kind).toBe("more");
  expect(read(Buffer.concat([whole, octets("tail")]))).toEqual(read(whole));
  return read(whole);
}

describe("CONNECT", () => {
  test.each([
    ["CONNECT api.test:443 HTTP/1.1\r\nhost: api.test\r\n\r\n", "api.test:443"],
    ["CONNECT 10.0.0.1:1 HTTP/1.0\r\n\r\n", "10.0.0.1:1"],
    ["CONNECT [::1]:65535 HTTP/1.1\r\nproxy-authorization: Basic eDp5\r\n\r\n", "[::1]:65535"],
  ])("%j names %s", (text, name) => {
    const read = anyCut(octets(text), readConnect);
    if (read.kind !== "connect") throw new Error(read.kind);
    expect(targetName(read.target)).toBe(name);
    expect(read.length).toBe(text.length);
  });

  test.each([
    "CONNECT a HTTP/1.1",
    "CONNECT a:0 HTTP/1.1",
    "CONNECT a:65536 HTTP/1.1",
    "CONNECT http://a:1 HTTP/1.1",
    "CONNECT u@a:1 HTTP/1.1",
    "CONNECT a:1 HTTP/2",
    "CONNECT :1 HTTP/1.1",
    "CONNECT a:1",
  ])("%j is none", (line) => {
    const read = readConnect(octets(`${line}\r\n\r\n`));
    expect(read).toMatchObject({
      kind: "bad",
      message: expect.stringContaining("expected CONNECT host:port HTTP/1.1"),
    });
  });

  test("a head has a limit, ended or not", () => {
    const long = (size: number) => octets(`CONNECT a:1 HTTP/1.1\r\nx: ${"y".repeat(size)}`);
    expect(readConnect(long(MAX_HEAD_BYTES)).kind).toBe("bad");
    expect(readConnect(Buffer.concat([long(MAX_HEAD_BYTES), octets("\r\n\r\n")])).kind).toBe("bad");
    expect(readConnect(Buffer.concat([long(1000), octets("\r\n\r\n")])).kind).toBe("connect");
  });
});

describe("absolute form", () => {
  test.each([
    ["GET http://a.test/x HTTP/1.1\r\n", "a.test:80"],
    ["POST HTTP://a.test:8080 HTTP/1.1\r\n", "a.test:8080"],
    ["M-SEARCH http://[::1]:1?q HTTP/1.1\r\n", "[::1]:1"],
  ])("%j names %s", (line, name) => {
    expect(targetName(readAbsoluteTarget(octets(line))!)).toBe(name);
  });

  test.each([
    "GET / HTTP/1.1\r\n",
    "GET https://a/ HTTP/1.1\r\n",
    "GET http:///x HTTP/1.1\r\n",
    "GET http://u@a/ HTTP/1.1\r\n",
    "OPTIONS * HTTP/1.1\r\n",
  ])("%j names none", (line) => {
    expect(readAbsoluteTarget(octets(line))).toBeUndefined();
  });
});

describe("SOCKS5", () => {
  test("a greeting lists methods", () => {
    expect(anyCut(Uint8Array.of(5, 3, 1, 2, 0), readGreeting)).toEqual({ kind: "greeting", noAuth: true, length: 5 });
    expect(readGreeting(Uint8Array.of(5, 1, 2))).toEqual({ kind: "greeting", noAuth: false, length: 3 });
    expect([...greetingReply(true), ...greetingReply(false)]).toEqual([5, 0, 5, 255]);
  });

  test.each([
    ["IPv4", [1, 10, 0, 0, 1], "10.0.0.1:258"],
    ["a domain", [3, 6, ...octets("a.test")], "a.test:258"],
    ["IPv6", [4, 0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], "[2001:db8:0:0:0:0:0:1]:258"],
  ])("%s is an address", (_, address, name) => {
    const read = anyCut(Uint8Array.of(5, 1, 0, ...address, 1, 2), readSocksRequest);
    if (read.kind !== "request") throw new Error(read.kind);
    expect(targetName(read.target)).toBe(name);
    expect(read.length).toBe(address.length + 5);
  });

  test.each([
    ["another version", [4, 1, 0, 1, 0], SOCKS_REPLY.generalFailure],
    ["UDP ASSOCIATE", [5, 3, 0, 1, 0], SOCKS_REPLY.commandNotSupported],
    ["address type 2", [5, 1, 0, 2, 0], SOCKS_REPLY.addressTypeNotSupported],
    ["no domain", [5, 1, 0, 3, 0, 0, 1], SOCKS_REPLY.generalFailure],
    ["a domain that is none", [5, 1, 0, 3, 3, ...octets("a b"), 0, 1], SOCKS_REPLY.generalFailure],
  ])("%s is refused in its own way", (_, said, reply) => {
    const read = readSocksRequest(Uint8Array.from(said));
    expect(read).toMatchObject({ kind: "bad", reply });
    expect([...socksReply(reply)]).toEqual([5, reply, 0, 1, 0, 0, 0, 0, 0, 0]);
  });

  test("whatever comes, the readers say something", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(["more", "greeting"]).toContain(readGreeting(bytes).kind);
        expect(["more", "request", "bad"]).toContain(readSocksRequest(bytes).kind);
        expect(["more", "connect", "bad"]).toContain(readConnect(bytes).kind);
        readAbsoluteTarget(bytes);
      }),
    );
  });
});

describe("addresses", () => {
  test.each([
    ["localhost:50051", { kind: "tcp", host: "localhost", port: 50051, security: "as-client" }],
    ["http://a", { kind: "tcp", host: "a", port: 80, security: "plaintext" }],
    ["https://a/", { kind: "tcp", host: "a", port: 443, security: "tls" }],
    ["HTTPS://[::1]:8443", { kind: "tcp", host: "::1", port: 8443, security: "tls" }],
    ["unix:/run/x", { kind: "unix", path: "/run/x", security: "as-client" }],
    ["unix:///run/x", { kind: "unix", path: "/run/x", security: "as-client" }],
    ["unix:x", { kind: "unix", path: "x", security: "as-client" }],
  ])("upstream %s", (text, target) => {
    expect(parseUpstream(text)).toEqual(target);
  });

  test.each([
    "",
    "localhost",
    "a:0",
    "a:70000",
    "ftp://a:1",
    "http://a/path",
    "http://u@a",
    "unix:",
    "unix://host/path",
    "https+unix:/run/x",
    "unix+https:///run/x",
    "https://unix:/run/x",
    "grpcs://a",
    "a b:1",
    "[::1:1",
    `${"a".repeat(256)}:1`,
  ])("upstream %j is a mistake in one line", (text) => {
    let failure: unknown;
    try {
      parseUpstream(text);
    } catch (error) {
      failure = error;
    }
    expect(failure).toBeInstanceOf(FramelensError);
    expect(failure).toMatchObject({
      code: "ERR_UPSTREAM",
      message: expect.stringMatching(/^upstream ".*": .*; expected host:port/),
    });
  });

  test.each([
    ["grpc://a:1", "http://a:1"],
    ["grpcs://[::1]:443/", "https://[::1]:443"],
    ["dns:///a:1", "a:1"],
  ])("upstream %s is told how it is written here", (text, meant) => {
    const scheme = text.slice(0, text.indexOf(":"));
    const message = `upstream "${text}": unknown scheme "${scheme}"; did you mean ${meant}?`;
    expect(() => parseUpstream(text)).toThrow(expect.objectContaining({ code: "ERR_UPSTREAM", message }));
    parseUpstream(meant);
  });

  test.each([
    ["0", "127.0.0.1", 0],
    [":80", "127.0.0.1", 80],
    ["*:80", "0.0.0.0", 80],
    ["[::]:80", "::", 80],
    ["a.test:80", "a.test", 80],
  ])("listen on %s", (text, host, port) => {
    expect(parseListen(text)).toEqual({ host, port });
  });

  test.each(["", "x", "65536", "a:b", "::1:80"])("listen on %j is a mistake", (text) => {
    expect(() => parseListen(text)).toThrow(FramelensError);
  });

  test("an authority has a port, or a default", () => {
    expect(parseAuthority("a")).toBeUndefined();
    expect(targetName(parseAuthority("a", 80)!)).toBe("a:80");
    expect(parseAuthority("a\nb:1")).toBeUndefined();
  });
});
