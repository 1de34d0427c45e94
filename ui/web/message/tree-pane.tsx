// A message as a tree of fields; the one under the pointer lights its octets, the chosen one is where the octets are.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { TreeRow } from "../../../src/feed/messages.js";
import { visible } from "../../../src/view/visible.js";
import { Icon } from "../parts/icon.js";
import { VirtualRows } from "../parts/virtual-rows.js";
import type { Choice } from "./choice.js";
import type { RunnerUp } from "./guess.js";

const ROW = 22;
/** Nesting that is shown by indentation; what is deeper stands below each other. */
const MAX_INDENT = 24;
const INDENT_PX = 14;

interface TreePaneProps {
  readonly rows: readonly TreeRow[];
  readonly runners: ReadonlyMap<string, readonly RunnerUp[]>;
  readonly choice: Signal<Choice>;
  readonly guessed: boolean;
}

export function TreePane({ rows, runners, choice, guessed }: TreePaneProps) {
  const folded = useSignal<ReadonlySet<number>>(new Set());
  const shown = useMemo(() => unfolded(rows, folded.value), [rows, folded.value]);
  const { selected, hovered } = choice.value;
  useEffect(() => {
    // What is chosen among the octets may lie in what is folded.
    if (selected >= 0 && !shown.includes(selected)) folded.value = without(folded.peek(), parents(rows, selected));
  }, [selected]);

  const select = (place: number) => {
    choice.value = { selected: place, hovered: -1 };
  };
  const fold = (place: number, closed: boolean) => {
    const next = new Set(folded.peek());
    if (closed) next.add(place);
    else next.delete(place);
    folded.value = next;
  };
  const press = (event: KeyboardEvent) => {
    const at = shown.indexOf(selected);
    const row = rows[selected];
    if (event.key === "ArrowDown" || event.key === "j") select(shown[Math.min(shown.length - 1, at + 1)] ?? -1);
    else if (event.key === "ArrowUp" || event.key === "k") select(shown[Math.max(0, at - 1)] ?? -1);
    else if (event.key === "ArrowRight" && row?.message === true) fold(selected, false);
    else if (event.key === "ArrowLeft" && row?.message === true && !folded.peek().has(selected)) fold(selected, true);
    else if (event.key === "ArrowLeft") select(parents(rows, selected)[0] ?? selected);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <VirtualRows
      class="tree"
      role="tree"
      label="Fields"
      count={shown.length}
      rowHeight={ROW}
      show={shown.indexOf(selected)}
      onKeyDown={press}
      row={(index) => {
        const place = shown[index]!;
        const row = rows[place]!;
        return (
          <div
            key={place}
            role="treeitem"
            tabIndex={-1}
            aria-level={row.depth + 1}
            aria-selected={place === selected}
            aria-expanded={row.message === true ? !folded.value.has(place) : undefined}
            class={`field${place === selected ? " selected" : ""}${place === hovered ? " hovered" : ""}`}
            data-path={row.path}
            onMouseEnter={() => (choice.value = { ...choice.peek(), hovered: place })}
            onMouseLeave={() => (choice.value = { ...choice.peek(), hovered: -1 })}
            onClick={() => select(place)}
            onKeyDown={undefined}
          >
            <span class="indent" style={{ width: `${Math.min(MAX_INDENT, row.depth) * INDENT_PX}px` }} />
            {row.message === true ? (
              <button
                type="button"
                class="fold"
                tabIndex={-1}
                aria-label={folded.value.has(place) ? "Unfold" : "Fold"}
                onClick={(event) => {
                  event.stopPropagation();
                  fold(place, !folded.peek().has(place));
                }}
              >
                <Icon sign={folded.value.has(place) ? "▸" : "▾"} />
              </button>
            ) : (
              <span class="fold" />
            )}
            <FieldText row={row} guessed={guessed} others={runners.get(`${row.start}-${row.end}`) ?? []} />
          </div>
        );
      }}
    />
  );
}

interface FieldTextProps {
  readonly row: TreeRow;
  readonly guessed: boolean;
  readonly others: readonly RunnerUp[];
}

function FieldText({ row, guessed, others }: FieldTextProps) {
  const { name, value, type, number, problem, from } = row;
  return (
    <>
      <span class="text">
        {problem !== undefined && <b class="s-serverFault">! </b>}
        {problem === undefined && from !== "schema" && !guessed && <b class="s-warning">? </b>}
        <span class={guessed ? "s-guess" : from === "schema" ? "s-name" : "s-unknown"}>{visible(name)}</span>
        {value !== "" && (
          <>
            <i>: </i>
            <span class={row.string === true ? "s-text" : "s-number"}>{visible(value)}</span>
          </>
        )}
        {problem !== undefined && <em class="s-warning"> {visible(problem)}</em>}
        {row.note !== undefined && (
          <em class={row.note === "as you said" ? "note said" : "note"}>{visible(row.note)}</em>
        )}
        {others.map((other) => (
          <em key={other.type} class="runner" title="This reading came second">
            or {other.type} {visible(other.value)}
          </em>
        ))}
      </span>
      <span class="type">{number === 0 ? type : `#${number} ${type}`}</span>
    </>
  );
}

function unfolded(rows: readonly TreeRow[], folded: ReadonlySet<number>): readonly number[] {
  const shown: number[] = [];
  let hiddenBelow = Number.POSITIVE_INFINITY;
  rows.forEach(({ depth }, place) => {
    if (depth > hiddenBelow) return;
    hiddenBelow = folded.has(place) ? depth : Number.POSITIVE_INFINITY;
    shown.push(place);
  });
  return shown;
}

/** What a row lies in, innermost first. */
function parents(rows: readonly TreeRow[], place: number): readonly number[] {
  const found: number[] = [];
  let depth = rows[place]?.depth ?? 0;
  for (let above = place - 1; above >= 0 && depth > 0; above--) {
    if (rows[above]!.depth >= depth) continue;
    depth = rows[above]!.depth;
    found.push(above);
  }
  return found;
}

function without(set: ReadonlySet<number>, gone: readonly number[]): ReadonlySet<number> {
  const next = new Set(set);
  for (const one of gone) next.delete(one);
  return next;
}
