// One call on the screen: its events as they come, its messages as tree, octets and JSON, what can be done with them.
import { describe, expect, onTestFinished, test } from "vitest";
import { Capture } from "../../../src/capture/capture.js";
import { MessageDecoder } from "../../../src/schema/message-decoder.js";
import type { SchemaSet } from "../../../src/schema/schema-set.js";
import { FixedTypes } from "../../../src/schemaless/fixed-types.js";
import { SchemalessReader } from "../../../src/schemaless/schemaless-reader.js";
import { openedProtos, TemporaryFolder } from "../../schema/temporary-folder.js";
import { beginCall, endCall, sendMessage } from "../../support/capture-traffic.js";
import { KEY, type LabOptions, NOW, ScreenLab } from "./screen-lab.js";

const PROTO = `syntax = "proto3"; package acme.v1;
enum Level { LOW = 0; HIGH = 2; }
message Thing { int32 id = 1; string name = 2; Level level = 3; Thing child = 4; map<string, int32> counts = 5;
  string secret = 6 [debug_redact = true]; }
service Things { rpc Get(Thing) returns (Thing); rpc Watch(stream Thing) returns (stream Thing); }`;
/** id:1001 name:"Alice" level:HIGH child:{id:1} counts:{"a":9} secret:"x", then field 101 */
const ALICE = Buffer.from(
  "08e907" + "1205416c696365" + "1802" + "22020801" + "2a050a01611009" + "320178" + "aa06026869",
  "hex",
);

/** NOT_FOUND "x" with a google.rpc.ErrorInfo {reason: "R"}. */
const DETAILS = Buffer.concat([
  Buffer.from([0x08, 5, 0x12, 1, 0x78, 0x1a, 47, 0x0a, 40]),
  Buffer.from("type.googleapis.com/google.rpc.ErrorInfo"),
  Buffer.from([0x12, 3, 0x0a, 1, 0x52]),
]).toString("base64");

async function schema(): Promise<SchemaSet> {
  const folder = await new TemporaryFolder().write({ "things.proto": PROTO });
  return openedProtos(folder.path);
}

function decoderOf(set: SchemaSet): MessageDecoder {
  const made = new MessageDecoder(set, true);
  onTestFinished(() => made.close());
  return made;
}

async function decoder(): Promise<MessageDecoder> {
  return decoderOf(await schema());
}

/** A call of one question and one answer, opened. */
async function opened(options: LabOptions = {}): Promise<ScreenLab> {
  const capture = new Capture();
  capture.tick(NOW - 1000);
  const fields = [
    ["authorization", "Bearer s3cret"],
    ["x-bin", "aGVsbG8="],
    ["grpc-timeout", "5S"],
  ] as const;
  const call = beginCall(capture, { method: "/acme.v1.Things/Get", fields });
  sendMessage(capture, call, 0, Uint8Array.of(8, 7));
  capture.halfClose(call);
  capture.tick(NOW - 996);
  sendMessage(capture, call, 1, ALICE);
  endCall(capture, call);
  const lab = new ScreenLab({ capture, decoder: await decoder(), ...options });
  await lab.until(/Things\/Get +OK/);
  lab.type(KEY.enter);
  await lab.until(/1 Messages/);
  return lab;
}

describe("a call", () => {
  test("shows its events with messages of both sides, read by their types", async () => {
    const lab = await opened();
    const screen = await lab.until(/#0 27 B|#0 31 B|◀ #0/);
    expect(screen).toMatch(/\+0\.0ms ▶ HEADERS +deadline 5\.0s · authorization, x-bin/);
    expect(screen).toMatch(/▌ +\+0\.0ms ▶ #0 2 B Thing +id:7/);
    expect(screen).toMatch(/◀ #0 \d+ B ! Thing +id:1001 name:"Alice" level:HIGH/);
    expect(screen).toMatch(/end: trailers +OK after 4\.0ms/);
    expect(screen).toContain("The server finished the call normally after 4.0ms: OK.");
  });

  test("shows the event the cursor is on, and the details of an error on its row and below", async () => {
    const capture = new Capture();
    capture.tick(NOW - 1000);
    const call = beginCall(capture, { method: "/acme.v1.Things/Get" });
    sendMessage(capture, call, 0, Uint8Array.of(8, 7));
    endCall(capture, call, 5, "gone", [["grpc-status-details-bin", DETAILS]]);
    const lab = new ScreenLab({ capture, decoder: await decoder() });
    await lab.until(/“gone”\. · google\.rpc\.ErrorInfo\s+\{"reason":"R"\}/);
    lab.type(KEY.enter);
    await lab.until(/◀ TRAILERS +NOT_FOUND \+1 detail gone[\s\S]*id: 7/);
    lab.type("j");
    await lab.until(
      /what the server ended with[\s\S]*detail +google\.rpc\.ErrorInfo \{"reason":"R"\}[\s\S]*grpc-status +5/,
    );
    lab.type(KEY.enter, "G", "y");
    await lab.until(/copied the value of grpc-status-details-bin/);
    lab.type("q", "j");
    await lab.until(/▌ .* end: trailers[\s\S]*how it ended[\s\S]*detail +google/);
    lab.type("K");
    await lab.until((screen) => screen.includes("id: 7") && !screen.includes("how it ended"));
  });

  test("with a message that does not fit its schema is marked in the list, on its row and with the reason above its fields", async () => {
    const capture = new Capture();
    capture.tick(NOW - 1000);
    const call = beginCall(capture, { method: "/acme.v1.Things/Get" });
    sendMessage(capture, call, 0, Uint8Array.of(0x10, 1));
    sendMessage(capture, call, 1, Uint8Array.of(0x50, 1));
    endCall(capture, call);
    const fits = beginCall(capture, { method: "/acme.v1.Things/Get" });
    sendMessage(capture, fits, 0, Uint8Array.of(8, 7));
    endCall(capture, fits);
    const types = await schema();
    const lab = new ScreenLab({ capture, schema: types, decoder: decoderOf(types) });
    await lab.until(/ 1 \S+ .!.*Get +OK.*\n.* 2 \S+ . .*Get +OK/);
    lab.type("k");
    await lab.until(/↑ ! name: wire type 0, where the schema has 2/);
    lab.type(KEY.enter);
    await lab.until(/▶ #0 2 B ! Thing +name: wire type 0[\s\S]*\n! does not fit the schema: name: wire type 0, where/);
    lab.type("J");
    await lab.until(/◀ #0 2 B ! Thing[\s\S]*\n! does not fit the schema: 10: no field/);
    lab.type("q", ":filter drift", KEY.enter);
    await lab.until(/1 \S+ .! acme[\s\S]*\/drift 1$/m);
    lab.type("4");
    await lab.until(
      /NOT AS THE SCHEMA SAYS +2 ways in 3 messages; filter "drift"[\s\S]*Get by the client: name: wire type 0[\s\S]*1×, first in call 1/,
    );
  });

  test("that does not fit is marked in the list however many are in sight", async () => {
    const capture = new Capture();
    capture.tick(NOW - 1000);
    for (let count = 0; count < 40; count++) {
      const call = beginCall(capture, { method: "/acme.v1.Things/Get" });
      sendMessage(capture, call, 0, Uint8Array.of(0x10, 1));
      endCall(capture, call);
    }
    const lab = new ScreenLab({ capture, decoder: await decoder(), columns: 70, rows: 50 });
    await lab.until((screen) => (screen.match(/.!.*Get +OK/g) ?? []).length === 40);
  });

  test("that is open grows while it is looked at", async () => {
    const capture = new Capture();
    capture.tick(NOW - 5000);
    const call = beginCall(capture, { method: "/acme.v1.Things/Watch" });
    sendMessage(capture, call, 1, Uint8Array.of(8, 1));
    const lab = new ScreenLab({ capture, decoder: await decoder() });
    await lab.until(/● open/);
    lab.type(KEY.enter);
    await lab.until(/FOLLOW/);
    capture.tick(NOW - 2000);
    sendMessage(capture, call, 1, Uint8Array.of(8, 0x2a));
    const screen = await lab.until(/◀ #1 2 B Thing +id:42/);
    expect(screen).toMatch(/┈ 3\.0s idle ┈/);
    expect(screen).toMatch(/id: 42/);
  });

  test("masks secrets until they are asked for, decodes -bin, and says how it ended", async () => {
    const lab = await opened();
    lab.type("2");
    const masked = await lab.until(/REQUEST HEADERS/);
    expect(masked).toMatch(/authorization +•••••••• +v reveals/);
    expect(masked).not.toContain("s3cret");
    expect(masked).toMatch(/→ 5 bytes of text: hello/);
    expect(masked).toMatch(/HOW IT ENDED\n +The server finished the call normally/);
    expect(masked).toMatch(/The deadline was 5\.0s; 5\.0s of it were left\./);
    lab.type("v");
    await lab.until(/authorization +Bearer s3cret/);
  });

  test("has timing and HTTP/2 in tabs of their own", async () => {
    const lab = await opened();
    lab.type("3");
    await lab.until(/first response +\+4\.0ms █+/);
    lab.type("]");
    await lab.until(/STREAM\n stream +1/);
    lab.type(KEY.escape);
    await lab.until(/↵ open.*\/ filter/);
  });
});

describe("a message", () => {
  test("is a tree with types and ranges, unknown fields, and fields marked debug_redact masked", async () => {
    const lab = await opened({ rows: 40, columns: 100 });
    lab.type("J");
    const screen = await lab.until(/id: 1001/);
    expect(screen).toMatch(/id: 1001 +#1 int32 +0\.\.3/);
    expect(screen).toMatch(/level: HIGH +#3 Level +10\.\.12/);
    expect(screen).toMatch(/▾ child +#4 Thing/);
    expect(screen).toMatch(/▸ counts: "a": 9 +#5 map<string, int32>/);
    expect(screen).toMatch(/secret: <redacted>/);
    expect(screen).toMatch(/\? 101: "hi" +#101 unknown field +26\.\.31/);
  });

  test("is searched from the list of events as well", async () => {
    const lab = await opened({ rows: 30, columns: 120 });
    lab.type("J", "/", "ali");
    await lab.until(/ find ali/);
    lab.type(KEY.enter);
    await lab.until(/▌ +name: "Alice"/);
  });

  test("is handed to one program at a time: what is pasted behind its key begins nothing", async () => {
    const lab = await opened();
    lab.problem = "no-editor was not found";
    lab.type("J", "eoq");
    await lab.until(/no-editor was not found/);
    lab.type("x");
    await lab.until(/00000 08/);
    expect(lab.shown.map(({ program }) => program)).toEqual(["editor"]);
  });

  test("ties octets to the tree, both ways", async () => {
    const lab = await opened({ rows: 30, columns: 120 });
    lab.type("J", KEY.enter, "x", "j");
    const screen = await lab.until((text) => /▌ +name: "Alice"/.test(text) && text.includes("00000 08 e9 07 12"));
    const y = screen.split("\n").findIndex((line) => line.includes("00000 08"));
    const x = screen.split("\n")[y]!.indexOf("41 6c 69");
    expect(x).toBeGreaterThan(0);
    const style = (column: number) => lab.terminal.buffer.active.getLine(y)?.getCell(column)?.getFgColor();
    expect(style(x)).not.toBe(style(x - 9));
    // From the octets: the field follows.
    lab.type(KEY.tab, "w");
    await lab.until(/▌ +level: HIGH/);
    lab.type("h");
    await lab.until(/▌ +name: "Alice"/);
  });

  test("is JSON, and a value is read as every type that fits", async () => {
    const lab = await opened({ rows: 40 });
    lab.type("J", KEY.enter, "t");
    await lab.until(/"name": "Alice",/);
    lab.type("t", "r");
    await lab.until(/uint64 +1001\n[^\n]*sint64 +-501/);
  });

  test("is folded and searched", async () => {
    const lab = await opened({ rows: 40 });
    lab.type("J", KEY.enter, "/", "child", KEY.enter);
    await lab.until(/▌▾ child/);
    lab.type(KEY.enter);
    await lab.until(/▌▸ child: \{id:1\}/);
  });

  test("is found by what is in it, whatever call it is of", async () => {
    const lab = await opened();
    lab.type("q", "S", "alice", KEY.enter);
    const screen = await lab.until(/found “alice”/);
    expect(screen).toMatch(/▌ +name: "Alice"/);
    lab.type("S", "nobody", KEY.enter);
    await lab.until(/“nobody” is in no message/);
  });
});

describe("what is copied", () => {
  /** The text of the last OSC 52. */
  const copied = (lab: ScreenLab) => {
    const last = [...lab.sent.matchAll(/\x1b\]52;c;([^\x07]*)\x07/g)].at(-1)?.[1] ?? "";
    return Buffer.from(last, "base64").toString();
  };

  test("is the JSON of the message, the octets of a field, its path, a command", async () => {
    const lab = await opened({ rows: 40 });
    lab.type("J", "y");
    await lab.until(/copied the JSON of ↓#0/);
    expect(JSON.parse(copied(lab))).toMatchObject({ id: 1001, name: "Alice", level: "HIGH" });
    lab.type(KEY.enter, "j", "Y", "h");
    await lab.until(/copied 5 bytes of \.name as hex/);
    expect(copied(lab)).toBe("416c696365");
    lab.type("Y", "p");
    await lab.until(/copied \.name/);
    expect(copied(lab)).toBe("server.message.name");
    lab.type("Y", "g");
    await lab.until(/copied a grpcurl command; 1 secret is MASKED/);
    expect(copied(lab)).toContain(`-d '{"id":7}' -- localhost:1 acme.v1.Things/Get`);
    expect(copied(lab)).not.toContain("s3cret");
  });

  test("is not a secret that is not shown", async () => {
    const lab = await opened({ rows: 40 });
    lab.type("2");
    await lab.until(/authorization/);
    for (let step = 0; step < 7; step++) lab.type("j");
    lab.type("y");
    await lab.until(/authorization is a secret; v reveals it first/);
    expect(copied(lab)).toBe("");
  });

  test("can be saved and shown in other programs, which may fail", async () => {
    const lab = await opened();
    lab.type("J", "w", KEY.enter);
    await lab.until(/saved 31 bytes .*hidden fields covered/);
    expect(lab.saved[0]?.name).toBe("call-1-server-0.bin");
    expect(Buffer.from(lab.saved[0]!.bytes).toString("hex")).toBe(ALICE.toString("hex").replace("320178", "32012a"));
    lab.problem = "no-editor was not found";
    lab.type("e");
    await lab.until(/no-editor was not found/);
    expect(lab.shown[0]?.name).toBe("call-1-server-0.json");
    expect(lab.shown[0]?.text).toContain('  "name": "Alice",\n');
  });
});

describe("the command line", () => {
  test("does what keys do, completes, and says what it does not know", async () => {
    const lab = await opened();
    lab.type(":", "nonsense", KEY.enter);
    await lab.until(/no command "nonsense"/);
    lab.type(KEY.ctrl("u"), "theme li", KEY.tab);
    await lab.until(/:.*theme light/);
    lab.type(KEY.ctrl("u"), "filter method == 7");
    lab.type(KEY.ctrl("u"), "view-stats", KEY.enter);
    await lab.until(/METHOD +CALLS/);
  });

  test("finds methods by some of their letters", async () => {
    const lab = await opened();
    lab.type(KEY.ctrl("p"), "thget");
    await lab.until(/acme\.v1\.Things\/Get +1 call/);
    lab.type(KEY.enter);
    await lab.until(/\/method == "…/);
  });
});

describe("help and the key line", () => {
  test("are made from the keys that hold", async () => {
    const lab = await opened({ config: { keys: { follow: ["ctrl-t"] } } });
    lab.type("?");
    const screen = await lab.until(/help/);
    expect(screen).toMatch(/\^T +follow what is new/);
    lab.type("/", "octets beside", KEY.enter);
    await lab.until(/x +octets beside the tree/);
    lab.type("q");
    await lab.until(/\^T follow/);
  });
});

describe("other views", () => {
  test("show connections, statistics, schemas and the log", async () => {
    const lab = await opened();
    lab.type(KEY.escape);
    await lab.until(/\/ filter/);
    lab.type("2");
    await lab.until(/CLIENT +SERVER/);
    lab.type("3");
    const stats = await lab.until(/latency of all methods/);
    expect(stats).toMatch(/acme\.v1\.Things\/Get +1 +0\.0% +4\.0ms/);
    lab.type("4");
    await lab.until(/nothing is decoded in this session/);
    lab.ui.log.write("framelens listening\nsomething \x1b[31mred\x1b[0m\n", NOW);
    lab.type("5");
    await lab.until(/something red/);
  });
});

describe("a message that no schema knows", () => {
  test("is guessed, and read as the user says", async () => {
    const types = new FixedTypes();
    const capture = new Capture();
    capture.tick(NOW - 1000);
    const call = beginCall(capture, { method: "/acme.legacy.Engine/Quote" });
    sendMessage(capture, call, 0, Uint8Array.of(0x08, 0x05, 0x12, 2, 0x68, 0x69));
    endCall(capture, call);
    const lab = new ScreenLab({ capture, types, guesser: new SchemalessReader(types), rows: 30 });
    await lab.until(/Engine\/Quote +OK/);
    lab.type(KEY.enter, KEY.enter);
    await lab.until(/field_1: 5/);
    lab.type("a");
    await lab.until(/field 1 is.*1 +int32 +5 +guessed.*5 +sint32 +-3 +the same octets/s);
    lab.type("5");
    await lab.until(/field_1: -3/);
    lab.type("A");
    await lab.until(/is called/);
    lab.type("price", KEY.enter);
    await lab.until(/price: -3/);
    expect(JSON.parse(types.toText())).toEqual({
      "/acme.legacy.Engine/Quote": { client: { 1: { name: "price", type: "sint32" } } },
    });
    lab.type("A", "9bad", KEY.enter);
    await lab.until(/\^{4}\n.*"9bad" is no field name/);
  });
});
