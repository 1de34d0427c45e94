// Learning: what order messages come in does not matter, identical ones count once, and nothing takes long or much room.
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MAX_KEPT_BYTES } from "../../src/schemaless/kept-messages.js";
import { Learner } from "../../src/schemaless/learner.js";
import { MAX_PATHS } from "../../src/schemaless/path-tree.js";
import { MAX_GUESSED_FIELDS, SchemalessReader } from "../../src/schemaless/schemaless-reader.js";
import { MAX_STEPS } from "../../src/schemaless/steps.js";
import { message, nested, number, payload, varint } from "./payloads.js";

const METHOD = "/acme.Things/Get";

const ROWS = readFileSync(new URL("../vectors/schemaless/train.jsonl", import.meta.url), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as { t: string; b64: string });

function read(messages: readonly Uint8Array[], bytes: Uint8Array): string {
  const reader = new SchemalessReader();
  for (const one of messages) reader.learn(METHOD, "server", one);
  reader.settle(METHOD, "server");
  return reader.read(METHOD, "server", bytes).json;
}

/** Messages of many types under one method: more than are kept, with paths that few of them have. */
const MIXED = ROWS.filter((_, at) => at % 3 === 0).map(({ b64 }) => Buffer.from(b64, "base64"));

describe("what is learned", () => {
  test("does not depend on the order in which messages came", () => {
    const order = fc.shuffledSubarray(MIXED, { minLength: MIXED.length, maxLength: MIXED.length });
    const expected = MIXED.slice(0, 8).map((bytes) => read(MIXED, bytes));
    fc.assert(
      fc.property(order, (messages) => {
        expect(MIXED.slice(0, 8).map((bytes) => read(messages, bytes))).toEqual(expected);
      }),
      { numRuns: 8 },
    );
  });

  test("does not depend on the order of more messages of one type than are kept", () => {
    const messages = Array.from({ length: 200 }, (_, at) => {
      const short = at % 3 === 0 ? "ok" : `item ${at * 7919}`;
      const numbers = Uint8Array.from({ length: 1 + (at % 9) }, (_, rank) => (at * 31 + rank * 17) & 0x7f);
      return message(payload(1, short), payload(2, numbers), payload(3, payload(1, short), number(2, at)));
    });
    const expected = read(messages, messages[1]!);
    const order = fc.shuffledSubarray(messages, { minLength: messages.length, maxLength: messages.length });
    fc.assert(
      fc.property(order, (shuffled) => {
        expect(read(shuffled, messages[1]!)).toBe(expected);
      }),
      { numRuns: 10 },
    );
  });

  test("does not depend on the order of any octets either", () => {
    const some = fc.array(fc.uint8Array({ maxLength: 40 }), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(some, (messages) => {
        const back = [...messages].reverse();
        for (const bytes of messages.slice(0, 3)) expect(read(back, bytes)).toBe(read(messages, bytes));
      }),
    );
  });

  test("is the same when messages come again", () => {
    const bytes = MIXED[0]!;
    expect(read([...MIXED, ...MIXED, bytes, bytes], bytes)).toBe(read(MIXED, bytes));
  });

  test("is revised: a payload that is no text makes its path no string", () => {
    const learner = new Learner();
    learner.learn(payload(1, "Rotterdam"));
    const path = () => learner.root.children!.get(10)!.kind;
    expect(path()).toBe("string");
    const before = learner.version;
    learner.learn(payload(1, Uint8Array.from([0xff, 0xfe, 0xfd, 0x80, 0x81, 0xc0, 0xff, 0x90, 0xfa])));
    expect(path()).toBe("bytes");
    expect(learner.version).toBeGreaterThan(before);
  });

  test("joins what elements of a list have: a field that only the second has is not hidden", () => {
    const list = message(payload(1, number(1, 5)), payload(1, number(1, 7), payload(2, "second")));
    const { tree } = new SchemalessReader().guess(METHOD, "server", list);
    expect(tree.fields.map((field) => field.message?.fields.map((inner) => inner.number))).toEqual([[1], [1, 2]]);
  });

  test("keeps a path that few of many messages have", () => {
    const reader = new SchemalessReader();
    for (let at = 0; at < 2000; at++) reader.learn(METHOD, "server", message(number(1, at), payload(2, `name ${at}`)));
    const rare = message(number(1, 1), payload(9, payload(1, "seldom"), number(2, 70_000)));
    reader.learn(METHOD, "server", rare);
    reader.settle(METHOD, "server");
    expect(reader.read(METHOD, "server", rare).values).toBe(
      '{"field_1":1,"field_9":{"field_1":"seldom","field_2":70000}}',
    );
  });
});

describe("a large message", () => {
  const bytes = message(
    payload(1, "x".repeat(80_000)),
    // More different messages than are measured, and then a field that only the last one has.
    ...Array.from({ length: 300 }, (_, at) => payload(2, number(1, at))),
    payload(2, number(1, 300), payload(2, Buffer.from("0ad7a33c", "hex"))),
  );

  test("is still known when what was learned is brought in line", () => {
    const reader = new SchemalessReader();
    const before = reader.guess(METHOD, "server", bytes).json;
    reader.learn(METHOD, "server", number(3, 1));
    reader.settle(METHOD, "server");
    expect(reader.read(METHOD, "server", bytes).json).toBe(before);
  });

  test("has fields measured that come only behind many messages of their path", () => {
    const { json } = new SchemalessReader().guess(METHOD, "server", bytes);
    // 0.02: as text it would be a line end, a Hebrew letter and a mark.
    expect(json).toContain('"kind":"packed.float"');
  });
});

const MEGABYTE = 2 ** 20;
const HOSTILE: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ["a megabyte of 0x0a", new Uint8Array(MEGABYTE).fill(0x0a)],
  ["300,000 levels", nested(300_000)],
  [
    "groups in groups",
    Buffer.concat([new Uint8Array(MEGABYTE / 2).fill(0x0b), new Uint8Array(MEGABYTE / 2).fill(0x0c)]),
  ],
  ["100,000 field numbers", Buffer.concat(Array.from({ length: 100_000 }, (_, at) => number(at + 1, 1)))],
  [
    "100,000 field numbers of messages",
    Buffer.concat(Array.from({ length: 100_000 }, (_, at) => payload(at + 1, number(1, 1)))),
  ],
  ["bait for quadratic guessing", Buffer.concat(Array.from({ length: 60 }, () => payload(2, nested(3000))))],
  [
    "a megabyte of small varints",
    payload(
      1,
      new Uint8Array(MEGABYTE).map((_, at) => (at * 7919) & 0x7f),
    ),
  ],
  ["a megabyte of text", payload(1, new Uint8Array(MEGABYTE).fill(0x61))],
  ["half a million messages without fields", Buffer.alloc(MEGABYTE, Uint8Array.from([0x0a, 0]))],
];

describe("a hostile message", () => {
  test.each(HOSTILE)("%s takes bounded work and room, and is shown", (_what, bytes) => {
    const learner = new Learner();
    learner.learn(bytes);
    // One step of the largest payload may come on top.
    expect(learner.steps).toBeLessThan(MAX_STEPS + 4 * bytes.length);
    expect(learner.paths).toBeLessThanOrEqual(MAX_PATHS);
    // One message is kept whatever its size.
    expect(learner.keptBytes).toBeLessThanOrEqual(2 * MAX_KEPT_BYTES + bytes.length);
    const { tree } = new SchemalessReader().guess(METHOD, "server", bytes);
    expect(tree.fields[0]?.start).toBe(0);
    expect(tree.fields.at(-1)?.end).toBe(bytes.length);
  });

  test("among others like it takes no more when what is kept is measured again", () => {
    // Lists in lists, another each time: 14 KB of them take a fifth of what a message may, and 30 are kept.
    const listsIn = (levels: number, seed: number) => {
      let inner = number(1, seed);
      for (let level = 0; level < levels; level++) {
        const list = new Uint8Array(150).map((_, at) => ((at + level) * 7919 * (seed + 1)) & 0x7f);
        inner = message(payload(2, list), payload(1, inner));
      }
      return inner;
    };
    const learner = new Learner();
    let most = 0;
    for (let seed = 0; seed < 70; seed++) {
      learner.learn(listsIn(90, seed));
      learner.settleNowAndThen();
      most = Math.max(most, learner.steps);
    }
    expect(most).toBeGreaterThan(0);
    expect(most).toBeLessThan(MAX_STEPS * 1.5);
  });

  test("of many messages has a smaller tree than one of many numbers", () => {
    const fieldsOf = (one: Uint8Array) => {
      const bytes = Buffer.concat(Array.from({ length: 30_000 }, () => one));
      return new SchemalessReader().guess(METHOD, "server", bytes).tree.fields;
    };
    const messages = fieldsOf(payload(1, number(1, 1)));
    expect(messages.length * 3).toBeLessThanOrEqual(MAX_GUESSED_FIELDS + 6);
    expect(messages.at(-1)?.problem?.code).toBe("ERR_TOO_MANY_FIELDS");
    expect(fieldsOf(number(1, 1))).toHaveLength(MAX_GUESSED_FIELDS + 1);
  });

  test("says where it is too complex", () => {
    const many = Buffer.concat(Array.from({ length: 20_000 }, (_, at) => number(at + 1, 1)));
    const { tree, json } = new SchemalessReader().guess(METHOD, "server", many);
    expect(tree.fields.at(-1)?.problem).toEqual({
      code: "ERR_TOO_COMPLEX",
      message: "too complex, shown as bytes from here",
    });
    expect(json).toContain('"ERR_TOO_COMPLEX"');
  });

  test("of many methods does not fill memory", () => {
    const reader = new SchemalessReader();
    for (let at = 0; at < 30; at++) {
      const fields = Array.from({ length: 3000 }, (_, field) => payload(field + 1, Uint8Array.from(varint(at))));
      reader.learn(`/acme.Things/M${at}`, "client", Buffer.concat(fields));
    }
    expect(reader.paths).toBeLessThanOrEqual(24_000);
  });
});

describe("all payloads of a path", () => {
  const kindOf = (messages: readonly Uint8Array[]) =>
    (JSON.parse(read(messages, messages[0]!)) as { fields: { kind: string }[] }).fields[0]!.kind;

  test("are text when they are texts that begin alike", () => {
    const ids = Array.from({ length: 8 }, (_, at) => payload(1, `long_local_activity_with_update-${at * 111_111}`));
    expect(kindOf(ids)).toBe("string");
  });

  test("are messages when they differ in one small number", () => {
    const values = Array.from({ length: 33 }, (_, at) => payload(1, number(3, at + 1)));
    expect(kindOf(values)).toBe("message");
  });

  test("are packed floats when each is one float of the same size", () => {
    const floats = Array.from({ length: 12 }, (_, at) => {
      const value = new Uint8Array(4);
      new DataView(value.buffer).setFloat32(0, -130 - Math.sqrt(at + 2), true);
      return payload(1, value);
    });
    expect(kindOf(floats)).toBe("packed.float");
  });

  test("are packed numbers when each is a few small ones", () => {
    const lists = Array.from({ length: 30 }, (_, at) =>
      payload(
        1,
        Uint8Array.from({ length: 2 + (at % 4) }, (_, rank) => (at * 37 + rank * 53) % 128),
      ),
    );
    expect(kindOf(lists)).toBe("packed.varint");
  });

  test("are octets when they are octets that begin alike", () => {
    const keys = Array.from({ length: 12 }, (_, at) =>
      payload(1, Uint8Array.from([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xee - at, 0xfe, at])),
    );
    expect(kindOf(keys)).toBe("bytes");
  });
});
