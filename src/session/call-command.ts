// A captured call as a command to run it again: what was sent as JSON, where it went, where its types were read from.
import type { Capture } from "../capture/capture.js";
import { grpcurlJson } from "../message/grpcurl-json.js";
import type { ConnectionOpenedEvent, MessageEvent } from "../model/events.js";
import { type Field, firstValue } from "../model/fields.js";
import type { SchemaSet } from "../schema/schema-set.js";
import {
  bufCurlCommand,
  type CommandCall,
  grpcurlCommand,
  type ServerTrust,
  type ShellCommand,
} from "../view/shell-command.js";
import type { MessageReader } from "./message-reader.js";

export const COMMAND_FORMS = ["grpcurl", "buf"] as const;
/** buf is buf curl. */
export type CommandForm = (typeof COMMAND_FORMS)[number];

export interface CommandSource {
  readonly capture: Capture;
  readonly messages: MessageReader;
  /** Where types were read from; undefined when the command is to ask the server. */
  readonly schema: SchemaSet | undefined;
  /** Of the call's connection; undefined when it is not kept any more. */
  readonly opened: ConnectionOpenedEvent | undefined;
  /** Where calls go, as the user gave it; undefined in a forward proxy, and where it is not known. */
  readonly upstream: string | undefined;
  readonly showSecrets: boolean;
  /** Of the servers; undefined when it is not known. */
  readonly trust: ServerTrust | undefined;
}

/** Messages of a stream that go into a command. */
const MAX_MESSAGES = 100;
/** What a command could not say; more would not be read. */
const MAX_NOTES = 3;

/** @returns undefined when the call's headers are no longer kept */
export async function callCommand(
  form: CommandForm,
  id: number,
  { capture, messages: reader, schema, opened, upstream, showSecrets, trust }: CommandSource,
): Promise<ShellCommand | undefined> {
  const call = capture.call(id);
  const events = [...capture.eventsOf(id)];
  const header = events.find((event) => event.kind === "client-header");
  if (call === undefined || header?.kind !== "client-header") return undefined;
  const messages: string[] = [];
  const notes: string[] = [];
  const type = reader.decoder?.typeOf(call.method, "client")?.type;
  const sent = events.filter((event): event is MessageEvent => event.kind === "client-message");
  for (const event of sent.slice(0, MAX_MESSAGES)) {
    const json = (await reader.read(event.seq))?.json;
    if (json === undefined) notes.push(`message ${event.index} has no schema and is left out`);
    else messages.push(form === "grpcurl" && type !== undefined ? grpcurlJson(json, type) : json);
  }
  if (sent.length > MAX_MESSAGES) notes.push(`only the first ${MAX_MESSAGES} of ${sent.length} messages`);
  const command: CommandCall = {
    method: call.method,
    ...serverOf(header.fields, opened, upstream),
    authority: header.authority,
    trust,
    timeoutMs: call.timeoutMs,
    fields: header.fields,
    messages,
    schema: schemaOf(schema, call.method),
    showSecrets,
  };
  const made = form === "grpcurl" ? grpcurlCommand(command) : bufCurlCommand(command);
  return { text: made.text, notes: [...made.notes, ...notes].slice(0, MAX_NOTES) };
}

/** Where the call went, or would have gone: of a server that was not reached nothing is known but what the user said. */
function serverOf(
  fields: readonly Field[],
  opened: ConnectionOpenedEvent | undefined,
  upstream: string | undefined,
): Pick<CommandCall, "server" | "tls"> {
  const [, scheme, address = ""] = /^(?:(https?):\/\/)?(.*?)\/*$/i.exec(upstream ?? "") ?? [];
  // What says neither is spoken to as the client speaks.
  const asClient = opened === undefined ? firstValue(fields, ":scheme") === "https" : opened.tls !== undefined;
  const said = scheme === undefined ? asClient : scheme.toLowerCase() === "https";
  const tls = opened?.upstreamTls !== undefined || said;
  if (opened !== undefined && opened.server !== "") return { server: opened.server, tls };
  if (address === "") return { server: firstValue(fields, ":authority") || "localhost", tls };
  const hasPort = address.startsWith("unix:") || /:\d+$/.test(address);
  return { server: hasPort ? address : `${address}:${tls ? 443 : 80}`, tls };
}

function schemaOf(schema: SchemaSet | undefined, method: string): CommandCall["schema"] {
  const files = schema?.filesOf(method);
  if (files?.kind !== "proto") return files;
  const imports = schema?.method(method)?.parent.file.dependencies ?? [];
  return { ...files, alone: imports.every(({ name }) => name.startsWith("google/protobuf/")) };
}
