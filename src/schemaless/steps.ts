// How much one message may take, in octets that are looked at.

/** At 2 ns each, 10 ms. */
export const MAX_STEPS = 5_000_000;

/**
 * While the process is young: what V8 has not compiled yet it runs ten times slower, so that the first long message of a process
 * would take as long as all that it may take later. A message of more is read again, with more, when somebody looks at it again.
 */
export const FIRST_STEPS = 800_000;
/** By how much one message may take more than all that came before. */
const GROWTH = 3;

let done = 0;

/** What the next message may take. */
export function stepsAllowed(): number {
  return Math.min(MAX_STEPS, Math.max(FIRST_STEPS, GROWTH * done));
}

export function noteSteps(steps: number): void {
  done += steps;
}
