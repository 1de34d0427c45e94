// The filter of the list: typed with completion and told at once what is wrong with it, applied while it is typed.
import { complete, type KnownNames, type MessageField } from "../../src/filter/complete.js";
import { type Filter, parseFilter } from "../../src/filter/filter.js";
import { filterLike } from "../../src/filter/like.js";
import type { Call } from "../../src/model/call.js";
import type { Side } from "../../src/model/fields.js";
import { type CallListState, SORT_COLUMNS, type SortColumn } from "../../src/session/call-list.js";
import { fieldNamesAt } from "../../src/session/message-field-names.js";
import { formatWhole } from "../../src/view/call-text.js";
import { visible } from "../../src/view/visible.js";
import type { CallSelection } from "./call-selection.js";
import type { CallsView } from "./calls-view.js";
import type { Desk } from "./desk.js";
import { type Mistake, Prompt, type Suggestions } from "./prompt.js";

/** Names of methods and metadata that are offered; clients choose them. */
const MAX_NAMES = 500;
/** Calls whose metadata is offered by name. */
const METADATA_CALLS = 200;
/** Calls of the list whose messages' fields are offered first, and fields that are offered. */
const LISTED_CALLS = 500;
const MAX_FIELDS = 1000;

export class FilterLine {
  /** Named filters of the user's file. */
  named: Readonly<Record<string, string>> = {};
  readonly #desk: Desk;
  readonly #selection: CallSelection;
  readonly #history: string[] = [];
  /** Found out when they are asked for: not at each key. */
  readonly #names: KnownNames;
  #filter: Filter | undefined;
  #state: CallListState | undefined;
  /** Whether the list was begun anew while it is held still. */
  #asPaused = false;

  constructor(desk: Desk, selection: CallSelection) {
    this.#desk = desk;
    this.#selection = selection;
    const methods = () => this.#methods();
    const metadata = () => this.#metadata();
    this.#names = {
      messageFields: (side, path) => this.#messageFields(side, path),
      get methods() {
        return methods();
      },
      get metadata() {
        return metadata();
      },
    };
  }

  get text(): string {
    return this.#filter?.text ?? "";
  }

  /** What the list said at its last update. */
  set state(state: CallListState) {
    this.#state = state;
  }

  act(action: string, argument: string | undefined, call: Call | undefined): boolean {
    switch (action) {
      case "filter":
        if (argument === undefined) this.#ask();
        else this.#setOrSay(argument);
        return true;
      case "clear-filter":
        this.set("");
        return true;
      case "filter-like":
        if (call !== undefined) this.#setOrSay(filterLike(call, this.text));
        return true;
      default:
        return false;
    }
  }

  /** @returns what is wrong with the text; the list is left as it is then */
  set(text: string): Mistake | undefined {
    const known = Object.hasOwn(this.named, text.trim()) ? this.named[text.trim()]! : text;
    const result = parseFilter(known);
    if (result.kind === "mistake") return result.mistake;
    this.#filter = result.filter;
    this.apply();
    return undefined;
  }

  /** Has the list begin anew with what is wanted now. */
  apply(): void {
    const result = this.#filter === undefined ? parseFilter("") : undefined;
    const filter = this.#filter ?? (result?.kind === "filter" ? result.filter : undefined);
    if (filter !== undefined) this.#desk.list.setFilter(this.#selection.narrow(filter));
    this.#asPaused = this.#selection.pausedAt !== undefined;
    this.#desk.changed();
  }

  /** The list is no longer held still: what was left out for that is taken in. */
  resume(): void {
    if (this.#asPaused) this.apply();
  }

  /** Whether all calls were asked. */
  get isWhole(): boolean {
    return this.#state === undefined || this.#state.tested >= this.#state.total;
  }

  hideAll(): void {
    this.#selection.hideUpTo(this.#desk.capture.counters.calls);
    this.apply();
  }

  sort(view: CallsView, argument: string | undefined): void {
    const wanted = argument?.trim().toLowerCase();
    const next = SORT_COLUMNS[(SORT_COLUMNS.indexOf(view.order.by) + 1) % SORT_COLUMNS.length]!;
    const by = wanted === undefined ? next : SORT_COLUMNS.find((name) => name.toLowerCase() === wanted);
    if (by === undefined) {
      this.#desk.say(`sort by "${argument}"; expected ${SORT_COLUMNS.join(", ")}`, "warning");
      return;
    }
    view.sortBy(by as SortColumn);
    this.#desk.say(`sorted by ${by}${view.order.descending ? ", largest first" : ""}`);
  }

  /** What may stand at the cursor of a filter; names of the user's own filters first. */
  suggest(text: string, cursor: number): Suggestions {
    const known = complete(text, cursor, this.#names);
    const word = text.slice(0, cursor);
    const own = Object.keys(this.named).filter((name) => /^\S*$/.test(word) && name.startsWith(word));
    if (own.length === 0) return known;
    const items = own.map((name) => ({ text: name, help: this.named[name]!, type: "your own" }));
    return { start: 0, end: cursor, items: [...items, ...(known.start === 0 ? known.items : [])] };
  }

  #ask(): void {
    const before = this.text;
    this.#desk.lay(
      new Prompt({
        label: "/",
        text: before,
        history: this.#history,
        hint: "↵ apply  Esc as before  Tab complete  ↑↓ history  ^U empty",
        change: (text) => this.set(text),
        suggest: (text, cursor) => this.suggest(text, cursor),
        note: () => this.#note(),
        accept: (text) => this.set(text),
        cancel: () => void this.set(before),
      }),
    );
  }

  #note(): { readonly text: string; readonly style: "dim" | "warning" } {
    const { length } = this.#desk.list;
    const state = this.#state;
    if (state === undefined) return { text: "", style: "dim" };
    const done =
      state.tested >= state.total ? "" : ` (${Math.floor((100 * state.tested) / Math.max(1, state.total))}%)`;
    return {
      text: `${formatWhole(length)} of ${formatWhole(state.total)}${done}`,
      style: length === 0 ? "warning" : "dim",
    };
  }

  #setOrSay(text: string): void {
    const mistake = this.set(text);
    if (mistake !== undefined) this.#desk.say(mistake.message, "warning");
  }

  /** Of the latest calls. */
  #metadata(): readonly string[] {
    const { capture } = this.#desk;
    const facts = capture.callFacts();
    const names = new Set<string>();
    for (
      let id = capture.newestCall, left = METADATA_CALLS;
      left > 0 && facts.moveTo(id) && names.size < MAX_NAMES;
      left--, id--
    )
      for (const part of ["client", "server", "trailer"] as const)
        for (const [name] of facts.fields(part)) if (!name.startsWith(":")) names.add(visible(name));
    return [...names].sort();
  }

  /** Of the methods that the calls in the list are of: what was typed before, then of all others that were seen. */
  #messageFields(side: Side | undefined, path: readonly string[]): readonly MessageField[] {
    const { decoder } = this.#desk.reader;
    if (decoder === undefined) return [];
    const fields: MessageField[] = [];
    const types = new Set<string>();
    for (const method of new Set([...this.#listedMethods(), ...this.#methods()]))
      for (const from of side === undefined ? (["client", "server"] as const) : [side]) {
        const type = decoder.typeOf(method, from)?.type;
        if (type === undefined || types.has(type.typeName)) continue;
        types.add(type.typeName);
        fields.push(...fieldNamesAt(type, path));
        if (fields.length >= MAX_FIELDS) return fields.slice(0, MAX_FIELDS);
      }
    return fields;
  }

  #listedMethods(): ReadonlySet<string> {
    const { capture, list } = this.#desk;
    const facts = capture.callFacts();
    const methods = new Set<string>();
    for (let at = 0; at < Math.min(list.length, LISTED_CALLS); at++)
      if (facts.moveTo(list.at(at)!)) methods.add(facts.method);
    return methods;
  }

  #methods(): readonly string[] {
    const seen: string[] = [];
    for (const { method } of this.#desk.stats.methods()) {
      if (method.startsWith("/")) seen.push(method);
      if (seen.length >= MAX_NAMES) break;
    }
    return seen;
  }
}
