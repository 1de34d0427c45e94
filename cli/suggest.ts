// "Did you mean": the word that is nearest to one that was misspelt.
import { slips } from "../src/filter/nearest.js";

/** One slip in three letters may be meant, two in six. */
const LETTERS_PER_SLIP = 3;

/** @returns undefined when none is near enough */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let fewest = Math.floor(word.length / LETTERS_PER_SLIP) + 1;
  for (const candidate of candidates) {
    const away = slips(word.toLowerCase(), candidate.toLowerCase(), fewest);
    if (away >= fewest) continue;
    fewest = away;
    best = candidate;
  }
  return best;
}
