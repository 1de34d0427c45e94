// What the app does itself, wherever the keys are.
import type { App } from "./app.js";
import { LAYOUTS, type Layout } from "./layout.js";

/** One that is what is shown already would look like a key that does nothing. */
function nextLayout({ layout, shownLayout }: App): Layout {
  const at = LAYOUTS.indexOf(layout);
  const following = [1, 2, 3].map((step) => LAYOUTS[(at + step) % LAYOUTS.length]!);
  return following.find((name) => name !== shownLayout) ?? "auto";
}

/** @returns false for what is somebody else's after all */
export const HERE: Readonly<Record<string, (app: App, argument: string | undefined) => boolean>> = {
  layout: (app, argument) => {
    const wanted = LAYOUTS.find((name) => name === argument);
    if (argument !== undefined && wanted === undefined) {
      app.say(`layout "${argument}"; expected ${LAYOUTS.join(", ")}`, "warning");
      return true;
    }
    app.layout = wanted ?? nextLayout(app);
    app.say(`layout: ${app.layout}`);
    return true;
  },
  "next-call": (app) => {
    app.calls.moveBy(1);
    return true;
  },
  "previous-call": (app) => {
    app.calls.moveBy(-1);
    return true;
  },
  "next-match": (app) => {
    app.search.next(1);
    return true;
  },
  "previous-match": (app) => {
    app.search.next(-1);
    return true;
  },
  search: (app, argument) => {
    if (argument === undefined) app.search.ask();
    else app.search.begin(argument);
    return true;
  },
};
