// Where types come from: the services that are known, the methods that were seen and nobody knows, what was wrong with what was read.
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { SourcesAnswer } from "../../../src/feed/messages.js";
import { visible } from "../../../src/view/visible.js";
import { useActions } from "../parts/keys.js";
import { go } from "../state/route.js";
import { link, schemaVersion, stats } from "../state/session.js";

export function SchemasView() {
  const answer = useSignal<SourcesAnswer | undefined>(undefined);
  const state = link.state.value.kind;
  const version = schemaVersion.value;
  useEffect(() => {
    // Cut off: the header says so.
    if (state === "open")
      link.ask("sources", { op: "sources" }).then(
        (told) => (answer.value = told),
        () => {},
      );
  }, [state, version]);
  useActions("schemas", { back: () => go({ view: "calls" }) });
  if (answer.value === undefined) return <main class="stats" />;
  const { services, problems } = answer.value;
  const sources = new Map<string, number>();
  const known = new Set<string>();
  for (const { name, source, methods } of services) {
    sources.set(source, (sources.get(source) ?? 0) + 1);
    for (const method of methods) known.add(`/${name}/${method}`);
  }
  const unknown = (stats.value?.methods ?? []).filter(({ method }) => method.startsWith("/") && !known.has(method));
  const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`;
  return (
    <main class="stats connections">
      <section class="methods" aria-label="Services that are known">
        <table>
          <thead>
            <tr>
              <th scope="col">Service</th>
              <th scope="col">Methods</th>
            </tr>
          </thead>
          <tbody>
            {services.map(({ name, methods }) => (
              <tr key={name}>
                <th scope="row">{visible(name)}</th>
                <td title={methods.map(visible).join("\n")}>{methods.length}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <aside class="panel" aria-label="Sources of types">
        <h2>Sources, asked in this order</h2>
        {sources.size === 0 && <p>None knows a service; name files with --proto or --protoset.</p>}
        {[...sources].map(([name, count]) => (
          <p key={name}>
            {visible(name)} <i>{counted(count, "service")}</i>
          </p>
        ))}
        <h3>Seen, but not known</h3>
        {unknown.length === 0 && <p>Every method that was called is known.</p>}
        {unknown.map(({ method, calls }) => (
          <p key={method}>
            {visible(method.slice(1))} <i>{counted(calls, "call")}, whose messages are guessed</i>
          </p>
        ))}
        <h3>Not as the schema says</h3>
        <p>
          <button type="button" onClick={() => go({ view: "calls" }, "drift")}>
            Calls whose messages do not fit
          </button>
        </p>
        <h3>Problems of sources</h3>
        {problems.length === 0 && <p>None.</p>}
        {problems.map(({ severity, text }) => (
          <p key={text} class={severity === "error" ? "s-warning" : ""}>
            {visible(text)}
          </p>
        ))}
      </aside>
    </main>
  );
}
