// A call's events as lines, messages read as far as a line needs it.
import type { Call } from "../../src/model/call.js";
import type { MessageEvent } from "../../src/model/events.js";
import { type Line, span } from "../../src/view/styled.js";
import { idleRow, type MessageFacts, timelineRow } from "../../src/view/timeline.js";
import { visible } from "../../src/view/visible.js";
import { errorDetails } from "./call-facts-lines.js";
import type { CallTimeline } from "./call-timeline.js";
import type { Desk } from "./desk.js";
import { shortDriftText } from "./message-lines.js";

/** Cells of a message's preview that are asked for. */
const PREVIEW_CELLS = 200;

/** @param seq as the timeline has it: negative for a pause */
export function eventLine(desk: Desk, call: Call, timeline: CallTimeline, seq: number, width: number): Line {
  if (seq < 0) return idleRow(timeline.pauseBefore(-seq));
  const event = desk.capture.event(seq);
  if (event === undefined) return [span("          no longer kept", "dim")];
  switch (event.kind) {
    case "client-message":
    case "server-message":
      return timelineRow(call, event, factsOf(desk, event), width);
    case "connection-opened":
    case "connection-closed":
    case "settings":
    case "ping":
    case "goaway":
    case "window-stall":
      return [];
    case "server-trailer":
      return timelineRow(call, event, undefined, width, errorDetails(desk, event.fields).length);
    default:
      return timelineRow(call, event, undefined, width);
  }
}

function factsOf(desk: Desk, event: MessageEvent): MessageFacts {
  const view = desk.peek(event.seq);
  const name = view?.type;
  return {
    type: name === undefined ? undefined : visible(name.slice(name.lastIndexOf(".") + 1)),
    length: view?.bytes?.length,
    preview: view?.preview(PREVIEW_CELLS),
    guessed: view !== undefined && name === undefined,
    problem: view === undefined ? undefined : (shortDriftText(view) ?? view.problem?.message),
    drifts: (view?.drifts.length ?? 0) > 0,
  };
}
