// The bar at the top: what is watched, the views, the filter, how the connection stands.

import { useEffect, useState } from "preact/hooks";
import { FilterBar } from "../filter/filter-bar.js";
import { addressOf, type Route, route } from "../state/route.js";
import { catchingUp, link, skipped } from "../state/session.js";
import { still, togglePause } from "../state/shown.js";
import { switchTheme, theme } from "../state/theme.js";
import { askClear, mayClear } from "./clear.js";
import { helpShown } from "./help.js";
import { Icon } from "./icon.js";
import { Brand } from "./welcome.js";

const VIEWS: readonly { readonly name: string; readonly route: Route }[] = [
  { name: "Calls", route: { view: "calls" } },
  { name: "Connections", route: { view: "connections" } },
  { name: "Statistics", route: { view: "stats" } },
  { name: "Schemas", route: { view: "schemas" } },
  { name: "Compare", route: { view: "compare", left: undefined, right: undefined } },
];

export function Header() {
  const shown = route.value.view;
  return (
    <header class="top">
      <Brand />
      <nav aria-label="Views">
        {VIEWS.map(({ name, route: to }) => (
          <a key={name} href={addressOf(to)} aria-current={to.view === shown ? "page" : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <FilterBar />
      <Watched />
      <State />
      {route.value.view === "calls" && (
        <button
          type="button"
          class="icon"
          aria-pressed={still.value !== undefined}
          title={still.value === undefined ? "Hold the list still (p)" : "Go on (p)"}
          aria-label={still.value === undefined ? "Hold the list still" : "Go on"}
          onClick={togglePause}
        >
          <Icon sign={still.value === undefined ? "⏸" : "▶"} />
        </button>
      )}
      {mayClear() && (
        <button
          type="button"
          class="icon"
          title="Forget all calls that are kept"
          aria-label="Forget all calls"
          onClick={askClear}
        >
          <Icon sign="⌫" />
        </button>
      )}
      <button
        type="button"
        class="icon"
        title="Keys and filters (?)"
        aria-label="Help"
        onClick={() => (helpShown.value = true)}
      >
        ?
      </button>
      <button
        type="button"
        class="icon"
        title={theme.value === "dark" ? "Light colours" : "Dark colours"}
        aria-label={theme.value === "dark" ? "Light colours" : "Dark colours"}
        onClick={switchTheme}
      >
        <Icon sign={theme.value === "dark" ? "☀" : "☾"} />
      </button>
    </header>
  );
}

function Watched() {
  const { listen, upstream, file } = link.hello.value ?? {};
  if (listen === undefined) return <span class="watched">{file}</span>;
  return (
    <span class="watched" title={`Clients call ${listen}; calls go to ${upstream ?? "wherever they ask for"}`}>
      {listen} <Icon sign="→" /> {upstream ?? "anywhere"}
    </span>
  );
}

function State() {
  const state = link.state.value;
  if (state.kind === "cut") return <Cut reason={state.reason} retryAt={state.retryAt} />;
  if (state.kind !== "open")
    return (
      <span class="state busy">
        <Icon sign="○" /> connecting
      </span>
    );
  if (catchingUp.value)
    return (
      <span class="state busy">
        <Icon sign="↻" /> catching up
      </span>
    );
  return (
    <span
      class="state live"
      title={skipped.value === 0 ? "Nothing was missed" : `${skipped.value} events were skipped`}
    >
      <Icon sign="●" /> {link.hello.value?.file === undefined ? "live" : "saved"}
    </span>
  );
}

function Cut({ reason, retryAt }: { readonly reason: string; readonly retryAt: number }) {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const count = () => setSeconds(Math.max(0, Math.ceil((retryAt - Date.now()) / 1000)));
    count();
    const timer = setInterval(count, 250);
    return () => clearInterval(timer);
  }, [retryAt]);
  return (
    <span class="state cut" role="alert" title={reason}>
      <Icon sign="⚠" /> cut off, {seconds > 0 ? `again in ${seconds}s` : "trying again"}
    </span>
  );
}
