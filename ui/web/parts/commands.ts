// What is done wherever one is: the command line, finding methods, searching messages, going from view to view.
import { complete } from "../../../src/filter/complete.js";
import { parseFilter } from "../../../src/filter/filter.js";
import { fuzzyFind } from "../../../src/view/fuzzy.js";
import { applyFilter, focusFilter } from "../filter/filter-bar.js";
import { SORT_COLUMNS, SORTS } from "../state/chosen-calls.js";
import { go, route } from "../state/route.js";
import { stats, store } from "../state/session.js";
import { switchTheme, theme } from "../state/theme.js";
import { methodFilter } from "../stats/stats-view.js";
import { actionsOf, type Context, keyLabel } from "./actions.js";
import { askClear } from "./clear.js";
import { helpShown } from "./help.js";
import { type Actions, heldContexts, runAction } from "./keys.js";
import { notify } from "./notice.js";
import { ask } from "./prompt.js";
import { search, searchNext } from "./search.js";
import type { Suggestion } from "./suggestions.js";

/** Methods that are offered. */
const MAX_METHODS = 50;

export const EVERYWHERE: Actions<"app"> = {
  filter: (text) => {
    if (text === undefined) focusFilter();
    else showFiltered(text);
  },
  "clear-filter": () => applyFilter(""),
  "find-method": findMethod,
  search: (text) => {
    if (text === undefined) askSearch();
    else search(text);
  },
  "next-match": () => searchNext(1),
  "previous-match": () => searchNext(-1),
  "view-calls": () => go({ view: "calls" }),
  "view-connections": () => go({ view: "connections" }),
  "view-stats": () => go({ view: "stats" }),
  "view-schemas": () => go({ view: "schemas" }),
  "view-compare": () => go({ view: "compare", left: undefined, right: undefined }),
  clear: askClear,
  theme: (name) => {
    if (name === undefined || name !== theme.peek()) switchTheme();
  },
  command: askCommand,
  help: () => {
    helpShown.value = true;
  },
};

function showFiltered(text: string): void {
  const parsed = parseFilter(text);
  if (parsed.kind === "mistake") notify(parsed.mistake.message);
  else if (route.peek().view === "calls") applyFilter(text);
  else go({ view: "calls" }, text);
}

function askSearch(): void {
  ask({
    label: "search messages for",
    hint: "Enter searches   then n and N go to the next and the previous   Esc leaves",
    accept: (text) => {
      if (text === "") return "expected some text";
      search(text);
      return undefined;
    },
  });
}

function findMethod(): void {
  const counted = new Map(stats.peek()?.methods.map(({ method, calls }) => [method, calls]));
  const names = [...new Set([...counted.keys(), ...store.methods.keys()])].filter((name) => name.startsWith("/"));
  ask({
    label: "method",
    hint: "Enter shows its calls   ↑ ↓ choose   Esc leaves",
    picks: true,
    suggest: (letters) =>
      fuzzyFind(names, letters, MAX_METHODS).map(({ text }) => {
        const calls = counted.get(text) ?? 0;
        return { text: text.slice(1), help: `${calls} call${calls === 1 ? "" : "s"}` };
      }),
    accept: (name) => {
      showFiltered(methodFilter(`/${name}`));
      return undefined;
    },
  });
}

function askCommand(): void {
  const contexts = heldContexts();
  ask({
    label: ":",
    hint: "Enter does it   Tab completes   ↑ ↓ choose   Esc leaves",
    suggest: (text) => suggest(text, contexts),
    accept: (text) => {
      const [, name = "", argument = ""] = /^(\S*)\s*(.*)$/s.exec(text) ?? [];
      if (name === "") return undefined;
      const action = contexts.flatMap(actionsOf).find((one) => one.name === name);
      if (action === undefined) return `no command "${name}" here; Tab completes`;
      if (argument !== "" && action.argument === undefined) return `${name} takes nothing more`;
      if (argument === "" && /^[A-Z]/.test(action.argument ?? "")) return `${name} needs ${action.argument}`;
      runAction(name, argument === "" ? undefined : argument);
      return undefined;
    },
  });
}

function suggest(text: string, contexts: readonly Context[]): readonly Suggestion[] {
  const command = /^(\S+)\s+(.*)$/s.exec(text);
  if (command !== null) {
    const [, name = "", argument = ""] = command;
    return argumentsOf(name, argument).map(({ text: value, help }) => ({ text: `${name} ${value}`, help }));
  }
  const seen = new Set<string>();
  const items = contexts.flatMap(actionsOf).flatMap(({ name, keys, help, argument }) => {
    if (seen.has(name) || !name.includes(text)) return [];
    seen.add(name);
    const key = keys[0] === undefined ? "" : ` (${keyLabel(keys[0])})`;
    return [{ text: name, help: `${argument === undefined ? "" : `${argument}  `}${help}${key}` }];
  });
  return items.sort((a, b) => Number(b.text.startsWith(text)) - Number(a.text.startsWith(text)));
}

function argumentsOf(name: string, argument: string): readonly Suggestion[] {
  const starting = (items: readonly Suggestion[]) => items.filter(({ text }) => text.startsWith(argument));
  if (name === "theme") return starting(["dark", "light"].map((text) => ({ text, help: "" })));
  if (name === "sort") return starting(SORT_COLUMNS.map((text) => ({ text, help: SORTS[text] })));
  if (name !== "filter") return [];
  const { start, end, items } = complete(argument, argument.length, { methods: [...store.methods.keys()] });
  return items.map(({ text, help }) => ({ text: argument.slice(0, start) + text + argument.slice(end), help }));
}
