// Two calls, or two messages, field by field.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { visible } from "../../../src/view/visible.js";
import { Icon } from "../parts/icon.js";
import { useActions } from "../parts/keys.js";
import { VirtualRows } from "../parts/virtual-rows.js";
import { go, type Place, placeOf, placeText } from "../state/route.js";
import { marked } from "../state/session.js";
import { changedPart, type Difference, differences } from "./differences.js";
import { type Compared, readPlace } from "./facts.js";
import { pinned } from "./pinned.js";

const ROW = 26;

interface CompareViewProps {
  readonly left: Place | undefined;
  readonly right: Place | undefined;
}

export function CompareView({ left, right }: CompareViewProps) {
  const both = useSignal<readonly [Compared, Compared] | undefined>(undefined);
  const problem = useSignal<string | undefined>(undefined);
  const onlyChanged = useSignal(true);
  const [from, to] = [left === undefined ? "" : placeText(left), right === undefined ? "" : placeText(right)];
  useEffect(() => {
    both.value = undefined;
    problem.value = undefined;
    if (left === undefined || right === undefined) return;
    let isOver = false;
    Promise.all([readPlace(left), readPlace(right)]).then(
      (read) => {
        if (!isOver) both.value = read;
      },
      (error: unknown) => {
        if (!isOver) problem.value = error instanceof Error ? error.message : String(error);
      },
    );
    return () => {
      isOver = true;
    };
  }, [from, to]);
  useActions("compare", { back: () => history.back() });

  const rows = both.value === undefined ? [] : differences(both.value[0].facts, both.value[1].facts);
  const changed = rows.filter((row) => row.left !== row.right);
  const shown = onlyChanged.value ? changed : rows;
  return (
    <main class="compare">
      <header>
        <Chooser label="Left" place={left} onChoose={(place) => go({ view: "compare", left: place, right })} />
        <button
          type="button"
          class="icon"
          title="Swap"
          aria-label="Swap"
          onClick={() => go({ view: "compare", left: right, right: left })}
        >
          <Icon sign="⇄" />
        </button>
        <Chooser label="Right" place={right} onChoose={(place) => go({ view: "compare", left, right: place })} />
        <span class="gap" />
        {both.value !== undefined && (
          <>
            <span class="count" role="status">
              {changed.length === 0 ? "no difference" : `${changed.length} of ${rows.length} differ`}
            </span>
            <label>
              <input
                type="checkbox"
                checked={onlyChanged.value}
                onChange={({ currentTarget }) => (onlyChanged.value = currentTarget.checked)}
              />
              only differences
            </label>
          </>
        )}
      </header>
      {problem.value !== undefined && <p class="none">{problem.value}</p>}
      {(left === undefined || right === undefined) && <HowTo />}
      {both.value !== undefined && (
        <>
          <div class="difference heads">
            <span />
            <b>Field</b>
            <b>{both.value[0].title}</b>
            <b>{both.value[1].title}</b>
          </div>
          {shown.length === 0 && <p class="none">They say the same.</p>}
          <VirtualRows
            class="differences"
            role="grid"
            label="Differences"
            count={shown.length}
            rowHeight={ROW}
            row={(index) => <DifferenceRow key={shown[index]!.name} difference={shown[index]!} />}
          />
        </>
      )}
    </main>
  );
}

function HowTo() {
  const [first, second] = [...marked.value].slice(-2);
  return (
    <div class="how">
      <h2>Choose two calls or two messages</h2>
      <ol>
        <li>
          In the list, <kbd>m</kbd> marks a call and <kbd>c</kbd> compares the last two marked.
        </li>
        <li>In a call, Pin a message; the next one you open offers to compare.</li>
        <li>
          Or write their numbers above: <code>1192</code> is a call, <code>1192/server/3</code> a message of it.
        </li>
      </ol>
      {first !== undefined && second !== undefined && (
        <button
          type="button"
          class="primary"
          onClick={() => go({ view: "compare", left: { call: first }, right: { call: second } })}
        >
          Compare the marked calls {first} and {second}
        </button>
      )}
      {pinned.value !== undefined && <p>Pinned: {placeText(pinned.value)}</p>}
    </div>
  );
}

interface ChooserProps {
  readonly label: string;
  readonly place: Place | undefined;
  readonly onChoose: (place: Place | undefined) => void;
}

function Chooser({ label, place, onChoose }: ChooserProps) {
  const text = place === undefined ? "" : placeText(place);
  return (
    <label class="chooser">
      <span>{label}</span>
      <input
        type="text"
        value={text}
        placeholder="call, or call/server/0"
        onChange={({ currentTarget }) => onChoose(placeOf(currentTarget.value.trim()))}
      />
      {place !== undefined && (
        <button
          type="button"
          class="icon"
          title="Open it"
          aria-label={`Open ${text}`}
          onClick={() => go({ view: "calls", place })}
        >
          <Icon sign="→" />
        </button>
      )}
    </label>
  );
}

function DifferenceRow({ difference: { name, left, right } }: { readonly difference: Difference }) {
  const kind = left === right ? "same" : left === undefined ? "added" : right === undefined ? "gone" : "changed";
  return (
    <div class={`difference ${kind}`} role="row">
      <span role="gridcell" title={KINDS[kind].name}>
        {KINDS[kind].sign}
      </span>
      <code role="rowheader">{visible(name)}</code>
      <Side text={left} other={right} />
      <Side text={right} other={left} />
    </div>
  );
}

const KINDS = {
  same: { sign: "=", name: "the same" },
  changed: { sign: "≠", name: "differs" },
  added: { sign: "+", name: "only on the right" },
  gone: { sign: "−", name: "only on the left" },
} as const;

function Side({ text, other }: { readonly text: string | undefined; readonly other: string | undefined }) {
  if (text === undefined) return <code role="gridcell" class="absent" />;
  if (other === undefined || other === text) return <code role="gridcell">{visible(text)}</code>;
  const [start, end] = changedPart(text, other);
  return (
    <code role="gridcell" title={visible(text)}>
      {visible(text.slice(0, start))}
      <mark>{visible(text.slice(start, end))}</mark>
      {visible(text.slice(end))}
    </code>
  );
}
