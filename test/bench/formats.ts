// `npm run bench -- json`: protobuf against JSON, on the sample messages, with the libraries people use for each; prints Markdown.
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { type DescMessage, fromBinary, fromJson, type JsonObject, type Message, toBinary } from "@bufbuild/protobuf";
import protobufjs from "protobufjs";
import { walk } from "../../src/message/walk.js";
import { openSchema } from "../../src/schema/open-schema.js";
import type { SchemaSet } from "../../src/schema/schema-set.js";
import { SAMPLES, type Sample } from "./samples.js";
import { type Timing, type TimingOptions, timeAgainstFirst } from "./timing.js";

const PROTOS = fileURLToPath(new URL("../../../proto-samples", import.meta.url));
const FILES = ["users.proto", "metrics.proto", "chat.proto"];

export interface FormatsRow {
  readonly sample: string;
  readonly bytes: { readonly protobuf: number; readonly json: number };
  readonly gzipped: { readonly protobuf: number; readonly json: number };
  /** JSON first; each ratio is how many times as fast as JSON. */
  readonly read: readonly Timing[];
  readonly write: readonly Timing[];
}

/** The schema of the samples. */
export function openSamples(): Promise<SchemaSet> {
  const inputs = FILES.map((file) => ({ kind: "proto" as const, path: join(PROTOS, file) }));
  return openSchema({ inputs, importPaths: [PROTOS], watch: false });
}

/** A sample as protobuf-es has it, with its type. */
export function fromSample(
  schema: SchemaSet,
  sample: Sample,
): { readonly type: DescMessage; readonly message: Message } {
  const type = schema.message(sample.type);
  if (type === undefined) throw new Error(`no schema knows ${sample.type}`);
  return { type, message: fromJson(type, sample.json as JsonObject) };
}

export async function measureFormats(options: TimingOptions): Promise<readonly FormatsRow[]> {
  const schema = await openSamples();
  const root = new protobufjs.Root();
  // What it does not bring along itself lies in our folder.
  root.resolvePath = (_origin, target) => join(PROTOS, target);
  await root.load(FILES);
  const rows = SAMPLES.map((sample) => measure(sample, schema, root.lookupType(sample.type), options));
  schema.close();
  return rows;
}

function measure(sample: Sample, schema: SchemaSet, generated: protobufjs.Type, options: TimingOptions): FormatsRow {
  const { type, message } = fromSample(schema, sample);
  const binary = toBinary(type, message);
  const text = Buffer.from(JSON.stringify(sample.json));
  const plain = generated.decode(binary);
  const again = generated.encode(plain).finish();
  if (again.length !== binary.length) throw new Error(`${sample.type}: the two libraries write other bytes`);
  return {
    sample: sample.name,
    bytes: { protobuf: binary.length, json: text.length },
    gzipped: { protobuf: gzipSync(binary).length, json: gzipSync(text).length },
    read: timeAgainstFirst(
      [
        { name: "JSON.parse", run: () => JSON.parse(text.toString()) as unknown },
        { name: "protobuf-es", run: () => fromBinary(type, binary) },
        { name: "protobufjs", run: () => generated.decode(binary) },
        { name: "framelens' walker", run: () => walk(binary, type, schema) },
      ],
      options,
    ),
    write: timeAgainstFirst(
      [
        { name: "JSON.stringify", run: () => Buffer.from(JSON.stringify(sample.json)) },
        { name: "protobuf-es", run: () => toBinary(type, message) },
        { name: "protobufjs", run: () => generated.encode(plain).finish() },
      ],
      options,
    ),
  };
}

export function formatsReport(rows: readonly FormatsRow[], { rounds, roundMs }: TimingOptions): string {
  const sizes = rows.map(({ sample, bytes, gzipped }) => [
    sample,
    count(bytes.protobuf),
    count(bytes.json),
    (bytes.protobuf / bytes.json).toFixed(2),
    count(gzipped.protobuf),
    count(gzipped.json),
    (gzipped.protobuf / gzipped.json).toFixed(2),
  ]);
  const sizeHead = ["message", "protobuf", "JSON", "ratio", "protobuf, gzip", "JSON, gzip", "ratio"];
  return [
    "Bytes:",
    "",
    table(sizeHead, sizes),
    "",
    `Reading, from octets; how many times as fast as JSON, processor time, the median of ${rounds} rounds of ${roundMs} ms (min–max):`,
    "",
    speeds(rows.map(({ sample, read }) => ({ sample, timings: read }))),
    "",
    "Writing, to octets; the same:",
    "",
    speeds(rows.map(({ sample, write }) => ({ sample, timings: write }))),
    "",
    "protobuf-es reads by descriptors (`fromBinary`), protobufjs with code that it generates from them; framelens' walker gives",
    "every field with its byte range and checks UTF-8, and leaves the values in the octets.",
  ].join("\n");
}

function speeds(rows: readonly { readonly sample: string; readonly timings: readonly Timing[] }[]): string {
  const names = rows[0]?.timings.map(({ name }) => name) ?? [];
  const head = ["message", `${names[0]}, µs`, ...names.slice(1)];
  return table(
    head,
    rows.map(({ sample, timings: [first, ...others] }) => [
      sample,
      ((first?.nanos ?? Number.NaN) / 1000).toFixed(2),
      ...others.map(({ ratio, min, max }) => `${ratio.toFixed(2)} (${min.toFixed(2)}–${max.toFixed(2)})`),
    ]),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(head), line(head.map((_, at) => (at === 0 ? "---" : "---:"))), ...rows.map(line)].join("\n");
}

function count(value: number): string {
  return value.toLocaleString("en");
}
