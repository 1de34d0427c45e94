// The one reader of protobuf's wire format (protobuf.dev, "Encoding"): a schema is welcome and not needed, nothing throws.
import type { DescMessage } from "@bufbuild/protobuf";
import type { Problem } from "../model/events.js";
import { extensionPlan, type FieldPlan, type MessagePlan, NO_TYPES, planOf, type TypeLookup } from "./plan.js";
import { cut, isFatal, missing, PROBLEM } from "./problems.js";
import { FieldNode, MessageNode } from "./tree.js";
import { isText, MAX_VARINT_BYTES, TYPE, varintHigh, varintLow, WIRE } from "./wire.js";

/** Messages within messages; what lies deeper is kept as bytes. The limit of protobuf's own readers. */
export const MAX_DEPTH = 100;

/** Fields of one tree: 100 to 300 bytes each, so 150 MB for the worst message of 1 MB; one of 16 MB may have one every 32 bytes. */
export const MAX_FIELDS = 500_000;

export interface WalkLimits {
  readonly depth?: number;
  readonly fields?: number;
  /** As how many fields a message counts besides the one that it is: it takes more memory than a number. */
  readonly perMessage?: number;
}

/** A stretch of a buffer, for a message that lies in a larger one: offsets then count from the larger one's start. */
export interface WalkRange {
  readonly start: number;
  readonly end: number;
  /** How many messages the stretch lies in already. */
  readonly depth: number;
}

/**
 * Reads a message as far as it can be read.
 * @param bytes kept by the tree, not copied
 * @param type undefined to read by wire types alone
 * @param types where extensions are looked up
 * @returns a tree in which every octet belongs to exactly one field, in order; what does not fit carries a problem
 */
export function walk(
  bytes: Uint8Array,
  type: DescMessage | undefined,
  types: TypeLookup = NO_TYPES,
  limits: WalkLimits = {},
  range: WalkRange = { start: 0, end: bytes.length, depth: 0 },
): MessageNode {
  return walkPlan(bytes, type && planOf(type), types, limits, range);
}

/** The same by a plan, which need not come from a descriptor. */
export function walkPlan(
  bytes: Uint8Array,
  plan: MessagePlan | undefined,
  types: TypeLookup = NO_TYPES,
  limits: WalkLimits = {},
  range: WalkRange = { start: 0, end: bytes.length, depth: 0 },
): MessageNode {
  const root = new MessageNode(bytes, plan, undefined, range.start, range.end, range.depth, 0);
  new Walker(root, types, limits).run();
  return root;
}

/** The state of one walk. Open messages are linked by `parent`: there is no recursion, and no stack but that. */
class Walker {
  readonly #bytes: Uint8Array;
  readonly #types: TypeLookup;
  readonly #maxDepth: number;
  #fieldsLeft: number;
  readonly #perMessage: number;
  #message: MessageNode;
  #at: number;

  constructor(root: MessageNode, types: TypeLookup, limits: WalkLimits) {
    this.#bytes = root.bytes;
    this.#types = types;
    this.#maxDepth = limits.depth ?? MAX_DEPTH;
    this.#fieldsLeft = limits.fields ?? MAX_FIELDS;
    this.#perMessage = limits.perMessage ?? 0;
    this.#message = root;
    this.#at = root.start;
  }

  run(): void {
    for (;;) {
      if (this.#at < this.#message.end) this.#at = this.#field(this.#message, this.#at);
      else if (!this.#leave(this.#at, undefined)) return;
    }
  }

  /** Reads the field at `start`; a message in it is only entered. This and the methods below return where to go on. */
  #field(message: MessageNode, start: number): number {
    const bytes = this.#bytes;
    if (this.#fieldsLeft-- <= 0) return rest(message, start, PROBLEM.fields);
    let at = start + 1;
    let tag = bytes[start]!;
    if (tag >= 0x80) {
      // A tag is a uint32: five octets at most, the fifth with four bits.
      at = varintEnd(bytes, start, Math.min(message.end, start + 5));
      if (at < 0 && message.end - start < 5) return rest(message, start, PROBLEM.cutTag);
      if (at < 0 || (at === start + 5 && bytes[start + 4]! > 0x0f)) return rest(message, start, PROBLEM.largeNumber);
      tag = varintLow(bytes, start, at) >>> 0;
    }
    const number = tag >>> 3;
    const wireType = tag & 7;
    if (number === 0) return rest(message, start, PROBLEM.numberZero);
    if (wireType > WIRE.i32) return rest(message, start, PROBLEM.wireType);
    if (wireType === WIRE.endGroup) return this.#endGroup(message, number, start, at);

    const type = message.plan;
    let plan = type?.field(number);
    if (plan === undefined) {
      if (type?.extendable) plan = extensionPlan(type, number, this.#types);
    } else if (plan.wire !== wireType) plan = type!.otherField(plan, wireType);
    const node = new FieldNode(message, plan, number, wireType, start, at);
    message.fields.push(node);
    if (plan === undefined) {
      if (type !== undefined) node.problem = type.unknown;
    } else if (plan.wire === wireType || (plan.packable && wireType === WIRE.len)) {
      node.read = plan.type;
      if (plan.index > message.lastIndex && plan.oneof < 0) message.lastIndex = plan.index;
      else if (!plan.repeated || plan.index !== message.lastIndex) follow(message, plan, node);
    } else {
      node.problem = { code: "ERR_WIRE_TYPE", message: `wire type ${wireType}, where the schema has ${plan.wire}` };
    }
    switch (wireType) {
      case WIRE.varint:
        return varint(node, plan, bytes, at, message.end);
      case WIRE.i32:
        return fixed(node, at, message.end, 4);
      case WIRE.i64:
        return fixed(node, at, message.end, 8);
      case WIRE.startGroup:
        return this.#enter(node, plan, at, message.end, number);
      default:
        return this.#delimited(node, plan, at, message.end);
    }
  }

  #delimited(node: FieldNode, plan: FieldPlan | undefined, at: number, limit: number): number {
    const bytes = this.#bytes;
    let start = at + 1;
    let length = at < limit ? bytes[at]! : 0x80;
    if (length >= 0x80) {
      start = varintEnd(bytes, at, Math.min(limit, at + MAX_VARINT_BYTES));
      if (start < 0) return badVarint(node, at, limit);
      length = (varintHigh(bytes, at, start) >>> 0) * 2 ** 32 + (varintLow(bytes, at, start) >>> 0);
    }
    node.valueStart = start;
    let end = start + length;
    if (end > limit) {
      node.problem = cut(limit - start, length);
      end = limit;
    }
    node.end = end;
    const { read } = node;
    if (read === TYPE.message) return this.#enter(node, plan, start, end, 0);
    if (read === TYPE.string) {
      if (!isText(bytes, start, end)) worsen(node, plan?.strictText ? PROBLEM.text : PROBLEM.looseText);
    } else if (read !== 0 && read !== TYPE.bytes) checkPacked(node, plan, bytes);
    return end;
  }

  /** Goes into a message, a map entry, or (`group` is its number) a group, whose end is not known yet. */
  #enter(node: FieldNode, plan: FieldPlan | undefined, start: number, end: number, group: number): number {
    const { parent } = node;
    node.end = end;
    if (parent.depth >= this.#maxDepth) {
      node.problem = PROBLEM.depth;
      node.read = 0;
      if (group === 0) return end;
      const close = groupEnd(this.#bytes, start, end);
      if (close < 0) node.problem = PROBLEM.openGroup;
      else node.end = close;
      return node.end;
    }
    this.#fieldsLeft -= this.#perMessage;
    const type: MessagePlan | undefined = node.read === 0 ? undefined : plan?.message;
    const message = new MessageNode(this.#bytes, type, parent, start, end, parent.depth + 1, group);
    node.message = message;
    this.#message = message;
    return start;
  }

  /**
   * Leaves the message that is being read.
   * @param at its end
   * @param close where its end tag begins, for a group that has one
   * @returns false when it was the outermost
   */
  #leave(at: number, close: number | undefined): boolean {
    const message = this.#message;
    const { parent, plan } = message;
    if (plan !== undefined && plan.required.length > 0) checkRequired(message, plan);
    if (parent === undefined) return false;
    if (message.group !== 0) {
      const node = parent.fields[parent.fields.length - 1]!;
      if (close === undefined) worsen(node, PROBLEM.openGroup);
      else message.end = close;
      node.end = at;
    }
    this.#message = parent;
    return true;
  }

  #endGroup(message: MessageNode, number: number, start: number, at: number): number {
    if (message.group === number) {
      this.#leave(at, start);
      return at;
    }
    const node = new FieldNode(message, undefined, number, WIRE.endGroup, start, at);
    node.problem = PROBLEM.endGroup;
    message.fields.push(node);
    return at;
  }
}

/** Keeps the rest of the message as octets. */
function rest(message: MessageNode, start: number, problem: Problem): number {
  const node = new FieldNode(message, undefined, 0, WIRE.raw, start, start);
  node.end = message.end;
  node.problem = problem;
  message.fields.push(node);
  return message.end;
}

function varint(node: FieldNode, plan: FieldPlan | undefined, bytes: Uint8Array, at: number, limit: number): number {
  const end = at < limit && bytes[at]! < 0x80 ? at + 1 : varintEnd(bytes, at, Math.min(limit, at + MAX_VARINT_BYTES));
  if (end < 0) return badVarint(node, at, limit);
  node.end = end;
  if (node.read === TYPE.enum) checkEnum(node, plan, varintLow(bytes, at, end));
  return end;
}

function fixed(node: FieldNode, at: number, limit: number, width: number): number {
  if (at + width > limit) {
    node.problem = cut(limit - at, width);
    node.read = 0;
  }
  node.end = Math.min(limit, at + width);
  return node.end;
}

/** A varint without an end: what follows cannot be told apart from it. */
function badVarint(node: FieldNode, at: number, limit: number): number {
  node.read = 0;
  node.problem = limit - at < MAX_VARINT_BYTES ? PROBLEM.cutVarint : PROBLEM.varint;
  node.end = limit;
  return limit;
}

/** @returns the offset behind the varint at `at`, or -1 when it does not end before `limit` */
function varintEnd(bytes: Uint8Array, at: number, limit: number): number {
  let next = at;
  while (next < limit) if (bytes[next++]! < 0x80) return next;
  return -1;
}

/** Tells a field that comes again, a second member of a oneof, and a message whose fields are out of order. */
function follow(message: MessageNode, plan: FieldPlan, node: FieldNode): void {
  if (plan.oneof >= 0) {
    const bit = plan.oneof < 31 ? 1 << plan.oneof : 0;
    if (bit === 0 || (message.oneofs & bit) !== 0) message.isPlain = false;
    if ((message.oneofs & bit) !== 0 && plan.index !== message.lastIndex) node.problem = PROBLEM.oneof;
    message.oneofs |= bit;
  }
  if (plan.index > message.lastIndex) {
    message.lastIndex = plan.index;
    return;
  }
  message.isPlain = false;
  // Looking back a little finds what a real serializer repeats; a peer that hides it further back gains nothing.
  if (plan.repeated) return;
  const { fields } = message;
  for (let back = fields.length - 2, last = Math.max(0, fields.length - 2 - LOOK_BACK); back >= last; back--) {
    if (fields[back]!.plan === plan) {
      node.problem ??= PROBLEM.repeated;
      return;
    }
  }
}

/** Fields that are looked at to find the first of a field that comes again: keeps the work per octet bounded. */
const LOOK_BACK = 64;

/** A field carries one problem: the first that makes the message invalid, else the last. */
function worsen(node: FieldNode, problem: Problem): void {
  if (node.problem === undefined || !isFatal(node.problem)) node.problem = problem;
}

function checkEnum(node: FieldNode, plan: FieldPlan | undefined, value: number): void {
  const names = plan?.enum;
  if (names !== undefined && !names.names.has(value))
    node.problem ??= { code: "ERR_UNKNOWN_ENUM", message: `${value} is no value of ${names.typeName}` };
}

/** Looks through packed values for one that is cut or unknown; they are read when asked for. */
function checkPacked(node: FieldNode, plan: FieldPlan | undefined, bytes: Uint8Array): void {
  const { valueStart, end } = node;
  if (plan === undefined) return;
  if (plan.wire !== WIRE.varint) {
    const width = plan.wire === WIRE.i32 ? 4 : 8;
    const over = (end - valueStart) % width;
    if (over !== 0)
      worsen(node, { code: "ERR_TRUNCATED", message: `cut: ${over} of ${width} bytes of the last value` });
    return;
  }
  let first = valueStart;
  for (let at = valueStart; at < end; at++) {
    if (bytes[at]! >= 0x80) continue;
    if (at - first >= MAX_VARINT_BYTES) {
      worsen(node, PROBLEM.varint);
      return;
    }
    if (node.read === TYPE.enum && node.problem === undefined) checkEnum(node, plan, varintLow(bytes, first, at + 1));
    first = at + 1;
  }
  if (first === end) return;
  worsen(node, end - first >= MAX_VARINT_BYTES ? PROBLEM.varint : PROBLEM.cutVarint);
}

function checkRequired(message: MessageNode, plan: MessagePlan): void {
  if (message.fields.length === 0) {
    message.problem = plan.allMissing;
    return;
  }
  const present = new Set<FieldPlan>();
  for (const node of message.fields) if (node.read !== 0 && node.plan?.required) present.add(node.plan);
  if (present.size < plan.required.length)
    message.problem = missing(plan.required.filter((field) => !present.has(field)));
}

/** @returns the offset behind the end tag of the group whose fields begin at `start`; -1 when there is none before `limit` */
function groupEnd(bytes: Uint8Array, start: number, limit: number): number {
  let open = 1;
  let at = start;
  while (at < limit) {
    const tagEnd = varintEnd(bytes, at, Math.min(limit, at + 5));
    if (tagEnd < 0) return -1;
    const wireType = varintLow(bytes, at, tagEnd) & 7;
    at = tagEnd;
    if (wireType === WIRE.startGroup) open++;
    else if (wireType === WIRE.i32) at += 4;
    else if (wireType === WIRE.i64) at += 8;
    else if (wireType === WIRE.varint || wireType === WIRE.len) {
      const end = varintEnd(bytes, at, Math.min(limit, at + MAX_VARINT_BYTES));
      if (end < 0) return -1;
      const high = varintHigh(bytes, at, end) >>> 0;
      at = wireType === WIRE.len ? end + high * 2 ** 32 + (varintLow(bytes, at, end) >>> 0) : end;
    } else if (wireType === WIRE.endGroup) {
      if (--open === 0) return at;
    } else return -1;
  }
  return -1;
}
