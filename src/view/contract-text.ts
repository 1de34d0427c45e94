// The end of a session in words: what did not fit the schemas, what nobody could check, and what JSON would have taken.
import type { ContractEvent, Drift, DriftEvent } from "../model/contract.js";
import type { SideSizes, SizesEvent } from "../model/sizes.js";
import { formatBytes } from "./format.js";
import { cutStart, cutText, padEnd } from "./text-width.js";
import { visible } from "./visible.js";

/** Kinds that are listed: a screen; ndjson has them all. */
const MAX_LINES = 40;
const FIELD_COLUMNS = { fewest: 8, most: 40 } as const;
const METHOD_COLUMNS = 60;
/** Of methods without a schema. */
const MAX_NAMES = 3;
/** Of what is wrong, which may quote a peer. */
const MESSAGE_COLUMNS = 100;
/** "ERR_MISSING_REQUIRED" */
const CODE_COLUMNS = 20;

/** @param asked whether somebody wants to hear that all is well @returns lines; none when there is nothing to tell */
export function contractLines(result: ContractEvent, asked: boolean): readonly string[] {
  const { drifts, moreDrifts = 0 } = result;
  const lines: string[] = [];
  if (drifts.length > 0) {
    const ways = count(drifts.length + moreDrifts, "way");
    lines.push(`traffic does not fit its schemas, in ${ways} (${count(result.checked, "message")} checked):`);
    lines.push(...driftLines(drifts));
    const left = drifts.length + moreDrifts - Math.min(drifts.length, MAX_LINES);
    if (left > 0) lines.push(`  … and ${left} more`);
  } else if (asked && result.checked > 0) {
    lines.push(`${count(result.checked, "message")} checked, all fit their schemas`);
  } else if (asked) {
    lines.push("no message was checked against a schema");
  }
  if (asked) lines.push(...uncheckedLines(result));
  return lines;
}

/** One drift when it is found, as in "call 3, acme.v1.Things/Get, by the server: name: wire type 2, …". */
export function driftSentence({ call, index, method, side, path, message, code }: DriftEvent): string {
  const where = `call ${call}${index === undefined ? "" : `, message ${index}`}, ${methodName(method)}, by the ${side}`;
  return `${where}: ${path === "" ? "" : `${visible(path)}: `}${visible(message)} (${code})`;
}

function driftLines(drifts: readonly Drift[]): readonly string[] {
  const shown = drifts.slice(0, MAX_LINES);
  const longest = Math.max(...shown.map(({ path }) => path.length));
  const columns = Math.min(FIELD_COLUMNS.most, Math.max(FIELD_COLUMNS.fewest, longest));
  const lines: string[] = [];
  let method = "";
  for (const drift of shown) {
    if (drift.method !== method) lines.push(`  ${cutText(methodName(drift.method), METHOD_COLUMNS)}`);
    method = drift.method;
    const { index, call, message } = drift.first;
    const field = padEnd(cutStart(visible(drift.path) || "-", columns), columns);
    const where = `first in call ${call}${index === undefined ? "" : `, message ${index}`}`;
    const what = cutText(visible(message), MESSAGE_COLUMNS);
    lines.push(
      `    ${drift.side} ${field} ${drift.code.padEnd(CODE_COLUMNS)} ${`${drift.count}×`.padStart(6)} ${what} (${where})`,
    );
  }
  return lines;
}

function uncheckedLines({ unchecked, unknownMethods = [] }: ContractEvent): readonly string[] {
  const { lost, unreadable, unknown } = unchecked;
  const names = unknownMethods.slice(0, MAX_NAMES).map((method) => cutText(methodName(method), METHOD_COLUMNS));
  const more = unknownMethods.length > MAX_NAMES ? ", …" : "";
  const which = names.length === 0 ? "" : ` (${names.join(", ")}${more})`;
  const not = "not checked";
  return [
    ...(lost === 0 ? [] : [`up to ${count(lost, "message")} ${not}: gone before they could be read`]),
    ...(unreadable === 0 ? [] : [`${count(unreadable, "message")} ${not}: too large, or in an unknown encoding`]),
    ...(unknown === 0 ? [] : [`${count(unknown, "message")} ${not}: no schema knows their methods${which}`]),
  ];
}

/** A table of what messages take; a row for each side that sent some. @returns none when nothing was measured */
export function sizesLines(methods: readonly SizesEvent[]): readonly string[] {
  const rows = methods.flatMap(({ method, client, server }) => [
    ...sizeRow(method, "client", client),
    ...sizeRow(method, "server", server),
  ]);
  if (rows.length === 0) return ["no message with a known type, so no sizes"];
  const others = methods.reduce((sum, { client, server }) => sum + client.others + server.others, 0);
  const head = ["method", "side", "messages", "on the wire", "protobuf", "JSON", "JSON/protobuf"];
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const lines = [head, ...rows].map((row) =>
    row.map((cell, column) => (column < 2 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join("  "),
  );
  return [
    "sizes of messages, without their 5-byte prefixes:",
    ...lines.map((line) => `  ${line}`),
    ...(others === 0 ? [] : [`  ${count(others, "message")} not counted: no schema knows them, or they are not whole`]),
  ];
}

function sizeRow(method: string, side: string, sizes: SideSizes): readonly (readonly string[])[] {
  if (sizes.messages === 0) return [];
  const ratio = sizes.protobufBytes === 0 ? "-" : (sizes.jsonBytes / sizes.protobufBytes).toFixed(1);
  const bytes = [sizes.wireBytes, sizes.protobufBytes, sizes.jsonBytes].map(formatBytes);
  return [[cutStart(methodName(method), METHOD_COLUMNS), side, String(sizes.messages), ...bytes, ratio]];
}

function methodName(method: string): string {
  return visible(method.replace(/^\//, ""));
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}
