// Whose leg to the server is opened when, of clients that have not said what they want: they come in thousands, and leave as many.

/**
 * In one turn of the event loop: each costs about 0.6 ms until both its legs are closed again, so that a client that has
 * something to say waits about 5 ms for these, and 2,000 of them are through after 250 turns.
 */
const TURN_DIALS = 8;
/** The same of clients that speak TLS: two handshakes take 3 to 5 ms of processor time. */
export const TURN_HANDSHAKES = 1;
/**
 * libuv accepts one client a turn. One that has something to say may stand behind thousands (the listener's backlog), so while
 * clients come, turns are kept short: one dial in so many of them.
 */
const TURNS_A_DIAL = 8;
/** The same of handshakes: with one in eight, half of the time before the last client is accepted was theirs. */
export const TURNS_A_HANDSHAKE = 32;

/** Clients that wait for their turn. The oldest and the newest have it alternately: no one waits for all who came before. */
export class DialQueue {
  readonly #waiting: ((() => void) | undefined)[] = [];
  readonly #turnDials: number;
  readonly #turnsADial: number;
  /** Where the oldest stands. */
  #head = 0;
  #newest = false;
  /** A client was accepted in this turn. */
  #accepted = false;
  /** Turns without a dial. */
  #yielded = 0;

  /**
   * @param turnDials how many in one turn of the event loop
   * @param turnsADial one in so many turns while clients come
   */
  constructor(turnDials = TURN_DIALS, turnsADial = TURNS_A_DIAL) {
    this.#turnDials = turnDials;
    this.#turnsADial = turnsADial;
  }

  /** @returns when it is this client's turn; by then it may be gone */
  turn(): Promise<void> {
    if (this.#waiting.length === 0) setImmediate(this.#serve);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** A client came, and there may be more behind it. */
  accepted(): void {
    this.#accepted = true;
  }

  readonly #serve = (): void => {
    for (let dials = this.#dials(); dials > 0 && this.#head < this.#waiting.length; dials--) this.#take()?.();
    if (this.#head < this.#waiting.length) {
      setImmediate(this.#serve);
      return;
    }
    this.#waiting.length = 0;
    this.#head = 0;
  };

  /** How many this turn has room for. */
  #dials(): number {
    const comes = this.#accepted;
    this.#accepted = false;
    this.#yielded = comes ? (this.#yielded + 1) % this.#turnsADial : 0;
    if (!comes) return this.#turnDials;
    return this.#yielded === 0 ? 1 : 0;
  }

  #take(): (() => void) | undefined {
    this.#newest = !this.#newest;
    if (!this.#newest) return this.#waiting.pop();
    const oldest = this.#waiting[this.#head];
    this.#waiting[this.#head++] = undefined;
    return oldest;
  }
}
