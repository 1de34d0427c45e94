// What a client asked, read and judged; and what it is told when it asked wrongly.
import type { Role } from "./access.js";
import { jsonLine } from "./json-line.js";
import type { FeedRequest } from "./messages.js";
import { CONTROL_OPS, LATER_OPS, REQUESTS } from "./schema/requests.js";
import { mismatch } from "./validate.js";

export interface MistakeDetails {
  /** [start, end) of the filter. */
  readonly span?: readonly [number, number];
  readonly suggestions?: readonly string[];
}

/** A request that cannot be answered; the client is told why. */
export class RequestMistake extends Error {
  /** The message to send. */
  readonly text: string;

  /** @param code stable, upper case, begins with ERR_ */
  constructor(code: string, message: string, id: number | undefined, details: MistakeDetails = {}) {
    super(message);
    this.text = jsonLine({ kind: "error", ...(id === undefined ? {} : { id }), code, message, ...details });
  }
}

/** @throws RequestMistake */
export function readRequest(text: string, role: Role): FeedRequest {
  const value = parsed(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new RequestMistake("ERR_REQUEST", "expected an object", undefined);
  }
  const { op, id: given } = value as { readonly op?: unknown; readonly id?: unknown };
  const id = Number.isSafeInteger(given) && (given as number) >= 0 ? (given as number) : undefined;
  if (typeof op !== "string") throw new RequestMistake("ERR_REQUEST", 'expected "op"', id);
  const isLater = (LATER_OPS as readonly string[]).includes(op);
  const control = isLater || (CONTROL_OPS as readonly string[]).includes(op);
  if (control && role !== "control") {
    throw new RequestMistake("ERR_NOT_ALLOWED", `"${op}" needs the control token`, id);
  }
  if (!Object.hasOwn(REQUESTS, op)) {
    if (isLater) throw new RequestMistake("ERR_NOT_SUPPORTED", `this version cannot "${op}"`, id);
    const known = Object.keys(REQUESTS).join(", ");
    throw new RequestMistake("ERR_REQUEST", `unknown op ${JSON.stringify(op.slice(0, 40))}; expected ${known}`, id);
  }
  const wrong = mismatch(value, REQUESTS[op as keyof typeof REQUESTS].json, op);
  if (wrong !== undefined) throw new RequestMistake("ERR_REQUEST", wrong, id);
  return value as FeedRequest;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new RequestMistake("ERR_REQUEST", "expected JSON", undefined);
  }
}
