// One path of a method's messages, such as field 1 in field 3: what is known of it, and what it is taken for.
import { WIRE } from "../message/wire.js";
import { FixedStats } from "./fixed-stats.js";
import { GRAINS, grains } from "./grains.js";
import { type GuessKind, type Runner, SURE_BITS } from "./guess.js";
import { DOUBLE, FLOAT } from "./number-model.js";
import { VarintStats } from "./number-stats.js";
import type { PathChildren } from "./path-children.js";
import { PayloadStats } from "./payload-stats.js";
import { READING, READINGS } from "./readings.js";

/** What the user says of a path. */
export interface Fixed {
  readonly name?: string;
  /** A type of protobuf, as in "sint32" or "packed float"; see types-file.ts. */
  readonly type?: string;
}

/** A field number that comes with two wire types is hardly ever meant. */
const TWO_WIRE_TYPES = grains(14);
const EMPTY_COST = grains(2);
const UNDECIDED = -1;

const NO_NODES: readonly PathNode[] = [];

/** From where the numbers of a path come. */
export const MEASURED = {
  nowhere: 0,
  /** Messages of which so many were measured that these do not count: what is in them says what the path is, and nothing of theirs. */
  beyond: 1,
  /** Messages that count. */
  inside: 2,
} as const;

/** Above every hash. */
const NO_HASH = 2 ** 32;

export interface KindCost {
  readonly kind: GuessKind;
  /** Grains. */
  readonly cost: number;
}

export class PathNode {
  readonly parent: PathNode | undefined;
  /** Field number and wire type, as on the wire; of the root that of a message. */
  readonly tag: number;
  readonly depth: number;
  /** Undefined when it is no message. */
  children: PathChildren | undefined;
  readonly payloads: PayloadStats | undefined;
  readonly varints: VarintStats | undefined;
  readonly fixed: FixedStats | undefined;
  /** Some message has it more than once. */
  isRepeated = false;
  /** The message in which it was seen last; for {@link isRepeated}. */
  seenIn = 0;
  /** Of the root: grows when messages are to be read otherwise than before. */
  revision = 1;
  /** The two lowest hashes of messages that have it, so that there is something to measure of rare paths. */
  lowest = NO_HASH;
  second = NO_HASH;
  /** See {@link MEASURED}. */
  measured: number = MEASURED.nowhere;
  /** As a message, it has fields that are not in the order of their numbers, or lengths wider than they must be. */
  isOdd = false;
  /** Not all that was in it was learned, for want of room or time. */
  isCut = false;

  #kind: GuessKind = "bytes";
  /** Grains of all that was measured of the path; negative when it is to be decided again. */
  #cost = UNDECIDED;
  /** Of what was decided last, nearest first; made when somebody asks. */
  #ranked: readonly KindCost[] | undefined;

  constructor(parent: PathNode | undefined, tag: number) {
    this.parent = parent;
    this.tag = tag;
    this.depth = parent === undefined ? 0 : parent.depth + 1;
    const wireType = tag & 7;
    if (wireType === WIRE.varint) this.varints = new VarintStats();
    else if (wireType === WIRE.i32) this.fixed = new FixedStats(FLOAT);
    else if (wireType === WIRE.i64) this.fixed = new FixedStats(DOUBLE);
    else this.payloads = new PayloadStats(wireType === WIRE.startGroup);
  }

  get number(): number {
    return this.tag >>> 3;
  }

  get wireType(): number {
    return this.tag & 7;
  }

  /** Field numbers from the outermost message on, as in "3.1"; empty for that message. */
  get path(): string {
    let path = "";
    for (let node: PathNode = this; node.parent !== undefined; node = node.parent)
      path = path === "" ? String(node.number) : `${node.number}.${path}`;
    return path;
  }

  /** By number, and of one number by wire type. */
  childrenInOrder(): readonly PathNode[] {
    if (this.children === undefined) return NO_NODES;
    const { list } = this.children;
    // Mostly they came in order.
    for (let at = 1; at < list.length; at++)
      if (list[at]!.tag < list[at - 1]!.tag) return [...list].sort((a, b) => a.tag - b.tag);
    return list;
  }

  /** @returns whether a message of that hash is one of the two that stand for the path */
  isStoodForBy(hash: number): boolean {
    if (hash >= this.second) return hash === this.second;
    if (hash === this.lowest) return true;
    if (hash < this.lowest) {
      this.second = this.lowest;
      this.lowest = hash;
    } else this.second = hash;
    return true;
  }

  /** Forgets what was measured, not what is known for certain. */
  reset(): void {
    this.payloads?.reset();
    this.varints?.reset();
    this.fixed?.reset();
    this.measured = MEASURED.nowhere;
    this.#cost = UNDECIDED;
  }

  /** To be called when something new is known: what depends on it is decided again when somebody asks. */
  touch(): void {
    let node: PathNode | undefined = this;
    while (node !== undefined && node.#cost !== UNDECIDED) {
      node.#cost = UNDECIDED;
      node = node.parent;
    }
  }

  /** What it is taken for by all that is known. */
  get kind(): GuessKind {
    this.cost();
    return this.#kind;
  }

  /** Grains of all that was measured, in the best reading. Recursion is as deep as paths are, which has a limit. */
  cost(): number {
    if (this.#cost === UNDECIDED) this.#decide();
    return this.#cost;
  }

  /** By how many bits the best reading beats the next; undefined when there is no other. */
  get bits(): number | undefined {
    const costs = this.ranked;
    return costs.length < 2 ? undefined : roundedBits(costs[1]!.cost - costs[0]!.cost);
  }

  /** What else it may be, by less than {@link SURE_BITS}, nearest first. */
  get runners(): Runner[] {
    const costs = this.ranked;
    const runners: Runner[] = [];
    for (let at = 1; at < costs.length; at++) {
      const bits = roundedBits(costs[at]!.cost - costs[0]!.cost);
      if (bits >= SURE_BITS) break;
      runners.push({ kind: costs[at]!.kind, bits });
    }
    return runners;
  }

  #decide(): void {
    this.#ranked = undefined;
    const before = this.#kind;
    let best = Number.POSITIVE_INFINITY;
    this.#eachCost((kind, cost) => {
      // Of equal ones the usual comes first.
      if (cost >= best) return;
      best = cost;
      this.#kind = kind;
    });
    this.#cost = best;
    if (before !== this.#kind) this.changed();
  }

  /** To be called when its type, or which fields it has, is no longer what it was. */
  changed(): void {
    let node: PathNode = this;
    while (node.parent !== undefined) node = node.parent;
    node.revision++;
  }

  /** What it may be, nearest first: the same list until it is decided again. */
  get ranked(): readonly KindCost[] {
    this.cost();
    if (this.#ranked === undefined) {
      const costs: KindCost[] = [];
      this.#eachCost((kind, cost) => costs.push({ kind, cost }));
      this.#ranked = costs.sort((a, b) => a.cost - b.cost);
    }
    return this.#ranked;
  }

  /** At least one. */
  #eachCost(visit: (kind: GuessKind, cost: number) => void): void {
    const { payloads, fixed } = this;
    if (fixed !== undefined) {
      const { floats, integers } = fixed.costs();
      visit(this.wireType === WIRE.i32 ? "float" : "double", floats);
      visit(this.wireType === WIRE.i32 ? "fixed32" : "fixed64", integers);
    } else if (payloads === undefined) visit("varint", this.varints!.cost());
    else if (payloads.isGroup) visit("group", this.#messageCost());
    else if (payloads.measured.size === 0) {
      // An empty string or bytes is mostly not written, an empty message is. Of octets that are not kept, so much is known.
      if (payloads.can(READING.message)) visit("message", EMPTY_COST);
      if (payloads.can(READING.string)) visit("string", EMPTY_COST + grains(1));
      visit("bytes", EMPTY_COST + grains(payloads.can(READING.string) ? 1.1 : 1));
    } else {
      for (let reading = 0; reading < READINGS.length; reading++)
        if (payloads.can(reading))
          visit(READINGS[reading]!, reading === READING.message ? this.#messageCost() : payloads.cost(reading));
    }
  }

  /** Its tags, and the best reading of each field. */
  #messageCost(): number {
    let cost = this.payloads!.cost(READING.message);
    const { children } = this;
    if (children === undefined) return cost;
    const { list } = children;
    for (let at = 0; at < list.length; at++) {
      const inside = list[at]!.cost();
      if (list[at]!.measured !== MEASURED.beyond) cost += inside;
    }
    return children.hasTwins ? cost + TWO_WIRE_TYPES * twinsIn(list) : cost;
  }
}

/** How many wire types there are more than field numbers, of what was measured. */
function twinsIn(list: readonly PathNode[]): number {
  const measured = list.filter((node) => node.measured !== MEASURED.beyond);
  return measured.length - new Set(measured.map(({ number }) => number)).size;
}

/** To a tenth of a bit. */
function roundedBits(cost: number): number {
  return Math.round((cost * 10) / GRAINS) / 10;
}
