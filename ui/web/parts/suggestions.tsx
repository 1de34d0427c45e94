// What may be meant, below a line that is typed into: chosen by the arrow keys of that line, or by the mouse.

export interface Suggestion {
  readonly text: string;
  readonly help: string;
  /** Of what kind it is. */
  readonly type?: string;
}

/** @param chosen a place, or -1 when none is chosen, which is between the last and the first */
export function chooseNext(chosen: number, key: "ArrowDown" | "ArrowUp", count: number): number {
  const step = key === "ArrowDown" ? 1 : -1;
  return ((chosen + 1 + step + count + 1) % (count + 1)) - 1;
}

/** The `aria-activedescendant` of the line. */
export function suggestionId(list: string, chosen: number): string | undefined {
  return chosen < 0 ? undefined : `${list}-${chosen}`;
}

interface SuggestionsFacts {
  readonly id: string;
  readonly label: string;
  readonly items: readonly Suggestion[];
  readonly chosen: number;
  readonly take: (place: number) => void;
}

export function Suggestions({ id, label, items, chosen, take }: SuggestionsFacts) {
  return (
    <div id={id} role="listbox" aria-label={label}>
      {items.map(({ text, type, help }, place) => (
        <div
          key={text}
          id={suggestionId(id, place)}
          role="option"
          tabIndex={-1}
          aria-selected={place === chosen}
          onMouseDown={(event) => {
            event.preventDefault();
            take(place);
          }}
        >
          <code>{text}</code>
          {type !== undefined && <i>{type}</i>}
          <span>{help}</span>
        </div>
      ))}
    </div>
  );
}
