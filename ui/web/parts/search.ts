// Searching inside the messages of all calls: the feed finds the call, and its messages are looked through here.
import type { FeedCallEvent } from "../../../src/feed/messages.js";
import { isInMessage } from "../../../src/filter/message-text.js";
import { guessedValues } from "../message/guess.js";
import { filterText, go, type MessageAddress, type Place, route } from "../state/route.js";
import { link, store } from "../state/session.js";
import { notify } from "./notice.js";

/** Answers of one call that are read: what lies beyond is found by its call alone. */
const MAX_ANSWERS = 20;

let wanted = "";
/** Grows with each search: an older one ends. */
let run = 0;

/** Finds the first message with a text, from where one is. */
export function search(text: string): void {
  wanted = text.trim();
  searchNext(1);
}

export function searchNext(by: 1 | -1): void {
  if (wanted === "") {
    notify("nothing is searched for yet; S begins");
    return;
  }
  const own = ++run;
  look(wanted, by, () => own === run).catch((error: unknown) =>
    notify(error instanceof Error ? error.message : String(error)),
  );
}

async function look(text: string, by: 1 | -1, isOurs: () => boolean): Promise<void> {
  const here = route.peek();
  const place = here.view === "calls" ? here.place : undefined;
  const inside = place === undefined ? undefined : await within(place, text, by);
  if (!isOurs()) return;
  if (place !== undefined && inside !== undefined) {
    go({ view: "calls", place: { call: place.call, message: inside } });
    return;
  }
  notify(`searching for "${text}" …`);
  const from = place?.call ?? (by > 0 ? 0 : store.last + 1);
  const own = `message contains ${JSON.stringify(text)}`;
  const filter = filterText.peek().trim() === "" ? own : `(${filterText.peek()}) && ${own}`;
  const where = by > 0 ? { after: from } : { before: Math.max(1, from) };
  const { calls } = await link.ask("list", { op: "list", filter, limit: 1, ...where });
  if (!isOurs()) return;
  const [found] = calls;
  if (found === undefined || (by < 0 && from <= 1)) {
    notify(`no message ${by > 0 ? "from here on" : "before this"} has "${text}"`);
    return;
  }
  store.put(calls);
  const message = await within({ call: found.call }, text, by);
  if (!isOurs()) return;
  notify(`found in call ${found.call}; n goes on, N back`);
  go({ view: "calls", place: { call: found.call, message } });
}

/** The next message of a call that has the text, after or before the one that is open. */
async function within(place: Place, text: string, by: 1 | -1): Promise<MessageAddress | undefined> {
  const found: MessageAddress[] = [];
  let here = -1;
  let after = 0;
  for (let answers = 0; answers < MAX_ANSWERS; answers++) {
    const { events, more } = await link.ask("call", { op: "get", call: place.call, after, want: "full" });
    for (const event of events) {
      const address = addressOf(event);
      if (address === undefined) continue;
      const isHere = address.side === place.message?.side && address.index === place.message.index;
      // Places between those that are found count, too: what comes next is after the one that is open.
      if (isHere) here = found.length;
      if (isHere || says(event, text)) found.push(address);
    }
    after = events.at(-1)?.seq ?? after;
    if (!more || events.length === 0) break;
  }
  if (place.message === undefined) return by > 0 ? found[0] : found.at(-1);
  return here < 0 ? undefined : found[here + by];
}

function addressOf(event: FeedCallEvent): MessageAddress | undefined {
  if (event.kind === "client-message") return { side: "client", index: event.index };
  return event.kind === "server-message" ? { side: "server", index: event.index } : undefined;
}

function says(event: FeedCallEvent, text: string): boolean {
  if (event.kind !== "client-message" && event.kind !== "server-message") return false;
  const value = event.json ?? guessedValues(event.guess);
  return value !== undefined && isInMessage(JSON.stringify(value), text.toLowerCase());
}
