// What is compared: of a message its fields, of a call its status, metadata and the fields of its first messages.
import type { FeedCallEvent, TreeRow } from "../../../src/feed/messages.js";
import { formatBytes, formatDuration } from "../../../src/view/format.js";
import { valueText } from "../../../src/view/metadata-facts.js";
import type { Place } from "../state/route.js";
import { link } from "../state/session.js";
import type { Fact } from "./differences.js";

/** Of each side of a call. */
const MAX_MESSAGES = 20;
const MAX_EVENTS = 200;

export interface Compared {
  readonly title: string;
  readonly facts: readonly Fact[];
}

export async function readPlace({ call, message }: Place): Promise<Compared> {
  if (message === undefined) return readCall(call);
  const { side, index } = message;
  const answer = await link.ask("message", { op: "get", call, side, index, as: "tree" });
  const facts: Fact[] = [
    ["type", answer.type ?? "(unknown)"],
    ["size", `${answer.event.length} bytes`],
    ["encoding", answer.event.encoding],
    ...fieldsOf(answer.rows ?? [], ""),
  ];
  return { title: `call ${call}, ${side} message #${index}`, facts };
}

async function readCall(id: number): Promise<Compared> {
  const { call, events } = await link.ask("call", { op: "get", call: id, limit: MAX_EVENTS });
  const facts: Fact[] = [
    ["method", call.method],
    ["status", call.end === undefined ? "open" : call.end.status.name],
    ["status message", call.end?.status.message ?? ""],
    ["how it ended", call.end === undefined ? "" : `${call.end.how} by the ${call.end.by}`],
    ["duration", call.end === undefined ? "" : formatDuration(call.end.at - call.startedAt)],
    ["deadline", call.timeoutMs === undefined ? "none" : formatDuration(call.timeoutMs)],
    ["first answer", call.answeredAt === undefined ? "none" : formatDuration(call.answeredAt - call.startedAt)],
    ["client messages", `${call.client.messages}, ${formatBytes(call.client.bytes)}`],
    ["server messages", `${call.server.messages}, ${formatBytes(call.server.bytes)}`],
  ];
  for (const event of events) facts.push(...metadataOf(event));
  const wanted = events.filter(
    (event) => (event.kind === "client-message" || event.kind === "server-message") && event.index < MAX_MESSAGES,
  );
  const read = await Promise.all(
    wanted.map(async (event) => {
      if (event.kind !== "client-message" && event.kind !== "server-message") return [];
      const side = event.kind === "client-message" ? "client" : "server";
      const prefix = `${side}[${event.index}]`;
      const answer = await link.ask("message", { op: "get", call: id, side, index: event.index, as: "tree" });
      return fieldsOf(answer.rows ?? [], prefix);
    }),
  );
  return { title: `call ${id}`, facts: [...facts, ...read.flat()] };
}

const METADATA: Partial<Readonly<Record<FeedCallEvent["kind"], string>>> = {
  "client-header": "request",
  "server-header": "response",
  "server-trailer": "trailer",
};

function metadataOf(event: FeedCallEvent): readonly Fact[] {
  const part = METADATA[event.kind];
  if (part === undefined || !("fields" in event)) return [];
  const decoded = event.decoded as Readonly<Record<string, unknown>> | undefined;
  return event.fields.map(([name, value]): Fact => {
    const inside = decoded?.[name.toLowerCase()];
    return [`${part} ${name}`, inside === undefined ? valueText(value) : JSON.stringify(inside)];
  });
}

function fieldsOf(rows: readonly TreeRow[], prefix: string): readonly Fact[] {
  return rows.flatMap((row, place): Fact[] => {
    // A message is what its fields are.
    const hasFields = row.message === true && (rows[place + 1]?.depth ?? 0) > row.depth;
    if (hasFields) return [];
    return [[`${prefix}${row.path === "" ? row.name : row.path}`, row.problem ?? row.value]];
  });
}
