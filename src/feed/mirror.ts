// Another framelens' capture rebuilt here from what its feed tells.
import type { EventWriter } from "../capture/event-writer.js";
import type { CaptureEvent } from "../model/events.js";
import type { Streamed, Subscribe } from "./messages.js";

/** What a mirror must be told: everything, with bytes as they crossed the wire. */
export const MIRRORED = { want: "full", wire: true, complete: true } as const satisfies Partial<Subscribe>;

/** @param event of a subscription to {@link MIRRORED} without a filter */
export function mirror(event: Streamed, writer: EventWriter): void {
  if (event.kind === "dropped" || event.kind === "left" || event.kind === "decoded") return;
  const { id: _id, late: _late, ...told } = event;
  if (!("wire" in told)) {
    writer.put(told as CaptureEvent);
    return;
  }
  const { wire, omitted: _omitted, ...message } = told;
  writer.put(message as CaptureEvent, wire === undefined ? undefined : Buffer.from(wire, "base64"));
}
