// One line of `--output log`: a call that streams, a call that ended, a connection that is no HTTP/2 or went wrong.
import type { Call } from "../model/call.js";
import type {
  CallEndEvent,
  ConnectionClosedEvent,
  ConnectionOpenedEvent,
  ProtocolErrorEvent,
} from "../model/events.js";
import { formatBytes, formatDuration, formatTime } from "./format.js";
import { visible } from "./visible.js";

export type Tone = "plain" | "dim" | "cyan" | "yellow" | "red" | "green";

/** How a piece of text is coloured, where colours are wanted; else the text alone. */
export type Paint = (tone: Tone, text: string) => string;

/** Statuses by whose fault they are: the caller's are yellow, CANCELLED is dim, the server's red. */
function toneOf(code: number): Tone {
  if (code === 0) return "green";
  if (code === 1) return "dim";
  return [3, 5, 6, 7, 9, 11, 16].includes(code) ? "yellow" : "red";
}

/** Unary, client streaming, server streaming, bidirectional: as the messages so far show it. */
export function streamGlyph(clientMessages: number, serverMessages: number): string {
  if (clientMessages > 1) return serverMessages > 1 ? "⇄" : "⇉";
  return serverMessages > 1 ? "⇇" : "→";
}

function head(at: number, call: number, glyph: string, method: string, paint: Paint): string {
  return `${paint("dim", `${formatTime(at)} ${String(call).padStart(5)}`)} ${glyph} ${visible(method)}`;
}

function counts(clientMessages: number, clientBytes: number, serverMessages: number, serverBytes: number): string {
  return `${clientMessages}↑ ${formatBytes(clientBytes)}  ${serverMessages}↓ ${formatBytes(serverBytes)}`;
}

/** A call that turns out to be a stream, or stays open. */
export function streamingLine(call: Call, at: number, paint: Paint): string {
  const { client, server } = call;
  const glyph = streamGlyph(client.messages, server.messages);
  const deadline = call.timeoutMs === undefined ? "" : `  deadline ${formatDuration(call.timeoutMs)}`;
  const open = paint("cyan", `● open ${formatDuration(Math.max(0, at - call.startedAt))}`);
  const sizes = paint("dim", `${counts(client.messages, client.bytes, server.messages, server.bytes)}${deadline}`);
  return `${head(at, call.id, glyph, call.method, paint)}  ${open}  ${sizes}`;
}

export function endLine(event: CallEndEvent, call: Call | undefined, paint: Paint): string {
  const { client, server, status } = event;
  const glyph = streamGlyph(client.messages, server.messages);
  const name = status.code === 0 ? "OK" : `✗ ${status.name}`;
  // Some servers send "OK" as the message of OK.
  const message = status.message === "" || status.code === 0 ? "" : ` ${visible(status.message)}`;
  const by = event.by === "server" || event.how === "reset" ? "" : `  by ${event.by}`;
  const unknown = call !== undefined && call.protocol === "unknown" ? "  not gRPC" : "";
  const sizes = `${formatDuration(event.durationMs)}  ${counts(client.messages, client.bytes, server.messages, server.bytes)}${by}${unknown}`;
  return `${head(event.at, event.call, glyph, call?.method ?? "", paint)}  ${paint(toneOf(status.code), `${name}${message}`)}  ${paint("dim", sizes)}`;
}

/** A connection that no calls will be seen of. */
export function connectionLine(event: ConnectionOpenedEvent, paint: Paint): string {
  const what =
    event.protocol === "unknown" ? "unknown protocol, carried as it is" : `${event.protocol}, carried as it is`;
  const to = event.server === "" ? "" : ` → ${event.server}`;
  return `${paint("dim", `${formatTime(event.at)}  conn ${event.connection}`)}  ${event.client}${visible(to)}  ${paint("cyan", what)}`;
}

export function connectionEndLine(event: ConnectionClosedEvent, paint: Paint): string {
  const reason = event.reason === undefined ? "" : ` ${visible(event.reason)}`;
  const sizes = `${formatDuration(event.durationMs)}  ${formatBytes(event.clientBytes)}↑ ${formatBytes(event.serverBytes)}↓`;
  const end =
    event.how === "end" ? paint("plain", `closed by ${event.by}`) : paint("red", `${event.how} by ${event.by}`);
  return `${paint("dim", `${formatTime(event.at)}  conn ${event.connection}`)}  ${end}${reason}  ${paint("dim", sizes)}`;
}

export function problemLine(event: ProtocolErrorEvent, paint: Paint): string {
  const where = event.call === undefined ? `conn ${event.connection}` : `call ${event.call}`;
  return `${paint("dim", `${formatTime(event.at)}  ${where}`)}  ${paint("red", `! ${event.from}: ${visible(event.message)}`)} ${paint("dim", event.code)}`;
}
