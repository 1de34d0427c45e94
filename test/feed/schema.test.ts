// The schemas of the feed: the types are theirs, the documentation is theirs, and what judges requests agrees with them.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FeedCallEvent, FeedEvent } from "../../src/feed/messages.js";
import { schemaDocument } from "../../src/feed/schema/document.js";
import { EVENTS } from "../../src/feed/schema/events.js";
import { REQUESTS } from "../../src/feed/schema/requests.js";
import type { METHOD_STATS } from "../../src/feed/schema/statistics.js";
import type { TypeOf } from "../../src/feed/schema/type.js";
import type { CALL_ROW } from "../../src/feed/schema/values.js";
import { mismatch } from "../../src/feed/validate.js";
import type { Call } from "../../src/model/call.js";
import type { CallEvent, CaptureEvent, DroppedEvent } from "../../src/model/events.js";
import type { MethodStatsJson } from "../../src/stats/method-stats.js";
import { reference } from "./reference.js";

test("every event of a capture fits the type of its schema, as the compiler sees it", () => {
  const event = (given: CaptureEvent | DroppedEvent): FeedEvent => given;
  const callEvent = (given: CallEvent): FeedCallEvent => given;
  const row = ({ id: call, ...given }: Call): TypeOf<typeof CALL_ROW> => ({ call, ...given });
  const statistics = (given: MethodStatsJson): TypeOf<typeof METHOD_STATS> => given;
  for (const fits of [event, callEvent, row, statistics]) expect(fits).toBeTypeOf("function");
});

test("the document is a JSON Schema that knows every message", () => {
  const ajv = new Ajv2020({ strict: true, strictTuples: false });
  const document = schemaDocument();
  ajv.addSchema(document, "feed");
  for (const name of Object.keys(document.$defs)) expect(ajv.getSchema(`feed#/$defs/${name}`)).toBeTypeOf("function");
  const isMessage = ajv.getSchema("feed#/$defs/FeedMessage")!;
  expect(isMessage({ kind: "synced", id: 1, seq: 5 })).toBe(true);
  expect(isMessage({ kind: "synced", id: 1 })).toBe(false);
  expect(isMessage({ kind: "dropped", from: 1, to: 3, events: 3 })).toBe(true);
  const isRequest = ajv.getSchema("feed#/$defs/Request")!;
  expect(isRequest({ op: "list", id: 1, filter: "x" })).toBe(true);
  expect(isRequest({ op: "list" })).toBe(false);
});

test("each kind of event has one schema", () => {
  const kinds = EVENTS.map(({ json }) => json.properties?.kind?.const);
  expect(new Set(kinds).size).toBe(kinds.length);
  for (const { json } of EVENTS) expect(json.title).toBe(json.properties?.kind?.const);
});

test("what judges requests agrees with a validator of others, on requests and on what is nearly one", () => {
  const ajv = new Ajv2020({ strict: true, strictTuples: false });
  const fields = fc.record(
    {
      op: fc.constantFrom(...Object.keys(REQUESTS)),
      id: fc.oneof({ weight: 5, arbitrary: fc.nat(9) }, fc.constantFrom(-1, 1.5, "1", null, 2 ** 60)),
      filter: fc.oneof({ weight: 5, arbitrary: fc.constant("x") }, fc.constantFrom(1, "x".repeat(5000), null)),
      since: fc.oneof(fc.nat(), fc.constantFrom(-1, "0")),
      session: fc.oneof(fc.string(), fc.constant(7)),
      known: fc.oneof(fc.array(fc.oneof(fc.integer({ min: 1 }), fc.constant(0))), fc.constant({})),
      want: fc.constantFrom("summary", "messages", "full", "else"),
      batch: fc.oneof(fc.boolean(), fc.constant(1)),
      limit: fc.integer({ min: -1, max: 3_000_000 }),
      call: fc.nat(3),
      side: fc.constantFrom("client", "server", "both"),
      protoset: fc.string(),
      extra: fc.constant(1),
    },
    { requiredKeys: [] },
  );
  for (const { json } of Object.values(REQUESTS)) {
    const validate = ajv.compile(json);
    const known = Object.keys(json.properties ?? {});
    fc.assert(
      fc.property(fields, fc.boolean(), (value, keepAll) => {
        const given = keepAll
          ? value
          : Object.fromEntries(Object.entries(value).filter(([name]) => known.includes(name)));
        const request = keepAll ? given : { ...given, op: json.properties?.op?.const };
        expect(mismatch(request, json, "request") === undefined).toBe(validate(request));
      }),
      { numRuns: 300 },
    );
  }
});

test("the documentation is made from them: `npx vitest run test/feed/schema.test.ts -u` writes it", async () => {
  const path = join(import.meta.dirname, "../../src/feed/README.md");
  const [before = ""] = readFileSync(path, "utf8").split("<!-- made from schema/ -->");
  await expect(`${before}<!-- made from schema/ -->\n\n${reference()}\n`).toMatchFileSnapshot(path);
});
