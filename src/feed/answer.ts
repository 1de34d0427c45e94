// Answers to requests that are one message: lists, calls, messages in ranges, statistics, new types.
import { FramelensError } from "../model/errors.js";
import { callAnswer } from "./answer-call.js";
import { listAnswer } from "./answer-list.js";
import { messageAnswer } from "./answer-message.js";
import type { EventTexts } from "./event-texts.js";
import { jsonLine } from "./json-line.js";
import type { FeedRequest, SchemaRequest } from "./messages.js";
import { RequestMistake } from "./request.js";
import type { FeedSource } from "./source.js";
import type { Statistics } from "./statistics.js";

export interface AnswerContext {
  readonly source: FeedSource;
  readonly texts: EventTexts;
  readonly statistics: Statistics;
}

/**
 * @returns the message to send
 * @throws RequestMistake
 */
export function answer(
  request: Exclude<FeedRequest, { readonly op: "subscribe" | "unsubscribe" }>,
  context: AnswerContext,
): Promise<string> {
  switch (request.op) {
    case "list":
      return listAnswer(request, context);
    case "get":
      return request.side === undefined ? callAnswer(request, context) : messageAnswer(request, context);
    case "stats":
      return context.statistics.answer(request.id);
    case "schema":
      return Promise.resolve(schemaAnswer(request, context.source));
    default:
      return request satisfies never;
  }
}

function schemaAnswer({ id, protoset }: SchemaRequest, source: FeedSource): string {
  if (source.addSchema === undefined) {
    throw new RequestMistake("ERR_NOT_SUPPORTED", "types cannot be added to this capture", id);
  }
  try {
    return jsonLine({ kind: "schema", id, files: source.addSchema(Buffer.from(protoset, "base64")) });
  } catch (error) {
    if (error instanceof FramelensError) throw new RequestMistake(error.code, error.message, id);
    throw error;
  }
}
