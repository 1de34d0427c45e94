// From what a path is taken for to a type of protobuf, and the types that users may name.
import { TYPE, TYPE_NAMES, WIRE, WIRE_OF_TYPE } from "../message/wire.js";
import type { GuessKind } from "./guess.js";
import { NEEDS } from "./number-stats.js";
import type { PathNode } from "./path-node.js";

/** What a field is read as. */
export interface FieldType {
  /** See `TYPE`. */
  readonly type: number;
  readonly packed: boolean;
}

const ELEMENTS: Readonly<Record<GuessKind, number>> = {
  message: TYPE.message,
  string: TYPE.string,
  bytes: TYPE.bytes,
  group: TYPE.group,
  varint: TYPE.int64,
  fixed32: TYPE.fixed32,
  float: TYPE.float,
  fixed64: TYPE.fixed64,
  double: TYPE.double,
  "packed.varint": TYPE.int64,
  "packed.fixed32": TYPE.fixed32,
  "packed.float": TYPE.float,
  "packed.fixed64": TYPE.fixed64,
  "packed.double": TYPE.double,
};

/** The type of one value of a kind; of integers a type that holds any. */
export function elementType(kind: GuessKind): number {
  return ELEMENTS[kind];
}

/** The smallest type that holds every value that was seen; never one that reads octets in an unusual way. */
export function typeOf(node: PathNode): FieldType {
  const { kind } = node;
  if (kind === "varint") return { type: varintType(node.varints!.needs), packed: false };
  if (kind === "packed.varint") return { type: node.payloads!.hasWide ? TYPE.int64 : TYPE.int32, packed: true };
  return { type: ELEMENTS[kind], packed: kind.startsWith("packed.") };
}

function varintType(needs: number): number {
  if ((needs & NEEDS.more32) !== 0) return TYPE.int64;
  if ((needs & NEEDS.unsigned32) === 0) return TYPE.int32;
  return (needs & NEEDS.negative) === 0 ? TYPE.uint32 : TYPE.int64;
}

/** Types by name that a user may give; an enum is an int32 until its names are known. */
const NAMES: ReadonlyMap<string, number> = new Map(
  TYPE_NAMES.flatMap((name, type): [string, number][] => (type === 0 || name === "enum" ? [] : [[name, type]])),
);

/**
 * @param text as in "sint32" or "packed float"
 * @returns undefined when it is no such type
 */
export function parseType(text: string): FieldType | undefined {
  const packed = text.startsWith("packed ");
  const type = NAMES.get(packed ? text.slice("packed ".length) : text);
  if (type === undefined) return undefined;
  const wire = WIRE_OF_TYPE[type]!;
  if (packed && (wire === WIRE.len || wire === WIRE.startGroup)) return undefined;
  return { type, packed };
}

/** What the user may write, for messages. */
export function typeNames(): string {
  return `${[...NAMES.keys()].join(", ")}; or packed and one of the numbers`;
}

/** @returns whether a field of that wire type can be read as the type */
export function fits({ type, packed }: FieldType, wireType: number): boolean {
  return packed ? wireType === WIRE.len : WIRE_OF_TYPE[type] === wireType;
}

/** The kind that a type is of. */
export function kindOf({ type, packed }: FieldType): GuessKind {
  const wire = WIRE_OF_TYPE[type]!;
  let kind: string = TYPE_NAMES[type]!;
  if (wire === WIRE.varint) kind = "varint";
  else if (type === TYPE.sfixed32) kind = "fixed32";
  else if (type === TYPE.sfixed64) kind = "fixed64";
  return (packed ? `packed.${kind}` : kind) as GuessKind;
}
