// What was learned as a plan that the walker and the printers read messages by, as if a schema had said it.

import { freshList } from "../message/fresh-list.js";
import { FieldPlan, MessagePlan } from "../message/plan.js";
import { PROBLEM } from "../message/problems.js";
import { TYPE } from "../message/wire.js";
import { type FieldType, fits, kindOf, parseType, typeOf } from "./field-types.js";
import type { Runner } from "./guess.js";
import type { Fixed, KindCost, PathNode } from "./path-node.js";

/** What the user said of the paths of one method and side, by path as in "3.1". */
export type FixedPaths = ReadonlyMap<string, Fixed>;

export const NOTHING_FIXED: FixedPaths = new Map();

const NO_RUNNERS: readonly Runner[] = [];

/** What a field's plan was made from: its `origin`. */
export class PlannedField {
  readonly node: PathNode;
  readonly type: FieldType;
  /** What the user said. */
  readonly fixed: Fixed | undefined;
  readonly plan: FieldPlan;
  #message: MessagePlan | undefined;
  #head: string | undefined;
  #sureness = "";
  #runners: readonly Runner[] = NO_RUNNERS;
  /** What {@link sureness} was made of. */
  #sureOf: readonly KindCost[] | undefined;
  #asMessage: MessagePlan | undefined;

  /** As in "3.1". */
  get path(): string {
    return this.node.path;
  }

  constructor(node: PathNode, index: number, fixed: FixedPaths) {
    this.node = node;
    this.fixed = fixed.size === 0 ? undefined : fixed.get(node.path);
    const wanted = this.fixed?.type === undefined ? undefined : parseType(this.fixed.type);
    this.type = wanted !== undefined && fits(wanted, node.wireType) ? wanted : typeOf(node);
    const name = this.fixed?.name ?? fieldName(node.number);
    const isMessage = this.type.type === TYPE.message || this.type.type === TYPE.group;
    this.plan = new FieldPlan({
      number: node.number,
      name,
      jsonName: name,
      type: this.type.type,
      index,
      repeated: node.isRepeated || this.type.packed,
      message: isMessage
        ? () => {
            this.#message ??= messagePlan(node, fixed);
            return this.#message;
          }
        : undefined,
      origin: this,
    });
  }

  /**
   * JSON text of its number, name and kind, with a comma behind each. Names are letters, digits and _, whoever gave them; kinds
   * are ours.
   */
  get head(): string {
    this.#head ??= `"number":${this.node.number},"name":"${this.plan.name}","kind":"${kindOf(this.type)}",`;
    return this.#head;
  }

  /** JSON text of how sure it is and of what else it may be, with a comma before each: the same until that is decided again. */
  get sureness(): string {
    this.#rank();
    return this.#sureness;
  }

  /** What else it may be; nothing where the user said what it is. */
  get runners(): readonly Runner[] {
    this.#rank();
    return this.#runners;
  }

  #rank(): void {
    if (this.fixed?.type !== undefined) return;
    const { ranked } = this.node;
    if (ranked === this.#sureOf) return;
    const { bits, runners } = this.node;
    this.#sureOf = ranked;
    this.#runners = runners;
    this.#sureness = bits === undefined ? "" : `,"bits":${bits}`;
    if (runners.length > 0) this.#sureness += `,"runners":${JSON.stringify(runners)}`;
  }

  /** How to read it as a message, where that is one of {@link runners}. */
  get asMessage(): MessagePlan {
    this.#asMessage ??= messagePlan(this.node, NOTHING_FIXED);
    return this.#asMessage;
  }
}

/** The plan of a message; those of what is inside are made when they are needed. */
export function messagePlan(node: PathNode, fixed: FixedPaths): MessagePlan {
  const fields: FieldPlan[] = freshList();
  let others: Map<number, FieldPlan> | undefined;
  for (const child of node.childrenInOrder()) {
    const { plan } = new PlannedField(child, fields.length, fixed);
    if (fields.at(-1)?.number === child.number) {
      others ??= new Map();
      others.set(child.tag, plan);
    } else fields.push(plan);
  }
  return new MessagePlan("message", undefined, fields, node.isCut ? PROBLEM.complex : PROBLEM.unknownField, others);
}

/** Of numbers that most fields have. */
const NAMES = Array.from({ length: 64 }, (_, number) => `field_${number}`);

function fieldName(number: number): string {
  return NAMES[number] ?? `field_${number}`;
}

/** What is known of a field by its plan; undefined when the plan is no guess. */
export function plannedField(plan: FieldPlan | undefined): PlannedField | undefined {
  return plan?.origin instanceof PlannedField ? plan.origin : undefined;
}
