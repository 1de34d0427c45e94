// Message types out of what was learned: paths that hold the same kind of message share one, also a message in itself.
import type { MessagePlan } from "../message/plan.js";
import { TYPE } from "../message/wire.js";
import { plannedField } from "./guess-plan.js";
import type { PathNode } from "./path-node.js";

/** Types that are compared with one another: each with each. */
const MAX_COMPARED = 3000;
/** Fields that two types must have in common to be taken for one, unless they are the same throughout. */
const MIN_SHARED = 3;

export interface ProtoField {
  readonly number: number;
  name: string;
  /** See `TYPE`. */
  type: number;
  repeated: boolean;
  readonly packed: boolean;
  /** Of a message or group. */
  message: ProtoType | undefined;
  /** By how many bits it beats the next best reading; undefined when nothing else is possible. */
  bits: number | undefined;
  readonly others: readonly string[];
  /** A message that no serializer would write again as it came, and so is bytes. */
  readonly isOdd: boolean;
  /** Where it was met first: method, side and path. */
  readonly place: string;
}

export class ProtoType {
  /** What it may be called, in the order in which that was met. */
  readonly names: string[];
  readonly fields = new Map<number, ProtoField>();
  /** Paths that hold it. */
  uses = 1;
  /** Of a method: some messages have fields in an order that no serializer writes. */
  isOdd = false;
  #same: ProtoType | undefined;

  constructor(name: string) {
    this.names = [name];
  }

  /** The type that it was found to be. */
  get itself(): ProtoType {
    let type: ProtoType = this;
    while (type.#same !== undefined) type = type.#same;
    return type;
  }

  become(other: ProtoType): void {
    this.#same = other;
  }
}

/**
 * The type of a message, with those of the messages in it.
 * @param place of the message: method and side
 * @param keepsOrder makes bytes of messages in it that no serializer would write again as they are, so that they stay the same
 */
export function protoTypeOf(plan: MessagePlan, name: string, place: string, keepsOrder: boolean): ProtoType {
  const root = new ProtoType(name);
  root.isOdd = !keepsOrder;
  const open: [plan: MessagePlan, type: ProtoType][] = [[plan, root]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [from, type] = next;
    for (const field of from.fields) {
      const planned = plannedField(field);
      if (planned === undefined) continue;
      const { node } = planned;
      const isOdd = keepsOrder && field.type === TYPE.message && isOddMessage(node);
      const message =
        field.message === undefined || isOdd ? undefined : new ProtoType(typeName(type.names[0]!, field.name));
      if (message !== undefined && field.message !== undefined) open.push([field.message, message]);
      const isSaid = planned.fixed?.type !== undefined;
      type.fields.set(field.number, {
        number: field.number,
        name: field.name,
        type: isOdd ? TYPE.bytes : field.type,
        isOdd,
        repeated: field.repeated,
        packed: planned.type.packed,
        message,
        bits: isSaid ? undefined : node.bits,
        others: isSaid ? [] : node.runners.map(({ kind }) => kind),
        place: `${place} ${planned.path}`,
      });
    }
  }
  return root;
}

/** Also with two wire types under one number, of which a schema can name one. */
function isOddMessage(node: PathNode): boolean {
  return node.isOdd || node.children?.hasTwins === true;
}

/** "city" as City; a field without a name after the message that it is in. */
function typeName(parent: string, field: string): string {
  const number = /^field_(\d+)$/.exec(field)?.[1];
  if (number !== undefined) return `${parent}_${number}`;
  return field.replace(/(?:^|_)([a-z0-9])/gi, (_, letter: string) => letter.toUpperCase());
}

/** All types in these, each once, those that hold others before them. */
export function allTypes(roots: readonly ProtoType[]): ProtoType[] {
  const found = new Set<ProtoType>();
  const open = [...roots].reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const type = next.itself;
    if (found.has(type)) continue;
    found.add(type);
    for (const { message } of [...type.fields.values()].reverse()) if (message !== undefined) open.push(message);
  }
  return [...found];
}

/** Types of groups. */
export function groupTypes(types: readonly ProtoType[]): Set<ProtoType> {
  const groups = new Set<ProtoType>();
  for (const { fields } of types)
    for (const { type, message } of fields.values())
      if (type === TYPE.group && message !== undefined) groups.add(message.itself);
  return groups;
}

/** Finds types that are the same, and makes them one. */
export function mergeTypes(roots: readonly ProtoType[]): void {
  const groups = groupTypes(allTypes(roots));
  // A group is written where it is used, and so is never shared with a message.
  const types = allTypes(roots).filter((type) => !groups.has(type));
  if (types.length > MAX_COMPARED) return;
  for (let at = 1; at < types.length; at++) {
    for (let before = 0; before < at; before++) {
      const first = types[before]!.itself;
      const second = types[at]!.itself;
      if (first === second || !alike(first, second)) continue;
      merge(first, second);
    }
  }
}

/** Whether they have so much in common that they are likely one type, and nothing against it. */
function alike(first: ProtoType, second: ProtoType): boolean {
  let shared = 0;
  for (const number of second.fields.keys()) if (first.fields.has(number)) shared++;
  const most = Math.max(first.fields.size, second.fields.size);
  const isSame = shared === most && shared >= 2;
  if (!isSame && (shared < MIN_SHARED || shared * 2 < most)) return false;
  return fitTogether(first, second);
}

/** Whether one type can read what both read. Types that are in themselves are taken to fit until something does not. */
function fitTogether(first: ProtoType, second: ProtoType): boolean {
  const seen = new Map<ProtoType, Set<ProtoType>>();
  const open: [ProtoType, ProtoType][] = [[first, second]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [a, b] = [next[0].itself, next[1].itself];
    const with_ = seen.get(a) ?? new Set();
    if (a === b || with_.has(b)) continue;
    seen.set(a, with_.add(b));
    for (const [number, field] of b.fields) {
      const other = a.fields.get(number);
      if (other === undefined) continue;
      if (other.packed !== field.packed || commonType(other.type, field.type) === undefined) return false;
      if (other.message !== undefined && field.message !== undefined) open.push([other.message, field.message]);
    }
  }
  return true;
}

const INTEGERS: ReadonlySet<number> = new Set([TYPE.int32, TYPE.uint32, TYPE.int64]);

function commonType(first: number, second: number): number | undefined {
  if (first === second) return first;
  return INTEGERS.has(first) && INTEGERS.has(second) ? TYPE.int64 : undefined;
}

/** Makes the second the first, and so on with the messages in both. */
function merge(first: ProtoType, second: ProtoType): void {
  const open: [ProtoType, ProtoType][] = [[first, second]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [into, from] = [next[0].itself, next[1].itself];
    if (into === from) continue;
    from.become(into);
    into.uses += from.uses;
    into.isOdd ||= from.isOdd;
    into.names.push(...from.names);
    for (const [number, field] of from.fields) {
      const other = into.fields.get(number);
      if (other === undefined) {
        into.fields.set(number, field);
        continue;
      }
      other.type = commonType(other.type, field.type) ?? other.type;
      other.repeated ||= field.repeated;
      if (/^field_\d+$/.test(other.name)) other.name = field.name;
      if (field.bits !== undefined) other.bits = Math.min(other.bits ?? field.bits, field.bits);
      if (other.message !== undefined && field.message !== undefined) open.push([other.message, field.message]);
    }
  }
}
