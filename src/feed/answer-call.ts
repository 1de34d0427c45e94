// The answer to "get" of a call: its row and a range of its events.
import type { AnswerContext } from "./answer.js";
import { callRow } from "./call-row.js";
import { jsonLine } from "./json-line.js";
import type { Get } from "./messages.js";
import { RequestMistake } from "./request.js";
import { MAX_CALL_EVENTS } from "./schema/requests.js";

/** Of the events in one answer. */
const MAX_CHARS = 2 * 1024 * 1024;
/** Events looked at before others get their turn. */
const STRETCH = 500;

export async function callAnswer(request: Get, { source, texts }: AnswerContext): Promise<string> {
  const { id, after = 0, want = "messages" } = request;
  const limit = Math.min(request.limit ?? MAX_CALL_EVENTS, MAX_CALL_EVENTS);
  const call = source.capture.call(request.call);
  if (call === undefined) throw new RequestMistake("ERR_NO_CALL", `no call ${request.call}, or not any more`, id);
  const events: string[] = [];
  let chars = 0;
  let looked = 0;
  let more = false;
  for (const event of source.capture.eventsOf(request.call)) {
    if (++looked % STRETCH === 0) await new Promise((resolve) => setImmediate(resolve));
    if (event.seq <= after) continue;
    more = events.length >= limit || chars >= MAX_CHARS;
    if (more) break;
    const told = texts.of(event.seq, want, false);
    if (told === undefined) continue;
    const text = await told.text;
    events.push(text);
    chars += text.length;
  }
  const row = jsonLine({ kind: "call", id, call: callRow(call, source), more });
  return `${row.slice(0, -1)},"events":[${events.join(",")}]}`;
}
