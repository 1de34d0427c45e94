// An event of a call that is no message, in full: a list of fields with what they hold, or how the call ended.
import type { Call } from "../../src/model/call.js";
import type { CallEvent } from "../../src/model/events.js";
import { type Area, type Canvas, MARK } from "../../src/view/canvas.js";
import type { MetadataRow } from "../../src/view/metadata.js";
import { rule } from "./box.js";
import { endRows, fieldsRows } from "./call-facts-lines.js";
import type { Desk } from "./desk.js";
import { Scroll } from "./scroll.js";

const TITLES: Readonly<Record<string, string>> = {
  "client-header": "what the client asked with",
  "client-trailer": "what the client ended with",
  "server-header": "what the server answered with",
  "server-trailer": "what the server ended with",
};

/** Whether there is more to say of an event than its row does. */
export function isTelling(event: CallEvent): boolean {
  if ("fields" in event) return true;
  return event.kind === "cancel" || event.kind === "protocol-error" || isFailedEnd(event);
}

/** Of a call that ended well the last message says more. */
function isFailedEnd(event: CallEvent): boolean {
  return event.kind === "call-end" && event.status.code !== 0;
}

export class EventPane {
  readonly #desk: Desk;
  readonly #scroll = new Scroll();
  #event: CallEvent | undefined;
  #rows: readonly MetadataRow[] = [];

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  /** What is shown; undefined for nothing. */
  get event(): CallEvent | undefined {
    return this.#event;
  }

  /** What is chosen among its fields. */
  get field(): MetadataRow["field"] {
    return this.#rows[this.#scroll.cursor]?.field;
  }

  show(event: CallEvent | undefined): void {
    if (event?.seq !== this.#event?.seq) this.#scroll.reset();
    this.#event = event;
  }

  act(action: string): boolean {
    return this.#scroll.act(action, this.#rows.length);
  }

  click(y: number): void {
    if (y > 0) this.#scroll.cursor = Math.min(this.#rows.length - 1, this.#scroll.top + y - 1);
  }

  wheel(lines: number): void {
    this.#scroll.wheel(lines, this.#rows.length);
  }

  /** @param sentences how the call ended, and what its connection has to do with that */
  paint(canvas: Canvas, area: Area, call: Call, sentences: readonly string[], focused: boolean): void {
    const event = this.#event;
    if (event === undefined) return;
    rule(canvas, area.x, area.y, area.width, TITLES[event.kind] ?? "how it ended");
    this.#rows =
      "fields" in event
        ? fieldsRows(this.#desk, call, event, area.width)
        : endRows(this.#desk, call, sentences, area.width);
    const height = area.height - 1;
    const top = this.#scroll.fit(this.#rows.length, Math.max(1, height));
    for (let row = 0; row < height; row++) {
      const item = this.#rows[top + row];
      if (item === undefined) break;
      const isCursor = top + row === this.#scroll.cursor && focused;
      canvas.line(area.x, area.y + 1 + row, area.width, item.line, isCursor ? MARK.selected : MARK.none);
    }
  }
}
