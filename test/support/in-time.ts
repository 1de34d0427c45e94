// Trying what a program gives only so much time for: on a machine that is too busy to use that time, an attempt says nothing.
const ATTEMPTS = 30;

/**
 * Repeats an attempt until it took less time than the program gives it.
 * @param attempt is told of nothing and must leave nothing
 * @returns what came of the first that was quick enough
 */
export async function inTime<T>(
  limitMs: number,
  attempt: () => Promise<{ readonly tookMs: number; readonly outcome: T }>,
): Promise<T> {
  for (let count = 0; count < ATTEMPTS; count++) {
    const { tookMs, outcome } = await attempt();
    if (tookMs < limitMs) return outcome;
  }
  throw new Error(`this machine did not do within ${limitMs} ms, ${ATTEMPTS} times, what it was to be seen doing`);
}
