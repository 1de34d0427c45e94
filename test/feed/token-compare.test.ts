// How tokens are compared: in a time that tells nothing of them, neither what is right of one nor how long the right one is.
import { createHash, timingSafeEqual } from "node:crypto";
import fc from "fast-check";
import { beforeEach, expect, test, vi } from "vitest";
import { admit, type Role, type Tokens } from "../../src/feed/access.js";

vi.mock("node:crypto", async (importActual) => {
  const actual = await importActual<typeof import("node:crypto")>();
  return { ...actual, timingSafeEqual: vi.fn(actual.timingSafeEqual) };
});

const compare = vi.mocked(timingSafeEqual);
const BOUND = { host: "127.0.0.1", port: 9229 };
const TOKENS = { control: "the-control-token", view: "another-one-for-looking" } as const;
/** What may stand in a token, of any length that is read. */
const TOKEN = fc.string({ unit: fc.constantFrom(..."!#$%&'*+.^_`|~09AZaz-"), minLength: 1, maxLength: 200 });

beforeEach(() => {
  compare.mockClear();
});

function admitted(token: string, tokens: Tokens = TOKENS): Role | undefined {
  const result = admit({ host: "127.0.0.1:9229", authorization: `Bearer ${token}` }, tokens, BOUND);
  return typeof result === "string" ? result : undefined;
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hex(bytes: NodeJS.ArrayBufferView | ArrayBuffer): string {
  return Buffer.from(bytes as Uint8Array).toString("hex");
}

test("each token is compared with both, as digests of the same length, however long it is", () => {
  fc.assert(
    fc.property(TOKEN, (token) => {
      compare.mockClear();
      admitted(token);
      const pairs = compare.mock.calls.map(([a, b]) => [hex(a), hex(b)]);
      expect(pairs).toEqual([
        [digest(token), digest(TOKENS.control)],
        [digest(token), digest(TOKENS.view)],
      ]);
      for (const [a, b] of compare.mock.calls) expect([a.byteLength, b.byteLength]).toEqual([32, 32]);
    }),
  );
});

test("that comparison alone decides", () => {
  expect([admitted(TOKENS.control), admitted(TOKENS.view), admitted("x")]).toEqual(["control", "view", undefined]);
  compare.mockReturnValue(false);
  expect([admitted(TOKENS.control), admitted(TOKENS.view)]).toEqual([undefined, undefined]);
  compare.mockReturnValue(true);
  expect(admitted("x")).toBe("control");
  compare.mockReset();
});

test("is made as often for the right token, a wrong one and none", () => {
  const counts = [TOKENS.control, TOKENS.view, "x", "x".repeat(200)].map((token) => {
    compare.mockClear();
    admitted(token);
    return compare.mock.calls.length;
  });
  compare.mockClear();
  admit({ host: "127.0.0.1:9229" }, TOKENS, BOUND);
  expect([...counts, compare.mock.calls.length]).toEqual([2, 2, 2, 2, 2]);
  compare.mockClear();
  admitted("x", { control: TOKENS.control });
  expect(compare.mock.calls.length).toBe(2);
});
