// `npm run bench -- walker`: our walker, with byte ranges, against @bufbuild/protobuf's fromBinary; and how soon schemas are there.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { walk } from "../../src/message/walk.js";
import { openSchema } from "../../src/schema/open-schema.js";
import { fromSample, openSamples } from "./formats.js";
import { type Sample, user } from "./samples.js";
import { type Timing, type TimingOptions, timeAgainstFirst } from "./timing.js";

/** What issue and README speak of. */
const FILE_COUNT = 500;
const FILE_BYTES = 12_000;

export interface WalkerResult {
  /** protobuf-es first; the walker's ratio is how many times as fast it is. */
  readonly messages: readonly { readonly bytes: number; readonly timings: readonly Timing[] }[];
  readonly files: number;
  readonly megabytes: number;
  /** Processor time until one method of the folder is known, with all that its file imports. */
  readonly firstMethodMs: number;
  /** Until every file is parsed and linked. */
  readonly allMs: number;
}

/** About 60 bytes and 10 KB. */
const SIZES: readonly Sample[] = [
  {
    name: "small",
    type: "framelens.demo.v1.User",
    json: {
      id: 1001,
      name: "Alice",
      email: "alice@example.com",
      follows: [1, 2, 300],
      trust: 0.5,
      biography: "Has two cats.",
    },
  },
  {
    name: "large",
    type: "framelens.demo.v1.BatchGetUsersResponse",
    json: { users: Array.from({ length: 47 }, (_, at) => user(1001 + at)) },
  },
];

export async function measureWalker(options: TimingOptions): Promise<WalkerResult> {
  // First, as a program that starts would do it: with little else in memory.
  const loading = await measureLoading();
  const schema = await openSamples();
  const messages = SIZES.map((sample) => {
    const { type, message } = fromSample(schema, sample);
    const bytes = toBinary(type, message);
    const timings = timeAgainstFirst(
      [
        { name: "fromBinary", run: () => fromBinary(type, bytes) },
        { name: "walker", run: () => walk(bytes, type, schema) },
      ],
      options,
    );
    return { bytes: bytes.length, timings };
  });
  schema.close();
  return { messages, ...loading };
}

async function measureLoading() {
  const folder = mkdtempSync(join(tmpdir(), "framelens-bench-protos-"));
  try {
    let bytes = 0;
    for (let file = 0; file < FILE_COUNT; file++) {
      const text = protoFile(file);
      bytes += text.length;
      writeFileSync(join(folder, `part${file}.proto`), text);
    }
    const began = process.cpuUsage();
    const schema = await openSchema({ inputs: [{ kind: "proto", path: folder }], watch: false });
    if (schema.method(`/bench.part${FILE_COUNT - 1}.Service/Get`) === undefined)
      throw new Error("a method was not found");
    const firstMethodMs = spentSince(began);
    schema.loadAll();
    const allMs = spentSince(began);
    if (schema.problems.length > 0) throw new Error(`a file was not read: ${schema.problems[0]!.message}`);
    schema.close();
    return { files: FILE_COUNT, megabytes: bytes / 1e6, firstMethodMs, allMs };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @returns milliseconds of processor time: it is one thread's work, and other programs do not count */
function spentSince(began: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(began);
  return (user + system) / 1000;
}

/** A file of {@link FILE_BYTES} that imports one or two earlier ones: chains of imports of some ten files, as in googleapis. */
function protoFile(file: number): string {
  const imports = [file % 10 === 0 ? -1 : file - 1, file >> 1].filter(
    (other, at, all) => other >= 0 && other < file && all.indexOf(other) === at,
  );
  let text = `syntax = "proto3";\npackage bench.part${file};\n`;
  for (const other of imports) text += `import "part${other}.proto";\n`;
  for (let message = 0; text.length < FILE_BYTES; message++) {
    text += `\n// What is known of number ${message}.\nmessage Record${message} {\n`;
    text += "  // Its key, unique within the file.\n  int64 id = 1;\n  string display_name = 2;\n";
    text += "  repeated double values = 3;\n  map<string, string> labels = 4;\n  optional bool is_active = 5;\n";
    text += "  enum State {\n    UNKNOWN = 0;\n    READY = 1;\n    GONE = 2;\n  }\n  State state = 6;\n";
    for (const [at, other] of imports.entries()) text += `  bench.part${other}.Record0 other_${at} = ${7 + at};\n`;
    if (message > 0) text += `  Record${message - 1} previous = 9;\n`;
    text += "}\n";
  }
  return `${text}\nservice Service {\n  rpc Get(Record0) returns (Record1);\n}\n`;
}

export function walkerReport({ messages, ...loading }: WalkerResult): string {
  const lines = messages.map(({ bytes, timings: [reference, walker] }) => {
    const nanos = (timing: Timing | undefined) => `${((timing?.nanos ?? Number.NaN) / 1000).toFixed(2)} µs`;
    const ratio = walker?.ratio ?? Number.NaN;
    return (
      `${bytes.toLocaleString("en").padStart(8)} bytes   fromBinary ${nanos(reference)}   walker ${nanos(walker)}   ` +
      `ratio ${ratio.toFixed(2)} (${walker?.min.toFixed(2)}–${walker?.max.toFixed(2)})   ≥ 1.00 ${verdict(ratio >= 1)}`
    );
  });
  const { files, megabytes, firstMethodMs, allMs } = loading;
  const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
  return [
    "walker: every field with its byte range, against protobuf-es by descriptors",
    ...lines,
    `${files} .proto files, ${megabytes.toFixed(1)} MB: the last one's method, with all it imports, after ${seconds(firstMethodMs)}; ` +
      `all after ${seconds(allMs)} of processor time   ≤ 3 s ${verdict(allMs <= 3000)}`,
  ].join("\n");
}

function verdict(reached: boolean): string {
  return reached ? "reached" : "MISSED";
}
