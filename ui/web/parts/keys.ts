// Keys as in the terminal: the innermost part that is on screen gets them first; what is typed into a field is left alone.
import { useLayoutEffect, useRef } from "preact/hooks";

/** @param key as in "j", "G", "ctrl-f", "] e" @returns whether it meant something */
export type KeyHandler = (key: string) => boolean;

interface Held {
  handler: KeyHandler;
  readonly level: number;
}

/** Innermost first. */
const LEVELS = ["layer", "message", "call", "list", "app"] as const;
let handlers: readonly Held[] = [];
/** The first of two keys. */
const PREFIXES = new Set(["]", "["]);
let prefix = "";

export function listenToKeys(): void {
  addEventListener("keydown", (event) => {
    const { target } = event;
    const isTyping =
      target instanceof HTMLInputElement ||
      target instanceof HTMLTextAreaElement ||
      target instanceof HTMLSelectElement;
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

const NAMED = new Set([
  "Enter",
  "Escape",
  "ArrowUp",
  "ArrowDown",
  "ArrowLeft",
  "ArrowRight",
  "PageUp",
  "PageDown",
  "Home",
  "End",
]);

function press(key: string): boolean {
  return handlers.some(({ handler }) => handler(key));
}

/** Keys of a part, as long as it is on screen. */
export function useKeys(part: (typeof LEVELS)[number], handler: KeyHandler): void {
  const held = useRef<Held>({ handler, level: LEVELS.indexOf(part) });
  held.current.handler = handler;
  // Before it is painted: what is seen can be used.
  useLayoutEffect(() => {
    const own = held.current;
    handlers = [...handlers, own].sort((a, b) => a.level - b.level);
    return () => {
      handlers = handlers.filter((other) => other !== own);
    };
  }, []);
}
