import { describe, expect, test } from "vitest";
import type { Call } from "../../src/model/call.js";
import { COLUMNS, callRow, headerLine, layOutColumns } from "../../src/view/call-columns.js";
import { methodLine, statusSpan } from "../../src/view/call-text.js";
import { lineText, lineWidth } from "../../src/view/styled.js";

const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const CALL: Call = {
  id: 1201,
  connection: 3,
  stream: 7,
  protocol: "grpc",
  method: "/acme.v1.Things/Watch",
  startedAt: AT,
  client: { messages: 4, bytes: 188 },
  server: { messages: 9, bytes: 2100 },
};
const OK = { code: 0, name: "OK", message: "", source: "trailers" } as const;
const FACTS = { now: AT + 67_000, marked: false, kind: undefined, known: true };

function row(call: Call, width: number): string {
  return lineText(callRow(call, layOutColumns(width), FACTS)).trimEnd();
}

describe("a row of the list", () => {
  test("tells at 80 columns what a call is, how it stands and what was sent", () => {
    expect(row(CALL, 80)).toMatch(/^ {4}1201 \d\d:\d\d:05 ⇄ {2}acme\.v1\.Things\/Watch +● open +1m07s {4}4 {4}9$/);
  });

  test("keeps method, status and duration at 40 columns", () => {
    expect(row(CALL, 40)).toMatch(/^ {2}⇄ {2}Things\/Watch +● open +1m07s$/);
  });

  test("never is wider than the list, whatever the method", () => {
    for (const method of [
      "/",
      "no path",
      "/a.b/日本語日本語日本語日本語日本語日本語",
      `/${"x".repeat(300)}/${"y".repeat(300)}`,
    ])
      for (const width of [30, 40, 64, 80, 100, 140])
        expect(lineWidth(callRow({ ...CALL, method }, layOutColumns(width), FACTS))).toBeLessThanOrEqual(width);
  });

  test("stands under its titles", () => {
    const columns = layOutColumns(120);
    const titles = lineText(headerLine(columns, { by: "duration", descending: true }));
    expect(titles).toContain("DUR▾");
    expect(titles.indexOf("METHOD")).toBe(row(CALL, 120).indexOf("acme.v1"));
  });

  test("says so when no schema knows the method", () => {
    const text = lineText(callRow(CALL, layOutColumns(80), { ...FACTS, known: false }));
    expect(text).toContain("⇄?");
  });

  test("loses columns that are hidden", () => {
    expect(lineText(headerLine(layOutColumns(80, new Set(["duration"])), undefined))).not.toContain("DUR");
  });

  test("has one column that takes the room that is left", () => {
    expect(COLUMNS.filter(({ width }) => width === 0).map(({ name }) => name)).toEqual(["method"]);
  });
});

describe("a method", () => {
  test("shows its package while there is room for all of it", () => {
    expect(lineText(methodLine("/acme.v1.Things/Get", 19))).toBe("acme.v1.Things/Get");
    expect(lineText(methodLine("/acme.v1.Things/Get", 15))).toBe("Things/Get");
    expect(lineText(methodLine("/acme.v1.Things/Get", 8))).toBe("Thi…/Get");
  });

  test("is never obeyed", () => {
    expect(lineText(methodLine("/a.B/C\x1b]0;x\x07", 40))).toBe("B/C␛]0;x␇".replace("B/", "a.B/"));
  });
});

describe("a status", () => {
  const ended = (end: Partial<NonNullable<Call["end"]>>): Call => ({
    ...CALL,
    end: { at: AT + 400, status: OK, how: "trailers", by: "server", ...end },
  });

  test("is the server's word", () => {
    expect(statusSpan(ended({}))).toEqual({ text: "OK", style: "plain" });
    const status = { ...OK, code: 5, name: "NOT_FOUND" };
    expect(statusSpan(ended({ status }))).toEqual({ text: "✗ NOT_FOUND", style: "callerFault" });
  });

  test("is the deadline when the client gave up at it", () => {
    const reset = {
      how: "reset",
      by: "client",
      status: { code: 1, name: "CANCELLED", message: "", source: "reset" },
    } as const;
    expect(statusSpan({ ...ended(reset), timeoutMs: 400 })).toEqual({ text: "✗ deadline", style: "serverFault" });
    expect(statusSpan({ ...ended(reset), timeoutMs: 4000 }).text).toBe("⊘ CANCELLED");
  });
});
