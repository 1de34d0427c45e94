// The one table of what keys and commands do on the page: the help, the command line and the keys themselves are made from it.

interface ActionRow {
  /** As a command, as in ":sort duration". */
  readonly name: string;
  /** As in "j", "G", "ctrl-f", "] e". */
  readonly keys: readonly string[];
  readonly help: string;
  /** What a command of this name takes; in brackets when it may be left out. */
  readonly argument?: string;
}

/** By the part of the page that has to be on screen, innermost first. Names are the terminal's where it has the same. */
export const ACTIONS = {
  message: [
    { name: "json", keys: ["x", "t"], help: "tree with octets, or JSON" },
    { name: "pin", keys: [], help: "remember the message, to compare another one with it" },
  ],
  call: [
    { name: "back", keys: ["Escape", "q", "h"], help: "back" },
    { name: "next-message", keys: ["J"], help: "next message" },
    { name: "previous-message", keys: ["K"], help: "previous message" },
    { name: "next-call", keys: [">"], help: "next call of the list" },
    { name: "previous-call", keys: ["<"], help: "previous call of the list" },
    { name: "tab-messages", keys: ["1"], help: "messages" },
    { name: "tab-metadata", keys: ["2"], help: "metadata" },
    { name: "tab-timing", keys: ["3"], help: "timing" },
    { name: "tab-frames", keys: ["4"], help: "HTTP/2 frames" },
    { name: "copy", keys: ["y"], help: "copy its messages as JSON" },
    { name: "copy-as", keys: ["Y"], help: "copy as JSON, grpcurl, buf curl, link" },
  ],
  list: [
    { name: "down", keys: ["j", "ArrowDown"], help: "next call" },
    { name: "up", keys: ["k", "ArrowUp"], help: "previous call" },
    { name: "page-down", keys: ["ctrl-f", "PageDown", " "], help: "page down" },
    { name: "page-up", keys: ["ctrl-b", "PageUp"], help: "page up" },
    { name: "half-down", keys: ["ctrl-d"], help: "half a page down" },
    { name: "half-up", keys: ["ctrl-u"], help: "half a page up" },
    { name: "first", keys: ["g", "Home"], help: "first call" },
    { name: "last", keys: ["G", "End"], help: "last call" },
    { name: "open", keys: ["Enter", "l"], help: "open the call" },
    { name: "go", keys: [], help: "open a call by its number", argument: "NUMBER" },
    { name: "follow", keys: ["F"], help: "follow the newest call, or stay" },
    { name: "pause", keys: ["p"], help: "hold the list still; capture goes on" },
    { name: "filter-like", keys: ["*"], help: "of what is shown only this method; a second time: only this status" },
    { name: "next-error", keys: ["] e"], help: "next call that failed" },
    { name: "previous-error", keys: ["[ e"], help: "previous call that failed" },
    { name: "mark", keys: ["m"], help: "mark, or unmark" },
    { name: "next-mark", keys: ["] m"], help: "next marked call" },
    { name: "previous-mark", keys: ["[ m"], help: "previous marked call" },
    { name: "marked-only", keys: ["M"], help: "marked calls only, or all" },
    { name: "unmark-all", keys: ["U"], help: "unmark all" },
    { name: "compare", keys: ["c"], help: "compare the last two marked" },
    { name: "hide", keys: ["d"], help: "hide this call" },
    { name: "hide-all", keys: ["z"], help: "hide all calls so far" },
    { name: "show-hidden", keys: ["Z"], help: "show hidden calls again" },
    { name: "sort", keys: ["s"], help: "sort by the next column", argument: "[COLUMN]" },
    { name: "order", keys: ["o"], help: "choose what to sort by" },
    { name: "reverse", keys: ["v"], help: "reverse the order" },
  ],
  connections: [
    { name: "down", keys: ["j", "ArrowDown"], help: "next connection" },
    { name: "up", keys: ["k", "ArrowUp"], help: "previous connection" },
    { name: "open", keys: ["Enter", "l"], help: "calls of the connection" },
    { name: "back", keys: ["Escape", "q", "h"], help: "back" },
  ],
  schemas: [{ name: "back", keys: ["Escape", "q", "h"], help: "back" }],
  stats: [
    { name: "down", keys: ["j", "ArrowDown"], help: "next method" },
    { name: "up", keys: ["k", "ArrowUp"], help: "previous method" },
    { name: "open", keys: ["Enter", "l"], help: "calls of the method" },
    { name: "back", keys: ["Escape", "q", "h"], help: "all methods, then the calls" },
    { name: "sort", keys: ["s"], help: "sort by the next column" },
    { name: "reverse", keys: ["v"], help: "reverse the order" },
  ],
  compare: [{ name: "back", keys: ["Escape", "q", "h"], help: "back" }],
  app: [
    { name: "filter", keys: ["/", "f"], help: "filter the calls", argument: "[FILTER]" },
    { name: "clear-filter", keys: ["\\"], help: "no filter" },
    { name: "find-method", keys: ["ctrl-p"], help: "find a method by some letters" },
    { name: "search", keys: ["S"], help: "search inside messages of all calls", argument: "[TEXT]" },
    { name: "next-match", keys: ["n"], help: "next message found" },
    { name: "previous-match", keys: ["N"], help: "previous message found" },
    { name: "view-calls", keys: ["1"], help: "calls" },
    { name: "view-connections", keys: ["2"], help: "connections" },
    { name: "view-stats", keys: ["3"], help: "statistics" },
    { name: "view-schemas", keys: ["4"], help: "where types come from" },
    { name: "view-compare", keys: [], help: "comparison" },
    { name: "clear", keys: [], help: "forget all calls that are kept, for all who look (control token)" },
    { name: "theme", keys: [], help: "dark or light", argument: "[dark|light]" },
    { name: "command", keys: [":"], help: "command line: every line of this list by its name" },
    { name: "help", keys: ["?"], help: "this help" },
  ],
} as const satisfies Readonly<Record<string, readonly ActionRow[]>>;

export type Context = keyof typeof ACTIONS;
export type NameOf<C extends Context> = (typeof ACTIONS)[C][number]["name"];

/** What to call a part where its keys are told. */
export const CONTEXT_TITLES: Readonly<Record<Context, string>> = {
  message: "a message",
  call: "a call",
  list: "the list of calls",
  connections: "connections",
  schemas: "schemas",
  stats: "statistics",
  compare: "a comparison",
  app: "everywhere",
};

/** Innermost first. */
export const CONTEXTS = Object.keys(ACTIONS) as readonly Context[];

export function actionsOf(context: Context): readonly ActionRow[] {
  return ACTIONS[context];
}

const SHOWN: Readonly<Record<string, string>> = {
  ArrowUp: "↑",
  ArrowDown: "↓",
  PageUp: "PgUp",
  PageDown: "PgDn",
  Escape: "Esc",
  " ": "Space",
};

/** "^F" for "ctrl-f", "]e" for "] e". */
export function keyLabel(key: string): string {
  const shown = SHOWN[key];
  if (shown !== undefined) return shown;
  if (key.length > 1 && key.includes(" ")) return key.replace(" ", "");
  const control = /^ctrl-(.)$/.exec(key);
  return control === null ? key : `^${control[1]!.toUpperCase()}`;
}
