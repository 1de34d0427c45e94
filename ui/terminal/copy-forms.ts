// A message, a field, a piece of metadata or a whole call in the forms that other programs read.
import { isSecretName } from "../../src/model/secrets.js";
import { type CommandForm, callCommand } from "../../src/session/call-command.js";
import type { MessageView } from "../../src/session/message-view.js";
import { hexText } from "../../src/view/hex.js";
import type { App } from "./app.js";
import { indentJson } from "./json-lines.js";

export type Made =
  | { readonly text: string; readonly what: string; readonly notes: readonly string[] }
  | { readonly problem: string };

interface Form {
  readonly name: string;
  readonly key: string;
  readonly help: string;
}

const FORMS: readonly Form[] = [
  { name: "json", key: "j", help: "the message as JSON" },
  { name: "hex", key: "h", help: "its octets, or those of the chosen field" },
  { name: "base64", key: "b", help: "the same" },
  { name: "value", key: "v", help: "the chosen field or metadata" },
  { name: "path", key: "p", help: "the chosen field's path, for filters" },
  { name: "grpcurl", key: "g", help: "the call as a command" },
  { name: "buf", key: "c", help: "the same for buf curl" },
  { name: "method", key: "m", help: "the method's path" },
];

export class CopyForms {
  readonly #app: App;

  constructor(app: App) {
    this.#app = app;
  }

  offered(): readonly Form[] {
    return FORMS;
  }

  /** What y copies, by where the cursor is. */
  usual(): string {
    const { call, inCall } = this.#app;
    if (!inCall) return "json";
    if (call.field !== undefined) return "value";
    return call.message.contexts[0] === "hex" && call.focusesMessage ? "hex" : "json";
  }

  async make(form: string): Promise<Made> {
    const app = this.#app;
    const shown = app.inCall ? app.call.call : app.calls.current;
    if (shown === undefined) return { problem: "no call is chosen" };
    switch (form) {
      case "method":
        return { text: shown.method.replace(/[^ -~]/g, "?"), what: "the method", notes: [] };
      case "grpcurl":
      case "buf":
        return this.#command(form, shown.id);
      case "value":
        if (app.call.field !== undefined) return this.#metadata();
    }
    const view = await this.#message();
    if (view === undefined) return { problem: "this call has no message" };
    return this.#ofMessage(form, view);
  }

  /** For an editor: the message as JSON, else as octets. */
  async asFile(): Promise<{ readonly name: string; readonly text: string } | undefined> {
    const view = await this.#message();
    if (view === undefined) return undefined;
    const { call, index } = view.event;
    const name = `call-${call}-${view.from}-${index}`;
    const json = view.json ?? view.guess?.values ?? view.guess?.json;
    if (json !== undefined)
      return { name: `${name}.json`, text: `${indentJson(json, Number.MAX_SAFE_INTEGER).join("\n")}\n` };
    const bytes = view.shownBytes;
    return bytes === undefined
      ? undefined
      : { name: `${name}.hex.txt`, text: `${hexText(bytes).replace(/.{64}/g, "$&\n")}\n` };
  }

  #ofMessage(form: string, view: MessageView): Made {
    const row = this.#app.inCall && this.#app.call.focusesMessage ? this.#app.call.message.row : undefined;
    const bytes = view.shownBytes;
    switch (form) {
      case "json": {
        const text = view.json ?? view.guess?.values ?? view.guess?.json;
        const of = `${view.from === "client" ? "↑" : "↓"}#${view.event.index}`;
        if (text !== undefined)
          return { text, what: `the ${view.json === undefined ? "guessed " : ""}JSON of ${of}`, notes: [] };
        return { problem: "no schema knows this message; hex and base64 can be copied" };
      }
      case "hex":
      case "base64": {
        if (bytes === undefined) return { problem: "the bytes are no longer kept" };
        const part = row === undefined ? bytes : bytes.subarray(row.valueStart, row.end);
        const text = form === "hex" ? hexText(part) : Buffer.from(part).toString("base64");
        return {
          text,
          what: `${part.length} bytes${row === undefined ? "" : ` of ${row.path}`} as ${form}`,
          notes: [],
        };
      }
      case "value":
        if (row === undefined) return { problem: "no field is chosen" };
        return { text: row.value, what: `the value of ${row.path}`, notes: [] };
      case "path":
        if (row === undefined) return { problem: "no field is chosen" };
        return { text: `${view.from}.message${row.path}`, what: row.path, notes: [] };
      default:
        return { problem: `copy "${form}"; expected ${FORMS.map(({ name }) => name).join(", ")}` };
    }
  }

  #metadata(): Made {
    const [name = "", value = ""] = this.#app.call.field ?? [];
    if (isSecretName(name) && !this.#app.reveal) return { problem: `${name} is a secret; v reveals it first` };
    return { text: value.replace(/[\x00-\x08\x0a-\x1f\x7f]/g, "?"), what: `the value of ${name}`, notes: [] };
  }

  /** The message that is shown, else the first of the call that is chosen in the list. */
  async #message(): Promise<MessageView | undefined> {
    const { app } = { app: this.#app };
    const seq = app.inCall ? app.call.message.seq : this.#firstMessage(app.calls.currentId);
    return seq === undefined ? undefined : app.reader.read(seq);
  }

  #firstMessage(call: number | undefined): number | undefined {
    if (call === undefined) return undefined;
    let first: number | undefined;
    for (const event of this.#app.capture.eventsOf(call)) {
      // The answer is what people want of a call; the question when there is none.
      if (event.kind === "server-message") return event.seq;
      if (event.kind === "client-message") first ??= event.seq;
    }
    return first;
  }

  async #command(form: CommandForm, id: number): Promise<Made> {
    const { capture, connections, reader, schema, reveal, trust, upstream } = this.#app;
    const call = capture.call(id);
    const opened = call === undefined ? undefined : connections.get(call.connection)?.opened;
    const source = { capture, messages: reader, schema, opened, upstream, showSecrets: reveal, trust };
    const made = await callCommand(form, id, source);
    if (made === undefined) return { problem: "the call's headers are no longer kept" };
    return { ...made, what: form === "buf" ? "a buf curl command" : "a grpcurl command" };
  }
}
