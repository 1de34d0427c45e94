// How many fields are what they are said to be: percentages that weigh package families alike, and types within a family.
import type { PathRow } from "./paths.js";

/** What a field is; `flags.alt` has other right answers. */
export type Answer = readonly [path: string, kind: string, flags?: AnswerFlags];
interface AnswerFlags {
  readonly alt?: readonly string[];
  /** An empty payload: nobody can know. */
  readonly empty?: unknown;
  /** The number is zero: nobody can know. */
  readonly zero?: unknown;
}

export interface AnswerRow {
  readonly t: string;
  readonly i: number;
  readonly fields: readonly Answer[];
}

/** By label. */
export type Families = Readonly<Record<string, { readonly family: string }>>;

/** From 0 to 1. */
export interface Score {
  /** Message, string, bytes or packed. */
  readonly len: number;
  /** Float or integer. */
  readonly fixed: number;
  /** Messages in which every one of those is right. */
  readonly clean: number;
}

const LENGTH_KINDS: ReadonlySet<string> = new Set(["message", "string", "bytes", "packed"]);
const FLOATS: ReadonlySet<string> = new Set(["float", "double"]);
const FIXED: ReadonlySet<string> = new Set(["fixed32", "sfixed32", "fixed64", "sfixed64"]);

export function score(predicted: readonly PathRow[], answers: readonly AnswerRow[], families: Families): Score {
  const said = new Map(predicted.map(({ t, i, fields }) => [`${t} ${i}`, new Map(fields ?? [])]));
  const len = new Mean();
  const fixed = new Mean();
  const clean = new Mean();
  for (const { t, i, fields } of answers) {
    const family = families[t]?.family ?? "";
    const guesses = said.get(`${t} ${i}`);
    let isClean = true;
    let isScored = false;
    for (const answer of fields) {
      const result = judge(answer, guesses?.get(answer[0]));
      if (result === undefined) continue;
      (result.of === "len" ? len : fixed).add(family, t, result.right);
      isScored = true;
      isClean &&= result.right;
    }
    if (isScored) clean.add(family, t, isClean);
  }
  return { len: len.value, fixed: fixed.value, clean: clean.value };
}

/** @returns undefined for what nobody can know */
function judge([, kind, flags = {}]: Answer, guess: string | undefined) {
  const wanted = lengthKind(kind);
  if (LENGTH_KINDS.has(wanted)) {
    if (flags.empty) return undefined;
    const got = lengthKind(guess ?? "");
    return { of: "len", right: got === wanted || (flags.alt ?? []).includes(got) } as const;
  }
  if (!FLOATS.has(kind) && !FIXED.has(kind)) return undefined;
  if (flags.zero) return undefined;
  const right = guess !== undefined && (FLOATS.has(kind) ? FLOATS.has(guess) : FIXED.has(guess));
  return { of: "fixed", right } as const;
}

function lengthKind(kind: string): string {
  if (kind.startsWith("packed")) return "packed";
  return kind === "map" ? "message" : kind;
}

class Mean {
  readonly #families = new Map<string, Map<string, { right: number; all: number }>>();

  add(family: string, type: string, right: boolean): void {
    const types = this.#families.get(family) ?? new Map<string, { right: number; all: number }>();
    const count = types.get(type) ?? { right: 0, all: 0 };
    this.#families.set(family, types.set(type, count));
    count.all++;
    if (right) count.right++;
  }

  get value(): number {
    return mean([...this.#families.values()].map((types) => mean([...types.values()].map((it) => it.right / it.all))));
  }
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
