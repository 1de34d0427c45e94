// Whether a text matches a regular expression, in time linear in the text whatever the pattern: the automaton's states are
// followed side by side, and what was worked out once is remembered (a lazy DFA, as in Cox, "Regular Expression Matching Can Be Simple And Fast").
import { hasChar, WORD } from "./char-set.js";
import { compileRegex, type Instruction } from "./program.js";
import { parseRegex } from "./syntax.js";

/** What stood before: nothing, no word character, a word character. */
const AT_START = 0;
const AFTER_OTHER = 1;
const AFTER_WORD = 2;

/** Remembered steps, 8 octets each with their state: 2 MiB or less. Beyond it a text's rest is matched without remembering. */
const MAX_STEPS = 131_072;

/** A set of instructions to go on from, and where each class of characters leads. */
interface State {
  readonly instructions: Int32Array;
  readonly before: number;
  readonly steps: (State | typeof MATCHED | undefined)[];
}

const MATCHED = 1;

export class Regex {
  readonly #program: readonly Instruction[];
  readonly #start: number;
  /** First characters of the classes that no set of the program tells apart, ascending from 0. */
  readonly #classes: Uint16Array;
  /** The class of each of the first 256 characters. */
  readonly #low = new Uint16Array(256);
  readonly #states = new Map<string, State>();
  readonly #maxStates: number;
  readonly #first: State;
  /** Work space: instructions met in this step, by the number of the step. */
  readonly #met: Uint32Array;
  readonly #stack: Int32Array;
  readonly #found: Int32Array;
  #round = 0;

  /** @throws RegexMistake with the place in the pattern */
  constructor(pattern: string) {
    const { program, start } = compileRegex(parseRegex(pattern));
    this.#program = program;
    this.#start = start;
    this.#classes = classesOf(program);
    for (let code = 0; code < 256; code++) this.#low[code] = this.#search(code);
    this.#maxStates = Math.max(4, Math.floor(MAX_STEPS / (this.#classes.length + 1)));
    this.#met = new Uint32Array(program.length);
    this.#stack = new Int32Array(program.length * 2 + 2);
    this.#found = new Int32Array(program.length + 1);
    this.#first = this.#state(Int32Array.of(start), AT_START);
  }

  /** Whether it matches anywhere in the text. */
  test(text: string): boolean {
    let state = this.#first;
    let remember = true;
    const classes = this.#classes.length;
    for (let at = 0; at <= text.length; at++) {
      const kind = at === text.length ? classes : this.#classOf(text.charCodeAt(at));
      let next = state.steps[kind];
      if (next === undefined) {
        if (remember && this.#states.size >= this.#maxStates) {
          this.#states.clear();
          remember = false;
        }
        next = this.#step(state, kind, remember);
        if (remember) state.steps[kind] = next;
      }
      if (next === MATCHED) return true;
      state = next;
    }
    return false;
  }

  #classOf(code: number): number {
    return code < 256 ? this.#low[code]! : this.#search(code);
  }

  #search(code: number): number {
    const classes = this.#classes;
    let low = 0;
    let high = classes.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (classes[middle]! <= code) low = middle;
      else high = middle;
    }
    return low;
  }

  /** @param kind the class of the next character; the number of classes at the end of the text */
  #step(state: State, kind: number, remember: boolean): State | typeof MATCHED {
    const atEnd = kind === this.#classes.length;
    const code = atEnd ? 0 : this.#classes[kind]!;
    const isWord = !atEnd && hasChar(WORD, code);
    const round = ++this.#round;
    const { instructions, before } = state;
    const stack = this.#stack;
    const met = this.#met;
    const found = this.#found;
    let count = 0;
    let top = 0;
    for (let at = instructions.length - 1; at >= 0; at--) {
      stack[top++] = instructions[at]!;
      while (top > 0) {
        const place = stack[--top]!;
        if (met[place] === round) continue;
        met[place] = round;
        const instruction = this.#program[place]!;
        switch (instruction.op) {
          case "match":
            return MATCHED;
          case "split":
            stack[top++] = instruction.other;
            stack[top++] = instruction.next;
            break;
          case "assert":
            if (holds(instruction.what, before, atEnd, isWord)) stack[top++] = instruction.next;
            break;
          case "set":
            if (!atEnd && hasChar(instruction.set, code)) found[count++] = instruction.next;
        }
      }
    }
    // A match may begin at any place.
    found[count++] = this.#start;
    const next = distinct(found, count);
    const after = isWord ? AFTER_WORD : AFTER_OTHER;
    return remember ? this.#state(next, after) : { instructions: next, before: after, steps: [] };
  }

  #state(instructions: Int32Array, before: number): State {
    const key = `${before}:${instructions.join()}`;
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    const state: State = { instructions, before, steps: [] };
    this.#states.set(key, state);
    return state;
  }
}

function holds(what: "start" | "end" | "word" | "not-word", before: number, atEnd: boolean, isWord: boolean): boolean {
  switch (what) {
    case "start":
      return before === AT_START;
    case "end":
      return atEnd;
    default:
      return ((before === AFTER_WORD) !== isWord) === (what === "word");
  }
}

/** Sorted, each once. */
function distinct(found: Int32Array, count: number): Int32Array {
  const sorted = found.slice(0, count).sort();
  let kept = 0;
  for (let at = 0; at < count; at++) if (at === 0 || sorted[at] !== sorted[at - 1]) sorted[kept++] = sorted[at]!;
  return sorted.slice(0, kept);
}

function classesOf(program: readonly Instruction[]): Uint16Array {
  const firsts = new Set([0]);
  const sets = program.flatMap((instruction) => (instruction.op === "set" ? [instruction.set] : []));
  for (const set of new Set([WORD, ...sets])) {
    for (let at = 0; at < set.length; at += 2) {
      firsts.add(set[at]!);
      if (set[at + 1]! < 0xffff) firsts.add(set[at + 1]! + 1);
    }
  }
  return Uint16Array.from(firsts).sort();
}
