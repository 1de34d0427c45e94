// A call in forms that other programs read: commands to call again, and its events as JSON.

import type { Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { FeedCallEvent } from "../../../src/feed/messages.js";
import { Icon } from "../parts/icon.js";
import { useLayer } from "../parts/keys.js";
import { copy, notify } from "../parts/notice.js";
import { link } from "../state/session.js";
import type { CallWatch } from "./call-watch.js";

interface CopyMenuProps {
  readonly watch: CallWatch;
  readonly isOpen: Signal<boolean>;
}

function run(watch: CallWatch, act: (watch: CallWatch) => Promise<void>): void {
  act(watch).catch((error: unknown) => notify(error instanceof Error ? error.message : String(error)));
}

export function copyCall(watch: CallWatch): void {
  run(watch, copyJson);
}

export function CopyMenu({ watch, isOpen }: CopyMenuProps) {
  const choose = (act: (watch: CallWatch) => Promise<void>) => {
    isOpen.value = false;
    run(watch, act);
  };
  return (
    <div class="menu">
      <button
        type="button"
        aria-haspopup="menu"
        aria-expanded={isOpen.value}
        title="Copy (Y)"
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        <Icon sign="⧉" /> Copy
      </button>
      {isOpen.value && (
        <Menu onClose={() => (isOpen.value = false)}>
          <button type="button" role="menuitem" onClick={() => choose(copyJson)}>
            JSON <i>all messages</i>
          </button>
          <button type="button" role="menuitem" onClick={() => choose((one) => copyCommand(one, "grpcurl"))}>
            grpcurl <i>command</i>
          </button>
          <button type="button" role="menuitem" onClick={() => choose((one) => copyCommand(one, "buf"))}>
            buf curl <i>command</i>
          </button>
          <button
            type="button"
            role="menuitem"
            onClick={() => choose(async () => copy(location.href, "a link to this"))}
          >
            Link <i>without the token</i>
          </button>
        </Menu>
      )}
    </div>
  );
}

/** Any key but those of its buttons closes it, and so does a click beside it. */
function Menu({ onClose, children }: { readonly onClose: () => void; readonly children: ComponentChildren }) {
  const menu = useRef<HTMLDivElement>(null);
  useLayer(onClose);
  useEffect(() => {
    menu.current?.querySelector("button")?.focus();
    const away = ({ target }: MouseEvent) => {
      if (target instanceof Node && menu.current?.parentElement?.contains(target) !== true) onClose();
    };
    addEventListener("mousedown", away);
    return () => removeEventListener("mousedown", away);
  }, []);
  const press = (event: KeyboardEvent) => {
    const step = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    const items = [...(menu.current?.querySelectorAll("button") ?? [])];
    if (step === 0) return;
    const at = items.indexOf(document.activeElement as HTMLButtonElement);
    items[(at + step + items.length) % items.length]?.focus();
    event.preventDefault();
  };
  return (
    <div ref={menu} role="menu" tabIndex={-1} aria-label="Copy the call as" onKeyDown={press}>
      {children}
    </div>
  );
}

async function eventsOf(watch: CallWatch): Promise<readonly FeedCallEvent[]> {
  const { events } = await link.ask("call", { op: "get", call: watch.id, want: "full" });
  return events;
}

async function copyJson(watch: CallWatch): Promise<void> {
  const events = await eventsOf(watch);
  const messages = events.flatMap((event) => {
    if (event.kind !== "client-message" && event.kind !== "server-message") return [];
    const { kind, index, type, json, guess } = event;
    const side = kind === "client-message" ? "client" : "server";
    return [{ side, index, type, ...(json === undefined ? { guess } : { json }) }];
  });
  await copy(JSON.stringify(messages, undefined, 2), `${messages.length} messages as JSON`);
}

async function copyCommand(watch: CallWatch, form: "grpcurl" | "buf"): Promise<void> {
  const { text, notes } = await link.ask("command", { op: "get", call: watch.id, as: form });
  const what = form === "buf" ? "a buf curl command" : "a grpcurl command";
  await copy(text, [what, ...notes].join("; "));
}
