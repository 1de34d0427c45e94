// The filter that shows calls like one.
import { describe, expect, test } from "vitest";
import { parseFilter } from "../../src/filter/filter.js";
import { filterLike } from "../../src/filter/like.js";
import type { Call } from "../../src/model/call.js";

const call = (method: string, code?: number) =>
  ({ method, end: code === undefined ? undefined : { status: { code } } }) as unknown as Pick<Call, "method" | "end">;
const GET = call("/a.B/Get", 5);

describe("a filter for calls like one", () => {
  test.for<[filter: string, like: Pick<Call, "method" | "end">, made: string]>([
    ["", GET, 'method == "/a.B/Get"'],
    ['method == "/a.B/Get"', GET, 'method == "/a.B/Get" && status == 5'],
    ['method == "/a.B/Get" && status == 5', GET, 'method == "/a.B/Get"'],
    ['method == "/a.B/Get" && status == 5', call("/a.B/Put"), 'method == "/a.B/Put"'],
    ['method == "/a.B/Put"', call("/a.B/Put"), 'method == "/a.B/Put" && !status'],
    ["duration > 1s", GET, 'duration > 1s && method == "/a.B/Get"'],
    ['duration > 1s && method == "/a.B/Get"', GET, 'duration > 1s && method == "/a.B/Get" && status == 5'],
    ['duration > 1s && method == "/a.B/Put" && !status', GET, 'duration > 1s && method == "/a.B/Get"'],
    ["reset || open", GET, '(reset || open) && method == "/a.B/Get"'],
    ['(reset || open) && method == "/a.B/Put"', GET, '(reset || open) && method == "/a.B/Get"'],
  ])("%s becomes one that means both", ([filter, like, made]) => {
    expect(filterLike(like, filter)).toBe(made);
    expect(parseFilter(made).kind).toBe("filter");
  });

  test("of a method with quotes in its name is taken out again as well", () => {
    const odd = call('/a."B\\/Get"');
    const made = filterLike(odd, "open");
    expect(made).toBe(`open && method == ${JSON.stringify(odd.method)}`);
    expect(filterLike(GET, made)).toBe('open && method == "/a.B/Get"');
  });
});
