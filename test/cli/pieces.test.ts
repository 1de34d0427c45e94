// The small parts of the command line, each by itself.
import { describe, expect, test } from "vitest";
import { parsePositive, parseSeconds, parseSize, parseWhole } from "../../cli/numbers.js";
import { environmentName, withEnvironment } from "../../cli/options.js";
import { familiarSpellings } from "../../cli/spellings.js";
import { nearest } from "../../cli/suggest.js";
import { usageError } from "../../cli/usage.js";

describe("sizes", () => {
  test.each([
    ["1", 1],
    ["4096", 4096],
    ["64MiB", 64 * 1024 * 1024],
    ["64mib", 64 * 1024 * 1024],
    ["1.5GB", 1_500_000_000],
    ["10 kB", 10_000],
    ["2k", 2048],
  ])("%s is %i bytes", (text, bytes) => {
    expect(parseSize("max-memory", text)).toBe(bytes);
  });

  test.each(["", "0", "-1", "1.5.2k", "MiB", "1e3", "5 apples", "0x10", "constructor", "9999999999GiB"])(
    "%j is none",
    (text) => {
      expect(() => parseSize("max-memory", text)).toThrow(`--max-memory "${text}"; expected a size such as 64MiB`);
    },
  );
});

describe("numbers", () => {
  test("may have a fraction where time is meant", () => {
    expect(parseSeconds("for", "2.5")).toBe(2.5);
    expect(parseSeconds("for", ".5")).toBe(0.5);
    expect(parseSeconds("for", "3.")).toBe(3);
  });

  test.each(["", "x", "-1", "0", "1e3", "Infinity", "NaN", "2147484"])("%j are no seconds", (text) => {
    expect(() => parseSeconds("for", text)).toThrow("--for");
  });

  test("are whole where a count is meant", () => {
    expect(parseWhole("seed", "42")).toBe(42);
    for (const text of ["", "4.2", "-1", "99999999999999999999"])
      expect(() => parseWhole("seed", text)).toThrow("--seed");
    expect(parsePositive("rate", "0.2")).toBe(0.2);
    for (const text of ["", "0", "-1", "fast"]) expect(() => parsePositive("rate", text)).toThrow("--rate");
  });
});

describe("the environment", () => {
  const TABLE = {
    "max-memory": { type: "string", default: "1" },
    insecure: { type: "boolean", default: false },
    feed: { type: "boolean" },
  } as const;

  test("has a name for every option", () => {
    expect(environmentName("max-memory")).toBe("FRAMELENS_MAX_MEMORY");
  });

  test("changes defaults, of a switch by any usual word", () => {
    for (const [word, value] of [
      ["1", true],
      ["true", true],
      ["YES", true],
      ["0", false],
      ["off", false],
    ] as const)
      expect(withEnvironment(TABLE, { FRAMELENS_INSECURE: word }).insecure.default).toBe(value);
    expect(withEnvironment(TABLE, { FRAMELENS_MAX_MEMORY: "2" })["max-memory"].default).toBe("2");
  });

  test("changes nothing where it is silent, empty, or speaks of something else", () => {
    expect(withEnvironment(TABLE, { FRAMELENS_MAX_MEMORY: "", FRAMELENS_ACTIVE: "1", MAX_MEMORY: "3" })).toEqual(TABLE);
  });
});

describe("spellings", () => {
  test("of grpcurl are ours", () => {
    const words = ["-plaintext", "-cacert", "ca.pem", "-cert=c.pem", "-k", "--key", "k", "h:1"];
    expect(familiarSpellings(words)).toEqual([
      "--plaintext",
      "--cacert",
      "ca.pem",
      "--cert=c.pem",
      "-k",
      "--key",
      "k",
      "h:1",
    ]);
  });

  test("after -- are nobody's business", () => {
    expect(familiarSpellings(["run", "--", "grpcurl", "-plaintext"])).toEqual(["run", "--", "grpcurl", "-plaintext"]);
  });
});

describe("the nearest word", () => {
  test.each([
    ["dmeo", "demo"],
    ["selftset", "selftest"],
    ["self-test", "selftest"],
    ["DEMO", "demo"],
    ["xyz", undefined],
    ["localhost", undefined],
    ["c", undefined],
  ])("to %s is %s", (word, meant) => {
    expect(nearest(word, ["demo", "selftest", "ca"])).toBe(meant);
  });
});

describe("what yargs says", () => {
  test.each([
    ["Unknown argument: lissten", ["--lissten", "0"], "unknown option --lissten; did you mean --listen?"],
    ["Unknown arguments: bogus, more", ["--no-bogus=3"], "unknown option --no-bogus; see framelens --help"],
    ["Unknown argument: x", ["-x"], "unknown option -x; see framelens --help"],
    ["Unknown argument: b:2", ["a:1", "b:2"], 'unexpected "b:2"; see framelens --help'],
    ["Not enough arguments following: o", ["-o"], "-o; expected a value after it"],
    ['Invalid values:\n  Argument: a, Given: "b"', [], 'Argument: a, Given: "b"; see framelens --help'],
    ["Something else\nin lines", [], "Something else; see framelens --help"],
  ])("%j becomes one line", (message, words, line) => {
    expect(usageError(message, words, ["listen", "output"])).toMatchObject({
      message: line,
      exitCode: 2,
      code: "ERR_USAGE",
    });
  });
});
