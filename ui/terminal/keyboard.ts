// Keys by one name each, whatever blessed and the terminal call them.
import type { BlessedKey } from "./blessed-screen.js";

export interface Key {
  /** As in "j", "G", "enter", "ctrl-f", "alt-x", "shift-tab", "pageup", "space". */
  readonly name: string;
  /** What it types; "" for a key that types nothing. */
  readonly text: string;
}

interface ReadKey {
  readonly keys: readonly Key[];
  /** The first half of a character that comes in two. */
  readonly pending: string;
}

const NAMES: Readonly<Record<string, string>> = { return: "enter", linefeed: "enter" };

/** @param pending what the key before left over */
export function readKey(char: string | undefined, key: BlessedKey | undefined, pending: string): ReadKey {
  const typed = char ?? "";
  if (/^[\ud800-\udbff]$/.test(typed)) return { keys: [], pending: typed };
  if (/^[\udc00-\udfff]$/.test(typed)) {
    const text = pending + typed;
    return { keys: pending === "" ? [] : [{ name: text, text }], pending: "" };
  }
  const named = nameOf(typed, key);
  return { keys: named === undefined ? [] : [named], pending: "" };
}

function nameOf(typed: string, key: BlessedKey | undefined): Key | undefined {
  const plain = key?.ctrl !== true && key?.meta !== true;
  if (plain && typed !== "" && typed > " " && typed !== "\x7f" && !/^[\x80-\x9f]$/.test(typed))
    return { name: typed, text: typed };
  if (key?.name === undefined || key.name === "undefined") return undefined;
  const name = NAMES[key.name] ?? key.name;
  if (plain && name === "space") return { name, text: " " };
  const prefix = `${key.ctrl === true ? "ctrl-" : ""}${key.meta === true ? "alt-" : ""}`;
  const shift = key.shift === true && name.length > 1 ? "shift-" : "";
  return { name: `${prefix}${shift}${key.shift === true && name.length === 1 ? name.toUpperCase() : name}`, text: "" };
}
