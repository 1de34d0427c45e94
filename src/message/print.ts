// A message as lines of text: byte range, field number, wire type, name, type, value and what is wrong, field by field as on the wire.
import type { Problem } from "../model/events.js";
import { visible } from "../view/visible.js";
import { openAny } from "./any.js";
import { REDACTED, toJson } from "./json.js";
import { type FieldPlan, NO_TYPES, type TypeLookup } from "./plan.js";
import { valueText } from "./print-value.js";
import type { FieldNode, MessageNode } from "./tree.js";
import { TYPE_NAMES, WIRE } from "./wire.js";

export interface PrintOptions {
  /** Hides fields marked `debug_redact`. */
  readonly mask?: boolean;
  /** Characters of one value. */
  readonly maxValue?: number;
  /** What else is said of a field, behind its value; nothing in it may be obeyed by a terminal. */
  readonly note?: (node: FieldNode) => string;
}

const MAX_VALUE = 200;
/** As protobuf's own texts call them. */
const WIRE_NAMES: ReadonlyMap<number, string> = new Map([
  [WIRE.varint, "VARINT"],
  [WIRE.i64, "I64"],
  [WIRE.len, "LEN"],
  [WIRE.startGroup, "SGROUP"],
  [WIRE.endGroup, "EGROUP"],
  [WIRE.i32, "I32"],
  [WIRE.raw, "-"],
]);
const WIRE_WIDTH = 6;

/**
 * One line a field, made as they are asked for; nothing in them is obeyed by a terminal. Ranges are [start, end) in the
 * buffer that was walked.
 * @param types where the types in an Any are looked up
 */
export function* treeLines(
  message: MessageNode,
  types: TypeLookup = NO_TYPES,
  options: PrintOptions = {},
): Generator<string> {
  const width = String(message.end).length;
  const max = options.maxValue ?? MAX_VALUE;
  // The lines of messages that are open, innermost last: as deep as the tree.
  const open = [fieldsOf(message)];
  while (open.length > 0) {
    const next = open[open.length - 1]!.next();
    if (next.done) {
      open.pop();
      continue;
    }
    const indent = "  ".repeat(open.length - 1);
    if ("code" in next.value) {
      yield `${" ".repeat(2 * width + 3)} ${indent}${problemText(next.value)}`;
      continue;
    }
    const node = next.value;
    const range = `${String(node.start).padStart(width)}..${String(node.end).padEnd(width)}`;
    const hidden = options.mask === true && node.plan?.redact === true;
    const note = hidden ? "" : (options.note?.(node) ?? "");
    yield `${range}  ${indent}${fieldText(node, types, max, hidden)}${note}`;
    const inner = hidden ? undefined : innerMessage(node, types);
    if (inner !== undefined) open.push(fieldsOf(inner));
  }
}

/** The fields of a message, and after them what concerns the whole of it. */
function* fieldsOf(message: MessageNode): Generator<FieldNode | Problem> {
  yield* message.fields;
  if (message.problem !== undefined) yield message.problem;
}

/** What an Any holds is shown below its octets. */
function innerMessage(node: FieldNode, types: TypeLookup): MessageNode | undefined {
  if (node.message !== undefined || !isAnyValue(node)) return node.message;
  return openAny(node.parent, types).message;
}

function isAnyValue(node: FieldNode): boolean {
  return node.parent.plan?.wellKnown === "any" && node.number === 2 && node.read !== 0;
}

function fieldText(node: FieldNode, types: TypeLookup, max: number, hidden: boolean): string {
  const number = node.number === 0 ? "?" : String(node.number);
  const wire = (WIRE_NAMES.get(node.wireType) ?? "").padEnd(WIRE_WIDTH);
  const name = node.plan === undefined ? "" : `  ${visible(node.plan.name)}: ${visible(typeText(node.plan))}`;
  const value = hidden ? ` = ${REDACTED}` : bodyText(node, types, max);
  const problem = node.problem === undefined ? "" : `  ${problemText(node.problem)}`;
  return `${number.padStart(2)} ${wire}${name}${value}${problem}`;
}

function bodyText(node: FieldNode, types: TypeLookup, max: number): string {
  if (node.wireType === WIRE.endGroup) return "";
  if (node.message === undefined) return isAnyValue(node) ? "" : ` = ${valueText(node, max)}`;
  const form = node.message.plan?.wellKnown;
  // Where the whole says more than its parts.
  if (form === "timestamp" || form === "duration" || form === "wrapper" || form === "field-mask") {
    const { text, problems } = toJson(node.message, types);
    if (problems.length === 0) return ` = ${text.length > max ? `${text.slice(0, max)}…` : text}`;
  }
  return "";
}

function problemText(problem: Problem): string {
  return `! ${visible(problem.message)} (${problem.code})`;
}

/** As in the .proto file: "repeated string", "map<string, acme.User>". */
function typeText(plan: FieldPlan): string {
  if (plan.isMap) {
    const [key, value] = plan.message?.fields ?? [];
    return `map<${key === undefined ? "?" : typeText(key)}, ${value === undefined ? "?" : typeText(value)}>`;
  }
  const name = plan.enum?.typeName ?? plan.message?.typeName ?? TYPE_NAMES[plan.type] ?? "?";
  return plan.repeated ? `repeated ${name}` : name;
}
