// Where in a tree the problems are.
import type { Problem } from "../model/events.js";
import { isFatal } from "./problems.js";
import type { FieldNode, MessageNode } from "./tree.js";

export interface PlacedProblem extends Problem {
  /** As in `user.tags[2]`; a field that the schema does not know has its number. Empty for the message itself. */
  readonly path: string;
  /** The octets it concerns. */
  readonly start: number;
  readonly end: number;
}

/** Problems that are listed of one message: a peer can make one of every two octets. */
export const MAX_PROBLEMS = 100;

/**
 * @returns the problems in wire order, the first {@link MAX_PROBLEMS}; the last of them is the first that makes readers reject the
 * message, where there is one and so many others came before it
 */
export function problemsOf(root: MessageNode, max: number = MAX_PROBLEMS): PlacedProblem[] {
  const problems: PlacedProblem[] = [];
  const way: FieldNode[] = [];
  let rejected = false;
  const add = (problem: Problem | undefined, { start, end }: MessageNode | FieldNode) => {
    if (problem === undefined) return;
    const fatal = isFatal(problem);
    if (problems.length >= max && (rejected || !fatal)) return;
    problems.splice(max - 1);
    problems.push({ ...problem, path: pathOf(way), start, end });
    rejected ||= fatal;
  };
  const visit = (message: MessageNode) => {
    add(message.problem, message);
    for (const node of message.fields) {
      if (rejected && problems.length >= max) return;
      if (node.problem === undefined && node.message === undefined) continue;
      way.push(node);
      add(node.problem, node);
      // No deeper than the tree, which has a limit.
      if (node.message !== undefined) visit(node.message);
      way.pop();
    }
  };
  visit(root);
  return problems;
}

/** @returns the first problem in wire order that makes readers reject the message, without saying where it is */
export function fatalProblem(message: MessageNode): Problem | undefined {
  const { problem, fields } = message;
  if (problem !== undefined && isFatal(problem)) return problem;
  for (let at = 0; at < fields.length; at++) {
    const node = fields[at]!;
    if (node.problem !== undefined && isFatal(node.problem)) return node.problem;
    // No deeper than the tree, which has a limit.
    const inside = node.message === undefined ? undefined : fatalProblem(node.message);
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** @param way the fields from the outermost to the innermost */
export function pathOf(way: readonly FieldNode[]): string {
  let path = "";
  for (const node of way) {
    const name = node.plan?.jsonName ?? (node.number === 0 ? "" : String(node.number));
    if (name === "") continue;
    path += path === "" || name.startsWith("[") ? name : `.${name}`;
    if (node.plan?.repeated && node.read !== 0) path += `[${rank(node)}]`;
  }
  return path;
}

function rank(node: FieldNode): number {
  let count = 0;
  for (const other of node.parent.fields) {
    if (other === node) return count;
    if (other.plan === node.plan && other.read !== 0) count++;
  }
  return count;
}
