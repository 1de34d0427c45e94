// What in one message does not fit its type: the walker's problems that a schema can be blamed for, also within Any.
import { openAny } from "../message/any.js";
import type { TypeLookup } from "../message/plan.js";
import { pathOf } from "../message/problem-list.js";
import type { FieldNode, MessageNode } from "../message/tree.js";
import { DRIFT_CODES } from "../model/contract.js";
import type { Problem } from "../model/events.js";

export interface Finding extends Problem {
  /** As in `items[0].price`. */
  readonly path: string;
  /** As in `items.price`. */
  readonly field: string;
}

const DRIFTS: ReadonlySet<string> = new Set(DRIFT_CODES);
/** Where we stopped reading. */
const LIMIT_CODES: ReadonlySet<string> = new Set(["ERR_DEPTH", "ERR_TOO_MANY_FIELDS"]);

/** Kinds of one message: a peer can spend two octets on each. */
const MAX_FINDINGS = 100;

export interface Findings {
  /** Each kind once: a code at a field, wherever in lists it is. */
  readonly drifts: readonly Finding[];
  /** The message goes on beyond our limits. */
  readonly isPartial: boolean;
}

/** @param types where the types in an Any are looked up */
export function findingsIn(root: MessageNode, types: TypeLookup): Findings {
  const found = new Map<string, Finding>();
  let isPartial = false;
  const way: FieldNode[] = [];
  const note = (problem: Problem, before: Prefix) => {
    if (LIMIT_CODES.has(problem.code)) isPartial = true;
    if (!DRIFTS.has(problem.code) || found.size >= MAX_FINDINGS) return;
    const field = joined(before.field, fieldOf(way));
    const key = `${problem.code} ${field}`;
    if (found.has(key)) return;
    const { code, message } = problem;
    found.set(key, { code, message, field, path: joined(before.path, pathOf(way)) });
  };
  // No deeper than the tree, which has a limit that what is opened in it counts towards.
  const visit = (message: MessageNode, before: Prefix) => {
    if (message.problem !== undefined) note(message.problem, before);
    for (const node of message.fields) {
      if (node.problem === undefined && node.message === undefined) continue;
      way.push(node);
      if (node.problem !== undefined) note(node.problem, before);
      if (node.message !== undefined) visit(node.message, before);
      way.pop();
    }
    if (message.plan?.wellKnown !== "any") return;
    const inner = openAny(message, types).message;
    if (inner?.plan === undefined) return;
    const within = { path: joined(before.path, pathOf(way)), field: joined(before.field, fieldOf(way)) };
    const outer = way.splice(0);
    visit(inner, within);
    way.push(...outer);
  };
  visit(root, { path: "", field: "" });
  return { drifts: [...found.values()], isPartial };
}

interface Prefix {
  readonly path: string;
  readonly field: string;
}

/** The path without places in lists and maps. */
function fieldOf(way: readonly FieldNode[]): string {
  let field = "";
  for (const { plan, number } of way) field = joined(field, plan?.jsonName ?? (number === 0 ? "" : String(number)));
  return field;
}

function joined(before: string, after: string): string {
  return before === "" || after === "" || after.startsWith("[") ? before + after : `${before}.${after}`;
}
