// Ids of calls in the order of a number each has: blocks of typed arrays, so that taking in, taking out and finding a place stay cheap.

/** A block is moved as a whole when something is put into its middle: 4 KiB, well below a microsecond. */
const BLOCK = 512;

interface Block {
  readonly keys: Float64Array;
  readonly ids: Float64Array;
  count: number;
}

export class OrderedIds {
  #blocks: Block[] = [];
  /** Blocks that are empty: what is ordered anew, at each key of a filter that is typed, needs as many again. */
  #spare: Block[] = [];
  length = 0;
  /** The block that a place was found in last, and the place of its first id: lists are read row by row. */
  #lastBlock = 0;
  #lastStart = 0;

  clear(): void {
    for (const block of this.#blocks) this.#spare.push(block);
    this.#blocks = [];
    this.length = 0;
    this.#lastBlock = 0;
    this.#lastStart = 0;
  }

  /** Puts an id where its key and then itself belong. It must not be in yet. */
  add(key: number, id: number): void {
    const blocks = this.#blocks;
    this.length++;
    this.#lastBlock = 0;
    this.#lastStart = 0;
    let at = this.#blockOf(key, id);
    let block = blocks[at];
    if (block === undefined) {
      block = this.#newBlock();
      blocks.push(block);
    }
    let place = placeIn(block, key, id);
    if (block.count === BLOCK) {
      // At either end a new block: what comes in order leaves full ones behind.
      if (place === BLOCK || place === 0) {
        if (place === BLOCK) at++;
        block = this.#newBlock();
        blocks.splice(at, 0, block);
        place = 0;
      } else {
        const upper = this.#newBlock();
        moveHalf(block, upper);
        blocks.splice(at + 1, 0, upper);
        if (place > block.count) {
          place -= block.count;
          block = upper;
        }
      }
    }
    block.keys.copyWithin(place + 1, place, block.count);
    block.ids.copyWithin(place + 1, place, block.count);
    block.keys[place] = key;
    block.ids[place] = id;
    block.count++;
  }

  /** Takes an id out. @param key as it was put in with */
  remove(key: number, id: number): void {
    const at = this.#blockOf(key, id);
    const block = this.#blocks[at];
    const place = block === undefined ? 0 : placeIn(block, key, id);
    if (block === undefined || block.ids[place] !== id || place >= block.count) return;
    this.length--;
    this.#lastBlock = 0;
    this.#lastStart = 0;
    block.keys.copyWithin(place, place + 1, block.count);
    block.ids.copyWithin(place, place + 1, block.count);
    block.count--;
    if (block.count > 0) return;
    this.#blocks.splice(at, 1);
    this.#spare.push(block);
  }

  /** @returns undefined beyond the end */
  at(index: number): number | undefined {
    if (!(index >= 0 && index < this.length)) return undefined;
    if (index < this.#lastStart) {
      this.#lastBlock = 0;
      this.#lastStart = 0;
    }
    let block = this.#blocks[this.#lastBlock]!;
    while (index >= this.#lastStart + block.count) {
      this.#lastStart += block.count;
      block = this.#blocks[++this.#lastBlock]!;
    }
    return block.ids[index - this.#lastStart];
  }

  /** How many come before it: its place if it is in, else where it would be. */
  placeOf(key: number, id: number): number {
    const at = this.#blockOf(key, id);
    let before = 0;
    for (let block = 0; block < at; block++) before += this.#blocks[block]!.count;
    const block = this.#blocks[at];
    return block === undefined ? before : before + placeIn(block, key, id);
  }

  #newBlock(): Block {
    const spare = this.#spare.pop();
    if (spare === undefined) return { keys: new Float64Array(BLOCK), ids: new Float64Array(BLOCK), count: 0 };
    spare.count = 0;
    return spare;
  }

  /** The last block that begins at or before it; the first when none does. */
  #blockOf(key: number, id: number): number {
    const blocks = this.#blocks;
    let low = 0;
    let high = blocks.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      const { keys, ids } = blocks[middle]!;
      if (keys[0]! < key || (keys[0] === key && ids[0]! <= id)) low = middle;
      else high = middle;
    }
    return low;
  }
}

function moveHalf(block: Block, upper: Block): void {
  const half = block.count >> 1;
  upper.keys.set(block.keys.subarray(half, block.count));
  upper.ids.set(block.ids.subarray(half, block.count));
  upper.count = block.count - half;
  block.count = half;
}

/** The place of the first that is not before it. */
function placeIn({ keys, ids, count }: Block, key: number, id: number): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key || (keys[middle] === key && ids[middle]! < id)) low = middle + 1;
    else high = middle;
  }
  return low;
}
