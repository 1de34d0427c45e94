// How often the schemaless reader is right, on a small fixed sample: never less than what it was when this was written.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type MessageRow, pathsOf, predict, readRows } from "../accuracy/paths.js";
import { type AnswerRow, type Families, score } from "../accuracy/score.js";

const folder = new URL("../vectors/schemaless/", import.meta.url);
const text = (name: string) => readFileSync(new URL(name, folder), "utf8");
const train = readRows(text("train.jsonl"));
const tests = readRows(text("test.jsonl"));
const answers = readRows(text("answers.jsonl")) as unknown as AnswerRow[];
const families = JSON.parse(text("types.json")) as Families;

describe("of the sample", () => {
  test.each([
    [0, 0.975, 0.975],
    [1, 0.99, 0.99],
    [5, 0.995, 0.995],
  ])("after %i messages, %f of payloads and %f of whole messages are right at least", (k, len, clean) => {
    const result = score(predict(train, tests, k), answers, families);
    expect(result.len).toBeGreaterThanOrEqual(len);
    expect(result.clean).toBeGreaterThanOrEqual(clean);
    expect(result.fixed).toBeGreaterThanOrEqual(0.99);
  });

  test("every message was read, and every answer is of one of them", () => {
    const rows = predict(train, tests, 0);
    expect(rows.filter(({ fields }) => fields === null)).toEqual([]);
    expect(new Set(answers.map(({ t, i }) => `${t} ${i}`))).toEqual(new Set(rows.map(({ t, i }) => `${t} ${i}`)));
  });

  test("the score is worse when answers are taken from another message", () => {
    const shifted = answers.map((row, at) => ({ ...row, fields: answers[(at + 1) % answers.length]!.fields }));
    expect(score(predict(train, tests, 5), shifted, families).clean).toBeLessThan(0.8);
  });
});

describe("known ambiguous payloads", () => {
  const cases = readRows(text("cases.jsonl")) as (MessageRow & { readonly kind: string })[];

  test("all are what they are", () => {
    const wrong = cases.filter(({ b64, kind }) => {
      const said = pathsOf(Buffer.from(b64, "base64"))?.find(([path]) => path === "1[0]")?.[1];
      return said?.split(".")[0] !== kind;
    });
    expect(wrong).toEqual([]);
    expect(cases).toHaveLength(343);
  });
});
