// The connections that are open, and those that closed lately: both sides' settings, pings, GOAWAYs, waits for window.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { ConnectionsAnswer } from "../../../src/feed/messages.js";
import { formatWhole } from "../../../src/view/call-text.js";
import { type ConnectionFact, connectionFacts, sideFacts } from "../../../src/view/connection-facts.js";
import { formatDuration } from "../../../src/view/format.js";
import { visible } from "../../../src/view/visible.js";
import { useActions } from "../parts/keys.js";
import { filterText, go } from "../state/route.js";
import { link } from "../state/session.js";

const FRESH_MS = 1000;

type Connection = ConnectionsAnswer["connections"][number];

export function ConnectionsView({ connection }: { readonly connection: number | undefined }) {
  const answer = useSignal<ConnectionsAnswer | undefined>(undefined);
  const state = link.state.value.kind;
  useEffect(() => {
    let timer: number | undefined;
    let isOver = false;
    const ask = (): void => {
      link.ask("connections", { op: "connections" }).then(
        (told) => {
          answer.value = told;
          if (!isOver) timer = setTimeout(ask, FRESH_MS);
        },
        // Cut off: the header says so.
        () => {},
      );
    };
    if (state === "open") ask();
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [state]);
  // The newest first: it is what a person has just made.
  const rows = [...(answer.value?.connections ?? [])].reverse();
  const at = rows.findIndex(({ connection: one }) => one === connection);
  const chosen = rows[Math.max(0, at)];
  const select = (next: Connection | undefined) =>
    next !== undefined && go({ view: "connections", connection: next.connection });
  const showCalls = () => {
    if (chosen !== undefined) go({ view: "calls" }, `connection == ${chosen.connection}`);
  };
  useActions("connections", {
    down: () => select(rows[Math.min(rows.length - 1, Math.max(0, at) + 1)]),
    up: () => select(rows[Math.max(0, at - 1)]),
    open: showCalls,
    back: () => go({ view: "calls" }, filterText.peek()),
  });
  if (answer.value === undefined) return <main class="stats" />;
  if (chosen === undefined) {
    return (
      <main class="stats">
        <div class="empty">
          <h2>No connection yet</h2>
        </div>
      </main>
    );
  }
  return (
    <main class="stats connections">
      <section class="methods" aria-label="Connections">
        <table>
          <thead>
            <tr>
              {["Client", "Server", "Calls", "State"].map((title) => (
                <th key={title} scope="col">
                  {title}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.connection} aria-selected={row === chosen} onClick={() => select(row)}>
                <th scope="row">
                  <i>{row.connection}</i> {visible(row.opened?.client ?? "?")}
                </th>
                <td>{visible(row.opened?.server ?? "?") || "none"}</td>
                <td>{formatWhole(row.calls)}</td>
                <td>{stateOf(row, answer.value?.at ?? 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <aside class="panel" aria-label={`Connection ${chosen.connection}`}>
        <header>
          <h2>Connection {chosen.connection}</h2>
          <button type="button" onClick={showCalls}>
            Its calls
          </button>
        </header>
        <FactsList facts={connectionFacts(chosen, answer.value.at)} />
        <h3>Client</h3>
        <FactsList facts={sideFacts(chosen, chosen.client)} />
        <h3>Server</h3>
        <FactsList facts={sideFacts(chosen, chosen.server)} />
      </aside>
    </main>
  );
}

function stateOf({ opened, closed, client, server }: Connection, now: number): string {
  if (closed !== undefined) return `closed by the ${closed.by}`;
  const left = server.goaway ?? client.goaway;
  if (left !== undefined) return `GOAWAY ${visible(left.name)}`;
  return opened === undefined ? "open" : `open ${formatDuration(Math.max(0, now - opened.at))}`;
}

function FactsList({ facts }: { readonly facts: readonly ConnectionFact[] }) {
  return (
    <dl class="facts">
      {facts.flatMap(({ name, value, style }) => [
        <dt key={name}>{name}</dt>,
        <dd key={`${name}=`} class={style === undefined || style === "setting" ? "" : `s-${style}`}>
          {value}
        </dd>,
      ])}
    </dl>
  );
}
