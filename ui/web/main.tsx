// The page: draws the app into the document and opens the link to the feed.
import "./style/theme.css";
import "./style/frame.css";
import "./style/list.css";
import "./style/call.css";
import "./style/stats.css";
import { render } from "preact";
import { App } from "./parts/app.js";
import { listenToKeys } from "./parts/keys.js";
import { start } from "./state/session.js";
import { startTheme } from "./state/theme.js";

startTheme();
start();
listenToKeys();
const root = document.getElementById("app");
if (root !== null) render(<App />, root);
