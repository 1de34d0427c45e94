// The chosen value read as every type its octets may be: for those who doubt a schema or a guess.
import type { TreeRow } from "../../../src/feed/messages.js";
import { readings } from "../../../src/view/readings.js";
import { visible } from "../../../src/view/visible.js";

const WIRE_TYPES: Readonly<Record<TreeRow["wire"], number>> = { varint: 0, i64: 1, len: 2, group: 3, i32: 5, raw: -1 };
/** Longer values are not read as anything else. */
const MAX_BYTES = 4096;

export function Readings({ row, bytes }: { readonly row: TreeRow; readonly bytes: Uint8Array }) {
  const value = bytes.subarray(row.valueStart, row.end);
  if (row.message === true || value.length > MAX_BYTES) return null;
  return (
    <dl class="readings" aria-label="Other ways to read it">
      {readings(WIRE_TYPES[row.wire], value).map(({ type, text }) => (
        <div key={type}>
          <dt>{type}</dt>
          <dd>{visible(text)}</dd>
        </div>
      ))}
    </dl>
  );
}
