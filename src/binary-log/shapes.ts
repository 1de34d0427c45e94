// What an event from a file must look like before anybody believes it: a file may come from anywhere, and views take events at their word.
import { ENDED_BY, HOW_ENDED } from "../model/events.js";
import { STATUS_SOURCES } from "../model/status.js";

/** Whether a value is what a member has. */
type Check = (value: unknown) => boolean;
type Shape = Readonly<Record<string, Check>>;

const upTo =
  (length: number): Check =>
  (value) =>
    typeof value === "string" && value.length <= length;
const like =
  (pattern: RegExp): Check =>
  (value) =>
    typeof value === "string" && pattern.test(value);
/** An address or a name. An event has a few of them and one long text, and stands as JSON in 128 KiB. */
const text = upTo(1000);
const longText = upTo(20_000);
const word = like(/^[\w./+-]{0,100}$/);
const errorCode = like(/^ERR_[A-Z0-9_]{1,60}$/);
const number: Check = (value) => Number.isFinite(value);
const whole: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const yes: Check = (value) => value === true;
const oneOf = (names: readonly string[]): Check => {
  const known = new Set<unknown>(names);
  return (value) => known.has(value);
};
const maybe =
  (check: Check): Check =>
  (value) =>
    value === undefined || check(value);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const object =
  (shape: Shape): Check =>
  (value) =>
    isObject(value) && Object.entries(shape).every(([name, check]) => check(own(value, name)));
const MAX_SETTINGS = 200;
const numbersByName: Check = (value) =>
  isObject(value) &&
  Object.keys(value).length <= MAX_SETTINGS &&
  Object.entries(value).every(([name, member]) => word(name) && number(member));
const fields: Check = (value) =>
  Array.isArray(value) &&
  value.every((field) => Array.isArray(field) && field.length === 2 && field.every((part) => typeof part === "string"));

const side = oneOf(["client", "server"]);
const by = oneOf(ENDED_BY);
const connection = { connection: whole };
const ofSide = { ...connection, from: side };
const tls = maybe(object({ version: maybe(word), alpn: maybe(text), servername: maybe(text) }));
const problem = maybe(object({ code: errorCode, message: text }));
const list = { droppedFields: maybe(whole), problem };

/** Members by the kind of an event, as far as they do not stand in the entry itself. */
const SHAPES: ReadonlyMap<string, Shape> = new Map<string, Shape>([
  ["client-header", { ...connection, stream: whole, protocol: word, pushed: maybe(yes), ...list }],
  ["server-header", { informational: maybe(yes), ...list }],
  ["server-trailer", { trailersOnly: maybe(yes), ...list }],
  ["client-trailer", { fields, ...list }],
  [
    "message",
    {
      wireLength: maybe(whole),
      compressed: maybe(yes),
      problem,
      trimmed: maybe(yes),
      inflated: maybe(yes),
    },
  ],
  ["cancel", { from: side, code: whole }],
  [
    "call-end",
    { how: oneOf(HOW_ENDED), by, status: object({ code: whole, message: longText, source: oneOf(STATUS_SOURCES) }) },
  ],
  ["protocol-error", { ...ofSide, code: errorCode, message: longText }],
  [
    "connection-opened",
    {
      ...connection,
      client: text,
      server: text,
      relay: oneOf(["tap", "log"]),
      protocol: word,
      via: maybe(oneOf(["connect", "socks5", "absolute-uri"])),
      tls,
      upstreamTls: tls,
    },
  ],
  ["settings", { ...ofSide, settings: maybe(numbersByName), ack: maybe(yes) }],
  ["ping", { ...ofSide, ack: maybe(yes), data: word, roundTripMs: maybe(number) }],
  ["goaway", { ...ofSide, lastStream: whole, code: whole, debug: longText }],
  ["window-stall", { ...ofSide, stream: whole, durationMs: number }],
  [
    "connection-closed",
    {
      ...connection,
      by,
      how: oneOf(["end", "reset", "error"]),
      reason: maybe(longText),
      durationMs: number,
      clientBytes: whole,
      serverBytes: whole,
      clientFrames: maybe(whole),
      serverFrames: maybe(whole),
      suppressedEvents: maybe(whole),
    },
  ],
  ["dropped", { events: whole }],
  ["capture-opened", { upstream: maybe(text) }],
]);

export type Members = Readonly<Record<string, unknown>>;

/** @returns the members of that kind and no others; undefined when one is not as it must be */
export function membersOf(value: unknown, kind: string): Members | undefined {
  const shape = SHAPES.get(kind);
  if (shape === undefined || !isObject(value)) return undefined;
  const members: Record<string, unknown> = {};
  for (const [name, check] of Object.entries(shape)) {
    const member = own(value, name);
    if (!check(member)) return undefined;
    if (member !== undefined) members[name] = member;
  }
  return members;
}

function own(value: Members, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : undefined;
}
