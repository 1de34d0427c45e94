// Messages by label, and what the schemaless reader says of each field's path: the form that scorers read.
import type { FieldNode, MessageNode } from "../../src/message/tree.js";
import { plannedField } from "../../src/schemaless/guess-plan.js";
import { NEEDS } from "../../src/schemaless/number-stats.js";
import { SchemalessReader } from "../../src/schemaless/schemaless-reader.js";

/** A message: the `i`-th that was seen of the method and side `t`. */
export interface MessageRow {
  readonly t: string;
  readonly i: number;
  readonly b64: string;
}

/** What is said of it: a path is `number[occurrence]` joined by "."; null when it could not be read. */
export interface PathRow {
  readonly t: string;
  readonly i: number;
  readonly fields: readonly (readonly [path: string, kind: string])[] | null;
}

/** @param text one JSON object a line */
export function readRows(text: string): MessageRow[] {
  return text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as MessageRow);
}

/** Reads each test message after the first k of its label, and from it alone otherwise. */
export function predict(train: readonly MessageRow[], test: readonly MessageRow[], k: number): PathRow[] {
  const byLabel = new Map<string, Buffer[]>();
  for (const { t, i, b64 } of train) {
    if (i >= k) continue;
    const seen = byLabel.get(t) ?? [];
    byLabel.set(t, seen);
    seen.push(Buffer.from(b64, "base64"));
  }
  return test.map(({ t, i, b64 }) => ({ t, i, fields: pathsOf(Buffer.from(b64, "base64"), byLabel.get(t)) }));
}

/** @param before messages of the same label @returns null when it has octets that are no fields */
export function pathsOf(bytes: Uint8Array, before: readonly Uint8Array[] = []): PathRow["fields"] {
  const reader = new SchemalessReader();
  for (const message of [...before, bytes]) reader.learn("", "server", message);
  reader.settle("", "server");
  const { tree, fieldGuess } = reader.read("", "server", bytes);
  if (tree.fields.some(({ number }) => number === 0)) return null;
  const rows: [string, string][] = [];
  addPaths(tree, "", (node) => fieldGuess(node)?.kind, rows);
  return rows;
}

function addPaths(
  message: MessageNode,
  prefix: string,
  guess: (node: FieldNode) => string | undefined,
  rows: [string, string][],
): void {
  const counts = new Map<number, number>();
  for (const node of message.fields) {
    const occurrence = counts.get(node.number) ?? 0;
    counts.set(node.number, occurrence + 1);
    const path = `${prefix}${node.number}[${occurrence}]`;
    rows.push([path, kindOf(node, guess(node))]);
    if (node.message !== undefined) addPaths(node.message, `${path}.`, guess, rows);
  }
}

/** Integers as "int" where they are negative, and "bool" where they are 0 or 1; nobody can know more. */
function kindOf(node: FieldNode, kind: string | undefined): string {
  if (kind === "packed.varint") return "packed.int";
  if (kind !== "varint") return kind ?? "bytes";
  const needs = plannedField(node.plan)?.node.varints?.needs ?? 0;
  if ((needs & NEEDS.negative) !== 0) return "int";
  return (needs & NEEDS.notBool) === 0 ? "bool" : "uint";
}
