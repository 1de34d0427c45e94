// Messages without a schema on the command line: `framelens decode --infer` and `framelens infer`.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import type { GuessJson } from "../../src/schemaless/guess.js";
import { message, number, payload } from "../schemaless/payloads.js";
import type { ProgramEnd } from "./program.js";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const ALICE = message(number(1, 1001), payload(2, "Alice"));

function run(args: readonly string[], input: string | Uint8Array): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [MAIN, ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "framelens-infer-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

describe("framelens decode --infer", () => {
  test("gives fields with their ranges, kinds and values as JSON", async () => {
    const { stdout, code } = await run(["decode", "--infer"], ALICE);
    expect(JSON.parse(stdout)).toMatchObject({
      fields: [
        { number: 1, name: "field_1", kind: "varint", start: 0, end: 3, value: 1001 },
        { number: 2, name: "field_2", kind: "string", start: 3, end: 10, value: "Alice" },
      ],
    });
    expect(code).toBe(0);
  });

  test("gives a tree, and one line", async () => {
    const tree = await run(["decode", "--infer", "--format", "tree"], ALICE);
    expect(tree.stdout).toMatch(
      /^ 0\.\.3 +1 VARINT +field_1: int32 = 1001 {2}\(or sint32 -501\)\n 3\.\.10 +2 LEN +field_2: string = "Alice"\n$/,
    );
    expect((await run(["decode", "--infer", "--format", "text"], ALICE)).stdout).toBe('field_1:1001 field_2:"Alice"\n');
  });

  test("reads each line by what all lines tell, and says which is none", async () => {
    // Alone, "a" and "b" could be anything.
    const lines = ["a", "b", "Rotterdam", "Ξ and more"].map((text) => Buffer.from(payload(2, text)).toString("base64"));
    const { stdout } = await run(["decode", "--infer", "--lines"], `${[...lines, "*", "AA=="].join("\n")}\n`);
    const rows = stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as GuessJson);
    expect(rows.slice(0, 4).map(({ fields }) => fields[0]?.kind)).toEqual(["string", "string", "string", "string"]);
    expect(rows.slice(4).map(({ problem }) => problem?.code)).toEqual(["ERR_INPUT", "ERR_BAD_TAG"]);
  });

  test("takes types and names from a file, and says where one is wrong", async () => {
    const file = join(await folder(), "types.json");
    await writeFile(file, '{"*":{"server":{"1":{"name":"delta","type":"sint32"}}}}');
    const args = ["decode", "--infer", "--types", file, "--format", "text"];
    expect((await run(args, ALICE)).stdout).toBe('delta:-501 field_2:"Alice"\n');
    await writeFile(file, '{"*":{"server":{"1":{"type":"integer"}}}}');
    const { code, stderr } = await run(args, ALICE);
    expect(stderr).toMatch(/types\.json: \* server 1: "integer" is no type; expected double/);
    expect(code).toBe(2);
  });

  test("prints what could be read of a cut message, says why, and ends with 5", async () => {
    const { stdout, stderr, code } = await run(["decode", "--infer", "--format", "text"], ALICE.subarray(0, 9));
    expect(stdout).toBe('field_1:1001 2:"Alic"\n');
    expect(stderr).toBe("framelens: cut: 4 of 5 bytes (bytes 3 to 9)\n");
    expect(code).toBe(5);
  });
});

/** A call as ndjson has it. */
function callLines(call: number, method: string, client: readonly Uint8Array[], server: readonly Uint8Array[]): string {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString("base64");
  const events = [
    { kind: "client-header", call, method },
    ...client.map((bytes, index) => ({ kind: "client-message", call, index, data: base64(bytes) })),
    ...server.map((bytes, index) => ({ kind: "server-message", call, index, data: base64(bytes) })),
    { kind: "call-end", call, status: { code: 0 } },
  ];
  return events.map((event) => `${JSON.stringify(event)}\n`).join("");
}

/** A call with two answers, as grpc-go writes it: its entries behind their lengths, among them one that was cut and one of another call. */
function binaryLog(): Buffer {
  const CLIENT_HEADER = 1;
  const CLIENT_MESSAGE = 3;
  const SERVER_MESSAGE = 4;
  const SERVER_TRAILER = 6;
  const entry = (call: number, type: number, ...more: Uint8Array[]) => {
    const bytes = message(payload(1, ""), number(2, call), number(3, 1), number(4, type), number(5, 2), ...more);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    return Buffer.concat([length, bytes]);
  };
  const said = (bytes: Uint8Array) => payload(8, message(number(1, bytes.length), payload(2, bytes)));
  const odd = message(number(9, 1));
  return Buffer.concat([
    entry(1, CLIENT_HEADER, payload(6, message(payload(2, "/acme.v1.Users/Watch"), payload(3, "host")))),
    entry(1, CLIENT_MESSAGE, said(message(number(1, 7)))),
    entry(1, SERVER_MESSAGE, said(ALICE)),
    entry(1, SERVER_MESSAGE, payload(8, message(number(1, 500), payload(2, odd))), number(10, 1)),
    entry(2, SERVER_MESSAGE, said(odd)),
    entry(1, SERVER_TRAILER, payload(9, message(number(2, 0)))),
  ]);
}

describe("framelens infer", () => {
  test("writes services, methods and messages out of ndjson", async () => {
    const input =
      callLines(1, "/acme.v1.Users/Get", [number(1, 1001)], [ALICE]) +
      callLines(2, "/acme.v1.Users/Watch", [number(1, 7)], [ALICE, ALICE]);
    const { stdout, code } = await run(["infer", "-"], `no JSON\n${input}`);
    expect(stdout).toContain(
      "  rpc Get(GetRequest) returns (GetResponse);\n  rpc Watch(WatchRequest) returns (stream ",
    );
    expect(stdout).toContain('  // As in "Alice"\n  optional string field_2 = 2;');
    expect(code).toBe(0);
  });

  test("writes a file for each package to a folder, and asks for one where there are several", async () => {
    const out = await folder();
    const input =
      callLines(1, "/acme.v1.Users/Get", [ALICE], [ALICE]) + callLines(2, "/other.Users/Get", [ALICE], [ALICE]);
    expect((await run(["infer", "-", "-o", out], input)).code).toBe(0);
    expect((await readdir(out)).sort()).toEqual(["acme.v1.proto", "other.proto"]);
    expect(await readFile(join(out, "other.proto"), "utf8")).toContain("package other;");
    const { stderr, code } = await run(["infer", "-"], input);
    expect(stderr).toBe(
      "framelens: services of several packages (acme.v1, other); expected --out FOLDER for a file each\n",
    );
    expect(code).toBe(2);
  });

  test("takes a folder of messages, by the names of its folders", async () => {
    const path = await folder();
    await mkdir(join(path, "User"));
    await writeFile(join(path, "User", "1.bin"), ALICE);
    const { stdout } = await run(["infer", path], "");
    expect(stdout).toContain("message User {");
  });

  test("reads gRPC's binary log, gzipped or not, from a file or stdin", async () => {
    const log = binaryLog();
    const { stdout, stderr, code } = await run(["infer", "-"], log);
    expect(stdout).toContain("  rpc Watch(WatchRequest) returns (stream WatchResponse);");
    expect(stdout).toContain('  // As in "Alice"\n  optional string field_2 = 2;');
    // What is not whole tells nothing, and what belongs to no call neither.
    expect(stdout).not.toContain("field_9");
    expect([stderr, code]).toEqual(["", 0]);
    const path = join(await folder(), "log.gz");
    await writeFile(path, gzipSync(log));
    expect((await run(["infer", path], "")).stdout).toBe(stdout);
  });

  test.each<[what: string, end: Uint8Array, note: string]>([
    ["is cut", binaryLog().subarray(0, 20), "the last entry, at octet LENGTH, is cut"],
    ["is something else", new Uint8Array([0, 0, 0, 2, 0xff, 0xff, 1]), "no entry at octet LENGTH"],
    ["has no possible length", new Uint8Array([0x7f, 0, 0, 0]), "no entry at octet LENGTH"],
  ])("reads a binary log whose end %s as far as it goes, and says so", async (_, end, note) => {
    const log = binaryLog();
    const whole = await run(["infer", "-"], log);
    const { stdout, stderr, code } = await run(["infer", "-"], Buffer.concat([log, end]));
    expect(stdout).toBe(whole.stdout);
    expect(stderr).toBe(`framelens: note: -: ${note.replace("LENGTH", String(log.length))}; read up to there\n`);
    expect(code).toBe(0);
  });

  test("says so where there is no message", async () => {
    const { stderr, code } = await run(["infer", "-"], '{"kind":"client-header","call":1,"method":"/a/b"}\n');
    expect(stderr).toBe(
      "framelens: no message in -; expected ndjson with --bodies, a gRPC binary log, or a folder of messages\n",
    );
    expect(code).toBe(1);
  });
});
