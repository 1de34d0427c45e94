// What a call said, in two lines below the list: the question, and the answer or how it ended.
import type { Call } from "../../src/model/call.js";
import type { CallEvent, MessageEvent } from "../../src/model/events.js";
import { http2ErrorName } from "../../src/model/status.js";
import { statusSpan } from "../../src/view/call-text.js";
import { type EndFacts, endSentences } from "../../src/view/end-sentence.js";
import { formatBytes } from "../../src/view/format.js";
import { type Line, span } from "../../src/view/styled.js";
import { cutText, wrapText } from "../../src/view/text-width.js";
import { detailText, errorDetails } from "./call-facts-lines.js";
import type { Desk } from "./desk.js";
import { shortDriftText } from "./message-lines.js";

/** Events of a call that are looked at for it: those of a long stream are in its own pane. */
const MAX_EVENTS = 40;
const MAX_LINES = 2;

export function previewLines(desk: Desk, call: Call, width: number): readonly Line[] {
  const events: CallEvent[] = [];
  for (const event of desk.capture.eventsOf(call.id)) if (events.push(event) >= MAX_EVENTS) break;
  const asked = events.find((event): event is MessageEvent => event.kind === "client-message");
  const answered = events.findLast((event): event is MessageEvent => event.kind === "server-message");
  const asking = asked === undefined ? [] : [messageLine(desk, asked, width)];
  if (call.end !== undefined && call.end.status.code === 0 && answered !== undefined)
    return [...asking, messageLine(desk, answered, width)];
  const [sentence = ""] = endSentences(call, endFacts(desk, call, events), desk.now());
  const details = errorDetails(desk, desk.capture.trailersOf(call.id)).map((detail) => ` · ${detailText(detail)}`);
  const texts = wrapText(`${sentence}${details.join("")}`, Math.max(10, width - 2));
  // Why it failed is worth both lines.
  const room = call.end === undefined ? 1 : MAX_LINES;
  const style = call.end === undefined ? "open" : statusSpan(call).style;
  const ending = texts.slice(0, room).map((text, index): Line => {
    const goesOn = index === room - 1 && texts.length > room;
    return [span(` ${cutText(goesOn ? `${text}…` : text, Math.max(1, width - 2))}`, style)];
  });
  return [...asking, ...ending].slice(-MAX_LINES);
}

/** @param events the first of the call: of a long one the code of a reset is in its row as well */
function endFacts({ capture, isFile }: Desk, { id, end }: Call, events: readonly CallEvent[]): EndFacts {
  if (events.length < MAX_EVENTS) return { events, lastAt: events.at(-1)?.at, isFile };
  const facts = capture.callFacts();
  const code = end !== undefined && facts.moveTo(id) ? facts.resetCode : undefined;
  if (end === undefined || code === undefined) return { events, isFile };
  const from = end.by === "client" ? "client" : "server";
  return { events: [{ seq: 0, at: end.at, kind: "cancel", call: id, from, code, name: http2ErrorName(code) }] };
}

function messageLine(desk: Desk, event: MessageEvent, width: number): Line {
  const view = desk.peek(event.seq);
  const client = event.kind === "client-message";
  const text =
    view?.preview(width) ??
    view?.problem?.message ??
    (event.trimmed === true ? "no longer kept" : formatBytes(event.wireLength));
  const drift = view && shortDriftText(view);
  const guessed = view !== undefined && view.type === undefined;
  return [
    span(client ? " ↑ " : " ↓ ", client ? "client" : "server"),
    span(guessed ? "? " : "", "warning"),
    span(drift !== undefined ? `! ${drift}  ` : (view?.drifts.length ?? 0) > 0 ? "! " : "", "warning"),
    span(text, guessed ? "guess" : "plain"),
  ];
}
