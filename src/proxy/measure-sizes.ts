// What the messages that a proxy keeps take on the wire, as protobuf and as JSON, for a program.
import type { Capture } from "../capture/capture.js";
import { EventCursor } from "../capture/cursor.js";
import type { SizesEvent } from "../model/sizes.js";
import type { MessageReader } from "../session/message-reader.js";
import { Sizes } from "../session/sizes.js";

/** Events looked at before everybody else gets a turn. */
const BATCH_EVENTS = 100;

/** Looks at every event that is kept now. @returns the sums by method, in the order of their first messages */
export async function measureSizes(capture: Capture, messages: MessageReader): Promise<readonly SizesEvent[]> {
  const sizes = new Sizes(messages);
  const cursor = new EventCursor(capture);
  const last = capture.newestSeq;
  for (let count = 1; cursor.next <= last; count++) {
    const event = cursor.read();
    if (event === undefined) break;
    const seen = sizes.see(event);
    if (seen !== undefined) await seen;
    if (count % BATCH_EVENTS === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return sizes.result;
}
