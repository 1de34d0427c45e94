// What the first messages of a process may take: each test has modules of its own, in which nothing was read yet.
import { beforeEach, describe, expect, test, vi } from "vitest";
import { message, number, payload } from "./payloads.js";

const METHOD = "/acme.Things/List";

/** The reader as it is when a process begins. */
async function young() {
  vi.resetModules();
  const { Learner } = await import("../../src/schemaless/learner.js");
  const { SchemalessReader } = await import("../../src/schemaless/schemaless-reader.js");
  const steps = await import("../../src/schemaless/steps.js");
  return { Learner, SchemalessReader, ...steps };
}

/** Different octets under many numbers: some 3 million steps. The last field is like no other. */
const LONG = Buffer.concat([
  ...Array.from({ length: 12_000 }, (_, at) =>
    payload(
      1 + (at % 80),
      Uint8Array.from({ length: 13 }, (_, octet) => (at * 7919 + octet * 31 * (at + 1)) & 0xff),
    ),
  ),
  payload(81, message(payload(1, Buffer.from("the last of all")), number(2, 7))),
]);

describe("the first message of a process", () => {
  let modules: Awaited<ReturnType<typeof young>>;
  beforeEach(async () => {
    modules = await young();
  });

  test("takes a sixth of what later ones may", () => {
    const { Learner, FIRST_STEPS, MAX_STEPS } = modules;
    const learner = new Learner();
    learner.learn(LONG);
    learner.settleNowAndThen();
    expect(FIRST_STEPS).toBeLessThanOrEqual(MAX_STEPS / 6);
    expect(learner.steps).toBeGreaterThan(FIRST_STEPS);
    expect(learner.steps).toBeLessThan(FIRST_STEPS + LONG.length);
  });

  test("is read to its end when it is looked at again, and not before whoever looks at it is done", async () => {
    const { SchemalessReader, MAX_STEPS, stepsAllowed } = modules;
    const reader = new SchemalessReader();
    const problemOf = () => reader.guess(METHOD, "server", LONG).tree.fields.at(-1)?.problem?.code;
    expect(problemOf()).toBe("ERR_TOO_COMPLEX");
    const version = reader.version(METHOD, "server");
    expect(problemOf()).toBe("ERR_TOO_COMPLEX");
    expect(reader.version(METHOD, "server")).toBe(version);
    for (let look = 0; look < 3 && problemOf() !== undefined; look++) {
      await Promise.resolve();
      expect(reader.version(METHOD, "server")).toBeGreaterThan(version);
    }
    expect(problemOf()).toBeUndefined();
    expect(stepsAllowed()).toBe(MAX_STEPS);
    const settled = reader.version(METHOD, "server");
    await Promise.resolve();
    expect(reader.version(METHOD, "server")).toBe(settled);
  });

  test("says in the end what it would have said later", async () => {
    const first = new modules.SchemalessReader();
    first.learn(METHOD, "server", LONG);
    first.settle(METHOD, "server");
    const looked = new (await young()).SchemalessReader();
    for (let look = 0; look < 4; look++) {
      looked.guess(METHOD, "server", LONG);
      await Promise.resolve();
    }
    const later = modules.SchemalessReader;
    expect(modules.stepsAllowed()).toBe(modules.MAX_STEPS);
    const { json } = new later().guess(METHOD, "server", LONG);
    expect(first.read(METHOD, "server", LONG).json).toBe(json);
    expect(looked.read(METHOD, "server", LONG).json).toBe(json);
  });

  test("is read to its end where it is none that is kept", () => {
    const { Learner } = modules;
    // What the long one has was seen before, but for octets at its end that are no text.
    const small = Array.from({ length: 24 }, (_, at) =>
      Buffer.concat([
        ...Array.from({ length: 80 }, (_, field) => payload(field + 1, Uint8Array.from([7, field, 0xc1]))),
        payload(81, "word"),
        number(82, at),
      ]),
    );
    const long = Buffer.concat([LONG, payload(81, Uint8Array.from([0xff, 0xfe, 0xc0]))]);
    const learner = new Learner();
    for (const bytes of small) learner.learn(bytes);
    const kept = learner.keptBytes;
    learner.learn(long);
    expect(learner.keptBytes).toBe(kept);
    learner.settle();
    expect(learner.root.childrenInOrder().at(80)?.kind).not.toBe("string");
  });
});
