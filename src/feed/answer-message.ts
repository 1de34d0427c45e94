// The answer to "get" of a message: its JSON, its tree or its bytes, whole or in a range.

import type { FieldNode } from "../message/tree.js";
import { type TreeRow as OutlineRow, type TreeOptions, treeRows } from "../message/tree-rows.js";
import { WIRE } from "../message/wire.js";
import type { FieldGuess, GuessTree } from "../schemaless/guess.js";
import type { MessageView } from "../session/message-view.js";
import type { AnswerContext } from "./answer.js";
import { jsonLine } from "./json-line.js";
import type { Get, MessageAnswer, TreeRow } from "./messages.js";
import { RequestMistake } from "./request.js";
import { MAX_RANGE } from "./schema/requests.js";

/** Rows of some 300 bytes each. */
const MAX_ROWS = 2000;
/** An octet becomes two digits. */
const MAX_HEX_BYTES = MAX_RANGE / 2;

export async function messageAnswer(request: Get, { source }: AnswerContext): Promise<string> {
  const { id, call, side, index, as = "json" } = request;
  if (side === undefined || index === undefined) {
    throw new RequestMistake("ERR_REQUEST", 'a message needs "side" and "index"', id);
  }
  if (as === "frames" || as === "grpcurl" || as === "buf") {
    throw new RequestMistake("ERR_REQUEST", `"${as}" is of a call, without "side"`, id);
  }
  const { messages } = source;
  const seq = messages.seqOf(call, side, index);
  const view = seq === undefined ? undefined : await messages.read(seq);
  if (view === undefined) {
    throw new RequestMistake("ERR_NO_MESSAGE", `call ${call} has no ${side} message ${index}, or not any more`, id);
  }
  const { type, problem, problems, sizes } = view;
  const told = {
    kind: "message",
    id,
    as,
    event: view.event,
    ...(type === undefined ? {} : { type }),
    ...(problems.length === 0 ? {} : { problems }),
    ...(problem === undefined ? {} : { problem: { code: problem.code, message: problem.message } }),
    sizes: known(sizes),
  };
  if (as === "json") return jsonAnswer(request, view, told);
  const typed = messages.decoder?.typeOf(view.method, side);
  return jsonLine({ ...told, ...content(request, view, as, { types: typed?.types, mask: typed?.mask }) });
}

type Content = Pick<MessageAnswer, "rows" | "data" | "hex" | "offset" | "total">;

function content(request: Get, view: MessageView, as: "tree" | "bytes" | "hex", options: TreeOptions): Content {
  if (as === "tree") {
    const { tree } = view;
    if (tree === undefined) return {};
    const guess = view.guess as Partial<GuessTree> | undefined;
    const noteOf =
      guess?.fieldGuess === undefined ? undefined : (node: FieldNode) => noteText(guess.fieldGuess?.(node));
    const rows = treeRows(tree, { ...options, noteOf, openDepth: Number.POSITIVE_INFINITY });
    const { offset, end } = rangeOf(request, rows.length, MAX_ROWS);
    const told = rows.slice(offset, end).map((row) => treeRow(row, guess !== undefined));
    return { rows: told, offset, total: rows.length };
  }
  const bytes = view.shownBytes;
  if (bytes === undefined) return {};
  const { offset, end } = rangeOf(request, bytes.length, as === "hex" ? MAX_HEX_BYTES : MAX_RANGE);
  const part = Buffer.from(bytes.buffer, bytes.byteOffset + offset, end - offset);
  const total = bytes.length;
  return as === "hex" ? { hex: part.toString("hex"), offset, total } : { data: part.toString("base64"), offset, total };
}

function noteText(guess: FieldGuess | undefined): string {
  if (guess?.fixed === true) return "as you said";
  return guess?.shape ?? "";
}

/** The JSON is text already. */
function jsonAnswer(request: Get, view: MessageView, told: object): string {
  const json = view.json ?? view.guess?.json;
  if (json === undefined) return jsonLine(told);
  const name = view.json === undefined ? "guess" : "json";
  if (request.offset === undefined && request.limit === undefined && json.length <= MAX_RANGE) {
    return `${jsonLine(told).slice(0, -1)},"${name}":${json}}`;
  }
  const { offset, end } = rangeOf(request, json.length, MAX_RANGE);
  return jsonLine({ ...told, text: json.slice(offset, end), offset, total: json.length });
}

function rangeOf({ offset = 0, limit }: Get, total: number, max: number): { offset: number; end: number } {
  const start = Math.min(offset, total);
  return { offset: start, end: Math.min(total, start + Math.min(limit ?? max, max)) };
}

const WIRE_NAMES: ReadonlyMap<number, TreeRow["wire"]> = new Map([
  [WIRE.varint, "varint"],
  [WIRE.i64, "i64"],
  [WIRE.len, "len"],
  [WIRE.startGroup, "group"],
  [WIRE.endGroup, "group"],
  [WIRE.i32, "i32"],
]);

function treeRow(row: OutlineRow, isGuess: boolean): TreeRow {
  const { depth, name, path, value, type, number, start, valueStart, end, from, fold, isText, problem } = row;
  return {
    ...{
      depth,
      name,
      path,
      value,
      type,
      number,
      wire: WIRE_NAMES.get(row.wireType) ?? "raw",
      start,
      valueStart,
      end,
      from,
    },
    ...(fold === "none" ? {} : { message: true }),
    ...(isText ? { string: true } : {}),
    ...(problem === undefined ? {} : { problem }),
    ...(isGuess && number > 0 ? { numbers: row.numbers } : {}),
    ...(row.note === "" ? {} : { note: row.note }),
  };
}

function known(sizes: MessageView["sizes"]): object {
  return Object.fromEntries(Object.entries(sizes).filter(([, value]) => value !== undefined));
}
