// The answer to "get" of a call: its row and a range of its events.
import type { Capture } from "../capture/capture.js";
import type { AnswerContext } from "./answer.js";
import { callRow } from "./call-row.js";
import { jsonLine } from "./json-line.js";
import type { Get } from "./messages.js";
import { RequestMistake } from "./request.js";
import { MAX_CALL_EVENTS } from "./schema/requests.js";

/** Of the events in one answer. */
const MAX_CHARS = 2 * 1024 * 1024;
/** Events looked at before others get their turn: half a millisecond. */
const STRETCH = 20_000;

export async function callAnswer(request: Get, { source, texts }: AnswerContext): Promise<string> {
  const { id, after = 0, want = "messages", newest = false } = request;
  const limit = Math.min(request.limit ?? MAX_CALL_EVENTS, MAX_CALL_EVENTS);
  const { capture } = source;
  if (capture.call(request.call) === undefined) throw gone(request);
  const { seqs, passed, ended } = await seqsOf(capture, request.call, after, limit, newest);
  const call = capture.call(request.call);
  if (call === undefined) throw gone(request);
  const events: string[] = [];
  let chars = 0;
  let looked = 0;
  for (const seq of seqs) {
    if (chars >= MAX_CHARS) break;
    looked++;
    const told = texts.of(seq, want, false);
    if (told === undefined) continue;
    const text = await told.text;
    events.push(text);
    chars += text.length;
  }
  const more = !ended || looked < seqs.length;
  const row = jsonLine({ kind: "call", id, call: callRow(call, source), more, ...(passed > 0 ? { passed } : {}) });
  return `${row.slice(0, -1)},"events":[${events.join(",")}]}`;
}

function gone({ id, call }: Get): RequestMistake {
  return new RequestMistake("ERR_NO_CALL", `no call ${call}, or not any more`, id);
}

interface Seqs {
  readonly seqs: readonly number[];
  /** Events that were passed over to come to the newest. */
  readonly passed: number;
  /** Whether there were no more after the last. */
  readonly ended: boolean;
}

/** The first events of a call after a seq, or the newest of them. */
async function seqsOf(capture: Capture, call: number, after: number, limit: number, newest: boolean): Promise<Seqs> {
  const facts = capture.eventFacts();
  const isOfCall = after > 0 && facts.moveTo(after) && facts.call === call;
  const seqs: number[] = [];
  let passed = 0;
  let looked = 0;
  for (let seq = isOfCall ? facts.next : firstSeq(capture, call); seq !== 0; seq = facts.next) {
    if (++looked % STRETCH === 0) await new Promise((resolve) => setImmediate(resolve));
    if (!facts.moveTo(seq)) break;
    if (seq <= after) continue;
    if (seqs.length >= limit && !newest) return { seqs, passed, ended: false };
    seqs.push(seq);
    if (seqs.length < 2 * limit) continue;
    seqs.splice(0, limit);
    passed += limit;
  }
  const over = Math.max(0, seqs.length - limit);
  return { seqs: seqs.slice(over), passed: passed + over, ended: true };
}

function firstSeq(capture: Capture, call: number): number {
  for (const { seq } of capture.eventsOf(call)) return seq;
  return 0;
}
