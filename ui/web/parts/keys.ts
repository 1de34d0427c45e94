// Keys as in the terminal: the innermost part that is on screen gets them first; what is typed into a field is left alone.
import { useLayoutEffect, useRef } from "preact/hooks";
import { actionsOf, CONTEXTS, type Context, type NameOf } from "./actions.js";

/** Does it, and says false when it means nothing here, so that a part further out gets the key. */
type Act = (argument?: string) => unknown;
/** Every action of a part: the compiler sees to it that what the help tells is there. */
export type Actions<C extends Context> = Readonly<Record<NameOf<C>, Act>>;

interface Held {
  readonly context: Context;
  actions: Readonly<Record<string, Act>>;
}

/** Innermost first. */
let held: readonly Held[] = [];
/** What lies over the page takes every key. */
let layers: readonly ((key: string) => void)[] = [];
/** The first of two keys. */
const PREFIXES = new Set(["]", "["]);
let prefix = "";

const NAMED = new Set([
  ...["Enter", "Escape", "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"],
  ...["PageUp", "PageDown", "Home", "End"],
]);

export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    const { target } = event;
    const isTyping =
      target instanceof HTMLInputElement ||
      target instanceof HTMLTextAreaElement ||
      target instanceof HTMLSelectElement;
    if (isTyping && event.key === "Escape") target.blur();
    if (isTyping || event.altKey || event.metaKey || event.defaultPrevented) return;
    const isControl = target instanceof HTMLButtonElement || target instanceof HTMLAnchorElement;
    // Buttons and links answer to these themselves.
    if (isControl && (event.key === "Enter" || event.key === " " || event.key === "Tab")) return;
    if (event.key.length > 1 && !NAMED.has(event.key)) return;
    const plain = event.ctrlKey ? `ctrl-${event.key.toLowerCase()}` : event.key;
    const key = prefix === "" ? plain : `${prefix} ${plain}`;
    prefix = "";
    if (press(key)) event.preventDefault();
    else if (PREFIXES.has(plain)) prefix = plain;
  });
}

function press(key: string): boolean {
  const layer = layers.at(-1);
  if (layer !== undefined) {
    layer(key);
    return true;
  }
  return held.some(({ context, actions }) => {
    const action = actionsOf(context).find(({ keys }) => keys.includes(key));
    return action !== undefined && actions[action.name]?.() !== false;
  });
}

/** Does by its name what is possible now. @returns whether anything was done */
export function runAction(name: string, argument?: string): boolean {
  return held.some(({ context, actions }) => {
    const isKnown = actionsOf(context).some((action) => action.name === name);
    return isKnown && actions[name]?.(argument) !== false;
  });
}

/** Parts that are on screen, innermost first. */
export function heldContexts(): readonly Context[] {
  return [...new Set(held.map(({ context }) => context))];
}

/** Actions of a part, as long as it is on screen. */
export function useActions<C extends Context>(context: C, actions: Actions<C>): void {
  const own = useRef<Held>({ context, actions });
  own.current.actions = actions;
  // Before it is painted: what is seen can be used.
  useLayoutEffect(() => {
    const mine = own.current;
    held = [...held, mine].sort((a, b) => CONTEXTS.indexOf(a.context) - CONTEXTS.indexOf(b.context));
    return () => {
      held = held.filter((other) => other !== mine);
    };
  }, []);
}

/** Takes every key, as long as it is on screen. */
export function useLayer(press: (key: string) => void): void {
  const last = useRef(press);
  last.current = press;
  useLayoutEffect(() => {
    const layer = (key: string) => last.current(key);
    layers = [...layers, layer];
    return () => {
      layers = layers.filter((other) => other !== layer);
    };
  }, []);
}
