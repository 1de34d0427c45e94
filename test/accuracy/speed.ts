// How many megabytes a second the schemaless reader takes: messages of methods never seen, and of methods it knows.
import { SchemalessReader } from "../../src/schemaless/schemaless-reader.js";
import type { MessageRow } from "./paths.js";

/** The first rounds warm the compiler up; the best of the rest counts. */
const ROUNDS = 5;
const METHOD = "/accuracy.Speed/Read";

/** @returns MB/s of messages that are each the first of their method */
export function firstSight(rows: readonly MessageRow[]): number {
  const messages = rows.slice(0, 5000).map(({ b64 }) => Buffer.from(b64, "base64"));
  return best(messages, () => {
    for (const bytes of messages) new SchemalessReader().guess(METHOD, "server", bytes);
  });
}

/** @returns MB/s of messages of methods of which others were seen; each is learned from and read */
export function settled(train: readonly MessageRow[], test: readonly MessageRow[]): number {
  const reader = new SchemalessReader();
  for (const { t, b64 } of train) reader.learn(t, "server", Buffer.from(b64, "base64"));
  const rows = test.map(({ t, b64 }) => ({ t, bytes: Buffer.from(b64, "base64") }));
  for (const { t } of rows) reader.settle(t, "server");
  return best(
    rows.map(({ bytes }) => bytes),
    () => {
      for (const { t, bytes } of rows) reader.guess(t, "server", bytes);
    },
  );
}

function best(messages: readonly Uint8Array[], run: () => void): number {
  const bytes = messages.reduce((sum, message) => sum + message.length, 0);
  let most = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    run();
    most = Math.max(most, bytes / (performance.now() - start) / 1000);
  }
  return most;
}
