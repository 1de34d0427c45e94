// Answers to requests that are one message: lists, calls, messages in ranges, statistics, new types.
import { FramelensError } from "../model/errors.js";
import { callAnswer } from "./answer-call.js";
import { commandAnswer } from "./answer-command.js";
import { framesAnswer } from "./answer-frames.js";
import { listAnswer } from "./answer-list.js";
import { messageAnswer } from "./answer-message.js";
import { sourcesAnswer } from "./answer-sources.js";
import type { Connections } from "./connections.js";
import type { EventTexts } from "./event-texts.js";
import { jsonLine } from "./json-line.js";
import type { CorrectRequest, FeedRequest, Get, SchemaRequest, TypesRequest } from "./messages.js";
import { RequestMistake } from "./request.js";
import type { FeedSource } from "./source.js";
import type { Statistics } from "./statistics.js";
import type { Stretches } from "./stretches.js";

export interface AnswerContext {
  readonly source: FeedSource;
  readonly texts: EventTexts;
  readonly stretches: Stretches;
  readonly statistics: Statistics;
  readonly connections: Connections;
  /** Clears the capture and tells all clients. */
  readonly clear: () => void;
}

/**
 * @returns the message to send
 * @throws RequestMistake
 */
export function answer(
  request: Exclude<FeedRequest, { readonly op: "subscribe" | "unsubscribe" }>,
  context: AnswerContext,
): Promise<string> {
  // Somebody looks at calls: those of connections that come now can be shown frame by frame. Who only listens does not pay for it.
  if (request.op === "list" || request.op === "get") context.source.capture.keepFrames();
  switch (request.op) {
    case "list":
      return listAnswer(request, context);
    case "get":
      return getAnswer(request, context);
    case "stats":
      return context.statistics.answer(request);
    case "connections":
      return context.connections.answer(request);
    case "sources":
      return Promise.resolve(sourcesAnswer(request, context.source));
    case "schema":
      return Promise.resolve(schemaAnswer(request, context.source));
    case "types":
      return Promise.resolve(typesAnswer(request, context.source));
    case "correct":
      return Promise.resolve(correctAnswer(request, context.source));
    case "clear":
      context.clear();
      return Promise.resolve(jsonLine({ kind: "cleared", id: request.id, seq: context.source.capture.clearedSeq }));
    default:
      return request satisfies never;
  }
}

function getAnswer(request: Get, context: AnswerContext): Promise<string> {
  if (request.side !== undefined) return messageAnswer(request, context);
  switch (request.as) {
    case "frames":
      return Promise.resolve(framesAnswer(request, context));
    case "grpcurl":
    case "buf":
      return commandAnswer(request, request.as, context);
    default:
      return callAnswer(request, context);
  }
}

function schemaAnswer({ id, protoset }: SchemaRequest, source: FeedSource): string {
  if (source.addSchema === undefined) {
    throw new RequestMistake("ERR_NOT_SUPPORTED", "types cannot be added to this capture", id);
  }
  const bytes = Buffer.from(protoset, "base64");
  return jsonLine({ kind: "schema", id, files: judged(id, () => source.addSchema?.(bytes)) });
}

function typesAnswer({ id }: TypesRequest, source: FeedSource): string {
  const { protoset = new Uint8Array(), corrections = "{}" } = source.types?.() ?? {};
  return jsonLine({ kind: "types", id, protoset: Buffer.from(protoset).toString("base64"), corrections });
}

function correctAnswer({ id, method, side, path, name, type }: CorrectRequest, source: FeedSource): string {
  if (source.correct === undefined) {
    throw new RequestMistake("ERR_NOT_SUPPORTED", "nothing is guessed of this capture", id);
  }
  const said = { ...(name === undefined ? {} : { name }), ...(type === undefined ? {} : { type }) };
  judged(id, () => source.correct?.(method, side, path, said));
  return jsonLine({ kind: "corrected", id });
}

/** @throws RequestMistake for what the client got wrong */
function judged<T>(id: number, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (error instanceof FramelensError) throw new RequestMistake(error.code, error.message, id);
    throw error;
  }
}
