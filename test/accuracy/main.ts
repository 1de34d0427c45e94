// `npm run accuracy [-- --corpus DIR]`: how often the schemaless reader is right, and how fast it is.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type MessageRow, pathsOf, predict, readRows } from "./paths.js";
import { type AnswerRow, type Families, type Score, score } from "./score.js";
import { firstSight, settled } from "./speed.js";

const HELP = `npm run accuracy -- [options]

  --corpus DIR   a folder with train.jsonl, test.jsonl, answers.jsonl and types.json, and perhaps cases.jsonl
                 (default: the small sample in test/vectors/schemaless)
  -k K           messages that are learned from first; may be given again (default 0 1 5 50)
  --json         the results as one JSON document
  --help         this text
`;

/** From dist/test/accuracy. */
const SAMPLE = fileURLToPath(new URL("../../../test/vectors/schemaless/", import.meta.url));

const { values } = parseArgs({
  options: {
    corpus: { type: "string", default: SAMPLE },
    k: { type: "string", short: "k", multiple: true, default: ["0", "1", "5", "50"] },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function main(): void {
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const rows = (name: string) => readRows(readFileSync(join(values.corpus, name), "utf8"));
  const train = rows("train.jsonl");
  const test = rows("test.jsonl");
  const answers = readFileSync(join(values.corpus, "answers.jsonl"), "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as AnswerRow);
  const families = JSON.parse(readFileSync(join(values.corpus, "types.json"), "utf8")) as Families;

  const scores: (Score & { k: number; seconds: number })[] = [];
  for (const k of values.k.map(Number)) {
    const start = performance.now();
    const predicted = predict(train, test, k);
    scores.push({ k, ...score(predicted, answers, families), seconds: (performance.now() - start) / 1000 });
  }
  const cases = casesOf(values.corpus);
  const speed = { firstSight: firstSight(train), settled: settled(train, test) };
  if (values.json) process.stdout.write(`${JSON.stringify({ scores, cases, speed })}\n`);
  else report(scores, cases, speed);
}

function report(
  scores: readonly (Score & { k: number; seconds: number })[],
  cases: Cases | undefined,
  speed: { readonly firstSight: number; readonly settled: number },
): void {
  const percent = (value: number) => (100 * value).toFixed(2).padStart(7);
  process.stdout.write("  K     len   fixed   clean   seconds\n");
  for (const { k, len, fixed, clean, seconds } of scores)
    process.stdout.write(
      `${String(k).padStart(3)} ${percent(len)} ${percent(fixed)} ${percent(clean)} ${seconds.toFixed(1).padStart(9)}\n`,
    );
  if (cases !== undefined) process.stdout.write(`known ambiguous payloads: ${cases.right} of ${cases.all} right\n`);
  process.stdout.write(
    `first sight ${speed.firstSight.toFixed(1)} MB/s, once types have settled ${speed.settled.toFixed(1)} MB/s\n`,
  );
}

interface Cases {
  readonly right: number;
  readonly all: number;
}

function casesOf(corpus: string): Cases | undefined {
  const file = [join(corpus, "cases.jsonl"), join(corpus, "../cases/cases.jsonl")].find((path) => existsSync(path));
  if (file === undefined) return undefined;
  const cases = readRows(readFileSync(file, "utf8")) as (MessageRow & { readonly kind: string })[];
  const right = cases.filter(({ b64, kind }) => {
    const said = pathsOf(Buffer.from(b64, "base64"));
    return said?.find(([path]) => path === "1[0]")?.[1]?.split(".")[0] === kind;
  });
  return { right: right.length, all: cases.length };
}

main();
