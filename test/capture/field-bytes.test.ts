// Lists that are kept by what is new in them, with their model: all of it comes back, in whatever slab they are.
import { describe, expect, test } from "vitest";
import { FieldBytes } from "../../src/capture/field-bytes.js";
import { SLAB_BYTES, Slabs } from "../../src/capture/slabs.js";
import { FieldList } from "../../src/http2/hpack/field-list.js";
import type { Field } from "../../src/model/fields.js";

const MODEL_FIELDS: readonly Field[] = [
  [":path", "/s/M"],
  ["grpc-timeout", "1S"],
  ["user-agent", "grpc-go/1.70.0"],
  ["x-id", "0"],
];

function modelList(fields = MODEL_FIELDS): FieldList {
  return new FieldList(fields, 0, fields.flat().join("").length);
}

/** A list that differs from its model at these places. */
function like(model: FieldList, values: Readonly<Record<number, string>>): FieldList {
  const fields = model.fields.map(([name, value], place): Field => [name, values[place] ?? value]);
  const changed = Object.keys(values).reduce((bits, place) => bits | (1 << Number(place)), 0);
  return new FieldList(fields, 0, fields.flat().join("").length, model, changed);
}

class Kept {
  readonly bytes = new FieldBytes(new Slabs(64 * SLAB_BYTES), () => {});
  seq = 0;

  put(list: FieldList): void {
    this.bytes.putList(list, ++this.seq);
  }

  read({ storedSerial, storedPosition }: FieldList): readonly Field[] | undefined {
    return this.bytes.list(storedSerial, storedPosition);
  }
}

describe("a list with a model", () => {
  test("takes what is new in it, and comes back whole", () => {
    const kept = new Kept();
    const model = modelList();
    const lists = Array.from({ length: 100 }, (_, i) => like(model, { 1: `${900_000 - i}u`, 3: `${i}` }));
    kept.put(lists[0]!);
    const { position } = kept.bytes.log;
    for (const list of lists.slice(1)) kept.put(list);
    // Two numbers, and a length with each text of 7 and at most 2 octets.
    expect((kept.bytes.log.position - position) / 99).toBeLessThan(8 + 4 + 7 + 4 + 2);
    for (const list of lists) {
      expect(kept.read(list)).toEqual(list.fields);
      expect(kept.bytes.cutOff(list.storedSerial, list.storedPosition)).toBe(0);
    }
    expect(kept.read(model)).toEqual(MODEL_FIELDS);
  });

  test("may differ at any of 31 places, and at all of them", () => {
    const fields = Array.from({ length: 31 }, (_, i): Field => [`n${i}`, `${i}`]);
    const kept = new Kept();
    const model = modelList(fields);
    const lists = [0, 1, 15, 29, 30].map((place) => like(model, { [place]: "other" }));
    lists.push(like(model, Object.fromEntries(fields.map((_, place) => [place, `new ${place}`]))));
    for (const list of lists) kept.put(list);
    for (const list of lists) expect(kept.read(list)).toEqual(list.fields);
  });

  test("is written with its model into each new slab", () => {
    const kept = new Kept();
    const model = modelList();
    const lists: FieldList[] = [];
    let secondSlabFrom = 0;
    const filler = new FieldList([["x", "y".repeat(1000)]], 0, 1001);
    while (kept.bytes.log.serial < 3) {
      const list = like(model, { 3: "z".repeat(lists.length % 97) });
      lists.push(list);
      kept.put(list);
      if (secondSlabFrom === 0 && list.storedSerial === 1) secondSlabFrom = kept.seq;
      filler.storedSerial = -1;
      if (lists.length % 3 === 0) kept.put(filler);
      expect(model.storedSerial).toBe(list.storedSerial);
    }
    for (const list of lists) expect(kept.read(list)).toEqual(list.fields);
    kept.bytes.dropBefore(secondSlabFrom);
    expect(kept.read(lists[0]!)).toBeUndefined();
    expect(kept.read(lists.at(-1)!)).toEqual(lists.at(-1)!.fields);
  });

  test("whose new values are long shares them, or is written in full", () => {
    const kept = new Kept();
    const model = modelList();
    const long = "v".repeat(5000);
    const first = like(model, { 2: long, 3: "1" });
    const second = like(model, { 2: long, 3: "2" });
    kept.put(first);
    const { position } = kept.bytes.log;
    kept.put(second);
    expect(kept.bytes.log.position - position).toBeLessThan(40);
    const longer = like(model, { 3: "w".repeat(100_000) });
    kept.put(longer);
    const longest = like(model, { 1: "2S", 2: "x".repeat(200_000), 3: "9" });
    kept.put(longest);
    for (const list of [first, second, longer]) expect(kept.read(list)).toEqual(list.fields);
    // As of any list of that length, what is behind the limit is counted.
    expect(kept.read(longest)).toEqual(longest.fields.slice(0, 2));
    expect(kept.bytes.cutOff(longest.storedSerial, longest.storedPosition)).toBe(2);
  });
});
