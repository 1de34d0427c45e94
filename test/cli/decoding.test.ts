// Schemas on the command line: `framelens decode`, and messages as JSON in ndjson and log, without any code being generated.
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Metadata } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test } from "vitest";
import { readEvents } from "./event-shapes.js";
import { Program, type ProgramEnd } from "./program.js";
import { type ServerCall, startClient, startServer } from "./sample.js";

const MAIN = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const SAMPLES = fileURLToPath(new URL("../../proto-samples", import.meta.url));
const USERS = join(SAMPLES, "users.proto");
const ALICE = "08e90712 05416c696365";

/** A schema can come from a hostile server: nothing may be compiled from it. */
const NO_CODE = "--disallow-code-generation-from-strings";

function decode(args: readonly string[], input: string): Promise<ProgramEnd> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [NO_CODE, MAIN, "decode", ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

/** A descriptor set, in JSON: p.M with one int32 field. */
function setOf(field: string): string {
  const fields = [{ name: field, number: 1, type: "TYPE_INT32", label: "LABEL_OPTIONAL" }];
  const file = { name: "m.proto", package: "p", syntax: "proto3", messageType: [{ name: "M", field: fields }] };
  return JSON.stringify({ file: [file] });
}

describe("framelens decode", () => {
  test("gives Alice as JSON, for the type's last name", async () => {
    const { stdout, code } = await decode(["--proto", USERS, "--type", "User"], ALICE);
    expect(JSON.parse(stdout)).toEqual({ id: 1001, name: "Alice" });
    expect(code).toBe(0);
  });

  test("takes the type from a method and a side", async () => {
    const args = ["--proto", USERS, "--method", "framelens.demo.v1.UserService/GetUser"];
    expect(JSON.parse((await decode([...args, "--side", "client"], "08e907")).stdout)).toEqual({ id: 1001 });
    expect(JSON.parse((await decode(args, ALICE)).stdout)).toEqual({ id: 1001, name: "Alice" });
  });

  test("shows fields, wire types and byte ranges as a tree, with a schema and without", async () => {
    const named = await decode(["--proto", USERS, "--type", "User", "--format", "tree"], ALICE);
    expect(named.stdout).toMatch(/^ 0\.\.3 +1 VARINT +id: int32 = 1001\n 3\.\.10 +2 LEN +name: string = "Alice"\n$/);
    const bare = await decode([], ALICE);
    expect(bare.stdout).toMatch(/^ 0\.\.3 +1 VARINT = 1001\n 3\.\.10 +2 LEN +(.*)"Alice"\n$/);
  });

  test("prints what could be read of a cut message, says where it is cut, and ends with 5", async () => {
    const { stdout, stderr, code } = await decode(["--proto", USERS, "--type", "User"], ALICE.slice(0, -2));
    expect(JSON.parse(stdout)).toEqual({ id: 1001, name: "Alic" });
    expect(stderr).toBe("framelens: name: cut: 4 of 5 bytes (bytes 3 to 9)\n");
    expect(code).toBe(5);
  });

  test("takes types from files and sets in the order of the command line", async () => {
    const folder = await mkdtemp(join(tmpdir(), "framelens-order-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const [proto, set] = [join(folder, "m.proto"), join(folder, "m.binpb")];
    await writeFile(proto, 'syntax = "proto3"; package p; message M { int32 of_proto = 1; }');
    await writeFile(set, setOf("of_set"));
    const type = ["--type", "p.M"];
    const json = async (...args: string[]) => JSON.parse((await decode([...args, ...type], "0801")).stdout);
    expect(await json("--proto", proto, "--protoset", set)).toEqual({ ofProto: 1 });
    expect(await json("--protoset", set, "--proto", proto)).toEqual({ ofSet: 1 });
    expect(await json(`--descriptor_set_in=${set}`, "-proto", proto)).toEqual({ ofSet: 1 });
  });

  test("takes files by their names in the import roots, as protoc does", async () => {
    const { stdout, code } = await decode(["-I", SAMPLES, "--proto", "users.proto", "--type", "User"], ALICE);
    expect(JSON.parse(stdout)).toEqual({ id: 1001, name: "Alice" });
    expect(code).toBe(0);
  });

  test("says why a folder lacks a type", async () => {
    const folder = await mkdtemp(join(tmpdir(), "framelens-broken-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    await writeFile(join(folder, "bad.proto"), 'syntax = "proto3";\nmessage Bad { int32 = 1; }');
    const { stderr, code } = await decode(["--proto", folder, "--type", "Bad"], ALICE);
    expect(stderr).toBe(
      `framelens: ${folder}/bad.proto:2:21: expected the field's name, found "="\nframelens: the type Bad is in a file that could not be read\n`,
    );
    expect(code).toBe(4);
  });

  test("tells what of the bytes does not fit the type beside the JSON, and ends with 0", async () => {
    // field 99 is none of User, and field 2 is no varint
    const { stdout, stderr, code } = await decode(["--proto", USERS, "--type", "User"], "98060108e9071001");
    expect(JSON.parse(stdout)).toEqual({ id: 1001 });
    expect(stderr.split("\n")).toEqual([
      "framelens: note: 99: no field of the type has this number (bytes 0 to 3)",
      expect.stringMatching(/^framelens: note: name: .*\(bytes 6 to 8\)$/),
      "",
    ]);
    expect(code).toBe(0);
  });

  test("reads thousands of lines, each with its own fate", async () => {
    const alice = Buffer.from(ALICE.replace(" ", ""), "hex").toString("base64");
    const input = `User ${alice}\nframelens.demo.v1.User ${alice}\nUser COkHEgVB\nNobody AA==\nUser *\n`.repeat(500);
    const lines = (await decode(["--proto", USERS, "--lines"], input)).stdout.trimEnd().split("\n");
    expect(lines).toHaveLength(2500);
    expect(lines.slice(0, 2).map((line) => JSON.parse(line))).toEqual([1, 2].map(() => ({ id: 1001, name: "Alice" })));
    expect(lines.slice(2, 5).map((line) => JSON.parse(line).problem.code)).toEqual([
      "ERR_TRUNCATED",
      "ERR_TYPE",
      "ERR_INPUT",
    ]);
  });

  test.each([
    [["--type", "User"], "framelens: no schema knows the type User\n", 4],
    [
      ["--proto", USERS, "--type", "Use"],
      "framelens: no schema knows the type Use; did you mean framelens.demo.v1.User?\n",
      4,
    ],
    [["--proto", "/no/such.proto", "--type", "X"], "framelens: --proto /no/such.proto: no such file or folder\n", 4],
    [["--input", "hex"], 'framelens: not hex: "z" at character 1; expected pairs of 0-9 a-f\n', 2],
  ])("says in one line what is wrong: %j", async (args, message, code) => {
    const end = await decode(args, "zz");
    expect(end.stderr.endsWith(message)).toBe(true);
    expect(end.stderr).not.toMatch(/\n +at /);
    expect(end.code).toBe(code);
  });

  test("names file, line and column of a broken schema, and uses the others", async () => {
    const broken = join(tmpdir(), `framelens-broken-${process.pid}.proto`);
    await writeFile(broken, 'syntax = "proto3";\nmessage M {\n  int32 a = ;\n}\n');
    onTestFinished(() => rm(broken, { force: true }));
    const { stdout, stderr } = await decode(["--proto", broken, "--proto", USERS, "--type", "User"], ALICE);
    expect(stderr).toMatch(new RegExp(`^framelens: ${broken}:3:13: `));
    expect(JSON.parse(stdout)).toMatchObject({ name: "Alice" });
  });
});

const bytesOfAlice = Buffer.from(ALICE.replace(" ", ""), "hex");

/** grpc-status-details-bin of NOT_FOUND "x" with a google.rpc.ErrorInfo {reason: "R"}. */
const DETAILS = Buffer.concat([
  Buffer.from([0x08, 5, 0x12, 1, 0x78, 0x1a, 45, 0x0a, 40]),
  Buffer.from("type.googleapis.com/google.rpc.ErrorInfo"),
  Buffer.from([0x12, 3, 0x0a, 1, 0x52]),
]);
DETAILS[6] = 2 + 40 + 2 + 3;

function getUser(call: ServerCall): void {
  call.on("data", (request: Buffer) => {
    if (request.length > 0) return call.write(bytesOfAlice);
    const metadata = new Metadata();
    metadata.set("grpc-status-details-bin", DETAILS);
    return call.emit("error", { code: 5, details: "x", metadata });
  });
  call.on("end", () => call.end());
  call.on("error", () => {});
}

async function ask(port: number, request: Buffer): Promise<void> {
  const call = startClient(port).open("/framelens.demo.v1.UserService/GetUser", new Metadata());
  call.on("error", () => {});
  call.end(request);
  call.resume();
  await new Promise((resolve) => call.on("status", resolve));
}

describe("a proxy with a schema", () => {
  test("puts type and JSON into ndjson, and the details of errors into statuses", async () => {
    const server = await startServer({ "/framelens.demo.v1.UserService/GetUser": getUser });
    const program = new Program([`127.0.0.1:${server}`, "-l", "0", "-o", "ndjson", "--proto", USERS, "--no-reflect"], {
      env: { NODE_OPTIONS: NO_CODE },
    });
    const port = await program.port();
    await ask(port, Buffer.from([0x08, 0xe9, 0x07]));
    await ask(port, Buffer.alloc(0));
    await program.until(() => program.lines.filter((line) => line.includes('"call-end"')).length === 2);
    const events = readEvents((await program.end()).stdout.trimEnd().split("\n"));
    const messages = events.filter(({ kind }) => kind.endsWith("-message"));
    expect(messages.map(({ kind, type, json }) => [kind, type, json])).toEqual([
      ["client-message", "framelens.demo.v1.GetUserRequest", { id: 1001 }],
      ["server-message", "framelens.demo.v1.User", { id: 1001, name: "Alice" }],
      ["client-message", "framelens.demo.v1.GetUserRequest", {}],
    ]);
    const details = [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "R" }];
    for (const kind of ["server-trailer", "call-end"]) {
      const failed = events.filter((event) => event.kind === kind)[1];
      expect(failed?.status).toMatchObject({ code: 5, details });
    }
  });

  test("tells of a broken file when the traffic needs it, with nothing in it obeyed by a terminal", async () => {
    const folder = await mkdtemp(join(tmpdir(), "framelens-needed-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const service = "service UserService { rpc GetUser(Id) returns (Gone); } message Id { int32 id = 1; }";
    await writeFile(
      join(folder, "a.proto"),
      `syntax = "proto3"; package framelens.demo.v1; import "\x1b]0;gone.proto"; ${service}`,
    );
    const server = await startServer({ "/framelens.demo.v1.UserService/GetUser": getUser });
    const program = new Program([`127.0.0.1:${server}`, "-l", "0", "-o", "ndjson", "--proto", folder, "--no-reflect"]);
    const port = await program.port();
    expect(program.stderr).not.toContain("a.proto");
    await ask(port, Buffer.from([0x08, 0xe9, 0x07]));
    await program.until(() => program.stderr.includes('type "Gone" is not defined'));
    expect(program.stderr).toMatch(/^framelens: .*a\.proto:1:\d+: import "␛\]0;gone\.proto" was not found$/m);
    expect(program.stderr).not.toContain("\x1b");
  });

  test("shows question and answer of a unary call in the log", async () => {
    const server = await startServer({ "/framelens.demo.v1.UserService/GetUser": getUser });
    const program = new Program([`127.0.0.1:${server}`, "-l", "0", "-o", "log", "--proto", USERS, "--no-reflect"]);
    await ask(await program.port(), Buffer.from([0x08, 0xe9, 0x07]));
    expect(await program.line(/GetUser/)).toMatch(/OK id:1001 → id:1001 name:"Alice"$/);
  });

  test("shows what was asked where a call failed, and of a stream the last answer", async () => {
    const server = await startServer({
      "/framelens.demo.v1.UserService/GetUser": (call) => {
        call.on("data", () => call.emit("error", { code: 5, details: "gone" }));
        call.on("error", () => {});
      },
      "/framelens.demo.v1.UserService/ListUsers": (call) => {
        call.resume().on("end", () => call.end());
        for (const id of [1, 2, 3]) call.write(Buffer.from([0x08, id]));
      },
    });
    const args = ["-l", "0", "-o", "log", "--proto", USERS, "--no-reflect"];
    const program = new Program([`127.0.0.1:${server}`, ...args]);
    const port = await program.port();
    await ask(port, Buffer.from([0x08, 0xe9, 0x07]));
    expect(await program.line(/GetUser/)).toMatch(/✗ NOT_FOUND gone ← id:1001$/);
    const list = startClient(port).open("/framelens.demo.v1.UserService/ListUsers", new Metadata());
    list.end(Buffer.from([0x08, 3]));
    list.resume();
    expect(await program.line(/ListUsers.* OK/)).toMatch(/OK limit:3 → … id:3$/);
  });
});
