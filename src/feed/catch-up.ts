// What is read of the capture for an answer to a feed's client, and no more of it than an answer may take.

/** At a stretch, before others get their turn. */
const SLICE_MS = 4;
const ANSWER_MS = 200;

/** What reads on from where it stopped. */
interface Follower {
  /** @returns whether there is more */
  update(budgetMs: number): boolean;
}

/** @returns whether it is still behind: what is not read by then is told to be missing */
export async function catchUp(follower: Follower): Promise<boolean> {
  const until = performance.now() + ANSWER_MS;
  let behind = follower.update(SLICE_MS);
  while (behind && performance.now() < until) {
    await new Promise((resolve) => setImmediate(resolve));
    behind = follower.update(SLICE_MS);
  }
  return behind;
}
