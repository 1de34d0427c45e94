// One line to type into, with what may be meant below it: commands, methods, what to search for.
import { signal, useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Signs } from "./icon.js";
import { chooseNext, type Suggestion, Suggestions, suggestionId } from "./suggestions.js";

export interface PromptFacts {
  readonly label: string;
  readonly hint: string;
  readonly text?: string;
  /** What may stand in place of all that is typed. */
  readonly suggest?: (text: string) => readonly Suggestion[];
  /** Only what is suggested is taken, the first when none was chosen. */
  readonly picks?: true;
  /** @returns what is wrong with it */
  readonly accept: (text: string) => string | undefined;
}

const MAX_SHOWN = 12;

const asked = signal<PromptFacts | undefined>(undefined);

export function ask(prompt: PromptFacts): void {
  asked.value = prompt;
}

export function Prompt() {
  const facts = asked.value;
  return facts === undefined ? null : <Line key={facts.label + (facts.text ?? "")} facts={facts} />;
}

function Line({ facts }: { readonly facts: PromptFacts }) {
  const input = useRef<HTMLInputElement>(null);
  const text = useSignal(facts.text ?? "");
  const chosen = useSignal(-1);
  const mistake = useSignal<string | undefined>(undefined);
  // Before it is painted: what is typed at once belongs here.
  useLayoutEffect(() => input.current?.focus(), []);
  const items = (facts.suggest?.(text.value) ?? []).slice(0, MAX_SHOWN);
  const close = () => {
    if (asked.peek() === facts) asked.value = undefined;
  };
  const type = (next: string) => {
    text.value = next;
    chosen.value = -1;
    mistake.value = undefined;
  };
  const accept = (given: string) => {
    // Whatever it does may ask something itself.
    close();
    const wrong = facts.accept(given.trim());
    if (wrong === undefined) return;
    asked.value = facts;
    mistake.value = wrong;
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      chosen.value = chooseNext(chosen.value, event.key, items.length);
    } else if (event.key === "Tab") {
      const item = items[Math.max(0, chosen.value)];
      if (item !== undefined) type(item.text);
    } else if (event.key === "Enter") {
      const item = items[facts.picks === true ? Math.max(0, chosen.value) : chosen.value];
      if (item === undefined && facts.picks === true) mistake.value = "nothing has these letters";
      else accept(item?.text ?? text.value);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="prompt" role="dialog" aria-label={facts.label}>
      <label>
        <b>{facts.label}</b>
        <input
          ref={input}
          type="text"
          role="combobox"
          aria-expanded={items.length > 0}
          aria-controls="suggestions"
          aria-activedescendant={suggestionId("suggestions", chosen.value)}
          spellcheck={false}
          autocomplete="off"
          value={text.value}
          onInput={({ currentTarget }) => type(currentTarget.value)}
          onKeyDown={press}
          onBlur={close}
        />
      </label>
      {mistake.value !== undefined && (
        <p class="mistake" role="alert">
          {mistake.value}
        </p>
      )}
      {items.length > 0 && (
        <Suggestions
          id="suggestions"
          label="What may be meant"
          items={items}
          chosen={chosen.value}
          take={(place) => accept(items[place]!.text)}
        />
      )}
      <footer>
        <Signs text={facts.hint} />
      </footer>
    </div>
  );
}
