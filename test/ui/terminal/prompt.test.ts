// The prompt and its completion, key by key.
import { describe, expect, test } from "vitest";
import { complete } from "../../../src/filter/complete.js";
import { Canvas } from "../../../src/view/canvas.js";
import { Prompt } from "../../../ui/terminal/prompt.js";

/** A prompt for words that are given, or for filters. */
function typing(words?: readonly string[]) {
  const texts: string[] = [];
  const accepted: string[] = [];
  const prompt = new Prompt({
    label: "/",
    hint: "",
    suggest: (text, cursor) => {
      if (words === undefined) return complete(text, cursor);
      const items = words
        .filter((word) => word.toLowerCase().includes(text.trim()))
        .map((text) => ({ text, help: "" }));
      return { start: 0, end: cursor, items };
    },
    change: (text) => {
      texts.push(text);
      return undefined;
    },
    accept: (text) => {
      accepted.push(text);
      return undefined;
    },
  });
  const press = (...keys: readonly string[]) => {
    for (const name of keys) prompt.press({ name, text: name.length === 1 ? name : "" });
    return texts.at(-1);
  };
  return { press, accepted, prompt };
}

describe("Tab", () => {
  test("writes what all candidates begin with, then one after the other, and back", () => {
    const { press } = typing(["server.bytes", "server.messages", "my.server"]);
    expect(press("s", "e", "tab")).toBe("server.");
    expect(press("tab")).toBe("server.bytes");
    expect(press("tab")).toBe("server.messages");
    expect(press("tab")).toBe("my.server");
    expect(press("tab")).toBe("server.bytes");
    expect(press("shift-tab")).toBe("my.server");
    expect(press("up")).toBe("server.messages");
  });

  test("goes on behind a candidate that the others begin with", () => {
    const { press } = typing(["status", "status.message"]);
    expect(press("s", "tab")).toBe("status");
    expect(press("tab")).toBe("status.message");
  });

  test("writes the first where they have nothing in common, whatever their case", () => {
    const { press } = typing(["Beta", "alpha"]);
    expect(press("tab")).toBe("Beta");
    expect(typing(["Users", "userless"]).press("u", "s", "tab")).toBe("User");
  });

  test("leaves a filter that can be written on, and Enter takes it as it stands", () => {
    const { press, accepted } = typing();
    expect(press("s", "t", "a", "t", "tab", " ", "!", "=", " ", "O", "K")).toBe("status != OK");
    press("enter");
    expect(accepted).toEqual(["status != OK"]);
  });

  test("shows what it chose in the list, until something is typed", () => {
    const { press, prompt } = typing(["ab", "ac"]);
    const shown = () => {
      const canvas = new Canvas(40, 10);
      prompt.paint(canvas);
      return canvas.toText();
    };
    press("tab", "tab");
    expect(shown()).toMatch(/▌ac/);
    press("x");
    expect(shown()).not.toContain("▌");
  });
});
