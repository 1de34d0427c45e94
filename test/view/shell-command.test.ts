import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bufCurlCommand, type CommandCall, grpcurlCommand, shellQuote } from "../../src/view/shell-command.js";

const CALL: CommandCall = {
  method: "/acme.v1.Things/Get",
  server: "localhost:50051",
  authority: "localhost:50051",
  tls: false,
  timeoutMs: 1500,
  fields: [
    [":path", "/acme.v1.Things/Get"],
    ["te", "trailers"],
    ["grpc-timeout", "1500m"],
    ["authorization", "Bearer abc"],
    ["x-user-bin", "CgVhbGljZQ"],
  ],
  messages: ['{"name":"it\'s $(touch PWNED) `id`"}'],
  showSecrets: false,
};

/** The words that a shell makes of a command. */
function wordsOf(command: string): readonly string[] {
  const out = execFileSync("sh", ["-c", `for word in ${command}; do printf '%s\\0' "$word"; done`], {
    encoding: "utf8",
  });
  return out.split("\0").slice(0, -1);
}

describe("a call as a command", () => {
  test("is what grpcurl wants, with secrets masked", () => {
    const { text, notes } = grpcurlCommand(CALL);
    expect(wordsOf(text)).toEqual([
      ...["grpcurl", "-plaintext", "-max-time", "1.5", "-H", "authorization: MASKED", "-H", "x-user-bin: CgVhbGljZQ"],
      ...["-d", CALL.messages[0], "--", "localhost:50051", "acme.v1.Things/Get"],
    ]);
    expect(notes).toEqual(["1 secret is MASKED"]);
  });

  test("is what buf curl wants", () => {
    const { text } = bufCurlCommand({ ...CALL, tls: true, authority: "api.test", showSecrets: true });
    expect(wordsOf(text)).toEqual([
      ...[
        "buf",
        "curl",
        "--protocol",
        "grpc",
        "--timeout",
        "1.5s",
        "--header",
        "authorization: Bearer abc",
        "--header",
        "x-user-bin: CgVhbGljZQ",
      ],
      ...["--data", CALL.messages[0], "--", "https://api.test/acme.v1.Things/Get"],
    ]);
  });

  test("trusts the server as the proxy does, where it speaks TLS", () => {
    const trust = { cacert: "my ca.pem", cert: "c.pem", key: "c.key", servername: "api.test", insecure: false };
    const call = { ...CALL, tls: true, authority: "other.test", trust };
    const named = ["cacert", "my ca.pem", "cert", "c.pem", "key", "c.key", "servername", "api.test"];
    const options = (dashes: string) => named.map((word, at) => (at % 2 === 0 ? dashes + word : word));
    const words = wordsOf(grpcurlCommand(call).text);
    expect(words.slice(1, 9)).toEqual(options("-"));
    expect(words).not.toContain("-authority");
    expect(wordsOf(bufCurlCommand(call).text).slice(4, 12)).toEqual(options("--"));
    const careless = { ...call, trust: { ...trust, cert: undefined, key: undefined, insecure: true } };
    expect(wordsOf(grpcurlCommand(careless).text).slice(1, 4)).toEqual(["-insecure", "-servername", "api.test"]);
    expect(wordsOf(grpcurlCommand({ ...careless, tls: false }).text)).not.toContain("-insecure");
  });

  test("says where the types are, and leaves out the address by which the client knew us", () => {
    const proto = { kind: "proto", roots: ["/p q", "/r"], file: "acme/things.proto" } as const;
    const call = { ...CALL, authority: "127.0.0.1:50050", schema: proto };
    const words = wordsOf(grpcurlCommand(call).text);
    expect(words.slice(2, 8)).toEqual(["-import-path", "/p q", "-import-path", "/r", "-proto", "acme/things.proto"]);
    expect(words).not.toContain("-authority");
    expect(wordsOf(bufCurlCommand(call).text)).toContain("http://localhost:50051/acme.v1.Things/Get");
    const set = { ...CALL, schema: { kind: "protoset", path: "/x.binpb" } } as const;
    expect(wordsOf(grpcurlCommand(set).text)).toContain("-protoset");
    expect(wordsOf(bufCurlCommand(set).text)).toEqual(expect.arrayContaining(["--schema", "/x.binpb"]));
  });

  test("gives buf one input that imports are found in, and no header that it refuses", () => {
    const schemaOf = (roots: readonly string[], file: string, alone = false) => {
      const words = wordsOf(bufCurlCommand({ ...CALL, schema: { kind: "proto", roots, file, alone } }).text);
      return words[words.indexOf("--schema") + 1];
    };
    expect(schemaOf(["/protos/"], "things.proto")).toBe("/protos/things.proto");
    expect(schemaOf(["/protos"], "acme/things.proto")).toBe("/protos");
    expect(schemaOf(["/protos"], "acme/things.proto", true)).toBe("/protos/acme/things.proto");
    expect(schemaOf(["/a,b"], "things.proto")).toBe('"/a,b/things.proto"');
    expect(schemaOf(["/p", "/r"], "things.proto")).toBe("/p");
    const fields = [...CALL.fields, ["accept", "*/*"], ["connect-x", "1"], ["accept-encoding", "identity"]] as const;
    const { text, notes } = bufCurlCommand({ ...CALL, fields });
    expect(text).not.toMatch(/accept|connect-x/);
    expect(notes).toContain("buf curl takes no accept, connect-x");
    expect(grpcurlCommand({ ...CALL, fields }).text).toContain("connect-x: 1");
  });

  test("gives buf a header with commas or quotes as one, and none that would be a file's name", () => {
    const fields = [
      ["accept-language", "en-US, ja;q=0.8"],
      ["x-q", 'a"b'],
      ["x-f", "1,@/etc/passwd"],
      ["@/etc/passwd", "x"],
    ] as const;
    const { text, notes } = bufCurlCommand({ ...CALL, fields });
    expect(wordsOf(text).filter((_, index, words) => words[index - 1] === "--header")).toEqual([
      '"accept-language: en-US, ja;q=0.8"',
      '"x-q: a""b"',
      '"x-f: 1,@/etc/passwd"',
    ]);
    expect(notes).toEqual(["1 header that cannot be written so left out"]);
  });

  test("has every message of a stream, and the socket's path", () => {
    const call = { ...CALL, server: "unix:/run/app.sock", messages: ['{"a":1}', '{"a":2}'] };
    expect(wordsOf(grpcurlCommand(call).text)).toContain('{"a":1} {"a":2}');
    expect(wordsOf(grpcurlCommand(call).text).slice(-3)).toEqual(["--", "/run/app.sock", "acme.v1.Things/Get"]);
    expect(wordsOf(bufCurlCommand(call).text)).toContain("/run/app.sock");
  });

  test("is one line of what a terminal shows, whatever a peer sent", () => {
    const hostile = fc.string({ unit: "binary", maxLength: 30 });
    fc.assert(
      fc.property(hostile, hostile, hostile, (name, value, text) => {
        const call = {
          ...CALL,
          method: `/a.B/${text}`,
          authority: text,
          fields: [[name, value]] as const,
          messages: [JSON.stringify({ text })],
        };
        for (const command of [grpcurlCommand(call).text, bufCurlCommand(call).text])
          expect(command).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\u2028\u2029]/);
      }),
      { numRuns: 50 },
    );
  });

  test("leaves no character out of its quotes", () => {
    const texts = ["-o", "'; touch x; '", "a'b", "$(id)", "`id`", "\\", '"', "*", "~", "#", "&", "|", "王", " "];
    expect(wordsOf(texts.map(shellQuote).join(" "))).toEqual(texts);
  });
});
