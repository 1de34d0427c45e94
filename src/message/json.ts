// Canonical protobuf JSON, written straight from the tree (protobuf.dev, "ProtoJSON Format").
import { isZero, keyText, zeroText } from "./json-scalar.js";
import { quote } from "./json-text.js";
import { WELL_KNOWN_WRITERS } from "./json-well-known.js";
import { type JsonOptions, JsonWriter } from "./json-writer.js";
import { LongText } from "./long-text.js";
import { counts, replayedMembers } from "./members.js";
import { type FieldPlan, NO_TYPES, type TypeLookup } from "./plan.js";
import type { PlacedProblem } from "./problem-list.js";
import { type FieldNode, MessageNode } from "./tree.js";
import { eachPacked, merged } from "./value.js";
import { varintLow } from "./wire.js";

/** What stands for a value that the schema marks `debug_redact`. */
export const REDACTED = "<redacted>";

export interface JsonText {
  /** Always JSON: of a broken message, what could be read of it. */
  readonly text: string;
  /** What was wrong with the bytes, and what has no JSON form. `isFatal` tells those that protobuf's own programs reject. */
  readonly problems: readonly PlacedProblem[];
}

/** Writes a message as JSON; never throws for what is in it. @param types where the types in an Any are looked up */
export function toJson(message: MessageNode, types: TypeLookup = NO_TYPES, options: JsonOptions = {}): JsonText {
  const { text, problems } = toLongJson(message, types, options);
  return { text: text.text, problems };
}

/** The same as a text that may be told in pieces, where `long` is among the options. */
export function toLongJson(
  message: MessageNode,
  types: TypeLookup,
  options: JsonOptions,
): { readonly text: LongText; readonly problems: readonly PlacedProblem[] } {
  const writer = new JsonWriter(message.bytes, types, options);
  writer.addProblems(message);
  writeMessage(writer, message);
  return { text: new LongText(writer.text, writer.long), problems: writer.problems };
}

/**
 * How long a message is as canonical JSON on one line, in bytes of UTF-8; the text is not kept, and nothing is hidden.
 * @returns undefined when it passes what {@link toJson} would write
 */
export function jsonByteLength(message: MessageNode, types: TypeLookup = NO_TYPES): number | undefined {
  const writer = new JsonWriter(message.bytes, types, { countOnly: true, long: true });
  writeMessage(writer, message);
  return writer.problems.some(({ code }) => code === "ERR_JSON_TOO_LONG") ? undefined : writer.byteLength;
}

/** Recursion here is as deep as the tree, which has a limit. */
export function writeMessage(writer: JsonWriter, message: MessageNode): void {
  const form = message.plan?.wellKnown;
  if (form === undefined) writeObject(writer, message);
  else WELL_KNOWN_WRITERS[form](writer, message);
}

/** A message by its fields, also where its type has a form of its own. */
export function writeObject(writer: JsonWriter, message: MessageNode): void {
  writer.open("{");
  writeMembers(writer, message);
  writer.close("}");
}

/** The fields of an object that is open already. */
export function writeMembers(writer: JsonWriter, message: MessageNode): void {
  const { fields } = message;
  if (!message.isPlain) {
    for (const { plan, nodes } of replayedMembers(message)) writeMember(writer, plan, nodes, 0, nodes.length);
    return;
  }
  for (let at = 0; at < fields.length; at++) {
    const { plan } = fields[at]!;
    if (plan === undefined || !counts(fields[at]!)) continue;
    const from = at;
    while (plan.repeated && isSameRun(fields[at + 1], plan)) at++;
    writeMember(writer, plan, fields, from, at + 1);
  }
}

/** Unknown fields between the elements of a list do not end it. */
function isSameRun(next: FieldNode | undefined, plan: FieldPlan): boolean {
  return next !== undefined && (next.plan === plan || next.read === 0);
}

/** @param nodes of which [from, to) has all values of the field, and perhaps fields that do not count */
function writeMember(writer: JsonWriter, plan: FieldPlan, nodes: readonly FieldNode[], from: number, to: number): void {
  const last = nodes[to - 1]!;
  if (writer.isFull(last.parent)) return;
  if (writer.mask && plan.redact) writer.member(plan.jsonKey, quote(REDACTED));
  else if (plan.isMap) {
    writer.member(plan.jsonKey, "");
    writer.enter(plan.jsonName);
    writeMap(writer, plan, nodes, from, to);
    writer.leave();
  } else if (plan.repeated) writeList(writer, plan, nodes, from, to);
  else if (last.message !== undefined) {
    writer.member(plan.jsonKey, "");
    writer.enter(plan.jsonName);
    writeMessage(writer, to - from === 1 ? last.message : merged(nodes.slice(from, to)));
    writer.leave();
  } else if (!plan.implicit || !isZero(last))
    writer.member(plan.jsonKey, writer.scalar(plan, last.valueStart, last.end));
}

function writeList(writer: JsonWriter, plan: FieldPlan, nodes: readonly FieldNode[], from: number, to: number): void {
  let count = 0;
  for (let at = from; at < to; at++) {
    const node = nodes[at]!;
    if (node.plan !== plan || !counts(node) || writer.isFull(node.parent)) continue;
    if (node.isPacked) {
      count = writePacked(writer, plan, node, count);
      continue;
    }
    if (count++ === 0) openList(writer, plan);
    if (node.message === undefined) {
      writer.element(writer.scalar(plan, node.valueStart, node.end));
      continue;
    }
    writer.element("");
    writer.enter(`${plan.jsonName}[${count - 1}]`);
    writeMessage(writer, node.message);
    writer.leave();
  }
  if (count > 0) writer.close("]");
}

function openList(writer: JsonWriter, plan: FieldPlan): void {
  writer.member(plan.jsonKey, "");
  writer.open("[");
}

/** @param before elements that the list has already @returns with those that were added */
function writePacked(writer: JsonWriter, plan: FieldPlan, node: FieldNode, before: number): number {
  const closed = plan.enum?.closed ? plan.enum : undefined;
  let count = before;
  eachPacked(node, (start, end) => {
    if (closed !== undefined && !closed.names.has(varintLow(writer.bytes, start, end))) return true;
    if (count++ === 0) openList(writer, plan);
    writer.element(writer.scalar(plan, start, end));
    return !writer.isFull(node.parent);
  });
  return count;
}

/** The entries of a map as an object: keys in wire order, of two equal ones the later. */
export function writeMap(
  writer: JsonWriter,
  plan: FieldPlan,
  nodes: readonly FieldNode[],
  from: number,
  to: number,
): void {
  const keyPlan = plan.message!.fields[0]!;
  const valuePlan = plan.message!.fields[1]!;
  const keys: (string | undefined)[] = [];
  const latest = new Map<string, number>();
  for (let at = from; at < to; at++) {
    const entry = nodes[at]!.plan === plan ? nodes[at]!.message : undefined;
    const key =
      entry && hasUsableValue(entry, valuePlan) ? keyText(keyPlan, lastOf(entry, keyPlan), writer.bytes) : undefined;
    keys.push(key);
    if (key !== undefined) latest.set(key, at);
  }
  writer.open("{");
  for (let at = from; at < to; at++) {
    const key = keys[at - from];
    if (key === undefined || latest.get(key) !== at || writer.isFull(nodes[at]!.parent)) continue;
    writer.member(`${key}:`, "");
    writeMapValue(writer, valuePlan, nodes[at]!.message!, key);
  }
  writer.close("}");
}

function writeMapValue(writer: JsonWriter, plan: FieldPlan, entry: MessageNode, key: string): void {
  const node = lastOf(entry, plan);
  if (plan.message === undefined) {
    writer.text += node === undefined ? zeroText(plan) : writer.scalar(plan, node.valueStart, node.end);
    return;
  }
  writer.enter(`[${key}]`);
  if (node === undefined)
    writeMessage(writer, new MessageNode(entry.bytes, plan.message, entry, entry.end, entry.end, entry.depth + 1, 0));
  else writeMessage(writer, merged(entry.fields.filter((field) => field.plan === plan && counts(field))));
  writer.leave();
}

/** A value that a closed enum has no name for makes the whole entry an unknown field. */
function hasUsableValue(entry: MessageNode, plan: FieldPlan): boolean {
  return !plan.enum?.closed || lastOf(entry, plan) !== undefined || !entry.fields.some((field) => field.plan === plan);
}

function lastOf(entry: MessageNode, plan: FieldPlan): FieldNode | undefined {
  const { fields } = entry;
  for (let at = fields.length - 1; at >= 0; at--)
    if (fields[at]!.plan === plan && counts(fields[at]!)) return fields[at];
  return undefined;
}
