// A message as a tree of fields in wire order: every octet belongs to one of them. Values are read from the octets when asked for.
import type { Problem } from "../model/events.js";
import { freshList } from "./fresh-list.js";
import type { FieldPlan, MessagePlan } from "./plan.js";
import { WIRE } from "./wire.js";

/** One field as it stands on the wire: [start, valueStart) is the tag and a length, [valueStart, end) the value (and a group's end tag). */
export class FieldNode {
  readonly parent: MessageNode;
  /** What the schema says of the number; undefined when it says nothing. Present also when the value does not fit it: see {@link read}. */
  readonly plan: FieldPlan | undefined;
  /** 0 for octets that are no field. */
  readonly number: number;
  /** See `WIRE`; -1 for octets that could not be read as fields. */
  readonly wireType: number;
  /** Offsets count from the first octet of the buffer that was walked. */
  readonly start: number;
  valueStart: number;
  end: number;
  /** The field type (see `TYPE`) the value was read as; 0 when only the wire type says what it is. */
  read: number;
  /** The fields inside, where the value is a message, a group or a map entry that was opened. */
  message: MessageNode | undefined;
  problem: Problem | undefined;

  constructor(
    parent: MessageNode,
    plan: FieldPlan | undefined,
    number: number,
    wireType: number,
    start: number,
    at: number,
  ) {
    this.parent = parent;
    this.plan = plan;
    this.number = number;
    this.wireType = wireType;
    this.start = start;
    this.valueStart = at;
    this.end = at;
    this.read = 0;
    this.message = undefined;
    this.problem = undefined;
  }

  /** Several numbers behind one length: see `packedValues`. */
  get isPacked(): boolean {
    return this.read !== 0 && this.wireType === WIRE.len && this.plan?.packable === true;
  }

  /** The octets of the value, as a view; without the end tag of a group. */
  get bytes(): Uint8Array {
    return this.parent.bytes.subarray(this.valueStart, this.message?.end ?? this.end);
  }
}

export class MessageNode {
  /** The buffer that was walked, shared by the whole tree. */
  readonly bytes: Uint8Array;
  /** Undefined when no schema was at hand: every field then is what its wire type says. */
  readonly plan: MessagePlan | undefined;
  readonly parent: MessageNode | undefined;
  readonly start: number;
  end: number;
  /** How many messages it lies in. */
  readonly depth: number;
  /** The field number of the group it is; 0 for other messages. */
  readonly group: number;
  readonly fields: FieldNode[] = freshList();
  /** What concerns no single field, such as one that is missing. */
  problem: Problem | undefined = undefined;
  /** Fields are in order, none is told twice and no oneof has two: no reader needs to look for the last one. */
  isPlain = true;
  /** The rank of the last known field. Kept for the walker. */
  lastIndex = -1;
  /** One bit for each of the first 31 oneofs that has a member. Kept for the walker. */
  oneofs = 0;

  constructor(
    bytes: Uint8Array,
    plan: MessagePlan | undefined,
    parent: MessageNode | undefined,
    start: number,
    end: number,
    depth: number,
    group: number,
  ) {
    this.bytes = bytes;
    this.plan = plan;
    this.parent = parent;
    this.start = start;
    this.end = end;
    this.depth = depth;
    this.group = group;
  }

  /** The full name of the type, if it has one. */
  get typeName(): string | undefined {
    return this.plan?.typeName;
  }
}
