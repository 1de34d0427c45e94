// The blessed half on a terminal in memory: what is drawn arrives in its cells, keys and mouse come back, nothing of a peer is obeyed.
import { describe, expect, test, vi } from "vitest";
import { Capture } from "../../../src/capture/capture.js";
import { beginCall, endCall, resetCall, sendMessage } from "../../support/capture-traffic.js";
import { KEY, NOW, ScreenLab } from "./screen-lab.js";

/** A capture with calls that ended OK after 3 ms, one a method. */
function captureOf(...methods: readonly string[]): Capture {
  const capture = new Capture();
  methods.forEach((method, index) => {
    capture.tick(NOW - 60_000 + index * 10);
    const call = beginCall(capture, { method });
    sendMessage(capture, call, 0, Uint8Array.of(8, 1));
    sendMessage(capture, call, 1, Uint8Array.of(0x12, 2, 0x68, 0x69));
    capture.tick(NOW - 60_000 + index * 10 + 3);
    endCall(capture, call);
  });
  return capture;
}

const many = (count: number) =>
  captureOf(...Array.from({ length: count }, (_, index) => `/a.v1.Things/Get${index + 1}`));

describe("the screen", () => {
  test("shows calls that there are and calls that come", async () => {
    const lab = new ScreenLab({ capture: captureOf("/acme.v1.Things/Get") });
    await lab.until(/1 +\d\d:\d\d:\d\d → +acme\.v1\.Things\/Get +OK +3\.0ms +1 +1/);
    beginCall(lab.capture, { method: "/acme.v1.Things/List" });
    const screen = await lab.until(/acme\.v1\.Things\/List +● open/);
    expect(screen.split("\n")[0]).toMatch(/^ framelens +1 Calls.*2 calls *$/);
    expect(screen).toContain("FOLLOW");
  });

  test("says what it waits for when there is nothing", async () => {
    await new ScreenLab().until(/waiting for the first call/);
  });

  test("shows a message that comes to a call after its end", async () => {
    const capture = new Capture();
    capture.tick(NOW - 1000);
    const call = beginCall(capture, { method: "/a.B/Late" });
    sendMessage(capture, call, 1, Uint8Array.of(8, 1));
    endCall(capture, call);
    const lab = new ScreenLab({ capture });
    await lab.until(/a\.B\/Late +OK.* 0 +1$/m);
    sendMessage(capture, call, 1, Uint8Array.of(8, 1));
    await lab.until(/a\.B\/Late +OK.* 0 +2$/m);
  });

  test("draws nothing when nothing changes", async () => {
    const lab = new ScreenLab({ capture: many(3) });
    await lab.until(/Get3/);
    await new Promise((resolve) => setImmediate(resolve));
    const { count } = lab.ui.frames;
    lab.type(KEY.ctrl("l"));
    await lab.until(() => lab.ui.frames.count > count);
    expect(lab.ui.frames.count).toBe(count + 1);
  });

  test.each([
    [40, 10],
    [60, 15],
    [80, 24],
    [100, 40],
    [160, 50],
    [20, 5],
  ])("fits %i×%i", async (columns, rows) => {
    const lab = new ScreenLab({ columns, rows, capture: many(80) });
    const screen = await lab.until(/Get80/);
    expect(screen.split("\n")).toHaveLength(rows);
  });

  test("says so when it is too small, and comes back", async () => {
    const lab = new ScreenLab({ capture: many(3) });
    await lab.until(/Get3/);
    lab.resize(15, 4);
    await lab.until(/at least 20×5/);
    lab.resize(120, 30);
    await lab.until((screen) => screen.includes("Get3") && screen.includes("2 Connections"));
  });

  test("obeys nothing of what a peer says, wherever it stands", async () => {
    const capture = new Capture();
    const evil = "\x1b]0;owned\x07\x1b[31m{bold}\u202eabc";
    const call = beginCall(capture, { method: `/a.B/${evil}`, fields: [["x-evil", evil]] });
    sendMessage(capture, call, 0, Uint8Array.of(0x0a, 12, ...Buffer.from("\x1b[2J\x1b[31mx\x07\x9b1")));
    endCall(capture, call, 13, encodeURIComponent(evil));
    const lab = new ScreenLab({ capture });
    let title = "";
    lab.terminal.onTitleChange((text) => (title = text));
    const list = await lab.until(/INTERNAL/);
    expect(list).toContain("␛]0;owned␇␛[31m{bold}");
    lab.type(KEY.enter);
    await lab.until(/1 Messages/);
    lab.type("2");
    await lab.until(/x-evil +␛\]0;owned␇␛\[31m\{bold\}/);
    expect(title).toBe("");
    expect(lab.sent.replace(/\x1b\[[\d;?<>]*[a-zA-Z]|\x1b[=>78]|\x1b\(B|\x0f/g, "")).not.toMatch(
      /[\x00-\x06\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202e]/,
    );
  });

  test("keeps columns straight behind wide characters, emoji and marks", async () => {
    const capture = captureOf("/a.B/日本語", "/a.B/e\u0301e\u0301", "/a.B/🎉x❤\ufe0f", "/a.B/plain", "/a.B/⚡️王");
    const lab = new ScreenLab({ capture });
    const screen = await lab.until(/plain/);
    const rows = [1, 2, 3, 4, 5].map((id) =>
      lab.lines().findIndex((line) => new RegExp(`^.{1,6} ${id} \\d\\d:`).test(line)),
    );
    const columnsOfOk = rows.map((y) => {
      const line = lab.terminal.buffer.active.getLine(y);
      for (let x = 40; x < 80; x++)
        if (line?.getCell(x)?.getChars() === "O" && line.getCell(x + 1)?.getChars() === "K") return x;
      return -1;
    });
    expect(new Set(columnsOfOk).size, screen).toBe(1);
    expect(columnsOfOk[0]).toBeGreaterThan(0);
  });

  test("has ASCII glyphs where the terminal has no others", async () => {
    const lab = new ScreenLab({ capture: captureOf("/a.B/日本"), theme: "mono-ascii" });
    const screen = await lab.until(/a\.B\/\? \?/);
    expect(screen).toMatch(/^[\x00-\x7f]*$/);
  });

  test("says the selected row by more than its colour", async () => {
    const lab = new ScreenLab({ capture: many(3), theme: "mono" });
    const screen = await lab.until(/▌ +3 /);
    expect(screen.match(/▌/g)).toHaveLength(1);
  });

  test("gives the terminal back as it was", async () => {
    const lab = new ScreenLab({ capture: many(3) });
    await lab.until(/Get3/);
    expect(lab.terminal.buffer.active.type).toBe("alternate");
    await lab.ui.close();
    await new Promise<void>((resolve) => lab.terminal.write("", resolve));
    expect(lab.terminal.buffer.active.type).toBe("normal");
    expect(lab.terminal.modes.mouseTrackingMode).toBe("none");
    expect(lab.terminal.modes.applicationCursorKeysMode).toBe(false);
  });
});

describe("the list", () => {
  test("keeps its cursor on a call while others come, once it is not followed", async () => {
    const lab = new ScreenLab({ capture: many(5) });
    await lab.until(/▌ +5 /);
    lab.type("k");
    await lab.until(/▌ +4 /);
    beginCall(lab.capture, { method: "/a.B/New" });
    await lab.until((screen) => /▌ +4 /.test(screen) && screen.includes("a.B/New"));
    lab.type("G");
    await lab.until(/▌ +6 /);
  });

  test("takes a filter as it is typed, says what is wrong with it and where, and goes back on Escape", async () => {
    const lab = new ScreenLab({ capture: captureOf("/a.B/One", "/a.B/Two", "/a.B/Twice") });
    await lab.until(/Twice/);
    lab.type("/", "Tw");
    await lab.until((screen) => /2 of 3/.test(screen) && !/a\.B\/One +OK/.test(screen));
    lab.type(KEY.ctrl("u"), "statsu == OK");
    await lab.until(/\^+ .*status/);
    lab.type(KEY.escape);
    await lab.until(/a\.B\/One/);
  });

  test("goes to a call by its number from anywhere, and says why it does not", async () => {
    const lab = new ScreenLab({ capture: many(30) });
    await lab.until(/▌ +30 /);
    lab.type("3", ":", ..."go 4", KEY.enter);
    await lab.until(/▌ +4 \d\d:/);
    lab.type("/", ..."Get9", KEY.enter, ":", ..."go 4", KEY.enter);
    await lab.until(/call 4 is not among those that are listed; \\ clears/);
    lab.type(":", ..."go 99", KEY.enter);
    await lab.until(/call 99 is not kept/);
  });

  test("has its keys behind an Escape in the same chunk", async () => {
    const lab = new ScreenLab({ capture: many(3) });
    await lab.until(/▌ +3 /);
    lab.type("g", "/", ..."Get2");
    await lab.until(/1 of 3/);
    lab.type(`${KEY.escape}${KEY.escape}m`);
    await lab.until((screen) => /^ \* +2 /m.test(screen) && screen.includes("Get3"));
    lab.type(`/${KEY.escape}/`);
    await lab.until(/↵ apply/);
  });

  test("is filtered and ordered as it was when it was held still", async () => {
    const lab = new ScreenLab({ capture: captureOf("/a.B/One", "/a.B/Two", "/a.B/Two") });
    await lab.until(/▌ +3 /);
    lab.type("p");
    await lab.until(/PAUSED/);
    beginCall(lab.capture, { method: "/a.B/Two" });
    await lab.until(/^ framelens.* 4 calls/);
    lab.type("/", ..."Two", KEY.enter);
    await lab.until((screen) => /\/Two 2 PAUSED/.test(screen) && !screen.includes("a.B/One"));
    lab.type("v");
    const screen = await lab.until((text) => /▌ +3 \d\d:.*\n +2 \d\d:/.test(text));
    expect(screen).not.toMatch(/^.{1,6} 4 \d\d:/m);
    lab.type("p");
    await lab.until((text) => /\/Two 3 /.test(text) && /^.{1,6} 4 \d\d:/m.test(text) && !text.includes("PAUSED"));
  });

  test("completes a filter's fields", async () => {
    const lab = new ScreenLab({ capture: many(2) });
    await lab.until(/Get2/);
    lab.type("/", "durat", KEY.tab);
    await lab.until(/\/duration/);
  });

  test("marks, shows marked calls only, hides and shows again", async () => {
    const lab = new ScreenLab({ capture: many(3) });
    await lab.until(/▌ +3 /);
    lab.type("g", "m");
    await lab.until(/\* +1 /);
    lab.type("M");
    await lab.until((screen) => screen.includes("MARKED") && !screen.includes("Get2"));
    lab.type("U");
    await lab.until(/Get2/);
    lab.type("g", "d");
    await lab.until((screen) => screen.includes("HIDDEN") && !/Get1 /.test(screen));
    lab.type("Z");
    await lab.until(/Get1 /);
  });

  test("forgets what is kept when that is asked for, which the command line completes and the help tells", async () => {
    const lab = new ScreenLab({ capture: many(3) });
    await lab.until(/▌ +3 /);
    // A list that is held still as well.
    lab.type("p");
    await lab.until(/PAUSED/);
    lab.type(":clear-c", KEY.tab);
    await lab.until(/:clear-capture/);
    lab.type(KEY.enter);
    await lab.until((screen) => screen.includes("what was kept is cleared") && !/Get\d/.test(screen));
    // Nothing sounds like a loss.
    expect(lab.lines()[0]).toMatch(/ 0 calls$/);
    expect(lab.screen()).not.toContain("dropped");
    expect([...lab.capture.calls()]).toEqual([]);
    // Calls go on.
    beginCall(lab.capture, { method: "/acme.v1.Things/List" });
    await lab.until(/^ framelens .* 1 call$[\s\S]*acme\.v1\.Things\/List +● open/m);
  });

  test("of a file says that it is one: nothing is waited for, and nothing is lost by leaving", async () => {
    const lab = new ScreenLab({ isFile: true });
    await lab.until(/no call is in the file/);
    const call = beginCall(lab.capture, { method: "/acme.v1.Things/List" });
    expect(call).toBeDefined();
    await lab.ui.caughtUp();
    expect(lab.ui.app.stats.total.calls).toBe(1);
    await lab.until(/Things\/List/);
    lab.type(KEY.enter);
    await lab.until(/Not ended when the file does/);
    lab.type("q", "q");
    await vi.waitFor(() => expect(lab.quits).toBe(1));
  });

  test("saves what is kept where it is told to, and says what went wrong", async () => {
    const lab = new ScreenLab({ capture: many(3) });
    await lab.until(/▌ +3 /);
    lab.type(":save-c", KEY.tab, " bug.binlog", KEY.enter);
    await lab.until(/saved 3 calls to bug\.binlog/);
    lab.problem = "--save bug.binlog: no space left";
    lab.type(":save-capture bug.binlog", KEY.enter);
    await lab.until(/--save bug\.binlog: no space left/);
    lab.type(":save-capture", KEY.enter);
    await lab.until(/a file name is wanted/);
  });

  test("sorts by the column whose title is clicked, and opens by a double click", async () => {
    const lab = new ScreenLab({ capture: many(3) });
    const screen = await lab.until(/Get3/);
    const title = screen.split("\n")[1]!.indexOf("METHOD");
    lab.type(KEY.click(title, 1));
    await lab.until(/METHOD▴/);
    lab.type(KEY.click(20, 2));
    await lab.until(/▌ +1 /);
    lab.type(KEY.click(20, 2));
    await lab.until(/1 Messages/);
  });

  test("takes all that came of the mouse at once, and the keys among it", async () => {
    const lab = new ScreenLab({ capture: many(60) });
    await lab.until(/▌ +60 /);
    lab.type("g");
    await lab.until(/▌ +1 /);
    const wheel = KEY.wheelDown(10, 5);
    lab.type(`${wheel.repeat(4)}${KEY.click(10, 3)}${KEY.release(10, 3)}m`);
    // Four times three lines down; then the second row is clicked and marked.
    await lab.until((screen) => /^ \* +14 /m.test(screen) && /▌ +15 /.test(screen));
  });

  test("jumps between errors", async () => {
    const capture = many(3);
    endCall(capture, beginCall(capture, { method: "/a.B/Bad" }), 13, "no");
    endCall(capture, beginCall(capture, { method: "/a.B/Good" }));
    resetCall(capture, beginCall(capture, { method: "/a.B/Worse" }));
    const lab = new ScreenLab({ capture });
    await lab.until(/▌ +6 /);
    lab.type("[", "e");
    await lab.until(/▌ +4 /);
    lab.type("]", "e");
    await lab.until(/▌ +6 /);
    lab.type("]", "e");
    await lab.until(/no call that failed after this one/);
  });

  test("begins with the filter of the command line", async () => {
    const lab = new ScreenLab({ capture: captureOf("/a.B/One", "/a.B/Two"), filter: "One" });
    await lab.until((screen) => screen.includes("a.B/One") && !screen.includes("a.B/Two") && screen.includes("/One"));
  });

  test("is divided where the mouse puts the line between list and call", async () => {
    const lab = new ScreenLab({ columns: 160, rows: 30, capture: many(3) });
    const column = (screen: string) => screen.split("\n")[3]!.indexOf("│");
    const at = column(await lab.until(/Get3.*│|│.*Messages/));
    lab.type(KEY.click(at, 10));
    lab.type(KEY.drag(at - 20, 10));
    await lab.until((screen) => column(screen) === at - 20);
    lab.type(KEY.release(at - 20, 10));
    lab.type(KEY.drag(at + 10, 10));
    lab.type("2");
    lab.type("1");
    await lab.until((screen) => column(screen) === at - 20);
  });

  test("begins at the top when it is ordered, and stays there until the user moves", async () => {
    const lab = new ScreenLab({ capture: captureOf("/a.B/One") });
    await lab.until(/One/);
    for (const [index, ms] of [5, 50, 9].entries()) {
      lab.capture.tick(NOW - 1000);
      const call = beginCall(lab.capture, { method: `/a.B/Took${index}` });
      lab.capture.tick(NOW - 1000 + ms);
      endCall(lab.capture, call);
    }
    await lab.until(/Took2/);
    lab.type(":", "sort duration", KEY.enter);
    await lab.until(/▌ +3 .*Took1/);
    lab.capture.tick(NOW - 800);
    const slow = beginCall(lab.capture, { method: "/a.B/Slowest" });
    lab.capture.tick(NOW - 100);
    endCall(lab.capture, slow);
    await lab.until(/▌ +5 .*Slowest/);
    lab.type("j");
    await lab.until(/▌ +3 .*Took1/);
  });

  test("completes what follows a command", async () => {
    const lab = new ScreenLab({ capture: many(2) });
    await lab.until(/Get2/);
    lab.type(":", "sort dur");
    await lab.until(/│ duration/);
    lab.type(KEY.tab);
    await lab.until(/:sort duration/);
    lab.type(KEY.escape);
    await lab.until((screen) => !screen.includes(":sort"));
    lab.type(":", "filter stat");
    await lab.until(/│ status +/);
    lab.type(KEY.escape);
    await lab.until((screen) => !screen.includes(":filter"));
    lab.type(":", "layout x", KEY.enter);
    await lab.until(/layout "x"; expected auto, side, stacked, single/);
  });

  test("goes on to a layout that is another than what is shown", async () => {
    const lab = new ScreenLab({ capture: many(2), columns: 160, rows: 50 });
    await lab.until(/Get2[\s\S]*│/);
    lab.type("-");
    await lab.until(/layout: stacked/);
    lab.type("-");
    await lab.until(/layout: single/);
    lab.type("-");
    await lab.until(/layout: auto/);
  });

  test("searches messages all around the list", async () => {
    const lab = new ScreenLab({ capture: many(3) });
    await lab.until(/▌ +3 /);
    lab.type("S", "hi", KEY.enter);
    await lab.until(/‹ 3 → /);
    lab.type("n");
    await lab.until(/‹ 1 → .*begun again at the first call/s);
    lab.type("S", "nowhere", KEY.enter);
    await lab.until(/“nowhere” is in no message of the 3 calls shown/);
  });

  test("tells of all keys, a page at a time, and what is not among them", async () => {
    const lab = new ScreenLab({ capture: many(1) });
    await lab.until(/Get1/);
    lab.type("?");
    await lab.until(/LIST OF CALLS/);
    lab.type(" ");
    await lab.until((screen) => !screen.includes("LIST OF CALLS") && screen.includes("help"));
    lab.type("/", "no such thing");
    await lab.until(/not found/);
    lab.type(KEY.enter);
    lab.type("q");
    await lab.until(/Get1/);
  });

  test("asks before it quits, and Q does not", async () => {
    const lab = new ScreenLab({ capture: many(1) });
    await lab.until(/Get1/);
    lab.type("q");
    await lab.until(/quit\? /);
    lab.type("q");
    await lab.until((screen) => !/quit\? /.test(screen));
    lab.type("q");
    await lab.until(/quit\? /);
    expect(lab.quits).toBe(0);
    lab.type("y");
    await lab.until(/closing/);
    expect(lab.quits).toBe(1);
    lab.type("Q");
    await lab.until(() => lab.quits === 2);
    lab.type("q");
    await lab.until(/quit\? /);
    lab.type("\x03");
    await lab.until((screen) => lab.quits === 3 && !/quit\? /.test(screen));
  });

  test("says at the bottom what the user should hear of, and marks the log until it was looked at", async () => {
    const lab = new ScreenLab();
    lab.ui.log.write("framelens listening on 127.0.0.1:50050\n", NOW);
    await lab.until(/waiting for the first call/);
    expect(lab.screen()).not.toContain("•");
    lab.ui.log.write("framelens: a.proto: no such file or folder\n", NOW);
    await lab.until(/5• .*\n[\s\S]*\n a\.proto: no such file or folder$/);
    lab.ui.log.write("framelens: b.proto: no such file or folder\n", NOW);
    await lab.until(/\n 2 notices .*: b\.proto: no such file or folder$/);
    lab.type("j");
    await lab.until((screen) => screen.includes("5•") && !screen.includes("b.proto"));
    lab.type("5");
    await lab.until(/listening on/);
    lab.type("1");
    await lab.until((screen) => screen.includes("waiting") && !screen.includes("•"));
  });

  test("says where the page is while there is nothing to see, and copies its link", async () => {
    const lab = new ScreenLab({ page: "http://127.0.0.1:4000/#token=abc" });
    await lab.until(/waiting for the first call\n +page http:\/\/127\.0\.0\.1:4000\/#token=abc/);
    lab.type(":page\r");
    await lab.until(/copied http:/);
    expect(lab.sent).toContain(Buffer.from("http://127.0.0.1:4000/#token=abc").toString("base64"));
  });

  test("says what became of connections that brought no call", async () => {
    const lab = new ScreenLab();
    await lab.until(/waiting for the first call/);
    const { capture } = lab;
    capture.tick(NOW - 1000);
    const connection = capture.openConnection();
    capture.problem(connection, undefined, 1, "ERR_NOT_HTTP2", "ended the connection without a word");
    await lab.until(/connection 1: the server ended the connection without a word/);
    const end = { by: "proxy", how: "error", durationMs: 5, clientBytes: 0, serverBytes: 0 } as const;
    const next = capture.openConnection();
    capture.connectionEvent({ kind: "connection-closed", connection: next, reason: "no certificate", ...end });
    await lab.until(/connection 2: failed by the proxy: no certificate/);
  });

  test("says why nothing comes from where it is attached to", async () => {
    let trouble: string | undefined = "not connected to 127.0.0.1:1: refused; trying again";
    const lab = new ScreenLab({ trouble: () => trouble });
    await lab.until(/^ framelens .* not connected to [\s\S]*waiting for the first call\n +not connected .* again/);
    trouble = undefined;
    lab.ui.log.write("connected to 127.0.0.1:1\n", NOW);
    await lab.until((screen) => !screen.includes("not connected"));
  });
});
