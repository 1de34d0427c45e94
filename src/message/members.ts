// Which fields of a message count when some come twice: the last of a singular field, the last member of a oneof, all of a repeated one.
import type { FieldPlan } from "./plan.js";
import type { FieldNode, MessageNode } from "./tree.js";
import { varintLow } from "./wire.js";

/** One field of a message with all that the wire has for it. */
export interface Member {
  readonly plan: FieldPlan;
  /** In wire order; those of a repeated field, those of a message that comes in pieces, or one. */
  readonly nodes: FieldNode[];
}

/** @returns the fields that a reader which knows the schema sees, by field number, extensions last */
export function membersOf(message: MessageNode): Member[] {
  return message.isPlain ? plainMembers(message) : replayedMembers(message);
}

function plainMembers(message: MessageNode): Member[] {
  const members: Member[] = [];
  let last: Member | undefined;
  for (const node of message.fields) {
    const { plan } = node;
    if (plan === undefined || !counts(node)) continue;
    if (last?.plan === plan) last.nodes.push(node);
    else {
      last = { plan, nodes: [node] };
      members.push(last);
    }
  }
  return members;
}

/** As a reader does that sets one field after the other. */
export function replayedMembers(message: MessageNode): Member[] {
  const members = new Map<FieldPlan, Member>();
  const chosen = new Map<number, FieldPlan>();
  for (const node of message.fields) {
    const { plan } = node;
    if (plan === undefined || !counts(node)) continue;
    if (plan.oneof >= 0) {
      const before = chosen.get(plan.oneof);
      if (before !== undefined && before !== plan) members.delete(before);
      chosen.set(plan.oneof, plan);
    }
    const member = members.get(plan);
    if (member === undefined) members.set(plan, { plan, nodes: [node] });
    else if (plan.repeated || node.message !== undefined) member.nodes.push(node);
    else member.nodes[0] = node;
  }
  return [...members.values()].sort((a, b) => a.plan.index - b.plan.index);
}

/** Not what fits no field, nor a number that a closed enum has no name for: to a reader that is an unknown field. */
export function counts(node: FieldNode): boolean {
  if (node.read === 0) return false;
  if (node.problem === undefined) return true;
  const closed = node.plan?.enum?.closed ? node.plan.enum : undefined;
  if (closed === undefined || node.isPacked) return true;
  return closed.names.has(varintLow(node.parent.bytes, node.valueStart, node.end));
}
