// What is done with what is seen: copying, saving, other programs, finding a method, the command line.
import { SORT_COLUMNS } from "../../src/session/call-list.js";
import type { MessageView } from "../../src/session/message-view.js";
import { COLUMNS } from "../../src/view/call-columns.js";
import { formatWhole } from "../../src/view/call-text.js";
import { fuzzyFind } from "../../src/view/fuzzy.js";
import { type Line, span } from "../../src/view/styled.js";
import { ACTIONS, actionNamed } from "./actions.js";
import type { App, AppHost } from "./app.js";
import { CopyForms } from "./copy-forms.js";
import { LAYOUTS } from "./layout.js";
import { Menu } from "./menu.js";
import { type Mistake, Prompt, type Suggestion, type Suggestions } from "./prompt.js";
import { STAT_COLUMNS } from "./stats-view.js";
import { THEMES } from "./theme.js";

/** Methods that are offered. */
const MAX_METHODS = 200;
const MAX_MARKS = 100;

export class Doing {
  /** Another program has the terminal, or is about to: keys that were pasted behind the one that began it are nobody's. */
  handsOver = false;
  readonly #app: App;
  readonly #host: AppHost;
  readonly #forms: CopyForms;
  readonly #commands: string[] = [];

  constructor(app: App, host: AppHost) {
    this.#app = app;
    this.#host = host;
    this.#forms = new CopyForms(app);
  }

  /** @returns whether the action is one of these */
  act(action: string, argument: string | undefined): boolean {
    const act = ACTS[action];
    if (act === undefined) return false;
    act(this, argument);
    return true;
  }

  copy(form: string | undefined): void {
    void this.#forms.make(form ?? this.#forms.usual()).then((made) => {
      if ("problem" in made) this.#app.say(made.problem, "warning");
      else if (!this.#host.copy(made.text))
        this.#app.say(`${made.text.length} characters are too much for the clipboard; w saves`, "warning");
      else this.#app.say([`copied ${made.what}`, ...made.notes].join("; "));
    });
  }

  chooseForm(): void {
    const items = this.#forms.offered().map(({ name, key, help }) => ({
      key,
      line: [span(name.padEnd(10), "strong"), span(help, "dim")] as Line,
      choose: () => {
        this.copy(name);
        return false;
      },
    }));
    this.#app.lay(new Menu("copy as", () => items));
  }

  save(name: string | undefined): void {
    const view = this.#app.call.message.view;
    const bytes = view?.shownBytes;
    if (view === undefined || bytes === undefined) {
      this.#app.say("no message is chosen, or its bytes are no longer kept", "warning");
      return;
    }
    if (name !== undefined) {
      const problem = this.#host.saveFile(name, bytes);
      const covered =
        view.bytes === undefined || bytes === view.bytes ? "" : "; hidden fields covered (--show-secrets)";
      this.#app.say(
        problem ?? `saved ${bytes.length} bytes to ${name}${covered}`,
        problem === undefined ? "strong" : "warning",
      );
      return;
    }
    this.#app.lay(
      new Prompt({
        label: "save to",
        text: fileNameOf(view),
        hint: "↵ save the octets after decompression  Esc leave",
        accept: (text) => {
          if (text.trim() === "") return { message: "a file name is wanted", span: [0, 0] };
          this.save(text.trim());
          return undefined;
        },
      }),
    );
  }

  async show(program: "editor" | "pager"): Promise<void> {
    this.handsOver = true;
    const problem = await this.#showIn(program).finally(() => {
      this.handsOver = false;
    });
    if (problem !== undefined) this.#app.say(problem, "warning");
  }

  /** @returns what went wrong */
  async #showIn(program: "editor" | "pager"): Promise<string | undefined> {
    const app = this.#app;
    const text = app.view === "log" ? { name: "log.txt", text: app.logText } : await this.#forms.asFile();
    return text === undefined ? "no message is chosen" : this.#host.runOn(program, text.name, text.text);
  }

  findMethod(): void {
    const app = this.#app;
    const methods = app.stats
      .methods()
      .map(({ method }) => method)
      .filter((method) => method.startsWith("/"));
    const find = (text: string): Suggestions => ({
      start: 0,
      end: text.length,
      items: fuzzyFind(methods, text, MAX_METHODS).map((match) => ({
        text: match.text.slice(1),
        help: this.#callsOf(match.text),
      })),
    });
    app.lay(
      new Prompt({
        label: "method",
        picks: true,
        hint: "↵ its calls  ↑↓ choose  Esc leave",
        suggest: find,
        accept: (_text, picked) => {
          if (picked === undefined) return { message: "no method has these letters", span: [0, 0] };
          app.act("filter", `method == ${JSON.stringify(`/${picked.text}`)}`);
          app.act("view-calls");
          return undefined;
        },
      }),
    );
  }

  ask(): void {
    this.#app.lay(
      new Prompt({
        label: ":",
        history: this.#commands,
        hint: "↵ do it  Tab complete  ↑↓ history  Esc leave",
        suggest: (text, cursor) => this.#suggest(text.slice(0, cursor)),
        accept: (text) => this.#run(text),
      }),
    );
  }

  theme(name: string | undefined): void {
    const names = Object.keys(THEMES);
    if (name === undefined || !this.#host.setTheme(name)) this.#app.say(`themes: ${names.join(", ")}`, "warning");
  }

  copyPage(): void {
    const { page } = this.#app;
    if (page === undefined) this.#app.say("there is no page here", "warning");
    else this.#app.say(this.#host.copy(page) ? `copied ${page}` : page);
  }

  async saveCapture(name: string | undefined): Promise<void> {
    const app = this.#app;
    if (name === undefined) {
      app.say("a file name is wanted: save-capture FILE", "warning");
      return;
    }
    const { calls } = app.capture.counters;
    app.say(`saving to ${name} …`);
    const problem = await this.#host.saveCapture(name);
    const kept = formatWhole(calls - app.capture.counters.trimmedCalls);
    if (problem === undefined) app.say(`saved ${kept} call${kept === "1" ? "" : "s"} to ${name}`);
    else app.say(problem, "warning");
  }

  clearCapture(): void {
    this.#host.clear();
  }

  mouse(argument: string | undefined): void {
    this.#host.setMouse(argument !== "off");
    this.#app.say(argument === "off" ? "the mouse is the terminal's again" : "the mouse works here");
  }

  go(argument: string | undefined): void {
    const app = this.#app;
    const id = Number(argument);
    if (app.capture.call(id) === undefined) {
      app.say(`call ${argument ?? ""} is not kept; expected a number from the list`, "warning");
      return;
    }
    if (!app.list.has(id)) {
      app.say(`call ${id} is not among those that are listed; \\ clears the filter, Z shows hidden ones`, "warning");
      return;
    }
    app.view = "calls";
    app.calls.goTo(id);
    app.showChosen();
  }

  #callsOf(method: string): string {
    const found = this.#app.stats.of(method);
    return found === undefined ? "" : `${found.calls} call${found.calls === 1 ? "" : "s"}`;
  }

  #run(text: string): Mistake | undefined {
    const [, name = "", argument] = /^\s*(\S*)(?:\s+(.*?))?\s*$/.exec(text) ?? [];
    if (name === "") return undefined;
    const action = actionNamed(name) ?? actionNamed(ALIASES[name] ?? "");
    if (action === undefined) return { message: `no command "${name}"; Tab completes`, span: [0, name.length] };
    const given = argument === "" ? undefined : argument;
    if (given !== undefined && action.argument === undefined)
      return { message: `${action.name} takes nothing more`, span: [name.length, text.length] };
    // The prompt is gone before the command does something: it may lay down one of its own.
    queueMicrotask(() => this.#app.act(action.name, given));
    return undefined;
  }

  #suggest(text: string): Suggestions {
    const command = /^\s*(\S+)\s+(.*)$/.exec(text);
    if (command !== null) {
      const [, name = "", argument = ""] = command;
      const at = text.length - argument.length;
      const action = actionNamed(name)?.name ?? ALIASES[name] ?? "";
      if (action === "filter") {
        const { start, end, items } = this.#app.calls.filter.suggest(argument, argument.length);
        return { start: at + start, end: at + end, items };
      }
      const items = (ARGUMENTS[action]?.(this.#app, this.#forms) ?? []).filter(({ text: value }) =>
        value.toLowerCase().startsWith(argument.toLowerCase()),
      );
      return { start: at, end: text.length, items };
    }
    const items = ACTIONS.filter(({ name }) => name.includes(text)).map(({ name, help, argument, keys }) => ({
      text: name,
      type: argument ?? "",
      help: keys.length === 0 ? help : `${help} (${keys[0]})`,
    }));
    return {
      start: 0,
      end: text.length,
      items: items.sort((a, b) => Number(b.text.startsWith(text)) - Number(a.text.startsWith(text))),
    };
  }
}

/** What vi and others call them. */
const ALIASES: Readonly<Record<string, string>> = {
  q: "quit",
  exit: "quit",
  w: "save",
  h: "help",
  set: "theme",
  "/": "filter",
};

/** What an action's argument may be; that of "filter" is completed by the filter itself. */
const ARGUMENTS: Readonly<Record<string, (app: App, forms: CopyForms) => readonly Suggestion[]>> = {
  theme: () => plain(Object.keys(THEMES)),
  mouse: () => plain(["on", "off"]),
  copy: (_app, forms) => forms.offered().map(({ name, help }) => ({ text: name, help })),
  sort: (app) => plain(app.view === "stats" ? STAT_COLUMNS : SORT_COLUMNS),
  layout: () => plain(LAYOUTS),
  columns: () => COLUMNS.map(({ name, help }) => ({ text: name, help })),
  go: (app) => {
    const { calls } = app;
    return [...calls.selection.marks].slice(-MAX_MARKS).map((id) => ({ text: String(id), help: "marked" }));
  },
  find: (app) => app.call.message.names.map((text) => ({ text, help: "in this message" })),
  search: (app) => plain(app.search.texts),
  save: (app) => {
    const view = app.call.message.view;
    return view === undefined ? [] : plain([fileNameOf(view)]);
  },
};

function plain(texts: readonly string[]): readonly Suggestion[] {
  return texts.map((text) => ({ text, help: "" }));
}

function fileNameOf({ event, from }: MessageView): string {
  return `call-${event.call}-${from}-${event.index}.bin`;
}

const ACTS: Readonly<Record<string, (doing: Doing, argument: string | undefined) => void>> = {
  copy: (doing, argument) => doing.copy(argument),
  "copy-as": (doing) => doing.chooseForm(),
  save: (doing, argument) => doing.save(argument),
  edit: (doing) => void doing.show("editor"),
  pager: (doing) => void doing.show("pager"),
  "find-method": (doing) => doing.findMethod(),
  command: (doing) => doing.ask(),
  theme: (doing, argument) => doing.theme(argument),
  mouse: (doing, argument) => doing.mouse(argument),
  go: (doing, argument) => doing.go(argument),
  page: (doing) => doing.copyPage(),
  "clear-capture": (doing) => doing.clearCapture(),
  "save-capture": (doing, argument) => void doing.saveCapture(argument),
};
