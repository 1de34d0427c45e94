// A message as rows of an outline: what a screen shows of its tree, with the octets each row stands for.

import { visible } from "../view/visible.js";
import { openAny } from "./any.js";
import { REDACTED, toJson } from "./json.js";
import { type FieldPlan, NO_TYPES, type TypeLookup } from "./plan.js";
import { preview } from "./preview.js";
import { valueText } from "./print-value.js";
import { PROBLEM } from "./problems.js";
import type { FieldNode, MessageNode } from "./tree.js";
import { TYPE_NAMES, WIRE } from "./wire.js";

/** Rows of one outline: at some 300 bytes each, 6 MB. */
export const MAX_TREE_ROWS = 20_000;
/** Characters of one value; a screen cuts it further. */
const MAX_VALUE = 400;
/** Of a message that is folded. */
const FOLDED_CELLS = 100;

export interface TreeRow {
  readonly depth: number;
  /** As in the schema, else the field's number; all texts of a row have passed `visible()`. */
  readonly name: string;
  /** Of a message what it is in short; empty when its fields say it all. */
  readonly value: string;
  /** As in a .proto file: "repeated string"; empty when nobody knows. */
  readonly type: string;
  /** 0 for octets that are no field. */
  readonly number: number;
  readonly wireType: number;
  /** [start, valueStart) is the tag and a length, [valueStart, end) the value; offsets in the whole message. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
  /** As in `.user.tags[1]`; a field without a name has its number. */
  readonly path: string;
  /** Whether rows inside it may be shown, and are. */
  readonly fold: "none" | "open" | "closed";
  /** How the value was taken: by the schema, by its octets, or not at all. */
  readonly from: "schema" | "wire" | "raw";
  readonly isText: boolean;
  readonly problem: string | undefined;
  /** What else is believed of the field, where it was guessed; empty for nothing. */
  readonly note: string;
  /** Numbers from the outermost message to the field, as in "3.1": what the user's types go by. */
  readonly numbers: string;
}

export interface TreeOptions {
  readonly types?: TypeLookup | undefined;
  /** Hides fields marked `debug_redact`. */
  readonly mask?: boolean | undefined;
  /** Paths whose rows are hidden, or shown although they are deep. */
  readonly toggled?: ReadonlySet<string> | undefined;
  /** What is believed of a guessed field. */
  readonly noteOf?: ((node: FieldNode) => string) | undefined;
  /** Messages deeper than this are closed at first. */
  readonly openDepth?: number | undefined;
}

interface Open {
  readonly message: MessageNode;
  readonly path: string;
  readonly numbers: string;
  readonly depth: number;
  next: number;
  /** How many fields of each number came before; only where it matters. */
  readonly counts: Map<number, number>;
}

/** Fields in wire order; the last row says so when there are more than {@link MAX_TREE_ROWS}. */
export function treeRows(message: MessageNode, options: TreeOptions = {}): readonly TreeRow[] {
  const types = options.types ?? NO_TYPES;
  const rows: TreeRow[] = [];
  // Messages that are open, innermost last: no recursion on what a peer sent.
  const open: Open[] = [{ message, path: "", numbers: "", depth: 0, next: 0, counts: new Map() }];
  while (open.length > 0) {
    const current = open[open.length - 1]!;
    const node = current.message.fields[current.next];
    if (node === undefined) {
      open.pop();
      const { problem } = current.message;
      if (problem !== undefined) rows.push(problemRow(current, `${visible(problem.message)} (${problem.code})`));
      continue;
    }
    if (rows.length >= MAX_TREE_ROWS) {
      rows.push(problemRow({ ...current, depth: 0 }, `more than ${MAX_TREE_ROWS} rows; the rest is in the hex view`));
      return rows;
    }
    current.next++;
    const path = pathOf(current, node);
    const hidden = options.mask === true && node.plan?.redact === true;
    const inner = hidden ? undefined : innerOf(node, types);
    // An entry of a map, a time, a duration: their own row says all.
    const told = node.plan?.isMap === true || (node.message !== undefined && isWhole(node));
    const deep = told || current.depth >= (options.openDepth ?? 4);
    const isOpen = inner !== undefined && deep === (options.toggled?.has(path) ?? false);
    const shown = hidden
      ? REDACTED
      : isOpen || inner === undefined
        ? bodyText(node, inner, types)
        : foldedText(node, inner, types, options.mask === true);
    const numbers = current.numbers === "" ? String(node.number) : `${current.numbers}.${node.number}`;
    const note = visible(options.noteOf?.(node) ?? "");
    rows.push({ ...rowOf(node, current.depth, path, inner, isOpen, shown, hidden), note, numbers });
    if (inner !== undefined && isOpen)
      open.push({ message: inner, path, numbers, depth: current.depth + 1, next: 0, counts: new Map() });
  }
  return rows;
}

function rowOf(
  node: FieldNode,
  depth: number,
  path: string,
  inner: MessageNode | undefined,
  isOpen: boolean,
  value: string,
  hidden: boolean,
): Omit<TreeRow, "note" | "numbers"> {
  const { plan, problem } = node;
  return {
    depth,
    name: node.number === 0 ? "?" : plan === undefined ? String(node.number) : visible(plan.name),
    value,
    type: plan === undefined ? (problem === PROBLEM.unknownField ? "unknown field" : "") : visible(typeText(plan)),
    number: node.number,
    wireType: node.wireType,
    start: node.start,
    valueStart: node.valueStart,
    end: node.end,
    path,
    fold: inner === undefined ? "none" : isOpen ? "open" : "closed",
    from: node.wireType === WIRE.raw ? "raw" : plan === undefined || node.read === 0 ? "wire" : "schema",
    isText: node.message === undefined && !hidden && /string/.test(TYPE_NAMES[node.read] ?? ""),
    problem:
      problem === undefined || problem === PROBLEM.unknownField
        ? undefined
        : `${visible(problem.message)} (${problem.code})`,
  };
}

function problemRow({ message, path, depth }: Open, problem: string): TreeRow {
  const { start, end } = message;
  const common = { depth, name: "", value: "", type: "", number: 0, wireType: WIRE.raw, start, valueStart: start, end };
  return { ...common, path: `${path}!`, fold: "none", from: "raw", isText: false, problem, note: "", numbers: "" };
}

function pathOf({ path, counts }: Open, node: FieldNode): string {
  const name = node.number === 0 ? "?" : (node.plan?.name ?? String(node.number));
  const key = node.number === 0 ? -1 - node.start : node.number;
  const index = counts.get(key) ?? 0;
  counts.set(key, index + 1);
  const listed = node.plan?.repeated === true && !node.isPacked;
  return `${path}.${visible(name)}${listed || index > 0 ? `[${index}]` : ""}`;
}

/** A message in short, where its fields are not shown. */
function foldedText(node: FieldNode, inner: MessageNode, types: TypeLookup, mask: boolean): string {
  const whole = bodyText(node, inner, types);
  if (whole !== "" && node.message !== undefined) return whole;
  if (node.plan?.isMap !== true)
    return `${whole === "" ? "" : `${whole} `}{${preview(inner, FOLDED_CELLS, types, mask)}}`;
  const part = (field: FieldNode) => {
    if (mask && field.plan?.redact === true) return REDACTED;
    return field.message === undefined
      ? valueText(field, MAX_VALUE)
      : `{${preview(field.message, FOLDED_CELLS, types, mask)}}`;
  };
  return inner.fields.map(part).join(": ");
}

function innerOf(node: FieldNode, types: TypeLookup): MessageNode | undefined {
  if (node.message !== undefined || !isAnyValue(node)) return node.message;
  return openAny(node.parent, types).message;
}

function isAnyValue(node: FieldNode): boolean {
  return node.parent.plan?.wellKnown === "any" && node.number === 2 && node.read !== 0;
}

function bodyText(node: FieldNode, inner: MessageNode | undefined, types: TypeLookup): string {
  if (node.wireType === WIRE.endGroup) return "";
  if (inner === undefined) return valueText(node, MAX_VALUE);
  if (node.message === undefined) return visible(openAny(node.parent, types).typeName.slice(0, MAX_VALUE));
  if (isWhole(node)) {
    const { text, problems } = toJson(node.message, types);
    if (problems.length === 0) return visible(text.slice(0, MAX_VALUE));
  }
  return "";
}

/** Where the whole says more than its parts. */
function isWhole({ message }: FieldNode): boolean {
  const form = message?.plan?.wellKnown;
  return form === "timestamp" || form === "duration" || form === "wrapper" || form === "field-mask";
}

function typeText(plan: FieldPlan): string {
  if (plan.isMap) {
    const [key, value] = plan.message?.fields ?? [];
    return `map<${key === undefined ? "?" : typeText(key)}, ${value === undefined ? "?" : typeText(value)}>`;
  }
  const full = plan.enum?.typeName ?? plan.message?.typeName;
  const name = full === undefined ? (TYPE_NAMES[plan.type] ?? "?") : full.slice(full.lastIndexOf(".") + 1);
  return plan.repeated ? `repeated ${name}` : name;
}
