// Huffman coding of string literals (RFC 7541 §5.2): a state machine that eats half an octet at a time, and the encoder.
import { CODE_BITS, CODES, EOS } from "./huffman-code.js";

/** What `decodeHuffman` returns instead of a length. */
export const HUFFMAN_EOS = -1;
export const HUFFMAN_PADDING = -2;

// One step of the machine, in one number. A state is an inner node of the code's tree: 256 of them, 0 is the root.
const NEXT_STATE = 0xff;
const EMITS = 0x100; // a symbol ended within these four bits (never two: the shortest code has five)
const MET_EOS = 0x200;
const MAY_END = 0x400; // what was read since the last symbol is valid padding: at most seven bits, all ones
const SYMBOL_SHIFT = 16;
const MOST_PADDING = 7;

/** Steps by state and four bits. 256 x 16 x 4 octets = 16 KiB, so it stays in a core's first cache. */
const STEPS = buildSteps(buildTree());

/**
 * Decodes the Huffman coded octets [start,end).
 * @param into at least `huffmanRoom(end - start)` octets
 * @returns how many octets were written, HUFFMAN_EOS or HUFFMAN_PADDING
 */
export function decodeHuffman(bytes: Uint8Array, start: number, end: number, into: Uint8Array): number {
  let written = 0;
  let step = MAY_END;
  for (let i = start; i < end; i++) {
    const octet = bytes[i]!;
    step = STEPS[((step & NEXT_STATE) << 4) | (octet >> 4)]!;
    if (step & EMITS) into[written++] = step >>> SYMBOL_SHIFT;
    if (step & MET_EOS) return HUFFMAN_EOS;
    step = STEPS[((step & NEXT_STATE) << 4) | (octet & 15)]!;
    if (step & EMITS) into[written++] = step >>> SYMBOL_SHIFT;
    if (step & MET_EOS) return HUFFMAN_EOS;
  }
  return step & MAY_END ? written : HUFFMAN_PADDING;
}

/** The most octets that so many coded octets can mean: the shortest code has five bits (Appendix B). */
export function huffmanRoom(codedBytes: number): number {
  return Math.floor((codedBytes * 8) / 5);
}

/** How many octets a text (one char per octet) takes when Huffman coded. */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let i = 0; i < text.length; i++) bits += CODE_BITS[text.charCodeAt(i) & 0xff]!;
  return Math.ceil(bits / 8);
}

/** Appends the Huffman code of a text (one char per octet), the last octet filled up with ones. */
export function appendHuffman(out: number[], text: string): void {
  let octet = 0;
  let room = 8;
  for (let i = 0; i < text.length; i++) {
    const symbol = text.charCodeAt(i) & 0xff;
    const code = CODES[symbol]!;
    for (let left = CODE_BITS[symbol]!; left > 0; ) {
      const taken = Math.min(left, room);
      left -= taken;
      room -= taken;
      octet |= ((code >>> left) & (2 ** taken - 1)) << room;
      if (room > 0) continue;
      out.push(octet);
      octet = 0;
      room = 8;
    }
  }
  if (room < 8) out.push(octet | (2 ** room - 1));
}

/** The code as a binary tree: at 2 * node + bit stands the next inner node, or ~symbol. */
function buildTree(): Int16Array {
  const tree = new Int16Array(2 * EOS);
  let nodes = 1;
  for (let symbol = 0; symbol <= EOS; symbol++) {
    const code = CODES[symbol]!;
    let node = 0;
    for (let left = CODE_BITS[symbol]! - 1; left >= 0; left--) {
      const branch = 2 * node + ((code >>> left) & 1);
      if (left === 0) tree[branch] = ~symbol;
      else if (tree[branch] === 0) tree[branch] = nodes++;
      node = tree[branch]!;
    }
  }
  return tree;
}

function buildSteps(tree: Int16Array): Uint32Array {
  const padding = paddingStates(tree);
  const steps = new Uint32Array(EOS * 16);
  for (let state = 0; state < EOS; state++) {
    for (let bits = 0; bits < 16; bits++) {
      let node = state;
      let flags = 0;
      for (let left = 3; left >= 0; left--) {
        node = tree[2 * node + ((bits >>> left) & 1)]!;
        if (node >= 0) continue;
        if (~node === EOS) flags |= MET_EOS;
        else flags |= EMITS | (~node << SYMBOL_SHIFT);
        node = 0;
      }
      if (padding.has(node)) flags |= MAY_END;
      steps[state * 16 + bits] = flags | node;
    }
  }
  return steps;
}

/** The root and the nodes that one to seven ones lead to. */
function paddingStates(tree: Int16Array): Set<number> {
  const states = new Set([0]);
  let node = 0;
  for (let ones = 1; ones <= MOST_PADDING; ones++) {
    node = tree[2 * node + 1]!;
    states.add(node);
  }
  return states;
}
