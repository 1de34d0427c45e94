// The octets of a message: those of the field under the pointer, or of the chosen one, stand out; an octet leads to its field.

import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { TreeRow } from "../../../src/feed/messages.js";
import { formatBytes } from "../../../src/view/format.js";
import { hexText } from "../../../src/view/hex.js";
import { Icon } from "../parts/icon.js";
import { copy } from "../parts/notice.js";
import { VirtualRows } from "../parts/virtual-rows.js";
import { type Choice, rowAt } from "./choice.js";

const ROW = 20;
/** From so many pixels on a row has 16 octets. */
const WIDE_FROM = 560;

interface HexPaneProps {
  readonly bytes: Uint8Array;
  readonly total: number;
  readonly rows: readonly TreeRow[];
  readonly choice: Signal<Choice>;
}

export function HexPane({ bytes, total, rows, choice }: HexPaneProps) {
  const host = useRef<HTMLDivElement>(null);
  const [columns, setColumns] = useState(16);
  useEffect(() => {
    const { current } = host;
    if (current === null) return;
    const observer = new ResizeObserver(() => setColumns(current.clientWidth >= WIDE_FROM ? 16 : 8));
    observer.observe(current);
    return () => observer.disconnect();
  }, []);
  const { selected, hovered } = choice.value;
  const lit = rows[hovered >= 0 ? hovered : selected];
  const chosen = rows[selected];

  const offsetOf = (event: MouseEvent): number => {
    const cell = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-offset]") : null;
    return cell === null ? -1 : Number(cell.dataset.offset);
  };
  const hover = (event: MouseEvent) => {
    const offset = offsetOf(event);
    const row = offset < 0 ? -1 : rowAt(rows, offset);
    if (row !== choice.peek().hovered) choice.value = { ...choice.peek(), hovered: row };
  };
  return (
    <div
      ref={host}
      class="hex-host"
      onMouseMove={hover}
      onMouseLeave={() => (choice.value = { ...choice.peek(), hovered: -1 })}
      onClick={(event) => {
        const offset = offsetOf(event);
        if (offset >= 0) choice.value = { selected: rowAt(rows, offset), hovered: -1 };
      }}
      onKeyDown={undefined}
    >
      <VirtualRows
        class="hex"
        role="group"
        label="Octets"
        count={Math.ceil(bytes.length / columns)}
        rowHeight={ROW}
        show={chosen === undefined ? -1 : Math.floor(chosen.start / columns)}
        row={(index) => <HexRow key={index} bytes={bytes} offset={index * columns} columns={columns} lit={lit} />}
      />
      <footer>
        {lit === undefined ? (
          <span>{formatBytes(total)}</span>
        ) : (
          <span>
            <b>{lit.path || lit.name}</b> octets {lit.start}–{lit.end - 1}
          </span>
        )}
        {bytes.length < total && <span>the first {formatBytes(bytes.length)} are shown</span>}
        <button
          type="button"
          onClick={() =>
            void copy(
              hexText(part(bytes, chosen)),
              chosen === undefined ? "the octets as hex" : `the octets of ${chosen.path} as hex`,
            )
          }
        >
          <Icon sign="⧉" /> hex
        </button>
      </footer>
    </div>
  );
}

function part(bytes: Uint8Array, row: TreeRow | undefined): Uint8Array {
  return row === undefined ? bytes : bytes.subarray(row.start, row.end);
}

interface HexRowProps {
  readonly bytes: Uint8Array;
  readonly offset: number;
  readonly columns: number;
  readonly lit: TreeRow | undefined;
}

function HexRow({ bytes, offset, columns, lit }: HexRowProps) {
  const cells: ComponentChildren[] = [];
  const chars: ComponentChildren[] = [];
  for (let at = offset; at < offset + columns; at++) {
    const octet = bytes[at];
    if (octet === undefined) break;
    const isPrintable = octet >= 0x20 && octet < 0x7f;
    const style = lit === undefined || at < lit.start || at >= lit.end ? "" : at < lit.valueStart ? "tag" : "value";
    const half = at % 8 === 7 ? " half" : "";
    cells.push(
      <span key={at} data-offset={at} class={`${style}${half}`}>
        {octet.toString(16).padStart(2, "0")}
      </span>,
    );
    chars.push(
      <span key={at} data-offset={at} class={`${style}${isPrintable ? "" : " dot"}`}>
        {isPrintable ? String.fromCharCode(octet) : "·"}
      </span>,
    );
  }
  return (
    <div class="octet-row">
      <i>{offset.toString(16).padStart(5, "0")}</i>
      <span class="digits" style={{ minWidth: `${columns * 3 + columns / 8}ch` }}>
        {cells}
      </span>
      <span class="chars">{chars}</span>
    </div>
  );
}
