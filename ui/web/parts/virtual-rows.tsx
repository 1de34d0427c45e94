// Rows of equal height of which only those in sight exist.
import type { AriaRole, ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Press } from "./press.js";

interface VirtualRowsProps {
  readonly count: number;
  readonly rowHeight: number;
  readonly row: (index: number) => ComponentChildren;
  /** Is brought in sight whenever it changes; below 0: nothing. */
  readonly show?: number | undefined;
  /** The last row stays in sight as long as the user does not scroll away from it. */
  readonly follow?: boolean;
  readonly class: string;
  readonly role: AriaRole;
  readonly label: string;
  readonly onKeyDown?: (event: KeyboardEvent) => void;
}

/** Rows above and below what is in sight, for quick scrolling. */
const SPARE = 6;

const SCROLLING: ReadonlySet<string> = new Set(["Home", "End", "PageUp", "PageDown"]);

export function VirtualRows(props: VirtualRowsProps) {
  const { count, rowHeight, row, show, follow = false, role, label, onKeyDown } = props;
  const element = useRef<HTMLElement>(null);
  const [top, setTop] = useState(0);
  const [height, setHeight] = useState(0);
  const sticks = useRef(follow);
  const press = useRef<Press>(undefined);
  const [releases, setReleases] = useState(0);

  useEffect(() => {
    const { current } = element;
    if (current === null) return;
    const observer = new ResizeObserver(() => setHeight(current.clientHeight));
    observer.observe(current);
    press.current = new Press([current], () => setReleases((count) => count + 1));
    return () => observer.disconnect();
  }, []);
  useLayoutEffect(() => {
    if (!follow || !sticks.current || press.current?.isDown || element.current === null) return;
    element.current.scrollTop = count * rowHeight;
  }, [count, follow, height, releases]);
  useLayoutEffect(() => {
    const { current } = element;
    if (current === null || show === undefined || show < 0 || height === 0) return;
    const from = show * rowHeight;
    const isAbove = from < current.scrollTop;
    const isBelow = from + rowHeight > current.scrollTop + current.clientHeight;
    if (isAbove || isBelow) current.scrollTop = Math.max(0, from - current.clientHeight / 3);
  }, [show, height > 0]);

  const first = Math.max(0, Math.floor(top / rowHeight) - SPARE);
  const last = Math.min(count, Math.ceil((top + height) / rowHeight) + SPARE);
  const rows: ComponentChildren[] = [];
  for (let index = first; index < last; index++) rows.push(row(index));
  return (
    <section
      ref={element}
      class={`virtual ${props.class}`}
      role={role}
      aria-label={label}
      tabIndex={0}
      onKeyDown={(event) => {
        onKeyDown?.(event);
        // The browser scrolls what has the focus; the list of calls stays where it is.
        if (SCROLLING.has(event.key)) event.stopPropagation();
      }}
      onScroll={({ currentTarget }) => {
        const { scrollTop, clientHeight, scrollHeight } = currentTarget;
        sticks.current = scrollTop + clientHeight >= scrollHeight - rowHeight;
        setTop(scrollTop);
      }}
    >
      <div class="spacer" role="presentation" style={{ height: `${count * rowHeight}px` }}>
        <div class="rows" role="presentation" style={{ transform: `translateY(${first * rowHeight}px)` }}>
          {rows}
        </div>
      </div>
    </section>
  );
}
