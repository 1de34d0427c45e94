// A call as a row of a list.
import type { Call } from "../model/call.js";
import { maskPath } from "../model/secrets.js";
import type { CallRow } from "./messages.js";
import type { FeedSource } from "./source.js";

export function callRow({ id, ...call }: Call, { showSecrets, salt, kinds }: FeedSource): CallRow {
  const streaming = kinds?.kindOf(call.method);
  const method = showSecrets ? call.method : maskPath(call.method, salt);
  return { call: id, ...call, method, ...(streaming === undefined ? {} : { streaming }) };
}
