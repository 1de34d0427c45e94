// Completion: what may stand at the cursor, and what of the text it replaces.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { complete } from "../../src/filter/complete.js";
import { FILTER_FIELDS } from "../../src/filter/fields.js";
import { parseFilter } from "../../src/filter/filter.js";
import { operatorsOf } from "../../src/filter/operators.js";

const KNOWN = {
  methods: ["/shop.v1.Users/GetUser", "/shop.v1.Users/ListUsers"],
  metadata: ["x-id", "authorization"],
  messageFields: (side: "client" | "server" | undefined, path: readonly string[]) => {
    if (path.join(".") === "user.address") return [{ name: "city", type: "string", values: [] }];
    if (path.length > 0) return [];
    const id = { name: "id", type: "int32", values: [] };
    const user = [
      { name: "user", type: "User", values: [] },
      { name: "role", type: "Role", values: ["ADMIN", "GUEST"] },
    ];
    return side === "client" ? [id] : side === "server" ? user : [id, ...user, { ...id, type: "string" }];
  },
};

/** The text with each of the completions put in, up to so many. */
function completed(text: string, count: number): readonly string[] {
  const { start, end, items } = complete(text, text.length, KNOWN);
  return items.slice(0, count).map((item) => text.slice(0, start) + item.text + text.slice(end));
}

describe("completion", () => {
  test.each([
    ["", ["method", "service"]],
    ["st", ["stream", "status"]],
    ["status != OK && dur", ["status != OK && duration"]],
    ["(stat", ["(status", "(status.message"]],
    ["!op", ["!open"]],
    ["~", ["~u", "~m"]],
    ["GetU", ["/shop.v1.Users/GetUser"]],
    ["status ", ["status ==", "status !="]],
    ["stream ", ["stream ==", "stream !=", "stream in", "stream &&"]],
    ["status =", ["status =="]],
    ["status cont", []],
    ["method cont", ["method contains"]],
    ["status == ", ["status == OK", "status == CANCELLED"]],
    ["status ==", ["status ==OK"]],
    ["status == NO", ["status == NOT_FOUND", "status == UNKNOWN"]],
    ["status in (OK, UNAV", ["status in (OK, UNAVAILABLE"]],
    ["stream == ", ["stream == unary", "stream == client", "stream == server", "stream == bidi"]],
    ["how == t", ["how == trailers", "how == trailers-only"]],
    ["reset == CAN", ["reset == CANCEL"]],
    ["method == shop", ["method == /shop.v1.Users/GetUser", "method == /shop.v1.Users/ListUsers"]],
    ["service == ", ["service == shop.v1.Users"]],
    ["metadata[", ['metadata["x-id"]', 'metadata["authorization"]']],
    ['status == OK && trailer["x', ['status == OK && trailer["x-id"]']],
    ["~c UNAV", ["~c UNAVAILABLE"]],
    ["client.message.", ["client.message.id"]],
    [
      "status == OK && !(server.message.",
      ["status == OK && !(server.message.user", "status == OK && !(server.message.role"],
    ],
    ["server.message[0].r", ["server.message[0].role"]],
    ["message.i", ["message.id"]],
    ["server.message.user[2].address.", ["server.message.user[2].address.city"]],
    ["server.message.role == ", ["server.message.role == ADMIN", "server.message.role == GUEST"]],
    ["server.message.role in (ADMIN, G", ["server.message.role in (ADMIN, GUEST"]],
    ["client.message.user.", []],
    ["client.message.id == ", []],
    ["status == OK ", ["status == OK &&", "status == OK ||"]],
    ["method == 'abc", []],
  ])("%s", (text, expected) => {
    expect(completed(text, Math.max(expected.length, 1)).slice(0, expected.length)).toEqual(expected);
    if (expected.length === 0) expect(completed(text, 1)).toEqual([]);
  });

  test("tells all types of a field that messages differ in, and of an enum what it may be", () => {
    const { items } = complete("message.", 8, KNOWN);
    expect(items).toEqual([
      { text: "id", type: "int32 or string", help: "" },
      { text: "user", type: "User", help: "" },
      { text: "role", type: "Role", help: "ADMIN GUEST" },
    ]);
  });

  test("looks at what stands before the cursor only", () => {
    expect(complete("st != OK", 2)).toMatchObject({ what: "field", start: 0, end: 2 });
  });

  test("offers the operators of the field's type, with a line of help each", () => {
    for (const field of FILTER_FIELDS) {
      const { what, items } = complete(`${field.name} `, field.name.length + 1);
      expect(what).toBe("operator");
      expect(items.map(({ text }) => text).slice(0, -2)).toEqual(operatorsOf(field.type).map(({ name }) => name));
      expect(items.every(({ help, type }) => help !== "" && type !== "")).toBe(true);
    }
  });

  test("offers no more than 100 of a peer's names, in quotes when they are no words", () => {
    const methods = Array.from({ length: 1000 }, (_, index) => `/a.B/"${index} x`);
    const { items } = complete("method == ", 10, { methods });
    expect(items.length).toBe(100);
    expect(items[0]!.text).toBe('"/a.B/\\"0 x"');
  });

  test("of a field or value gives a text that can be read", () => {
    for (const text of [
      "",
      "status == ",
      "stream in (",
      "duration > ",
      "client.bytes > ",
      "open == ",
      "~c ",
      "method == ",
      "how != ",
    ]) {
      for (const one of completed(text, 100)) {
        const tilde = /~[a-z]+$/.test(one);
        const whole = tilde ? `${one} 1` : text.endsWith("(") ? `${one})` : one;
        expect([whole, parseFilter(whole).kind]).toEqual([whole, "filter"]);
      }
    }
  });

  test("of any text at any place answers, within the text", () => {
    const unit = fc.constantFrom(
      "status",
      " ",
      "==",
      "(",
      ")",
      '"',
      "metadata[",
      "in",
      "~c",
      "&&",
      "!",
      "x",
      "OK",
      ",",
      "=~",
      "\\",
    );
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.string({ unit })), fc.nat(40), (text, cursor) => {
        const { start, end } = complete(text, cursor, KNOWN);
        expect(start).toBeLessThanOrEqual(end);
        expect(end).toBe(Math.min(cursor, text.length));
      }),
      { numRuns: 2000 },
    );
  });
});
