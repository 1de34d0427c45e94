// The paths of the messages of one method and side, as a tree, and how one message is read into it.
import { MAX_DEPTH } from "../message/walk.js";
import { WIRE } from "../message/wire.js";
import { bitLength, integerBits } from "./code-length.js";
import { hashOctets, hashSteps } from "./hash.js";
import { OpenMessage } from "./open-message.js";
import { PathChildren } from "./path-children.js";
import { MEASURED, PathNode } from "./path-node.js";
import { type Measured, READING } from "./readings.js";
import { FieldStack, scan, scanFields } from "./scan.js";
import { MAX_STEPS, noteSteps } from "./steps.js";
import { layoutHash, tagBits } from "./tag-model.js";

/** Paths of one method and side: up to 3 KB each, so 12 MB. Large services have hundreds. */
export const MAX_PATHS = 4096;

/** What a field takes when it is found and when it is looked at, and a payload besides its octets. */
const SCAN_STEPS = 8;
const FIELD_STEPS = 24;
const PAYLOAD_STEPS = 64;
/** By how much both take longer in a young process: they are calls of many functions, and those are what V8 is slow at then. */
const YOUNG_FACTOR = 2;
/** What it takes to measure a payload, besides its octets, and a fixed number. */
const MEASURE_STEPS = 256;
const NUMBER_STEPS = 128;
/** A path that is new, with all that is made for it: one message brings 3300 at most, and those after it more. */
const PATH_STEPS = 1500;
/** An octet that is looked at to find where a group ends. */
const SEARCH_STEPS = 6;

/** Shared by all learners: nothing is kept between messages. */
const stack = new FieldStack();
const frames: OpenMessage[] = [];
const measured: Measured = { plain: 0, least: 0, bytes: 0, isOpen: false };

/** Not less than any number costs alone. */
const WIDEST_BITS = 72;

/** What is known from the messages of one method and side that were read into it. */
export class PathTree {
  readonly root = new PathNode(undefined, WIRE.len);
  /** Paths that are known. */
  paths = 0;
  /** What it took, in octets looked at; whoever wants to know begins to count. */
  steps = 0;
  /** The message that was read last stands for a path of which there are few. */
  isRare = false;
  /** It was not read to its end for want of steps. */
  hasStopped = false;
  /** Something was measured that depends on the order of messages; paths were forgotten. Both stay until somebody takes note. */
  isStale = false;
  hasDropped = false;
  #serial = 0;
  /** Of the message that is read. */
  #hash = 0;
  #most = 0;
  /** {@link YOUNG_FACTOR}, or 1. */
  #factor = 1;
  /** See {@link readOn}. */
  readonly #stoppedIn: PathNode[] = [];

  /**
   * Learns from one message, as far as it is one. Never throws.
   * @param hash see `hashOctets`
   * @param counts whether it is measured, and not only checked
   * @param most {@link steps} at which to stop
   */
  read(bytes: Uint8Array, hash: number, counts: boolean, most: number): void {
    const before = this.steps;
    this.#hash = hash;
    this.#most = most;
    this.#factor = most < MAX_STEPS ? YOUNG_FACTOR : 1;
    this.hasStopped = false;
    stack.length = 0;
    // Of a message that is cut or broken, the fields before that.
    scanFields(bytes, 0, bytes.length, stack, most / (SCAN_STEPS + FIELD_STEPS));
    if (scan.isFull) this.#stop(this.root);
    this.steps += stack.length * SCAN_STEPS + scan.searched * SEARCH_STEPS;
    if (scan.isOdd) this.root.isOdd = true;
    this.#open(this.root, 0, 0, counts ? MEASURED.inside : MEASURED.nowhere);
    for (let depth = 0; depth >= 0; ) {
      const frame = frames[depth]!;
      if (frame.at < frame.to && this.steps < most) {
        if (this.#field(frame, frame.at++, bytes, depth)) depth++;
        continue;
      }
      if (frame.at < frame.to) {
        frame.bits = Number.POSITIVE_INFINITY;
        this.#stop(frame.node);
      }
      stack.length = frame.from;
      depth--;
      if (frame.counts) frames[depth]!.bits += this.#closed(frame, bytes);
    }
    noteSteps(this.steps - before);
  }

  /** There was no time for the rest of it. */
  #stop(node: PathNode): void {
    this.hasStopped = true;
    if (node.isCut) return;
    this.#cut(node);
    this.#stoppedIn.push(node);
  }

  /** Forgets where there was no time for what was in messages: they are read again, with more of it. */
  readOn(): void {
    for (const node of this.#stoppedIn) {
      node.isCut = false;
      node.changed();
    }
    this.#stoppedIn.length = 0;
  }

  /** @returns bits of the message that was read, in its best reading */
  #closed({ node, start, end, hash, bits, measured }: OpenMessage, bytes: Uint8Array): number {
    const payloads = node.payloads!;
    if (measured.isOpen) this.#measureNumbers(node, bytes, start, end, bits, false, measured);
    const least = Math.min(measured.least, bits);
    payloads.measured.add(hash, least);
    return least;
  }

  #measureNumbers(
    node: PathNode,
    bytes: Uint8Array,
    start: number,
    end: number,
    message: number,
    counted: boolean,
    measured: Measured,
  ): void {
    const payloads = node.payloads!;
    const { hasWide } = payloads;
    // Of a hundred messages in one another that are left open, each would take some more.
    if (this.steps >= this.#most) {
      payloads.skipNumbers(end - start, measured);
      return;
    }
    this.steps += payloads.measureNumbers(bytes, start, end, message, counted, measured);
    if (hasWide !== payloads.hasWide) node.changed();
  }

  /** @returns whether it was opened as a message */
  #field(frame: OpenMessage, at: number, bytes: Uint8Array, depth: number): boolean {
    this.steps += FIELD_STEPS * this.#factor;
    const child = this.#child(frame, stack.tag(at));
    if (child === undefined) {
      frame.bits = Number.POSITIVE_INFINITY;
      return false;
    }
    const low = stack.low(at);
    const high = stack.high(at);
    const { varints, fixed } = child;
    const counts = frame.measures !== MEASURED.nowhere && frame.measures >= child.measured;
    if (counts) child.measured = frame.measures;
    if (varints !== undefined) {
      const needs = varints.check(low, high);
      if (counts) varints.measure(low, high);
      frame.bits += high === 0 ? integerBits(bitLength(low), false) : WIDEST_BITS;
      if (needs) child.changed();
      if (counts) child.touch();
      return false;
    }
    if (fixed !== undefined) {
      if (fixed.check(low, high)) child.changed();
      frame.bits += WIDEST_BITS;
      if (counts && fixed.measure(low, high)) {
        this.steps += NUMBER_STEPS;
        child.touch();
      }
      return false;
    }
    return this.#payload(frame, child, bytes, low, high, depth + 1, counts);
  }

  #payload(
    frame: OpenMessage,
    node: PathNode,
    bytes: Uint8Array,
    start: number,
    end: number,
    depth: number,
    wanted: boolean,
  ): boolean {
    const payloads = node.payloads!;
    if (start === end) return false;
    this.steps += PAYLOAD_STEPS * this.#factor + hashSteps(end - start);
    const from = stack.length;
    // Where nothing is measured, nobody needs to know whether it was.
    const hash = frame.measures === MEASURED.nowhere ? 0 : hashOctets(bytes, start, end);
    const known = frame.measures === MEASURED.nowhere ? undefined : payloads.measured.get(hash);
    if (known !== undefined) {
      frame.bits += known;
      // Nothing new, but the message may be the one that stands for a path in it.
      if (node.children === undefined || !scanFields(bytes, start, end, stack)) {
        stack.length = from;
        return false;
      }
      this.steps += (stack.length - from) * SCAN_STEPS + scan.searched * SEARCH_STEPS;
      this.#open(node, from, depth, MEASURED.nowhere);
      return true;
    }
    const counts = wanted && payloads.hasRoom;
    // Which ones found room depends on their order.
    if (wanted && !counts) this.isStale = true;
    let tags = Number.POSITIVE_INFINITY;
    if (payloads.can(READING.message)) {
      if (node.depth <= MAX_DEPTH && scanFields(bytes, start, end, stack)) {
        if (scan.isOdd) node.isOdd = true;
        tags = counts ? tagBits(stack, from, stack.length, scan.padded) : 0;
      }
      this.steps += (stack.length - from) * SCAN_STEPS + scan.searched * SEARCH_STEPS;
    }
    const { possible, hasWide } = payloads;
    if (counts) {
      const layout = tags === Number.POSITIVE_INFINITY ? 0 : layoutHash(stack, from, stack.length);
      this.steps += MEASURE_STEPS * this.#factor + payloads.measure(bytes, start, end, tags, layout, measured);
    } else {
      if (tags === Number.POSITIVE_INFINITY) payloads.ruleOut(READING.message);
      if (!payloads.isGroup) this.steps += payloads.check(bytes, start, end);
      frame.bits = Number.POSITIVE_INFINITY;
    }
    if (counts || possible !== payloads.possible) node.touch();
    if (hasWide !== payloads.hasWide) node.changed();
    if (!payloads.can(READING.message)) {
      stack.length = from;
      if (node.children !== undefined) this.#drop(node);
      if (!counts) return false;
      if (measured.isOpen) this.#measureNumbers(node, bytes, start, end, Number.POSITIVE_INFINITY, true, measured);
      payloads.measured.add(hash, measured.least);
      frame.bits += measured.least;
      return false;
    }
    this.#open(node, from, depth, counts ? MEASURED.inside : wanted ? MEASURED.beyond : MEASURED.nowhere);
    if (counts) frames[depth]!.keepOpen(start, end, hash, tags, measured);
    return true;
  }

  #open(node: PathNode, from: number, depth: number, measures: number): void {
    const serial = ++this.#serial;
    let frame = frames[depth];
    if (frame === undefined) {
      frame = new OpenMessage(node);
      frames.push(frame);
    }
    frame.node = node;
    frame.counts = false;
    frame.from = from;
    frame.to = stack.length;
    frame.at = from;
    frame.serial = serial;
    frame.measures = measures;
  }

  #child({ node, serial }: OpenMessage, tag: number): PathNode | undefined {
    node.children ??= new PathChildren();
    let child = node.children.get(tag);
    if (child === undefined) {
      if (this.paths >= MAX_PATHS) {
        this.#cut(node);
        return undefined;
      }
      this.paths++;
      this.steps += PATH_STEPS * this.#factor;
      child = new PathNode(node, tag);
      node.children.add(child);
      node.touch();
      node.changed();
    }
    if (child.seenIn === serial && !child.isRepeated) {
      child.isRepeated = true;
      child.changed();
    }
    child.seenIn = serial;
    if (child.isStoodForBy(this.#hash)) this.isRare = true;
    return child;
  }

  /** Not all that is in messages of the path is learned. */
  #cut(node: PathNode): void {
    if (node.isCut) return;
    node.isCut = true;
    node.changed();
  }

  /** Forgets what was thought to be inside. */
  #drop(node: PathNode): void {
    const open = [node];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (next.children === undefined) continue;
      this.paths -= next.children.list.length;
      open.push(...next.children.list);
      next.children = undefined;
    }
    this.hasDropped = true;
  }

  eachPath(visit: (node: PathNode) => void): void {
    const open = [this.root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      visit(node);
      if (node.children !== undefined) open.push(...node.children.list);
    }
  }
}
