// "Did you mean": the words that are nearest to one that was misspelt.

/** One slip in three letters may be meant, two in six. */
const LETTERS_PER_SLIP = 3;

/** Words that begin with it, shorter ones first, then those a few slips away, nearest first; 2 at most. */
export function nearestWords(word: string, candidates: readonly string[]): readonly string[] {
  const small = word.toLowerCase();
  const enough = Math.floor(word.length / LETTERS_PER_SLIP) + 1;
  const ranked = candidates.flatMap((candidate) => {
    const lower = candidate.toLowerCase();
    if (small !== "" && lower.startsWith(small)) return [{ candidate, rank: (lower.length - small.length) / 1000 }];
    const away = slips(small, lower, enough);
    return away < enough ? [{ candidate, rank: away }] : [];
  });
  ranked.sort((a, b) => a.rank - b.rank);
  return ranked.slice(0, 2).map(({ candidate }) => candidate);
}

/** Letters to add, drop, change or swap with their neighbour (optimal string alignment). @param enough no need to know more exactly */
export function slips(from: string, to: string, enough: number): number {
  if (Math.abs(from.length - to.length) >= enough) return enough;
  let before: number[] = [];
  let above = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let least = Math.min(row[j - 1]! + 1, above[j]! + 1, above[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1])
        least = Math.min(least, before[j - 2]! + 1);
      row.push(least);
    }
    before = above;
    above = row;
  }
  return above[to.length]!;
}
