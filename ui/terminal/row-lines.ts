// Rows of the list as lines, remembered while nothing in them is another: most rows of a frame were in the frame before.
import type { CallFacts } from "../../src/capture/call-facts.js";
import { callRow, type PlacedColumn } from "../../src/view/call-columns.js";
import type { Line } from "../../src/view/styled.js";
import type { Desk } from "./desk.js";
import { DriftMarks } from "./drift-marks.js";

/** More than a screen has rows; a power of two. */
const ROWS = 256;

interface Row {
  readonly id: number;
  readonly line: Line;
  readonly kind: string | undefined;
  readonly marked: boolean;
  readonly drifts: boolean;
  /** Both only grow; something may come to a call that has ended, too. */
  readonly messages: number;
  readonly bytes: number;
}

export class RowLines {
  readonly #desk: Desk;
  readonly #facts: CallFacts;
  readonly #marks: DriftMarks;
  /** By the lowest bits of their ids. */
  readonly #rows: (Row | undefined)[] = Array.from({ length: ROWS }, () => undefined);
  #columns: readonly PlacedColumn[] = [];

  constructor(desk: Desk) {
    this.#desk = desk;
    this.#facts = desk.capture.callFacts();
    this.#marks = new DriftMarks(desk);
  }

  /** Whether something of the rows is found out in a later frame. */
  get isPending(): boolean {
    return this.#marks.isPending;
  }

  /** @param columns the same array as long as they are the same */
  begin(columns: readonly PlacedColumn[]): void {
    this.#marks.begin();
    if (columns === this.#columns) return;
    this.#columns = columns;
    this.#rows.fill(undefined);
  }

  /**
   * A row without the cursor.
   * @param now Unix ms
   * @returns undefined when the call is not kept any more; `isOpen` when time alone makes it another
   */
  of(id: number, marked: boolean, now: number): { readonly line: Line; readonly isOpen: boolean } | undefined {
    const facts = this.#facts;
    if (!facts.moveTo(id)) return undefined;
    const { kinds, capture } = this.#desk;
    const { isOpen } = facts;
    const kind = kinds?.kindOf(facts.method);
    const messages = facts.clientMessages + facts.serverMessages;
    const bytes = facts.clientBytes + facts.serverBytes;
    const drifts = this.#marks.has(id, facts.method, messages);
    const row = this.#rows[id % ROWS];
    if (
      row?.id === id &&
      !isOpen &&
      row.marked === marked &&
      row.drifts === drifts &&
      row.kind === kind &&
      row.messages === messages &&
      row.bytes === bytes
    )
      return { line: row.line, isOpen };
    const call = capture.call(id);
    if (call === undefined) return undefined;
    const known = kinds === undefined ? undefined : kind !== undefined;
    const line = callRow(call, this.#columns, { now, marked, kind, known, drifts });
    if (!isOpen) this.#rows[id % ROWS] = { id, line, kind, marked, drifts, messages, bytes };
    return { line, isOpen };
  }
}
