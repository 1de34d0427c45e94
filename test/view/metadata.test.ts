import { expect, test } from "vitest";
import { Capture } from "../../src/capture/capture.js";
import { metadataRows } from "../../src/view/metadata.js";
import { lineText, lineWidth } from "../../src/view/styled.js";
import { beginCall } from "../support/capture-traffic.js";

function rowsOf(value: string, reveal: boolean, width: number) {
  const capture = new Capture();
  const call = beginCall(capture, { fields: [["authorization", value]] });
  return metadataRows([...capture.eventsOf(call.id)], { reveal, width, decode: () => [], timeoutMs: undefined });
}

test("a value that is longer than the line goes on below it, whole", () => {
  const value = `Bearer ${"abcdefghij".repeat(20)}`;
  const rows = rowsOf(value, true, 60).filter(({ field }) => field?.[0] === "authorization");
  expect(rows.length).toBeGreaterThan(3);
  for (const { line } of rows) expect(lineWidth(line)).toBeLessThanOrEqual(60);
  const text = rows.map(({ line }) => lineText(line).replace(/^ +(authorization)? */, "")).join("");
  expect(text.replaceAll(" ", "")).toBe(value.replaceAll(" ", ""));
});

test("a secret is not there unless it is asked for", () => {
  const text = rowsOf("Bearer s3cret", false, 60)
    .map(({ line }) => lineText(line))
    .join("\n");
  expect(text).toContain("••••");
  expect(text).not.toContain("s3cret");
});
