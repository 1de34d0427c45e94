// Finding a name by some of its letters, in their order.

export interface FuzzyMatch {
  readonly text: string;
  /** Higher is nearer. */
  readonly score: number;
  /** Where the letters are. */
  readonly at: readonly number[];
}

/** A peer can choose a name; longer ones are looked at up to here. */
const MAX_CHARS = 500;

/** @returns undefined when the letters are not all there */
export function fuzzyMatch(text: string, letters: string): FuzzyMatch | undefined {
  const low = text.slice(0, MAX_CHARS).toLowerCase();
  const wanted = letters.toLowerCase().replaceAll(" ", "");
  const exact = low.lastIndexOf(wanted);
  if (exact >= 0) {
    const at = Array.from(wanted, (_, index) => exact + index);
    return { text, score: 1000 + wanted.length + (startsWord(text, exact) ? 100 : 0) - low.length / 100, at };
  }
  const at: number[] = [];
  const name = text.lastIndexOf("/");
  let score = 0;
  let from = 0;
  for (const letter of wanted) {
    // The start of a word is what people type: prefer it to the next place.
    let found = low.indexOf(letter, from);
    if (found < 0) return undefined;
    for (let next = found; next >= 0; next = low.indexOf(letter, next + 1)) {
      if (!startsWord(text, next)) continue;
      const rest = wanted.slice(at.length + 1);
      if (holds(low, next + 1, rest)) found = next;
      break;
    }
    score += startsWord(text, found) ? 12 : found === from && at.length > 0 ? 8 : 1;
    // Of a path the last name says most.
    if (found > name) score += 4;
    at.push(found);
    from = found + 1;
  }
  return { text, score: score - low.length / 100, at };
}

function holds(text: string, from: number, letters: string): boolean {
  let at = from;
  for (const letter of letters) {
    at = text.indexOf(letter, at) + 1;
    if (at === 0) return false;
  }
  return true;
}

function startsWord(text: string, at: number): boolean {
  if (at === 0) return true;
  const [before = "", here = ""] = [text[at - 1], text[at]];
  return /[^a-zA-Z0-9]/.test(before) || (/[a-z0-9]/.test(before) && /[A-Z]/.test(here));
}

/** The nearest first. @param limit of the answer */
export function fuzzyFind(texts: Iterable<string>, letters: string, limit: number): readonly FuzzyMatch[] {
  const found: FuzzyMatch[] = [];
  for (const text of texts) {
    const match = fuzzyMatch(text, letters);
    if (match !== undefined) found.push(match);
  }
  return found.sort((a, b) => b.score - a.score || (a.text < b.text ? -1 : 1)).slice(0, limit);
}
