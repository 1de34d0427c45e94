// Where in the page one is, as the address says it: links lead there, and Back goes back.
import { signal } from "@preact/signals";
import type { Side } from "../../../src/model/fields.js";

export interface MessageAddress {
  readonly side: Side;
  readonly index: number;
}

/** A call, or one message of it. */
export interface Place {
  readonly call: number;
  readonly message?: MessageAddress | undefined;
}

export type Route =
  | { readonly view: "calls"; readonly place?: Place | undefined }
  | { readonly view: "stats"; readonly method?: string | undefined }
  | { readonly view: "connections"; readonly connection?: number | undefined }
  | { readonly view: "schemas" }
  | { readonly view: "compare"; readonly left: Place | undefined; readonly right: Place | undefined };

export const route = signal<Route>({ view: "calls" });
/** The filter as it was applied last. */
export const filterText = signal("");

export function startRouting(): void {
  const read = () => {
    const hash = location.hash.replace(/^#/, "");
    const question = hash.indexOf("?");
    const path = question < 0 ? hash : hash.slice(0, question);
    const query = new URLSearchParams(question < 0 ? "" : hash.slice(question + 1));
    filterText.value = query.get("f") ?? "";
    route.value = routeOf(path, query);
  };
  addEventListener("hashchange", read);
  read();
}

export function go(next: Route, filter = filterText.value): void {
  const address = addressOf(next, filter);
  if (location.hash !== address) location.hash = address;
}

export function addressOf(next: Route, filter = filterText.value): string {
  const query = new URLSearchParams();
  if (filter !== "") query.set("f", filter);
  let path = "/";
  if (next.view === "calls" && next.place !== undefined) path = `/call/${placeText(next.place)}`;
  if (next.view === "stats") {
    path = "/stats";
    if (next.method !== undefined) query.set("m", next.method);
  }
  if (next.view === "connections") path = `/connections${next.connection === undefined ? "" : `/${next.connection}`}`;
  if (next.view === "schemas") path = "/schemas";
  if (next.view === "compare") {
    path = "/compare";
    if (next.left !== undefined) query.set("a", placeText(next.left));
    if (next.right !== undefined) query.set("b", placeText(next.right));
  }
  const asked = query.toString();
  return `#${path}${asked === "" ? "" : `?${asked}`}`;
}

function routeOf(path: string, query: URLSearchParams): Route {
  if (path === "/stats") return { view: "stats", method: query.get("m") ?? undefined };
  const connection = /^\/connections(?:\/(\d{1,15}))?$/.exec(path);
  if (connection !== null) return { view: "connections", connection: Number(connection[1]) || undefined };
  if (path === "/schemas") return { view: "schemas" };
  if (path === "/compare") {
    return { view: "compare", left: placeOf(query.get("a") ?? ""), right: placeOf(query.get("b") ?? "") };
  }
  return { view: "calls", place: placeOf(path.replace(/^\/call\//, "")) };
}

export function placeText({ call, message }: Place): string {
  return message === undefined ? String(call) : `${call}/${message.side}/${message.index}`;
}

export function placeOf(text: string): Place | undefined {
  const match = /^(\d{1,15})(?:\/(client|server)\/(\d{1,15}))?$/.exec(text);
  if (match === null) return undefined;
  const [, call, side, index] = match;
  if (side === undefined) return { call: Number(call) };
  return { call: Number(call), message: { side: side as Side, index: Number(index) } };
}
