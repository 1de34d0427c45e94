import { describe, expect, test } from "vitest";
import { ACTIONS, CONTEXTS, type Context } from "../../../ui/terminal/actions.js";
import { parseConfig } from "../../../ui/terminal/config.js";
import { indentJson } from "../../../ui/terminal/json-lines.js";
import { readKey } from "../../../ui/terminal/keyboard.js";
import { Keymap, keyHint, keyLabel } from "../../../ui/terminal/keymap.js";
import { LineEditor } from "../../../ui/terminal/line-editor.js";
import { LogLines } from "../../../ui/terminal/log-lines.js";
import { Scroll } from "../../../ui/terminal/scroll.js";

describe("the table of actions", () => {
  test("has each name once", () => {
    expect(new Set(ACTIONS.map(({ name }) => name)).size).toBe(ACTIONS.length);
  });

  test("has no key twice in a context", () => {
    const twice: string[] = [];
    for (const context of Object.keys(CONTEXTS) as Context[]) {
      const keys = ACTIONS.filter(({ contexts }) => contexts.includes(context)).flatMap(({ keys: own }) => own);
      // In the octets, h is the octet before, as in vi: it goes back from everywhere else.
      for (const key of keys) if (keys.indexOf(key) !== keys.lastIndexOf(key)) twice.push(`${context} ${key}`);
    }
    expect([...new Set(twice)]).toEqual(["hex h"]);
  });
});

describe("keys", () => {
  const press = (keymap: Keymap, ...keys: string[]) => {
    const context: readonly Context[] = ["calls", "moving", "global"];
    const pressed = keys.map((key) => keymap.press(key, context)).at(-1)!;
    return pressed.kind === "action" ? pressed.action.name : pressed.kind;
  };

  test("mean what the innermost context says", () => {
    const keymap = new Keymap();
    expect(press(keymap, "1")).toBe("view-calls");
    const inCall = keymap.press("1", ["call", "global"]);
    expect(inCall.kind === "action" && inCall.action.name).toBe("tab-messages");
  });

  test("may come in twos, and a second key that does not belong is taken for itself", () => {
    const keymap = new Keymap();
    expect(press(keymap, "]")).toBe("prefix");
    expect(press(keymap, "e")).toBe("next-error");
    expect(press(keymap, "]", "j")).toBe("down");
  });

  test("can be others by the user's file", () => {
    const keymap = new Keymap({ follow: ["x"], mark: [] });
    expect(press(keymap, "x")).toBe("follow");
    expect(press(keymap, "F")).toBe("none");
    expect(press(keymap, "m")).toBe("none");
  });

  test("have short names", () => {
    const keys = ["ctrl-f", "] e", "enter", "down", "j"];
    expect(keys.map((key) => keyLabel(key, false))).toEqual(["^F", "]e", "↵", "↓", "j"]);
    expect(keys.map((key) => keyLabel(key, true))).toEqual(["^F", "]e", "Enter", "Down", "j"]);
    expect(keyHint("↵ apply  ↑↓ history", true)).toBe("Enter apply  Up Down history");
  });

  test("are read from what blessed says of them", () => {
    const named = (char: string | undefined, key?: object) => readKey(char, key, "").keys.map(({ name }) => name);
    expect(named("G", { name: "g", shift: true })).toEqual(["G"]);
    expect(named("\x06", { name: "f", ctrl: true })).toEqual(["ctrl-f"]);
    expect(named(undefined, { name: "tab", shift: true })).toEqual(["shift-tab"]);
    expect(named(" ", { name: "space" })).toEqual(["space"]);
    expect(named(undefined, { name: "undefined" })).toEqual([]);
    const high = readKey("\ud83c", undefined, "");
    expect(readKey("\udf89", undefined, high.pending).keys).toEqual([{ name: "🎉", text: "🎉" }]);
  });
});

describe("a line being typed", () => {
  const typed = (editor: LineEditor, ...names: string[]) => {
    for (const name of names) editor.press({ name, text: name.length === 1 ? name : "" });
    return `${editor.text.slice(0, editor.cursor)}|${editor.text.slice(editor.cursor)}`;
  };

  test("is edited as in a shell", () => {
    const editor = new LineEditor("ab cd");
    expect(typed(editor, "ctrl-w")).toBe("ab |");
    expect(typed(editor, "ctrl-a", "x")).toBe("x|ab ");
    expect(typed(editor, "ctrl-k", "y", "left", "backspace", "delete")).toBe("|");
  });

  test("takes a pair of surrogates for one character", () => {
    const editor = new LineEditor("a🎉");
    expect(typed(editor, "backspace")).toBe("a|");
  });

  test("remembers what was typed before, and what was being typed", () => {
    const history: string[] = [];
    new LineEditor("one", history).remember();
    new LineEditor("two", history).remember();
    const editor = new LineEditor("", history);
    expect(typed(editor, "x", "up", "up")).toBe("one|");
    expect(typed(editor, "down", "down")).toBe("x|");
  });
});

describe("the user's file", () => {
  test("is read, and what is wrong in it is told in a line each", () => {
    const config = parseConfig(
      JSON.stringify({
        theme: "light",
        colours: { open: { fg: 33 }, nothing: {}, dim: { fg: 999 } },
        keys: { follow: ["ctrl-t"], unknown: ["x"], mark: "m" },
        filters: { slow: "duration > 1s" },
        mouse: false,
        more: 1,
      }),
      "config.json",
    );
    expect(config).toMatchObject({
      theme: "light",
      colours: { open: { fg: 33 } },
      keys: { follow: ["ctrl-t"] },
      filters: { slow: "duration > 1s" },
      mouse: false,
    });
    expect(config.problems.map((problem) => /^config\.json: (.*?);/.exec(problem)?.[1])).toEqual([
      '"more"',
      'colours: "nothing"',
      'colours: "dim"',
      'keys: "unknown"',
      'keys: "mark"',
    ]);
  });

  test("that is no JSON changes nothing", () => {
    expect(parseConfig("{", "c").problems).toHaveLength(1);
    expect(parseConfig("[]", "c")).toMatchObject({ mouse: true, problems: ["c: expected an object"] });
  });
});

describe("small things", () => {
  test("JSON is indented without being read: numbers stay as they were", () => {
    expect(indentJson('{"a":18446744073709551615,"b":[],"c":[1,{"d":"x, {y}: \\"z"}]}', 100)).toEqual([
      "{",
      '  "a": 18446744073709551615,',
      '  "b": [],',
      '  "c": [',
      "    1,",
      "    {",
      '      "d": "x, {y}: \\"z"',
      "    }",
      "  ]",
      "}",
    ]);
  });

  test("a list keeps its cursor in the window", () => {
    const scroll = new Scroll();
    scroll.fit(100, 10);
    scroll.act("last", 100);
    expect([scroll.fit(100, 10), scroll.cursor]).toEqual([90, 99]);
    scroll.act("page-up", 100);
    expect([scroll.fit(100, 10), scroll.cursor]).toEqual([90, 90]);
    expect([scroll.fit(5, 10), scroll.cursor]).toEqual([0, 4]);
  });

  test("the log keeps whole lines, colours taken out and the rest made visible", () => {
    const log = new LogLines();
    log.write("a", 0);
    expect(log.last).toBeUndefined();
    log.write("b \x1b[31mred\x1b[0m \x1b]0;x\x07\nnext", 0);
    expect(log.last).toBe("ab red ␛]0;x␇");
    expect(log.unseen).toBe(0);
    log.write(
      " line\nframelens: \x1b[1ma.proto: no\nframelens asked h:1 for a.B by reflection v1: gone (ERR_X) 1ms\n",
      0,
    );
    expect(log.unseen).toBe(2);
  });
});
