// `npm run -s infer:paths -- --train FILE --test FILE -k K`: what the schemaless reader says of each test message, one JSON row a line.
import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { type PathRow, predict, readRows } from "./paths.js";

const { values } = parseArgs({
  options: {
    train: { type: "string" },
    test: { type: "string" },
    k: { type: "string", short: "k", default: "0" },
  },
});
if (values.train === undefined || values.test === undefined || !/^\d+$/.test(values.k)) {
  process.stderr.write("usage: npm run -s infer:paths -- --train FILE --test FILE -k K\n");
  process.exitCode = 2;
} else {
  const train = readRows(readFileSync(values.train, "utf8"));
  const test = readRows(readFileSync(values.test, "utf8"));
  const rows: PathRow[] = predict(train, test, Number(values.k));
  process.stdout.write(rows.map((row) => `${JSON.stringify(row)}\n`).join(""));
}
