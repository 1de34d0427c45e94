// What is learned from the messages of one method and side, in any order: which of them are read when, and which are kept.
import { hashOctets, hashSteps } from "./hash.js";
import { KeptMessages } from "./kept-messages.js";
import type { PathNode } from "./path-node.js";
import { PathTree } from "./path-tree.js";
import { MAX_STEPS, stepsAllowed } from "./steps.js";

/**
 * By which factor messages have become more before what is kept of them is measured again for those who read meanwhile: that
 * takes as long as up to a hundred first sights, and what was measured of too many messages until then is no less right.
 */
const SETTLE_EACH = 4;

/**
 * What its messages cannot be is known from all of them; what they are likely to be, from some that are kept (see
 * {@link KeptMessages}). Both depend on which messages there were, not on their order.
 */
export class Learner {
  readonly #tree = new PathTree();
  readonly #kept = new KeptMessages();
  /** Something was measured that is not to count any more, or not in the order of the kept messages. */
  #isStale = false;
  /** Messages that were learned from, and how many there were when what is kept was measured last. */
  #seen = 0;
  #settledAt = 0;
  /** What a message was allowed that was not read to its end, while more may be allowed later; 0 when there is none. */
  #stoppedAt = 0;
  /** Those of them that are not kept, by hash: two at most, as what is allowed soon is all that ever is. */
  readonly #unread = new Map<number, Uint8Array>();
  /** Whoever looked when it was stopped is done. */
  #mayGoOn = false;
  #looks = 0;

  get root(): PathNode {
    return this.#tree.root;
  }

  /** Paths that are known. */
  get paths(): number {
    return this.#tree.paths;
  }

  /** What was done last took, in octets looked at: a message, or measuring again; each not more than {@link MAX_STEPS} by much. */
  get steps(): number {
    return this.#tree.steps;
  }

  /** Grows when messages are to be read otherwise than before, or may be when somebody asks for them. */
  get version(): number {
    this.root.cost();
    if (this.#mayGoOn) this.#looks++;
    return this.root.revision + this.#looks;
  }

  /** Octets of messages that are kept. */
  get keptBytes(): number {
    return this.#kept.bytes;
  }

  /** Learns from one message, as far as it is one. Identical messages count once. Never throws. */
  learn(bytes: Uint8Array): void {
    const tree = this.#tree;
    const hash = hashOctets(bytes, 0, bytes.length);
    tree.steps = hashSteps(bytes.length);
    const kept = this.#kept;
    if (kept.has(hash) || this.#unread.has(hash)) return;
    this.#seen++;
    tree.isRare = false;
    const most = stepsAllowed();
    const counts = kept.admits(hash, bytes.length);
    tree.read(bytes, hash, counts, most);
    if (!counts && tree.isRare && kept.isSmall(bytes.length)) {
      tree.read(bytes, hash, true, most);
      kept.addRare(hash, bytes, tree.steps);
    } else if (counts && kept.add(hash, bytes, tree.steps)) this.#isStale = true;
    if (tree.hasStopped && most < MAX_STEPS) this.#stopped(hash, bytes, most);
    this.#takeNote();
    // The one that stood for a path before may have to be forgotten.
    if (tree.isRare && kept.level > 0) this.#isStale = true;
  }

  #takeNote(): void {
    const tree = this.#tree;
    // Messages may have been kept for what was forgotten.
    if (tree.isStale || (tree.hasDropped && this.#kept.level > 0)) this.#isStale = true;
    tree.isStale = false;
    tree.hasDropped = false;
  }

  #stopped(hash: number, bytes: Uint8Array, most: number): void {
    this.#stoppedAt = most;
    if (!this.#kept.has(hash)) this.#unread.set(hash, new Uint8Array(bytes));
    this.#goOnLater();
  }

  /** Not for whoever looks now: that would take as long as all of it at once. */
  #goOnLater(): void {
    this.#mayGoOn = false;
    void Promise.resolve().then(() => {
      this.#mayGoOn = this.#stoppedAt > 0;
    });
  }

  /**
   * Does {@link settle} when enough is new: for those who read messages while others come. Where it would take longer than the
   * rest of what one message may, what was measured stays as it is: it is right, but for the order in which messages came.
   */
  settleNowAndThen(): void {
    if (this.#mayGoOn) this.#goOn();
    if (!this.#isStale || this.#seen < this.#settledAt * SETTLE_EACH) return;
    const left = stepsAllowed() - this.steps;
    // One message was measured in the only order there is.
    if (this.#seen > 1 && this.#kept.steps <= left) this.#measureAgain(MAX_STEPS, left);
    else this.#settledAt = this.#seen;
  }

  /** Reads again what was not read to its end, where more is allowed by now. */
  #goOn(): void {
    const most = stepsAllowed();
    if (most - this.steps > this.#stoppedAt) this.#measureAgain(most, most);
    if (this.#stoppedAt > 0) this.#goOnLater();
  }

  /** Brings what was measured in line with what is kept: after it, the order in which messages came does not matter. */
  settle(): void {
    if (this.#isStale || this.#stoppedAt > 0) this.#measureAgain(MAX_STEPS, Number.POSITIVE_INFINITY);
  }

  /**
   * @param most steps of one message
   * @param limit steps of those that are measured; what they took the first time is only about what they take now
   */
  #measureAgain(most: number, limit: number): void {
    const tree = this.#tree;
    const kept = this.#kept;
    this.#settledAt = this.#seen;
    let total = 0;
    let hasStopped = false;
    const read = (hash: number, bytes: Uint8Array, counts: boolean) => {
      tree.steps = 0;
      tree.read(bytes, hash, counts, most);
      total += tree.steps;
      hasStopped ||= tree.hasStopped;
    };
    if (this.#stoppedAt > 0) tree.readOn();
    for (const [hash, bytes] of this.#unread) {
      tree.isRare = false;
      read(hash, bytes, false);
      if (tree.isRare && kept.isSmall(bytes.length)) kept.addRare(hash, bytes, tree.steps);
    }
    const standing = new Set<number>();
    tree.eachPath((node) => {
      standing.add(node.lowest).add(node.second);
      node.reset();
    });
    kept.keepOnly(standing);
    for (const [hash, bytes] of kept.inOrder()) read(hash, bytes, total <= limit);
    for (const [hash, bytes] of this.#unread) if (!kept.isSmall(bytes.length)) read(hash, bytes, true);
    tree.steps = total;
    this.#takeNote();
    this.#isStale = total > limit;
    this.#stoppedAt = hasStopped && most < MAX_STEPS ? most : 0;
    if (this.#stoppedAt > 0) return;
    this.#mayGoOn = false;
    this.#unread.clear();
  }
}
