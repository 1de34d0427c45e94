// The answer to "get" of a call as a command that makes it again.
import { type CommandForm, callCommand } from "../session/call-command.js";
import type { AnswerContext } from "./answer.js";
import { jsonLine } from "./json-line.js";
import type { Get } from "./messages.js";
import { RequestMistake } from "./request.js";

/** @throws RequestMistake */
export async function commandAnswer(
  { id, call: number }: Get,
  form: CommandForm,
  { source, connections }: AnswerContext,
): Promise<string> {
  const { capture, messages, schema, showSecrets, trust, upstream } = source;
  const call = capture.call(number);
  const opened = call === undefined ? undefined : await connections.openedOf(call.connection);
  const made = await callCommand(form, number, { capture, messages, schema, opened, upstream, showSecrets, trust });
  if (made === undefined) throw new RequestMistake("ERR_NO_CALL", `no call ${number}, or its headers not any more`, id);
  return jsonLine({ kind: "command", id, call: number, ...made });
}
