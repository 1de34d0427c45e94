// The selftest, tested: it must hold where nothing is between, and find what is wrong where something is.
import { describe, expect, test } from "vitest";
import { makeServerCertificate, SERVER_NAME } from "../../cli/selftest/certificate.js";
import type { Check } from "../../cli/selftest/check.js";
import { FLOW } from "../../cli/selftest/checks/flow.js";
import { CHECKS } from "../../cli/selftest/checks/index.js";
import { compareFields } from "../../cli/selftest/lab.js";
import { Pulse } from "../../cli/selftest/pulse.js";
import { FrameSplitter, frame, headerFrames, MessageSplitter, messageBytes } from "../../cli/selftest/raw-http2.js";
import { countFailed, type Row, type RunOptions, runChecks } from "../../cli/selftest/runner.js";
import { SelftestServer } from "../../cli/selftest/server.js";
import { testOwnProxy, testThrough } from "../../cli/selftest/session.js";
import { formatCount, formatHeading, formatRow } from "../../cli/selftest/table.js";
import { selftestCommand } from "../../cli/selftest.js";
import { createProxy } from "../../src/index.js";
import { startBadProxy, startByteRelay, type TestProxy } from "../support/bad-proxy.js";
import { freePort } from "../support/free-port.js";

/** Bounds only a run that goes wrong: whatever waits, waits for an event. */
const PATIENT = { boundMs: 60_000, gapMs: 5, quietMs: 100, promptMs: 20_000, strict: true };

interface Setup extends Partial<RunOptions> {
  readonly between?: (upstreamPort: number) => Promise<TestProxy>;
  readonly tls?: boolean;
}

async function run({ between, tls = false, ...options }: Setup): Promise<Row[]> {
  const pulse = new Pulse();
  const certificate = tls ? await makeServerCertificate(Date.now()) : undefined;
  const listen = { host: "127.0.0.1", port: 0 };
  const server = await SelftestServer.start(certificate ? { ...listen, tls: certificate } : listen, pulse);
  const proxy = await between?.(server.port);
  const target = {
    host: "127.0.0.1",
    port: proxy?.port ?? server.port,
    ...(certificate ? { tls: { ca: [certificate.ca], servername: SERVER_NAME } } : {}),
  };
  try {
    return await runChecks({ ...PATIENT, checks: CHECKS, server, pulse, target, ...options });
  } finally {
    await proxy?.close();
    await server.close();
  }
}

async function startFramelens(upstreamPort: number): Promise<TestProxy> {
  const proxy = await createProxy({ upstream: `127.0.0.1:${upstreamPort}`, listen: "127.0.0.1:0" });
  return { port: proxy.address.port, close: () => proxy.close() };
}

/** The rows that did not hold, as they would be printed: what a failing test should show. */
function wrong(rows: readonly Row[]): string {
  const style = { width: 100, colours: false };
  return rows
    .filter(({ verdict }) => verdict !== "ok")
    .map((row) => formatRow(row, style))
    .join("\n");
}

/** What a bad proxy lets wait for ever: these need not be waited for as patiently as the others. */
const HANG: readonly string[] = [
  ...["half-close while answering", "server ends before client", "RST_STREAM 0 after trailers", "cancel mid-stream"],
  ...["server stream is live", "client stream is live", "bidi echo is live", "bidi: server speaks first"],
  "response header alone",
];

describe.concurrent("the selftest against what is known", () => {
  test("every check holds when nothing is between", async () => {
    const rows = await run({});
    expect(wrong(rows)).toBe("");
    expect(rows.map(({ check }) => check)).toEqual(CHECKS.filter(({ over }) => !over).map(({ name }) => name));
  });

  test("every check holds over TLS when nothing is between", async () => {
    const rows = await run({ tls: true, checks: CHECKS.filter((check) => !FLOW.includes(check)) });
    expect(wrong(rows)).toBe("");
    expect(rows.map(({ check }) => check)).toContain("ALPN: h2 on both legs");
  });

  test("every check holds through a relay of bytes", async () => {
    expect(wrong(await run({ between: startByteRelay }))).toBe("");
  });

  test("a bad proxy is found out, fault by fault, and no fault ends the run", async () => {
    const checks = CHECKS.filter((check) => !FLOW.includes(check) && !check.over);
    const hanging = (hangs: boolean) => checks.filter(({ name }) => HANG.includes(name) === hangs);
    const rows = [
      ...(await run({ between: startBadProxy, checks: hanging(true), boundMs: 500, strict: false })),
      ...(await run({ between: startBadProxy, checks: hanging(false), promptMs: 300, strict: false })),
    ];
    expect(rows.map(({ check }) => check).sort()).toEqual(checks.map(({ name }) => name).sort());
    const verdicts = Object.fromEntries(rows.map(({ check, verdict }) => [check, verdict]));
    expect(verdicts).toMatchObject({
      "a unary call": "ok",
      "a 40 KB trailer": "ok",
      "a 503 that is no gRPC": "ok",
      "empty messages": "ok",
      "client's PING is answered": "ok",
      "Trailers-Only NOT_FOUND": "FAILED",
      "RST_STREAM 7 before headers": "FAILED",
      "RST_STREAM 8 after message": "FAILED",
      "RST_STREAM 11 after message": "FAILED",
      "RST_STREAM 0 mid-response": "FAILED",
      "deadline: server sees RST 8": "FAILED",
      "cancel before headers": "FAILED",
      "duplicate -bin metadata": "FAILED",
      "200 metadata pairs": "FAILED",
      "te: trailers": "FAILED",
      "no date is added": "FAILED",
      "server crashes mid-stream": "FAILED",
      "server stream is live": "hung",
      "bidi echo is live": "hung",
      "half-close while answering": "hung",
      "a graceful pair of GOAWAYs": "differs",
      "no connection is left over": "differs",
    });
    const seen = (name: string) => rows.find(({ check }) => check === name)?.facts[0]?.seen;
    expect(seen("Trailers-Only NOT_FOUND")).toBe("H D+END");
    expect(seen("duplicate -bin metadata")).toBe("AQ, Ag==, AwQ,BQ, ");
    expect(seen("server stream is live")).toBe("waited in vain");
  });

  test("every check holds through framelens", async () => {
    expect(wrong(await run({ between: startFramelens }))).toBe("");
  });

  test("framelens is tested in plaintext and over TLS", async () => {
    const rows = await testOwnProxy(createProxy, {
      ...PATIENT,
      checks: CHECKS.filter((check) => !FLOW.includes(check)),
    });
    expect(wrong(rows)).toBe("");
    expect(new Set(rows.map(({ over }) => over))).toEqual(new Set(["plaintext", "tls"]));
  });
});

test("a proxy that takes into memory what a slow client does not read is found out", async () => {
  const checks = FLOW.filter(({ name }) => name === "client stops reading");
  const [row] = await run({ between: startBadProxy, checks, quietMs: 1500 });
  expect(row).toMatchObject({ verdict: "FAILED", facts: [{ expected: "below 40 MiB" }] });
});

describe("a run", () => {
  const check = (name: string, run: Check["run"], level: Check["level"] = "grpc"): Check => ({
    name,
    proves: "",
    level,
    run,
  });

  test("a check that hangs is given up after its time, and says what it waited for", async () => {
    const rows = await run({
      boundMs: 50,
      checks: [
        check("hangs", (lab) => lab.until<[]>("a miracle", () => undefined)),
        check("never asks", () => new Promise(() => {})),
        check("holds", async () => [["x", "1", "1"]]),
      ],
    });
    expect(rows.map(({ verdict }) => verdict)).toEqual(["hung", "hung", "ok"]);
    expect(rows[0]?.facts).toEqual([{ what: "", expected: "a miracle", seen: "waited in vain", holds: false }]);
  });

  test("a check in which something happens is not given up, however long it takes", async () => {
    const slow = check("slow", async (lab) => {
      for (let gaps = 0; gaps < 40; gaps++) await lab.gap();
      return [["x", "1", "1"]];
    });
    const [row] = await run({ boundMs: 50, checks: [slow] });
    expect(row).toMatchObject({ verdict: "ok" });
    expect(row?.durationMs).toBeGreaterThan(100);
  });

  test("a check that throws has failed and shows the message", async () => {
    const failing = () => Promise.reject(new Error("no such luck"));
    const rows = await run({ checks: [check("throws", failing), check("beside", (lab) => besides(lab, failing))] });
    expect(rows.map(({ verdict }) => verdict)).toEqual(["FAILED", "FAILED"]);
    expect(rows.map(({ facts }) => facts[0]?.seen)).toEqual(["no such luck", "no such luck"]);
  });

  async function besides(lab: Parameters<Check["run"]>[0], task: () => Promise<void>) {
    lab.meanwhile(task);
    await lab.until("nothing", () => undefined);
    return [];
  }

  test("a transparent check that does not hold only differs, unless the run is strict", async () => {
    const checks = [check("differs", async () => [["x", "1", "2"]], "transparent")];
    const lax = await run({ checks, strict: false });
    const strict = await run({ checks });
    expect([countFailed(lax), countFailed(strict)]).toEqual([0, 1]);
    expect(formatCount(lax)).toBe("1 checks, 0 failed, 1 differs without breaking gRPC");
    expect(formatCount(strict)).toBe("1 checks, 1 failed");
  });
});

describe("a run through another proxy", () => {
  const listen = { host: "127.0.0.1", port: 0 };

  test("a proxy that is not there is one line", async () => {
    const port = await freePort();
    const served: string[] = [];
    const onServing = (address: string) => served.push(address);
    const running = testThrough({ host: "127.0.0.1", port }, listen, { ...PATIENT, onServing });
    await expect(running).rejects.toMatchObject({
      code: "ERR_SELFTEST_NO_PROXY",
      message: `no proxy at 127.0.0.1:${port} (ECONNREFUSED); start it before the selftest`,
    });
    expect(served).toHaveLength(1);
  });

  test("a proxy that forwards elsewhere is one line", async () => {
    const pulse = new Pulse();
    const elsewhere = await SelftestServer.start(listen, pulse);
    const proxy = await startByteRelay(elsewhere.port);
    const running = testThrough({ host: "127.0.0.1", port: proxy.port }, listen, { ...PATIENT, boundMs: 1500 });
    await expect(running).rejects.toMatchObject({ code: "ERR_SELFTEST_NOT_FORWARDED" });
    await proxy.close();
    await elsewhere.close();
  });

  test.each([
    [{ serve: "1" }, "--serve needs --through HOST:PORT"],
    [{ through: "nowhere" }, "--through nowhere; must be HOST:PORT"],
    [{ through: "1.2.3.4:99999" }, "--through 1.2.3.4:99999; must be HOST:PORT"],
    [{ timeout: Number.NaN }, "--timeout NaN; must be a number of seconds above 0"],
  ])("%j is a mistake of the user", async (args, message) => {
    const given = { through: undefined, serve: undefined, timeout: 1, strict: false, json: false, ...args };
    await expect(selftestCommand.handler({ ...given, _: [], $0: "" })).rejects.toMatchObject({ message, exitCode: 2 });
  });
});

describe("the table", () => {
  const row: Row = {
    over: "plaintext",
    check: "every field as sent",
    proves: "",
    level: "grpc",
    verdict: "FAILED",
    facts: [
      { what: "request", expected: "1 as sent", seen: "1 as sent", holds: true },
      { what: "response", expected: "2 as sent", seen: `+x-evil: \x1b[2J${"a".repeat(90)}`, holds: false },
    ],
    durationMs: 1,
  };

  test("lines fit the width, and only what did not hold is shown", () => {
    const style = { width: 80, colours: false };
    const text = `${formatHeading("plaintext", style)}\n${formatRow(row, style)}`;
    for (const line of text.split("\n")) expect(line.length).toBeLessThanOrEqual(80);
    expect(text).toContain("response: 2 as sent");
    expect(text).not.toContain("request:");
  });

  test("text from a peer cannot steer the terminal", () => {
    expect(formatRow(row, { width: 80, colours: false })).toMatch(/\\x1b\[2J/);
    expect(formatRow(row, { width: 80, colours: false })).not.toContain("\x1b");
  });

  test("colours appear only where they are asked for", () => {
    expect(formatRow(row, { width: 80, colours: true })).toContain("\x1b[31mFAILED\x1b[0m");
  });

  test("every name fits its column, and no two checks share one", () => {
    const names = CHECKS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.filter((name) => name.length > 27)).toEqual([]);
  });
});

describe("raw HTTP/2", () => {
  test("frames and messages are the same however their bytes are split", () => {
    const bytes = Buffer.concat([
      headerFrames(1, Buffer.alloc(250, 1), { size: 100, endStream: false, padding: 3, priority: true }),
      frame(0, 1, 1, messageBytes("hello", 1)),
      frame(6, 0, 0, Buffer.alloc(8)),
    ]);
    const whole = new FrameSplitter().push(bytes);
    expect(whole.map(({ type, payload }) => [type, payload.length])).toEqual([
      [1, 109],
      [9, 100],
      [9, 50],
      [0, 10],
      [6, 8],
    ]);
    const splitter = new FrameSplitter();
    expect([...bytes].flatMap((octet) => splitter.push(Buffer.of(octet)))).toEqual(whole);
    const body = Buffer.concat(["", "two", ""].map((text) => messageBytes(text)));
    const messages = new MessageSplitter();
    expect([...body].flatMap((octet) => messages.push(Buffer.of(octet)))).toEqual(new MessageSplitter().push(body));
  });

  test("a difference of fields names what was added, taken and moved", () => {
    const sent = [
      ["a", "1"],
      ["b", "2"],
      ["a", "1"],
    ] as const;
    expect(compareFields(sent, sent)).toBe("3 as sent");
    expect(compareFields(sent, sent.slice(1))).toBe("-a: 1");
    expect(compareFields(sent, [...sent, ["date", "now"]])).toBe("+date: now");
    expect(compareFields(sent, sent.toReversed())).toBe("3 as sent");
    expect(compareFields(sent, [sent[1], sent[0], sent[2]])).toBe("other order");
  });
});
