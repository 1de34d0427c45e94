// A row of tabs (WAI-ARIA Authoring Practices, "Tabs").
import type { ComponentChildren } from "preact";

interface TabsProps<T extends string> {
  readonly names: readonly T[];
  readonly selected: T;
  readonly onSelect: (name: T) => void;
  readonly label: string;
  readonly children?: ComponentChildren;
}

export function Tabs<T extends string>({ names, selected, onSelect, label, children }: TabsProps<T>) {
  const press = (event: KeyboardEvent) => {
    const step = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    event.stopPropagation();
    const next = names[(names.indexOf(selected) + step + names.length) % names.length]!;
    onSelect(next);
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`[data-tab="${next}"]`)?.focus();
  };
  return (
    <div class="tabs">
      <div role="tablist" aria-label={label} onKeyDown={press}>
        {names.map((name) => (
          <button
            key={name}
            type="button"
            role="tab"
            data-tab={name}
            aria-selected={name === selected}
            tabIndex={name === selected ? 0 : -1}
            onClick={() => onSelect(name)}
          >
            {name}
          </button>
        ))}
      </div>
      {children}
    </div>
  );
}
