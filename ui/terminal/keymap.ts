// From keys to actions: the table's own keys, or those of the user's file; two keys one after the other included.
import { ACTIONS, type Action, type Context } from "./actions.js";

/** Keys by the name of an action, in place of the table's. */
export type KeyOverrides = Readonly<Record<string, readonly string[]>>;

export type Pressed =
  | { readonly kind: "action"; readonly action: Action }
  /** The first of two keys. */
  | { readonly kind: "prefix" }
  | { readonly kind: "none" };

export class Keymap {
  /** By context, then by key or "key key". */
  readonly #bindings = new Map<Context, Map<string, Action>>();
  readonly #keysOf = new Map<string, readonly string[]>();
  #prefix = "";

  constructor(overrides: KeyOverrides = {}) {
    for (const action of ACTIONS) {
      const keys = Object.hasOwn(overrides, action.name) ? overrides[action.name]! : action.keys;
      this.#keysOf.set(action.name, keys);
      for (const context of action.contexts) {
        const bound = this.#bindings.get(context) ?? new Map<string, Action>();
        this.#bindings.set(context, bound);
        for (const key of keys) bound.set(key, action);
      }
    }
  }

  /** What has been pressed of two keys. */
  get prefix(): string {
    return this.#prefix;
  }

  keysOf(action: string): readonly string[] {
    return this.#keysOf.get(action) ?? [];
  }

  /** @param contexts innermost first */
  press(key: string, contexts: readonly Context[]): Pressed {
    const both = this.#prefix === "" ? undefined : `${this.#prefix} ${key}`;
    const first = this.#prefix;
    this.#prefix = "";
    if (both !== undefined) {
      const action = this.#find(both, contexts);
      if (action !== undefined) return { kind: "action", action };
      // "]" alone may mean something, too: it does when no second key follows that belongs to it.
      const alone = this.#find(first, contexts);
      return alone === undefined || key === first ? this.press(key, contexts) : { kind: "action", action: alone };
    }
    const action = this.#find(key, contexts);
    const waits = this.#isPrefix(key, contexts);
    if (waits && action === undefined) {
      this.#prefix = key;
      return { kind: "prefix" };
    }
    return action === undefined ? { kind: "none" } : { kind: "action", action };
  }

  /** The actions of a context in the table's order, with the keys they have now. */
  actionsOf(context: Context): readonly { readonly action: Action; readonly keys: readonly string[] }[] {
    return ACTIONS.filter(({ contexts }) => contexts.includes(context)).map((action) => ({
      action,
      keys: this.keysOf(action.name),
    }));
  }

  #find(key: string, contexts: readonly Context[]): Action | undefined {
    for (const context of contexts) {
      const action = this.#bindings.get(context)?.get(key);
      if (action !== undefined) return action;
    }
    return undefined;
  }

  #isPrefix(key: string, contexts: readonly Context[]): boolean {
    return contexts.some((context) =>
      [...(this.#bindings.get(context)?.keys() ?? [])].some((bound) => bound.startsWith(`${key} `)),
    );
  }
}

/** Keys that have a sign of their own, and what they are called where there are no signs: "<" and "v" are keys themselves. */
const SIGNS: Readonly<Record<string, readonly [sign: string, word: string]>> = {
  enter: ["↵", "Enter"],
  up: ["↑", "Up"],
  down: ["↓", "Down"],
  left: ["←", "Left"],
  right: ["→", "Right"],
};
const SHOWN: Readonly<Record<string, string>> = {
  escape: "Esc",
  space: "Space",
  pagedown: "PgDn",
  pageup: "PgUp",
  tab: "Tab",
  "shift-tab": "S-Tab",
  home: "Home",
  end: "End",
};

/** "^F" for "ctrl-f", "]e" for "] e". @param ascii whether there are no signs */
export function keyLabel(key: string, ascii: boolean): string {
  if (key.includes(" "))
    return key
      .split(" ")
      .map((one) => keyLabel(one, ascii))
      .join("");
  const control = /^ctrl-(.)$/.exec(key);
  return control === null ? (SIGNS[key]?.[ascii ? 1 : 0] ?? SHOWN[key] ?? key) : `^${control[1]!.toUpperCase()}`;
}

/** A hint that begins with keys, as in "↵ apply  ↑↓ history", as it is to be shown. */
export function keyHint(text: string, ascii: boolean): string {
  if (!ascii) return text;
  let shown = text.replace("↑↓", "Up Down");
  for (const [sign, word] of Object.values(SIGNS)) shown = shown.replaceAll(sign, word);
  return shown;
}
