// The answer to "get" of a call's frames: those of its stream that are still kept.
import { streamFrames } from "../capture/stream-frames.js";
import type { AnswerContext } from "./answer.js";
import { jsonLine } from "./json-line.js";
import type { Get } from "./messages.js";
import { RequestMistake } from "./request.js";

/** Of one answer, about 120 characters each: the first and the last. */
const MAX_FRAMES = 2000;

/** @throws RequestMistake */
export function framesAnswer({ id, call: number }: Get, { source: { capture } }: AnswerContext): string {
  const call = capture.call(number);
  if (call === undefined) throw new RequestMistake("ERR_NO_CALL", `no call ${number}, or not any more`, id);
  const all = streamFrames(capture, call);
  const frames = all.length <= MAX_FRAMES ? all : [...all.slice(0, MAX_FRAMES / 2), ...all.slice(-MAX_FRAMES / 2)];
  return jsonLine({ kind: "frames", id, call: number, frames });
}
