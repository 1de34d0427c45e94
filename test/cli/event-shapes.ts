// A strict reader of `--output ndjson`: every kind with its fields and their types, and what must hold between the lines.
import { STATUS_NAMES } from "../../src/model/status.js";

export type Event = Readonly<Record<string, unknown>> & { readonly kind: string };
type Check = (value: unknown) => boolean;
type Shape = { readonly [field: string]: Check };

const isString: Check = (value) => typeof value === "string";
const isNumber: Check = (value) => typeof value === "number" && Number.isFinite(value) && value >= 0;
const isWhole: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isCount: Check = (value) => isWhole(value) && (value as number) > 0;
const isTrue: Check = (value) => value === true;
const isBase64: Check = (value) =>
  typeof value === "string" && Buffer.from(value, "base64").toString("base64") === value;
const isCode: Check = (value) => typeof value === "string" && /^ERR_[A-Z0-9_]+$/.test(value);
const oneOf =
  (...values: readonly string[]): Check =>
  (value) =>
    values.includes(value as string);
const isSide = oneOf("client", "server");
const isBy = oneOf("client", "server", "proxy");
const isFields: Check = (value) =>
  Array.isArray(value) && value.every((field) => Array.isArray(field) && field.length === 2 && field.every(isString));

function isObject(required: Shape, optional: Shape = {}): Check {
  return (value) => wrongFields(value, required, optional).length === 0;
}

const isProblem = isObject({ code: isCode, message: isString });
const isTotals = isObject({ messages: isWhole, bytes: isWhole });
const isTls = isObject({}, { version: isString, alpn: isString, servername: isString });
const isStatus: Check = (value) =>
  isObject(
    {
      code: isWhole,
      name: isString,
      message: isString,
      source: oneOf("trailers", "reset", "http-status", "goaway", "connection", "missing"),
    },
    { details: Array.isArray },
  )(value) &&
  ((status: { code: number; name: string }) => status.name === (STATUS_NAMES[status.code] ?? `CODE_${status.code}`))(
    value as { code: number; name: string },
  );

const COMMON: Shape = { seq: isCount, at: isNumber, kind: isString };
const isProblems: Check = (value) =>
  Array.isArray(value) &&
  value.length > 0 &&
  value.every((problem) =>
    isObject({ code: isCode, message: isString, path: isString, start: isWhole, end: isWhole })(problem),
  );
const isDecoded: Check = (value) =>
  typeof value === "object" &&
  Object.entries(value ?? { none: 0 }).every(
    ([name, values]) => name.endsWith("-bin") && Array.isArray(values) && values.length > 0 && values.every(isMetadata),
  );
const isMetadata: Check = (value) =>
  isObject({ type: isString, json: () => true }, { guess: isTrue, problems: isProblems })(value) ||
  isObject({ format: isString, json: () => true })(value) ||
  isObject({ problem: isProblem })(value);
const LIST: Shape = { problem: isProblem, droppedFields: isCount, trimmed: isTrue, decoded: isDecoded };
const MESSAGE: readonly [Shape, Shape] = [
  { ...COMMON, call: isCount, index: isWhole, length: isWhole, wireLength: isWhole, encoding: isString },
  {
    compressed: isTrue,
    problem: isProblem,
    truncated: isTrue,
    trimmed: isTrue,
    data: isBase64,
    type: isString,
    jsonLength: isWhole,
    json: () => true,
    guess: (value) => typeof value === "object" && value !== null,
    problems: isProblems,
  },
];
const CONNECTION: Shape = { ...COMMON, connection: isCount };

const PLACE: Shape = { at: isNumber, call: isCount, path: isString, message: isString };
const DRIFT: Shape = { method: isString, side: isSide, code: isCode, path: isString };
const isDrift = isObject({ ...DRIFT, count: isCount, first: isObject(PLACE, { index: isWhole }) });
const isUnchecked = isObject({ lost: isWhole, unreadable: isWhole, unknown: isWhole });
const isSizes = isObject({
  messages: isWhole,
  wireBytes: isWhole,
  protobufBytes: isWhole,
  jsonBytes: isWhole,
  others: isWhole,
});
const isBoolean: Check = (value) => typeof value === "boolean";

/** What is no event of the capture: it has no seq, and may stand between events or behind them. */
const FINDINGS = new Map<string, readonly [required: Shape, optional: Shape]>([
  ["drift", [{ ...DRIFT, ...PLACE, kind: isString }, { index: isWhole }]],
  ["sizes", [{ kind: isString, method: isString, client: isSizes, server: isSizes }, {}]],
  [
    "contract",
    [
      {
        kind: isString,
        fits: isBoolean,
        checked: isWhole,
        unchecked: isUnchecked,
        drifts: (value) => Array.isArray(value) && value.every(isDrift),
      },
      { moreDrifts: isCount, unknownMethods: (value) => Array.isArray(value) && value.every(isString) },
    ],
  ],
]);

const KINDS: ReadonlyMap<string, readonly [required: Shape, optional: Shape]> = new Map([
  [
    "connection-opened",
    [
      {
        ...CONNECTION,
        client: isString,
        server: isString,
        relay: oneOf("tap"),
        protocol: oneOf("h2", "http/1.1", "unknown"),
      },
      { via: oneOf("connect", "socks5", "absolute-uri"), tls: isTls, upstreamTls: isTls },
    ],
  ],
  [
    "settings",
    [
      { ...CONNECTION, from: isSide },
      { ack: isTrue, settings: (value) => typeof value === "object" && Object.values(value ?? []).every(isWhole) },
    ],
  ],
  [
    "ping",
    [
      { ...CONNECTION, from: isSide, data: isString },
      { ack: isTrue, roundTripMs: isNumber },
    ],
  ],
  [
    "goaway",
    [{ ...CONNECTION, from: isSide, lastStream: isWhole, code: isWhole, name: isString, debug: isString }, {}],
  ],
  ["window-stall", [{ ...CONNECTION, from: isSide, stream: isWhole, durationMs: isNumber }, {}]],
  [
    "connection-closed",
    [
      {
        ...CONNECTION,
        by: isBy,
        how: oneOf("end", "reset", "error"),
        durationMs: isNumber,
        clientBytes: isWhole,
        serverBytes: isWhole,
      },
      { reason: isString, clientFrames: isWhole, serverFrames: isWhole, suppressedEvents: isCount },
    ],
  ],
  [
    "client-header",
    [
      {
        ...CONNECTION,
        call: isCount,
        stream: isCount,
        protocol: oneOf("grpc", "unknown"),
        method: isString,
        fields: isFields,
      },
      { ...LIST, authority: isString, pushed: isTrue, timeoutMs: isNumber },
    ],
  ],
  [
    "server-header",
    [
      { ...COMMON, call: isCount, fields: isFields },
      { ...LIST, informational: isTrue },
    ],
  ],
  ["client-message", MESSAGE],
  ["server-message", MESSAGE],
  ["client-half-close", [{ ...COMMON, call: isCount }, {}]],
  ["client-trailer", [{ ...COMMON, call: isCount, fields: isFields }, LIST]],
  [
    "server-trailer",
    [
      { ...COMMON, call: isCount, fields: isFields, status: isStatus },
      { ...LIST, trailersOnly: isTrue },
    ],
  ],
  ["cancel", [{ ...COMMON, call: isCount, from: isSide, code: isWhole, name: isString }, {}]],
  [
    "call-end",
    [
      {
        ...COMMON,
        call: isCount,
        status: isStatus,
        how: oneOf("trailers", "trailers-only", "end-stream", "reset", "goaway", "connection-lost", "proxy-error"),
        by: isBy,
        durationMs: isNumber,
        client: isTotals,
        server: isTotals,
      },
      {},
    ],
  ],
  ["protocol-error", [{ ...CONNECTION, from: isSide, code: isCode, message: isString }, { call: isCount }]],
  ["dropped", [{ kind: isString, from: isCount, to: isCount, events: isCount }, {}]],
]);

function wrongFields(value: unknown, required: Shape, optional: Shape): readonly string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return ["not an object"];
  const given = value as Readonly<Record<string, unknown>>;
  const wrong: string[] = [];
  for (const [name, check] of Object.entries(required)) if (!check(given[name])) wrong.push(name);
  for (const [name, field] of Object.entries(given)) {
    if (Object.hasOwn(required, name)) continue;
    if (!Object.hasOwn(optional, name) || !optional[name]?.(field)) wrong.push(name);
  }
  return wrong;
}

interface Totals {
  messages: number;
  bytes: number;
}

/**
 * Reads the lines of a whole session.
 * @throws Error for the first line that breaks the contract
 */
export function readEvents(lines: readonly string[]): readonly Event[] {
  let seq = 0;
  let at = 0;
  let gaps = false;
  const calls = new Map<number, { client: Totals; server: Totals; ended: boolean }>();
  return lines.map((line) => {
    const event = JSON.parse(line) as Event;
    const fail = (what: string): never => {
      throw new Error(`${what}: ${line.slice(0, 1000)}`);
    };
    const shape = KINDS.get(event.kind) ?? FINDINGS.get(event.kind) ?? fail("unknown kind");
    const wrong = wrongFields(event, ...shape);
    if (wrong.length > 0) fail(`wrong ${wrong.join(", ")}`);
    if (FINDINGS.has(event.kind)) return event;
    if (event.kind === "dropped") {
      if (event.from !== seq + 1) fail(`gap begins after ${seq}`);
      if (event.events !== (event.to as number) - (event.from as number) + 1) fail("gap of another size");
      seq = event.to as number;
      gaps = true;
      return event;
    }
    if (event.seq !== seq + 1) fail(`seq after ${seq}`);
    if ((event.at as number) < at) fail(`time goes back from ${at}`);
    seq++;
    at = event.at as number;
    if (event.call === undefined || gaps) return event;
    const id = event.call as number;
    if (event.kind === "client-header") {
      if (calls.has(id)) fail("second header of the call");
      calls.set(id, { client: { messages: 0, bytes: 0 }, server: { messages: 0, bytes: 0 }, ended: false });
    }
    const call = calls.get(id) ?? fail("call without a header");
    if (event.kind === "client-message" || event.kind === "server-message") {
      const side = event.kind === "client-message" ? call.client : call.server;
      if (event.index !== side.messages) fail(`index, not ${side.messages}`);
      side.messages++;
      side.bytes += event.wireLength as number;
    } else if (event.kind === "call-end") {
      if (call.ended) fail("second end of the call");
      call.ended = true;
      for (const side of ["client", "server"] as const)
        if (JSON.stringify(event[side]) !== JSON.stringify(call[side]))
          fail(`totals of the ${side}, not ${JSON.stringify(call[side])}`);
    }
    return event;
  });
}
