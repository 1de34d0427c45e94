// --save and framelens open: the built program, between grpc-js on both sides, and on files that are not as they should be.
import { once } from "node:events";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { constants, gunzipSync, gzipSync } from "node:zlib";
import { Metadata } from "@grpc/grpc-js";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { openSaveFile } from "../../cli/save.js";
import { ENTRY, encodeEntry, type LogEntry } from "../../src/binary-log/entry.js";
import { Capture } from "../../src/capture/capture.js";
import { MessageReader } from "../../src/session/message-reader.js";
import { Traffic } from "../feed/lab.js";
import { answersFrom, readRequest } from "../schema/reflection-lab.js";
import { TemporaryFolder } from "../schema/temporary-folder.js";
import { CARDS_FILE } from "../support/secret-card.js";
import { type Event, readEvents } from "./event-shapes.js";
import { framelens, Program } from "./program.js";
import { type ServerCall, startClient, startServer, statusOf } from "./sample.js";

const PROTO = `syntax = "proto3"; package t;
service Things { rpc Echo(stream Thing) returns (stream Thing); rpc Fail(stream Thing) returns (stream Thing); }
message Thing { int32 id = 1; string name = 2; bytes blob = 3; }`;
const ALICE = Buffer.from("08e907" + "1205416c696365", "hex");

function echo(call: ServerCall): void {
  call.on("data", (message: Buffer) => call.write(message));
  call.on("end", () => call.end());
}

function fail(call: ServerCall): void {
  call.on("error", () => {});
  call.emit("error", { code: 5, details: "nicht da: ü" });
}

/** What a program of its own shows of some calls while it saves them. */
async function saved(file: string, ...more: readonly string[]): Promise<readonly string[]> {
  const server = await startServer({ "/t.Things/Echo": echo, "/t.Things/Fail": fail });
  const program = new Program([
    ...[`127.0.0.1:${server}`, "-l", "127.0.0.1:0", "-o", "ndjson", "--bodies", "--no-reflect", "--save", file],
    ...more,
  ]);
  const client = startClient(await program.port());
  const metadata = new Metadata();
  metadata.set("authorization", "Bearer swordfish");
  metadata.set("x-key-bin", Buffer.of(1, 2));
  const call = client.open("/t.Things/Echo", metadata);
  call.write(ALICE);
  call.write(Buffer.alloc(9999, "\u0012\u0001x", "latin1"));
  call.end();
  expect((await statusOf(call)).code).toBe(0);
  expect((await statusOf(client.open("/t.Things/Fail", metadata))).code).toBe(5);
  await program.until(() => program.lines.filter((line) => line.includes('"call-end"')).length === 2);
  const { code, stderr } = await program.end();
  const told = stderr.replace(/^framelens listening on .*\n/m, "");
  expect([code, told]).toEqual([130, `saving to ${file}\n`]);
  return program.lines.filter((line) => line !== "");
}

/** Durations are worked out from times of a µs each. */
function comparable(lines: readonly string[]): readonly Event[] {
  return readEvents(lines).map((event) =>
    "durationMs" in event && event.kind === "call-end" ? { ...event, durationMs: 0 } : event,
  );
}

async function openedLines(file: string, ...more: readonly string[]): Promise<readonly string[]> {
  const program = new Program(["open", file, "-o", "ndjson", "--bodies", ...more]);
  const { code, stderr } = await program.ended;
  expect([code, stderr]).toEqual([0, ""]);
  return program.lines;
}

/** Of a part of a session's events, whose numbers do not begin with 1. */
function parsed(lines: readonly string[]): readonly Event[] {
  return lines.map((line) => JSON.parse(line) as Event);
}

test("what was saved is shown as it was, with its types, and only its owner can read it", async () => {
  const folder = await new TemporaryFolder().write({ "things.proto": PROTO });
  const file = folder.at("traffic.binlog");
  const live = await saved(file, "--show-secrets", "--proto", folder.at("things.proto"));
  const again = await openedLines(file, "--show-secrets");
  expect(comparable(again)).toEqual(comparable(live));
  expect(again.join()).toContain('"json":{"id":1001,"name":"Alice"}');
  if (process.platform !== "win32") expect(statSync(file).mode & 0o777).toBe(0o600);
});

test("secrets are not in the file, gzipped or not; -f chooses among its calls; no file is a mistake", async () => {
  const folder = await new TemporaryFolder().write({});
  const file = folder.at("traffic.gz");
  await saved(file);
  const bytes = gunzipSync(readFileSync(file));
  expect(bytes.includes("Alice") && !bytes.includes("swordfish")).toBe(true);
  const failed = parsed(await openedLines(file, "-f", "status == NOT_FOUND"));
  expect(failed.filter(({ kind }) => kind === "client-header").map(({ method }) => method)).toEqual(["/t.Things/Fail"]);
  const { stdout } = await framelens(["open", file, "-o", "log"]);
  expect(stdout).toMatch(/t\.Things\/Fail .* NOT_FOUND nicht da: ü/);
  const { code, stderr } = await framelens(["open", "-o", "log"]);
  expect([code, stderr]).toEqual([2, "framelens: open: expected a file that --save wrote; - for stdin\n"]);
});

test("a file that is there is gone on with; a last entry that was cut is taken away first", async () => {
  const folder = await new TemporaryFolder().write({});
  for (const name of ["traffic", "traffic.gz"]) {
    const file = folder.at(name);
    await saved(file);
    await saved(file);
    const calls = readEvents(await openedLines(file)).filter(({ kind }) => kind === "client-header");
    expect(calls.map(({ call, connection }) => [call, connection])).toEqual([
      ...[
        [1, 1],
        [2, 1],
        [3, 2],
        [4, 2],
      ],
    ]);
  }
  const whole = readFileSync(folder.at("traffic"));
  const cut = folder.at("cut");
  writeFileSync(cut, whole.subarray(0, -3));
  const before = await framelens(["open", cut, "-o", "log"]);
  expect([before.code, before.stderr]).toEqual([5, expect.stringMatching(/is cut; what comes before is shown\n$/)]);
  const end = await framelens(["127.0.0.1:1", "-l", "0", "-o", "none", "--for", "0.1", "-w", cut]);
  expect(end.stderr).toContain(`framelens: ${cut}: its last entry was cut, and is removed\n`);
  const after = await framelens(["open", cut, "-o", "log"]);
  expect([after.code, after.stderr]).toEqual([0, ""]);
  for (const { stdout } of [before, after]) expect(stdout.match(/t\.Things\/Echo .* OK/g)).toHaveLength(2);
});

test("half of a gzipped file is shown, and told to be half", async () => {
  const folder = await new TemporaryFolder().write({});
  await saved(folder.at("whole"));
  const file = folder.at("half.gz");
  const zipped = gzipSync(readFileSync(folder.at("whole")), { level: 0 });
  writeFileSync(file, zipped.subarray(0, zipped.length >> 1));
  const { code, stdout, stderr } = await framelens(["open", file, "-o", "ndjson"]);
  expect(code).toBe(5);
  expect(stdout).toContain('"client-header"');
  expect(stderr).toMatch(/the last entry, at octet \d+, is cut; what comes before is shown\n$/);
});

test("what is no such file is told in one line, and stays as it is", async () => {
  const folder = await new TemporaryFolder().write({
    "notes.txt": "do not lose this\n",
    "notes.gz": "nor this",
    empty: "",
    "cut.gz": gzipSync("x").subarray(0, -3),
  });
  const proxy = ["127.0.0.1:1", "-l", "0", "-o", "none", "--for", "0.1"];
  for (const [name, why] of [
    ["notes.txt", "there is something else in it; another name, please"],
    ["notes.gz", "there is something else in it; another name, please"],
    ["cut.gz", "it was not written to its end; another name, please"],
    ["nowhere/x", "no such folder"],
    ["", "a folder; expected a file"],
  ] as const) {
    const { code, stderr } = await framelens([...proxy, "--save", folder.at(name)]);
    expect([code, stderr]).toEqual([2, `framelens: --save ${folder.at(name)}: ${why}\n`]);
  }
  expect(readFileSync(folder.at("notes.txt"), "utf8")).toBe("do not lose this\n");
  for (const name of ["notes.txt", "empty"]) {
    const { code, stderr } = await framelens(["open", folder.at(name)]);
    const told = `framelens: ${folder.at(name)} is no gRPC binary log; expected what framelens --save writes\n`;
    expect([code, stderr]).toEqual([2, told]);
  }
  const { code, stderr } = await framelens(["open", folder.at("nowhere")]);
  expect([code, stderr]).toEqual([2, `framelens: cannot read ${folder.at("nowhere")}: no such file\n`]);
});

test.skipIf(!existsSync("/dev/full"))("a disk that is full is told of once, and the traffic goes on", async () => {
  const server = await startServer({ "/t.Things/Echo": echo });
  const program = new Program([`127.0.0.1:${server}`, "-l", "0", "-o", "ndjson", "--no-reflect", "-w", "/dev/full"]);
  const client = startClient(await program.port());
  for (let count = 0; count < 3; count++) {
    const call = client.open("/t.Things/Echo", new Metadata());
    call.end(ALICE);
    expect((await statusOf(call)).code).toBe(0);
  }
  const { stderr } = await program.end();
  expect(stderr.split("\n").filter((line) => line.includes("--save"))).toEqual([
    "framelens: --save /dev/full: no space left; what comes from now on is not in it",
  ]);
  const { code } = await framelens(["127.0.0.1:1", "-l", "0", "-o", "none", "--for", "0.2", "-w", "/dev/full"]);
  expect(code).toBe(1);
});

test("what does not fit into the memory is read all the same, and checked against its contract", async () => {
  const folder = await new TemporaryFolder().write({ "things.proto": PROTO });
  const file = folder.at("traffic");
  const server = await startServer({ "/t.Things/Echo": echo });
  const program = new Program([`127.0.0.1:${server}`, "-l", "0", "-o", "none", "--no-reflect", "-w", file]);
  const call = startClient(await program.port()).open("/t.Things/Echo", new Metadata());
  const messages = 120;
  // A blob of 200,000 octets.
  const big = Buffer.concat([Buffer.of(0x1a, 0xc0, 0x9a, 0x0c), Buffer.alloc(200_000)]);
  for (let count = 0; count < messages; count++) call.write(big);
  call.end(Buffer.from("0a0178", "hex"));
  expect((await statusOf(call)).code).toBe(0);
  await program.end();
  const opened = ["open", file, "-o", "ndjson", "--max-memory", "16MiB", "--proto", folder.at("things.proto")];
  const again = new Program([...opened, "--bodies", "--fail-on-drift"], { unread: true });
  // Time to read everything, if nobody waited for the reader.
  await sleep(1500);
  again.read();
  await once(again.child, "close");
  expect(again.child.exitCode).toBe(1);
  const said = again.lines.filter((line) => line.includes('"kind":"client-message"') && line.includes('"data":"'));
  expect(said).toHaveLength(messages + 1);
  expect(again.lines.filter((line) => line.includes('"dropped"') || line.includes('"trimmed"'))).toEqual([]);
});

/** What a file that is still written has so far. */
async function untilSaved(file: string, text: string): Promise<void> {
  for (;;) {
    const bytes = existsSync(file) ? readFileSync(file) : Buffer.alloc(0);
    const plain = file.endsWith(".gz") ? gunzipSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }) : bytes;
    if (plain.includes(text)) return;
    await sleep(20);
  }
}

test("what a server tells by reflection hides what is to be hidden and is saved, too, when nothing is shown", async () => {
  const folder = await new TemporaryFolder().write({});
  const file = folder.at("traffic");
  const answers = answersFrom([CARDS_FILE], { "acme.Cards": "cards.proto" });
  const server = await startServer({
    "/acme.Cards/Put": echo,
    "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo": (call: ServerCall) => {
      call.on("data", (bytes: Buffer) => {
        for (const answer of answers(readRequest(bytes))) call.write(Buffer.from(answer));
      });
      call.on("end", () => call.end());
      call.on("error", () => {});
    },
  });
  const program = new Program([`127.0.0.1:${server}`, "-l", "127.0.0.1:0", "-o", "none", "--save", file]);
  const client = startClient(await program.port());
  const put = async (number: string) => {
    const call = client.open("/acme.Cards/Put", new Metadata());
    call.end(Buffer.from(`\n${String.fromCharCode(number.length)}${number}`));
    expect((await statusOf(call)).code).toBe(0);
  };
  // A message does not wait for its type for ever: types may come behind the first.
  while (!readFileSync(file).includes("cards.proto")) {
    await put("1");
    await sleep(20);
  }
  await put("canary-4711");
  await program.end();
  expect(readFileSync(file).includes("canary")).toBe(false);
  const lines = await openedLines(file);
  expect(parsed(lines).findLast(({ kind }) => kind === "server-message")).toMatchObject({ type: "acme.Card" });
  expect(lines.join()).toContain('"number":"<redacted>"');
});

test("a program that was killed leaves what it saved a moment ago, gzipped, too", async () => {
  const folder = await new TemporaryFolder().write({});
  const server = await startServer({ "/t.Things/Echo": echo });
  for (const name of ["traffic", "traffic.gz"]) {
    const file = folder.at(name);
    const args = ["-l", "127.0.0.1:0", "-o", "none", "--no-reflect", "-w", file];
    const program = new Program([`127.0.0.1:${server}`, ...args]);
    const client = startClient(await program.port());
    const call = client.open("/t.Things/Echo", new Metadata());
    call.end(ALICE);
    expect((await statusOf(call)).code).toBe(0);
    const open = client.open("/t.Things/Echo", new Metadata());
    open.on("error", () => {});
    open.write(Buffer.from("0a0474686579", "hex"));
    await untilSaved(file, "they");
    await program.kill();
    const { stdout } = await framelens(["open", file, "-o", "log"]);
    expect(stdout).toMatch(/ 1 .*t\.Things\/Echo .* OK/);
    // What was open when the file ends is told of, too.
    expect(stdout).toMatch(/ 2 .*t\.Things\/Echo .* open/);
  }
  const { code, stderr } = await framelens(["h:1", "-l", "0", "-o", "none", "-w", folder.at("traffic.gz")]);
  const why = "it was not written to its end; another name, please";
  expect([code, stderr]).toEqual([2, `framelens: --save ${folder.at("traffic.gz")}: ${why}\n`]);
});

/** A file of entries that another program wrote. */
function fileOf(...entries: readonly Partial<LogEntry>[]): Buffer {
  const common = { at: 1_700_000_000_000, call: "1", sequence: 1, type: ENTRY.unknown, logger: 0 };
  return Buffer.concat(entries.map((entry) => encodeEntry({ ...common, ...entry })));
}

const HEADER = { type: ENTRY.clientHeader, method: "/a.B/Get" };

test("times are those of the file, and what is not in it is told", async () => {
  const folder = await new TemporaryFolder().write({
    file: fileOf(
      { more: '{"kind":"dropped","from":1,"to":97,"events":97,"session":1}', call: "0" },
      HEADER,
      { call: "7", type: ENTRY.clientHalfClose },
      { type: ENTRY.clientMessage, message: { length: 9, data: new Uint8Array(0) }, more: '{"trimmed":true}' },
      { at: 1_700_000_004_000, type: ENTRY.clientHalfClose },
      { ...HEADER, call: "2", at: 1_600_000_000_000 },
    ),
  });
  const { stdout, stderr } = await framelens(["open", folder.at("file"), "-o", "log"]);
  expect(stdout).toMatch(/ 1 .*a\.B\/Get +4\.0s .* open/);
  expect(stderr.split("\n")).toEqual([
    `framelens: ${folder.at("file")}: events that were missed when it was written: 97`,
    `framelens: ${folder.at("file")}: messages that stand in it without their bytes: 1`,
    `framelens: ${folder.at("file")}: entries of calls that do not begin in it, or that say nothing known: 1`,
    expect.stringMatching(/: what begins at 2020-09-13T12:26:40.000Z stands behind later calls; its times are shown/),
    "",
  ]);
});

test("what is saved afterwards has the times of then", async () => {
  const folder = await new TemporaryFolder().write({});
  const capture = new Capture();
  const traffic = new Traffic(capture);
  traffic.connection();
  traffic.unary("/a.B/Get");
  const messages = new MessageReader({ capture });
  const file = await openSaveFile(folder.at("file"));
  expect(await file.saveAll({ capture, messages, schema: undefined, showSecrets: true, upstream: undefined })).toBe(
    true,
  );
  messages.close();
  const events = parsed(await openedLines(folder.at("file"), "--show-secrets"));
  expect(events.map(({ at }) => at)).toEqual(events.map(({ seq }) => capture.event(Number(seq))?.at));
  expect(events).toHaveLength(capture.newestSeq);
});

test("lines end with the file and bring no feed; where one is asked for they stay, and it says that it is a file", async () => {
  const folder = await new TemporaryFolder().write({ file: fileOf(HEADER) });
  const alone = await framelens(["open", folder.at("file"), "-o", "none"], { FRAMELENS_FEED: "" });
  expect([alone.code, alone.stderr]).toEqual([0, ""]);
  const args = ["open", folder.at("file"), "-o", "none", "--feed", "127.0.0.1:0", "--feed-token", "secret"];
  const program = new Program(args);
  const url = await program.until(() => /feed (ws:\S+)/.exec(program.stderr)?.[1]);
  const hello = new Promise((resolve) => {
    const socket = new WebSocket(url, ["framelens.v1", "token.secret"]);
    socket.onmessage = ({ data }) => resolve(JSON.parse(String(data)));
  });
  expect(await hello).toMatchObject({ kind: "hello", file: "file", at: 1_700_000_000_000 });
  expect((await program.end()).code).toBe(130);
});

test("ends when it is told to, though nobody reads what it says", async () => {
  const headers = Array.from({ length: 5000 }, (_, place) => ({ ...HEADER, call: `${place}` }));
  const folder = await new TemporaryFolder().write({ file: fileOf(...headers) });
  const program = new Program(["open", folder.at("file"), "-o", "ndjson", "--for", "0.5"], { unread: true });
  const { code, stderr } = await program.ended;
  expect([code, stderr]).toEqual([0, "framelens: nobody reads stdout; what was still to be written is lost\n"]);
});
