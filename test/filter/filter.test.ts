// The filter language: what each field, operator and value means.
import { describe, expect, test } from "vitest";
import { FILTER_FIELDS } from "../../src/filter/fields.js";
import { EVERY_CALL, parseFilter } from "../../src/filter/filter.js";
import { filterHelp } from "../../src/filter/help.js";
import { OPERATORS, operatorsOf } from "../../src/filter/operators.js";
import { TILDES } from "../../src/filter/tildes.js";
import { callView, OPEN, STARTED_AT, type TestCall } from "../support/call-view.js";

/** @param now ms after the call's start */
function passes(text: string, call: TestCall = {}, now = 60_000): boolean {
  const result = parseFilter(text);
  if (result.kind === "mistake") throw new Error(`${text}: ${result.mistake.message}`);
  return result.filter.test(callView(call), STARTED_AT + now);
}

const USER = {
  user: { id: "42", name: "Älice" },
  tags: ["a", "b"],
  items: [{ n: 1 }, { n: 5 }],
  userId: 9,
  big: "9007199254740993",
};
const ANSWERED: TestCall = {
  messages: [
    { side: "client", json: USER, bytes: "0123456789" },
    { side: "client", bytes: "raw ÿ" },
    {
      side: "server",
      json: { ok: true, level: "HIGH", at: "2026-01-02T00:00:00Z", nothing: null },
      bytes: "x".repeat(2000),
    },
  ],
};
const FAILED: TestCall = {
  statusCode: 5,
  statusMessage: "no User 4040",
  trailer: [["x-reason", "gone"]],
  how: "trailers-only",
};
const RESET: TestCall = { statusCode: 1, statusSource: "reset", how: "reset", by: "client", resetCode: 8 };
const TALKED: TestCall = {
  client: [
    [":authority", "shop.example:443"],
    ["x-id", "7"],
    ["x-id", "8"],
    ["grpc-encoding", "gzip"],
  ],
  server: [["x-served-by", "b2"]],
};

/** Text, call, and whether it passes; `open` calls are one second old. */
const CASES: readonly (readonly [text: string, call: TestCall, passes: boolean])[] = [
  ["", {}, true],
  ["  ", {}, true],
  ["GetUser", {}, true],
  ["getuser", {}, true],
  ["v1.Users/Get", {}, true],
  ['"s/Get"', {}, true],
  ["ListUsers", {}, false],
  ["Users GetUser", {}, true],
  ["Users ListUsers", {}, false],
  ["method == /shop.v1.Users/GetUser", {}, true],
  ["method == shop.v1.Users/GetUser", {}, true],
  ["method == GetUser", {}, false],
  ["method != shop.v1.Users/GetUser", {}, false],
  ["method in (a/b, shop.v1.Users/GetUser)", {}, true],
  ["method contains users", {}, true],
  ["method =~ ^/shop\\.v1\\.[A-Z]\\w+/Get", {}, true],
  ["method =~ getuser", {}, false],
  ["method =~ (?i)getuser", {}, true],
  ['method =~ "Get|List"', {}, true],
  ["method =~ (Get|List)User$", {}, true],
  ["service == shop.v1.Users", {}, true],
  ["service contains users", {}, true],
  ["service == shop", { method: "noslash" }, false],
  ["stream == unary", {}, true],
  ["stream in (client, BIDI)", { streamKind: "bidi" }, true],
  ["stream != unary", { streamKind: undefined }, false],
  ["stream == server || stream == client", { streamKind: "client" }, true],
  ["status == OK", {}, true],
  ["status == 0", {}, true],
  ["status != OK", FAILED, true],
  ["status == NOT_FOUND", FAILED, true],
  ["status == not_found", FAILED, true],
  ["status == NotFound", FAILED, true],
  ["status == 5", FAILED, true],
  ["status == 99", { statusCode: 99 }, true],
  ["status > 4", FAILED, true],
  ["status in (UNAVAILABLE 5)", FAILED, true],
  ["status in [UNAVAILABLE, 13]", FAILED, false],
  ["status == CANCELED", RESET, true],
  ["status == OK", OPEN, false],
  ["status != OK", OPEN, false],
  ["!(status == OK)", OPEN, true],
  ["status", OPEN, false],
  ["status", {}, true],
  ['status.message contains "user 4040"', FAILED, true],
  ["status.message =~ \\d{4}$", FAILED, true],
  ["status.message", {}, false],
  ["status.source == reset", RESET, true],
  ["error", FAILED, true],
  ["error", {}, false],
  ["error", OPEN, false],
  ["error == false", OPEN, true],
  ["error != true", FAILED, false],
  ["open", OPEN, true],
  ["!open", OPEN, false],
  ["not open", {}, true],
  ["open == no", {}, true],
  ["!open status == OK", {}, true],
  ["error status == OK", {}, false],
  ["!(open error) !error duration > 1us", {}, true],
  ["duration == 12ms", {}, true],
  ["duration > 10ms && duration < 0.1s", {}, true],
  ["duration >= 12", {}, true],
  ["duration > 10 ms", {}, true],
  ["duration > 12 ms", {}, false],
  ["duration in (12 ms, 5 s) && open == no", {}, true],
  ["(duration < 0.1 s) GetUser", {}, true],
  ["duration > 10 GetUser", {}, true],
  ["server.bytes == 2 kB", { serverBytes: 2000 }, true],
  ["duration <= 11999us", {}, false],
  ["duration in (12ms, 5s)", {}, true],
  ["duration > 900ms", OPEN, true],
  ["duration > 2s", OPEN, false],
  ["ttfb == 4ms", {}, true],
  ["ttfb != 4ms", { answeredAt: undefined }, false],
  ["ttfb", { answeredAt: undefined }, false],
  ["age < 5m", {}, true],
  ["age > 1m", {}, false],
  ["deadline == 30s", { timeoutMs: 30_000 }, true],
  ["deadline < 1h", {}, false],
  ["how == trailers-only", FAILED, true],
  ["how != reset", OPEN, false],
  ["by == client", RESET, true],
  ["by in (proxy, server)", RESET, false],
  ["reset == CANCEL", RESET, true],
  ["reset == 8", RESET, true],
  ["reset", RESET, true],
  ["reset", {}, false],
  ["reset != CANCEL", {}, false],
  ["client.messages > 10", { clientMessages: 11 }, true],
  ["client.messages", { clientMessages: 0 }, false],
  ["server.messages in (1,2)", {}, true],
  ["client.bytes < 1KiB", {}, true],
  ["server.bytes >= 1.5MiB", { serverBytes: 1_572_864 }, true],
  ["server.bytes >= 1.5MiB", { serverBytes: 1_572_863 }, false],
  ["server.bytes == 2KB", { serverBytes: 2000 }, true],
  ["size > 1KiB", ANSWERED, true],
  ["client.size > 1KiB", ANSWERED, false],
  ["server.size == 2000", ANSWERED, true],
  ["server.size", {}, false],
  ["size.json > 10", ANSWERED, true],
  ["size.json", { messages: [{ side: "client", bytes: "abc" }] }, false],
  ['message contains "älice"', ANSWERED, true],
  ["message contains raw", ANSWERED, true],
  // As a person reads it, and as it stands in JSON.
  [
    'message contains "say \\"hi\\" to C:\\\\x"',
    { messages: [{ side: "client", json: { a: 'say "hi" to C:\\x' }, bytes: "" }] },
    true,
  ],
  [
    'message contains "say \\\\\\"hi"',
    { messages: [{ side: "client", json: { a: 'say "hi" to C:\\x' }, bytes: "" }] },
    true,
  ],
  ["server.message contains raw", ANSWERED, false],
  ["message =~ \\x22level\\x22:\\x22HI", ANSWERED, true],
  ["client.message.user.id == 42", ANSWERED, true],
  ['client.message.user.id == "42"', ANSWERED, true],
  ["client.message.user.id > 41.5", ANSWERED, true],
  ["client.message.user.id != 42", ANSWERED, false],
  ["client.message.user.nothing != 42", ANSWERED, false],
  ["client.message.user", ANSWERED, true],
  ["client.message.user contains lice", ANSWERED, true],
  ["client.message.user == x", ANSWERED, false],
  ["client.message.user_id == 9", ANSWERED, true],
  ["client.message[0].user.id in (1, 42)", ANSWERED, true],
  ["client.message[1].user.id == 42", ANSWERED, false],
  ["client.message.tags == b", ANSWERED, true],
  ["client.message.tags[0] == b", ANSWERED, false],
  ["client.message.tags[1] == b", ANSWERED, true],
  ["client.message.items.n >= 5", ANSWERED, true],
  ["client.message.items[0].n >= 5", ANSWERED, false],
  ['client.message["user"]["id"] == 42', ANSWERED, true],
  ["client.message.big == 9007199254740993", ANSWERED, true],
  ["client.message.big == 9007199254740992", ANSWERED, false],
  ["client.message.big > 9007199254740992", ANSWERED, true],
  ["server.message.ok == true", ANSWERED, true],
  ["server.message.level =~ ^H", ANSWERED, true],
  ["server.message.at > 2026-01-01", ANSWERED, true],
  ["server.message.nothing", ANSWERED, false],
  ["server.message.constructor", ANSWERED, false],
  ["message.user.id <= 42", ANSWERED, true],
  ['metadata["x-id"] == 8', TALKED, true],
  ['metadata["X-Id"] != 8', TALKED, true],
  ['metadata["x-other"] != 8', TALKED, false],
  ["metadata.x-id == 7", TALKED, true],
  ['metadata["x-served-by"] in (b1, b2)', TALKED, true],
  ['client.metadata["x-served-by"]', TALKED, false],
  ['server.metadata["x-served-by"]', TALKED, true],
  ['metadata contains "x-served-by: B2"', TALKED, true],
  ["trailer.x-reason == gone", FAILED, true],
  ["trailer", {}, false],
  ["protocol == grpc", {}, true],
  ["authority == shop.example:443", TALKED, true],
  ["host == shop.example", TALKED, true],
  ["encoding == gzip", TALKED, true],
  ["encoding", {}, false],
  ["encoding != gzip", {}, false],
  ["schema", {}, true],
  ["!schema", { hasSchema: false }, true],
  ["problem == ERR_MESSAGE_CUT", { problems: ["ERR_X", "ERR_MESSAGE_CUT"] }, true],
  ["problem", {}, false],
  ["problem", { messages: [{ side: "server", drifts: ["ERR_WIRE_TYPE"] }] }, true],
  ["problem == ERR_MESSAGE_CUT", { messages: [{ side: "server", drifts: ["ERR_WIRE_TYPE"] }] }, false],
  ["drift", { messages: [{ side: "server", drifts: ["ERR_WIRE_TYPE"] }] }, true],
  ["drift", { messages: [{ side: "server" }], problems: ["ERR_MESSAGE_CUT"] }, false],
  ["drift == ERR_WIRE_TYPE", { messages: [{ side: "client", drifts: ["ERR_X", "ERR_WIRE_TYPE"] }] }, true],
  ["drift in (ERR_X, ERR_Y)", { messages: [{ side: "client", drifts: ["ERR_WIRE_TYPE"] }] }, false],
  ["problem contains cut", { problems: ["ERR_MESSAGE_CUT"] }, true],
  ["connection == 3", {}, true],
  ["stream.id >= 13", {}, true],
  ["id in (5 6 7)", {}, true],
  ["~u getuser", {}, true],
  ["~u ^/x", {}, false],
  ["~m Users/", {}, true],
  ["~d shop", TALKED, true],
  ["~c NOT_FOUND", FAILED, true],
  ["~c 5 | ~c 0", FAILED, true],
  ["~c 5 & ~c 0", FAILED, false],
  ["~e", FAILED, true],
  ["~q", OPEN, true],
  ["~s", OPEN, true],
  ["!~s", { answeredAt: undefined }, true],
  ["~h x-id:.8", TALKED, true],
  ["~hq x-served", TALKED, false],
  ["~hs x-served", TALKED, true],
  ["~hs reason", FAILED, true],
  ["~b (alice|älice)", ANSWERED, true],
  ["~bq level", ANSWERED, false],
  ["~bs LEVEL", ANSWERED, true],
  ["~all", {}, true],
  ["~u users ~c 0", {}, true],
  ["List || Get && ~e", {}, false],
  ["(List || Get) && !error", {}, true],
  ["Get or List and error", {}, true],
  ["!!Get", {}, true],
  ["! ! !Get", {}, false],
  ["!(Get)", {}, false],
  ["duration>10ms&&status==OK||open", {}, true],
  ['metadata.note == "a\\"b\\n\\u0041\\x42\'"', { client: [["note", "a\"b\nAB'"]] }, true],
  ["metadata.note == 'a\"b'", { client: [["note", 'a"b']] }, true],
];

describe("a filter", () => {
  test.each(CASES)("%s", (text, call, expected) => {
    expect(passes(text, call, call.endedAt === undefined && "endedAt" in call ? 1000 : 60_000)).toBe(expected);
  });

  test("has a case here for every field, operator and ~ that there is", () => {
    const text = CASES.map(([filter]) => filter).join("\n");
    expect(
      FILTER_FIELDS.map(({ name }) => name).filter(
        (name) => !new RegExp(`(^|[^.\\w])${name.replaceAll(".", "\\.")}(?![.\\w-]*\\w\\()`, "m").test(text),
      ),
    ).toEqual([]);
    expect(TILDES.map(({ name }) => name).filter((name) => !new RegExp(`~${name}\\b`).test(text))).toEqual([]);
    expect(OPERATORS.map(({ name }) => name).filter((name) => !text.includes(` ${name} `))).toEqual([]);
  });

  test("takes every operator that its table says on every field, and no other", () => {
    const values: Readonly<Record<string, string>> = {
      choice: "VALUE",
      code: "1",
      flag: "true",
      number: "1",
      bytes: "1",
      duration: "1",
      text: "a",
      message: "1",
    };
    for (const field of FILTER_FIELDS) {
      const value = "values" in field && field.type === "choice" ? field.values[0]! : values[field.type]!;
      const good = operatorsOf(field.type);
      for (const operator of OPERATORS) {
        const text = `${field.name} ${operator.name} ${operator.name === "in" ? `(${value})` : value}`;
        expect([text, parseFilter(text).kind]).toEqual([text, good.includes(operator) ? "filter" : "mistake"]);
      }
      expect(parseFilter(field.name).kind).toBe("filter");
    }
  });

  test("compares nothing with what is missing, whatever the operator", () => {
    const nothing: TestCall = { ...OPEN, answeredAt: undefined, streamKind: undefined };
    for (const field of [
      "status",
      "ttfb",
      "deadline",
      "how",
      "by",
      "reset",
      "stream",
      "metadata.x",
      "trailer.x",
      "message.x",
      "problem",
      "encoding",
      "authority",
      "size",
    ]) {
      for (const { name } of OPERATORS) {
        for (const value of ["0", "bidi", "reset", "proxy"]) {
          const result = parseFilter(`${field} ${name} ${name === "in" ? `(${value})` : value}`);
          if (result.kind === "filter")
            expect([field, name, result.filter.test(callView(nothing), STARTED_AT)]).toEqual([field, name, false]);
        }
      }
    }
  });

  test("asks what costs little first, whatever stands first", () => {
    const result = parseFilter('message contains x && metadata["x"] == 1 && status != OK');
    if (result.kind === "mistake") throw new Error(result.mistake.message);
    const never = (): never => {
      throw new Error("was read");
    };
    expect(result.filter.test({ ...callView(), fields: never, someMessage: never }, STARTED_AT)).toBe(false);
  });

  test("says what it needs of a call", () => {
    const needs = (text: string) => {
      const result = parseFilter(text);
      return result.kind === "filter" ? result.filter.needs : undefined;
    };
    expect(needs("status != OK && GetUser")).toEqual({
      fields: false,
      messages: false,
      problems: false,
      schema: false,
      time: "never",
    });
    expect(needs("stream == bidi")).toMatchObject({ schema: true });
    expect(needs("trailer.x == 1")).toMatchObject({ fields: true, messages: false });
    expect(needs("~b x || problem")).toMatchObject({ messages: true, problems: true });
    expect(needs("duration > 1s")).toMatchObject({ time: "open" });
    expect(needs("age > 1s && duration > 1s")).toMatchObject({ time: "always" });
    expect(EVERY_CALL.test(callView(), 0)).toBe(true);
  });
});

describe("the help", () => {
  test("has a line for each entry of the tables", () => {
    const names = filterHelp().flatMap(({ lines }) => lines.map(({ name }) => name));
    for (const { name } of [...FILTER_FIELDS, ...OPERATORS]) expect(names).toContain(name);
    for (const { name } of TILDES) expect(names).toContain(`~${name}`);
    expect(new Set(FILTER_FIELDS.map(({ name }) => name)).size).toBe(FILTER_FIELDS.length);
  });

  test("has only examples of operators that can be read", () => {
    for (const { example } of OPERATORS) expect([example, parseFilter(example).kind]).toEqual([example, "filter"]);
  });
});
