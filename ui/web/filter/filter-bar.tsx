// The filter: the terminal's language with its completion, what is wrong with it and where, and what it found.

import { signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { type Completions, complete } from "../../../src/filter/complete.js";
import { parseFilter } from "../../../src/filter/filter.js";
import { formatWhole } from "../../../src/view/call-text.js";
import { Icon } from "../parts/icon.js";
import { chooseNext, Suggestions, suggestionId } from "../parts/suggestions.js";
import { MatchingCalls } from "../state/call-lists.js";
import { addressOf, filterText, route } from "../state/route.js";
import { base, frame, store } from "../state/session.js";

/** What is typed is tried when nobody has typed for so long. */
const TRY_MS = 350;
const MAX_SHOWN = 9;

const typed = signal("");
filterText.subscribe((text) => {
  typed.value = text;
});

/** Applies a filter without a step in the history for each letter. */
export function applyFilter(text: string): void {
  if (text === filterText.value) return;
  history.replaceState(null, "", addressOf(route.value, text));
  filterText.value = text;
}

/** Puts the cursor into the filter. */
export let focusFilter = (): void => {};

export function FilterBar() {
  const input = useRef<HTMLInputElement>(null);
  const completions = useSignal<Completions | undefined>(undefined);
  /** -1: none is chosen. */
  const chosen = useSignal(-1);
  const timer = useRef<number | undefined>(undefined);

  useEffect(() => {
    focusFilter = () => {
      input.current?.focus();
      input.current?.select();
    };
  }, []);
  useEffect(() => () => clearTimeout(timer.current), []);

  const text = typed.value;
  const parsed = parseFilter(text);
  const mistake = parsed.kind === "mistake" ? parsed.mistake : undefined;
  const items = completions.value?.items.slice(0, MAX_SHOWN) ?? [];
  const isOpen = items.length > 0;

  const offer = () => {
    const { value = "", selectionStart } = input.current ?? {};
    completions.value = complete(value, selectionStart ?? value.length, { methods: [...store.methods.keys()] });
    chosen.value = -1;
  };
  const close = () => {
    completions.value = undefined;
    chosen.value = -1;
  };
  const change = (value: string) => {
    typed.value = value;
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      if (parseFilter(typed.peek()).kind === "filter") applyFilter(typed.peek());
    }, TRY_MS);
  };
  const take = (place: number) => {
    const item = items[place];
    const { start = 0, end = 0, what } = completions.value ?? {};
    if (item === undefined || input.current === null) return;
    const space = what === "field" && item.type !== "method" && !item.text.includes(" ") ? "" : " ";
    const before = text.slice(0, start) + item.text + space;
    change(before + text.slice(end));
    input.current.value = typed.peek();
    input.current.setSelectionRange(before.length, before.length);
    input.current.focus();
    offer();
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (!isOpen) offer();
      else chosen.value = chooseNext(chosen.value, event.key, items.length);
    } else if (event.key === "Tab" && isOpen && !event.shiftKey) take(Math.max(0, chosen.value));
    else if (event.key === "Enter" && chosen.value >= 0) take(chosen.value);
    else if (event.key === "Enter") {
      if (mistake !== undefined) return;
      clearTimeout(timer.current);
      applyFilter(text);
      close();
      input.current?.blur();
    } else if (event.key === "Escape") {
      if (isOpen) close();
      else {
        typed.value = filterText.value;
        input.current?.blur();
      }
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class={mistake === undefined ? "filter" : "filter wrong"} role="search">
      <span class="lens" aria-hidden="true">
        <Icon sign="⌕" />
      </span>
      <div class="entry">
        {mistake !== undefined && <Underline text={text} span={mistake.span} />}
        <input
          ref={input}
          type="text"
          role="combobox"
          aria-label="Filter calls"
          aria-expanded={isOpen}
          aria-controls="completions"
          aria-autocomplete="list"
          aria-activedescendant={suggestionId("completions", chosen.value)}
          aria-invalid={mistake !== undefined}
          aria-describedby="filter-mistake"
          placeholder="Filter: status != OK && duration > 50ms"
          spellcheck={false}
          autocomplete="off"
          value={text}
          onInput={({ currentTarget }) => {
            change(currentTarget.value);
            offer();
          }}
          onKeyDown={press}
          onFocus={offer}
          onClick={offer}
          onBlur={close}
          onScroll={({ currentTarget }) => {
            const under = currentTarget.previousElementSibling;
            if (under instanceof HTMLElement) under.style.transform = `translateX(${-currentTarget.scrollLeft}px)`;
          }}
        />
      </div>
      <Found />
      {text !== "" && (
        <button
          type="button"
          class="clear"
          aria-label="Clear the filter"
          title="Clear (\)"
          onClick={() => applyFilter("")}
        >
          <Icon sign="✕" />
        </button>
      )}
      {(isOpen || mistake !== undefined) && (
        <div class="below">
          <div class="mistake" id="filter-mistake" role="alert">
            {mistake !== undefined && text !== "" ? mistake.message : ""}
          </div>
          {isOpen && (
            <Suggestions id="completions" label="Completions" items={items} chosen={chosen.value} take={take} />
          )}
        </div>
      )}
    </div>
  );
}

/** Lies under the text, whose letters are all equally wide. */
function Underline({ text, span: [start, end] }: { readonly text: string; readonly span: readonly [number, number] }) {
  return (
    <div class="underline" aria-hidden="true">
      {text.slice(0, start)}
      <mark>{text.slice(start, end) || " "}</mark>
    </div>
  );
}

function Found() {
  frame.value;
  const shown = base.value;
  if (!(shown instanceof MatchingCalls)) return null;
  return (
    <span class="found">
      {formatWhole(shown.length)}
      {shown.more ? "+" : ""} of {formatWhole(store.count)}
    </span>
  );
}
