// The one table of what can be done: names for the command line, keys, and the words of help screen and key line.

/** Where keys mean something; a screen has several, the innermost first. */
export const CONTEXTS = {
  moving: "move",
  calls: "list of calls",
  call: "one call",
  message: "message",
  hex: "octets",
  connections: "connections",
  stats: "statistics",
  schema: "schemas",
  log: "log",
  global: "everywhere",
} as const;
export type Context = keyof typeof CONTEXTS;

export interface Action {
  readonly name: string;
  readonly contexts: readonly Context[];
  /** Names as in keyboard.ts; two keys one after the other are separated by a blank. */
  readonly keys: readonly string[];
  readonly help: string;
  /** What the key line says, where there is room; absent for what nobody has to be told of. */
  readonly short?: string;
  /** What a command of this name takes, as in "FILTER"; in brackets when it may be left out. */
  readonly argument?: string;
}

export const ACTIONS: readonly Action[] = [
  { name: "down", contexts: ["moving"], keys: ["j", "down"], help: "line down" },
  { name: "up", contexts: ["moving"], keys: ["k", "up"], help: "line up" },
  { name: "page-down", contexts: ["moving"], keys: ["ctrl-f", "pagedown", "space"], help: "page down" },
  { name: "page-up", contexts: ["moving"], keys: ["ctrl-b", "pageup"], help: "page up" },
  { name: "half-down", contexts: ["moving"], keys: ["ctrl-d"], help: "half a page down" },
  { name: "half-up", contexts: ["moving"], keys: ["ctrl-u"], help: "half a page up" },
  { name: "first", contexts: ["moving"], keys: ["g", "home"], help: "first line" },
  { name: "last", contexts: ["moving"], keys: ["G", "end"], help: "last line" },

  {
    name: "open",
    contexts: ["calls", "connections", "stats", "call"],
    keys: ["enter", "l", "right"],
    help: "open",
    short: "open",
  },
  {
    name: "back",
    contexts: ["call", "message", "hex", "connections", "stats", "schema", "log"],
    keys: ["q", "escape", "h"],
    help: "back",
    short: "back",
  },
  { name: "leave", contexts: ["calls"], keys: ["q"], help: "quit, once more asked" },

  {
    name: "filter",
    contexts: ["calls"],
    keys: ["/", "f"],
    help: "filter the list",
    short: "filter",
    argument: "[FILTER]",
  },
  { name: "clear-filter", contexts: ["calls"], keys: ["\\"], help: "no filter" },
  {
    name: "filter-like",
    contexts: ["calls"],
    keys: ["*"],
    help: "of what is shown only this method; a second time: only this status",
  },
  { name: "follow", contexts: ["calls", "call", "log"], keys: ["F"], help: "follow what is new", short: "follow" },
  { name: "pause", contexts: ["calls"], keys: ["p"], help: "hold the view still; capture goes on", short: "pause" },
  {
    name: "search",
    contexts: ["calls", "call", "message", "hex"],
    keys: ["S"],
    help: "search inside messages of all calls",
    short: "search",
    argument: "TEXT",
  },
  { name: "next-match", contexts: ["calls", "call", "message", "hex"], keys: ["n"], help: "next message found" },
  {
    name: "previous-match",
    contexts: ["calls", "call", "message", "hex"],
    keys: ["N"],
    help: "previous message found",
  },
  { name: "find-method", contexts: ["global"], keys: ["ctrl-p"], help: "find a method by some letters" },
  { name: "next-error", contexts: ["calls"], keys: ["] e"], help: "next call that failed" },
  { name: "previous-error", contexts: ["calls"], keys: ["[ e"], help: "previous call that failed" },
  { name: "next-mark", contexts: ["calls"], keys: ["] m"], help: "next marked call" },
  { name: "previous-mark", contexts: ["calls"], keys: ["[ m"], help: "previous marked call" },
  { name: "mark", contexts: ["calls"], keys: ["m"], help: "mark, or unmark", short: "mark" },
  { name: "marked-only", contexts: ["calls"], keys: ["M"], help: "marked calls only, or all" },
  { name: "unmark-all", contexts: ["calls"], keys: ["U"], help: "unmark all" },
  { name: "hide", contexts: ["calls"], keys: ["d"], help: "hide this call" },
  { name: "clear", contexts: ["calls"], keys: ["z"], help: "hide all calls so far" },
  {
    name: "clear-capture",
    contexts: ["global"],
    keys: [],
    help: "forget all calls that are kept, for all who look",
  },
  {
    name: "save-capture",
    contexts: ["global"],
    keys: [],
    help: "save all that is kept to a file, for framelens open",
    argument: "FILE",
  },
  { name: "show-hidden", contexts: ["calls"], keys: ["Z"], help: "show hidden calls again" },
  {
    name: "sort",
    contexts: ["calls", "stats"],
    keys: ["s"],
    help: "sort by the next column",
    short: "sort",
    argument: "[COLUMN]",
  },
  { name: "reverse", contexts: ["calls", "stats"], keys: ["v"], help: "reverse the order" },
  { name: "columns", contexts: ["calls"], keys: ["c"], help: "choose columns", argument: "[COLUMN]" },
  { name: "preview", contexts: ["calls"], keys: ["_"], help: "preview on or off" },
  { name: "go", contexts: ["calls"], keys: [], help: "go to a call by its number", argument: "NUMBER" },

  { name: "tab-messages", contexts: ["call"], keys: ["1"], help: "messages" },
  { name: "tab-metadata", contexts: ["call"], keys: ["2"], help: "metadata and how it ended" },
  { name: "tab-timing", contexts: ["call"], keys: ["3"], help: "timing and sizes" },
  { name: "tab-http2", contexts: ["call"], keys: ["4"], help: "HTTP/2 and connection" },
  { name: "next-tab", contexts: ["call"], keys: ["]"], help: "next tab" },
  { name: "previous-tab", contexts: ["call"], keys: ["["], help: "previous tab" },
  { name: "next-message", contexts: ["call", "message", "hex"], keys: ["J"], help: "next message", short: "message" },
  { name: "previous-message", contexts: ["call", "message", "hex"], keys: ["K"], help: "previous message" },
  { name: "next-call", contexts: ["call", "message", "hex"], keys: [">"], help: "next call of the list" },
  { name: "previous-call", contexts: ["call", "message", "hex"], keys: ["<"], help: "previous call of the list" },
  { name: "reveal", contexts: ["call"], keys: ["v"], help: "show secrets, or hide them", short: "secrets" },

  { name: "hex", contexts: ["call", "message", "hex"], keys: ["x"], help: "octets beside the tree", short: "hex" },
  { name: "json", contexts: ["call", "message", "hex"], keys: ["t"], help: "JSON or tree", short: "JSON" },
  { name: "fold", contexts: ["message"], keys: ["left"], help: "fold" },
  { name: "unfold", contexts: ["message"], keys: ["right", "l"], help: "unfold" },
  { name: "toggle-fold", contexts: ["message"], keys: ["enter", "z a"], help: "fold or unfold", short: "fold" },
  {
    name: "readings",
    contexts: ["message", "hex"],
    keys: ["r"],
    help: "value read as every type that fits",
    short: "as types",
  },
  { name: "read-as", contexts: ["message"], keys: ["a"], help: "read a guessed field as another type" },
  { name: "name-field", contexts: ["message"], keys: ["A"], help: "name a guessed field", argument: "NAME" },
  {
    name: "find",
    contexts: ["message", "call"],
    keys: ["/"],
    help: "find in this message",
    short: "find",
    argument: "TEXT",
  },
  { name: "next-octet", contexts: ["hex"], keys: ["l", "right"], help: "next octet" },
  { name: "previous-octet", contexts: ["hex"], keys: ["left", "h"], help: "previous octet" },
  { name: "next-field", contexts: ["hex"], keys: ["w"], help: "next field" },
  { name: "previous-field", contexts: ["hex"], keys: ["b"], help: "previous field" },

  {
    name: "copy",
    contexts: ["calls", "call", "message", "hex"],
    keys: ["y"],
    help: "copy as JSON; octets, value or text where that is chosen",
    short: "copy",
    argument: "[FORM]",
  },
  {
    name: "copy-as",
    contexts: ["calls", "call", "message", "hex"],
    keys: ["Y"],
    help: "copy as JSON, hex, base64, grpcurl, buf curl, field path",
  },
  {
    name: "save",
    contexts: ["call", "message"],
    keys: ["w"],
    help: "save the message's octets to a file",
    argument: "FILE",
  },
  { name: "edit", contexts: ["call", "message", "hex", "log"], keys: ["e"], help: "open in $EDITOR", short: "editor" },
  { name: "pager", contexts: ["call", "message", "hex", "log"], keys: ["o"], help: "open in $PAGER" },

  { name: "reset", contexts: ["stats"], keys: ["z"], help: "count anew", short: "reset" },

  { name: "view-calls", contexts: ["global"], keys: ["1"], help: "calls" },
  { name: "view-connections", contexts: ["global"], keys: ["2"], help: "connections", short: "views" },
  { name: "view-stats", contexts: ["global"], keys: ["3"], help: "statistics" },
  { name: "view-schema", contexts: ["global"], keys: ["4"], help: "schemas" },
  { name: "view-log", contexts: ["global"], keys: ["5"], help: "log" },
  { name: "next-pane", contexts: ["global"], keys: ["tab"], help: "next pane" },
  { name: "previous-pane", contexts: ["global"], keys: ["shift-tab"], help: "previous pane" },
  {
    name: "layout",
    contexts: ["global"],
    keys: ["-"],
    help: "list and call side by side, stacked, or one",
    argument: "[LAYOUT]",
  },
  { name: "theme", contexts: ["global"], keys: [], help: "another theme", argument: "NAME" },
  { name: "page", contexts: ["global"], keys: [], help: "copy the page's link, which attach --feed takes as well" },
  { name: "mouse", contexts: ["global"], keys: [], help: "mouse on or off", argument: "[on|off]" },
  { name: "command", contexts: ["global"], keys: [":"], help: "command line", short: "command" },
  { name: "help", contexts: ["global"], keys: ["?"], help: "help", short: "help" },
  { name: "redraw", contexts: ["global"], keys: ["ctrl-l"], help: "draw the screen again" },
  { name: "suspend", contexts: ["global"], keys: ["ctrl-z"], help: "stop the program; the shell's fg goes on" },
  { name: "quit", contexts: ["global"], keys: ["Q", "ctrl-c"], help: "quit at once; ^C closes help or a prompt first" },
];

const BY_NAME: ReadonlyMap<string, Action> = new Map(ACTIONS.map((action) => [action.name, action]));

export function actionNamed(name: string): Action | undefined {
  return BY_NAME.get(name);
}
