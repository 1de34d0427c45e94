// The whole page: header and pulse above, then the calls, the statistics or a comparison.

import { CallView } from "../call/call-view.js";
import { CompareView } from "../compare/compare-view.js";
import { ConnectionsView } from "../connections/connections-view.js";
import { SchemasView } from "../connections/schemas-view.js";
import { CallList } from "../list/call-list.js";
import { route } from "../state/route.js";
import { isNarrow, link } from "../state/session.js";
import { StatsView } from "../stats/stats-view.js";
import { AskClear, clearAsked } from "./clear.js";
import { EVERYWHERE } from "./commands.js";
import { Header } from "./header.js";
import { Help, helpShown } from "./help.js";
import { useActions } from "./keys.js";
import { Notice } from "./notice.js";
import { Prompt } from "./prompt.js";
import { Pulse } from "./pulse.js";
import { Welcome } from "./welcome.js";

export function App() {
  useActions("app", EVERYWHERE);
  const { kind } = link.state.value;
  if (kind === "no-token" || kind === "refused") return <Welcome refused={kind === "refused"} />;
  return (
    <>
      <Header />
      <Pulse />
      <Main />
      <Notice />
      <Prompt />
      {clearAsked.value && <AskClear />}
      {helpShown.value && <Help />}
    </>
  );
}

function Main() {
  const shown = route.value;
  if (shown.view === "stats") return <StatsView method={shown.method} />;
  if (shown.view === "connections") return <ConnectionsView connection={shown.connection} />;
  if (shown.view === "schemas") return <SchemasView />;
  if (shown.view === "compare") return <CompareView left={shown.left} right={shown.right} />;
  const { place } = shown;
  const alone = place !== undefined && isNarrow.value;
  return (
    <main class={place === undefined ? "calls" : "calls split"}>
      {!alone && <CallList beside={place !== undefined} />}
      {place !== undefined && <CallView key={place.call} call={place.call} message={place.message} />}
    </main>
  );
}
