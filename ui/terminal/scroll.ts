// A cursor in a list that is longer than its window.

export class Scroll {
  /** The chosen line, from 0. */
  cursor = 0;
  /** The first line that is shown. */
  top = 0;
  #height = 1;

  /** Keeps cursor and window within the list, and the cursor in the window. @returns the first line that is shown */
  fit(count: number, height: number): number {
    this.#height = Math.max(1, height);
    this.cursor = Math.max(0, Math.min(this.cursor, count - 1));
    if (this.cursor < this.top) this.top = this.cursor;
    if (this.cursor >= this.top + this.#height) this.top = this.cursor - this.#height + 1;
    this.top = Math.max(0, Math.min(this.top, count - this.#height));
    return this.top;
  }

  /** @returns whether the action was one of moving */
  act(action: string, count: number): boolean {
    const step = STEPS[action]?.(this.#height);
    if (step === undefined) return false;
    this.cursor = Math.max(0, Math.min(this.cursor + step, count - 1));
    return true;
  }

  /** Moves the window, and the cursor only when it would be left behind. */
  wheel(lines: number, count: number): void {
    this.top = Math.max(0, Math.min(this.top + lines, count - this.#height));
    this.cursor = Math.max(this.top, Math.min(this.cursor, this.top + this.#height - 1, Math.max(0, count - 1)));
  }

  /** Moves the window itself, for a text without a cursor. @returns whether the action was one of moving */
  page(action: string, count: number): boolean {
    const step = STEPS[action]?.(this.#height);
    if (step === undefined) return false;
    this.top = Math.max(0, Math.min(this.top + step, count - this.#height));
    this.cursor = this.top;
    return true;
  }

  reset(): void {
    this.cursor = 0;
    this.top = 0;
  }
}

const STEPS: Readonly<Record<string, (height: number) => number>> = {
  down: () => 1,
  up: () => -1,
  "page-down": (height) => Math.max(1, height - 1),
  "page-up": (height) => -Math.max(1, height - 1),
  "half-down": (height) => Math.max(1, height >> 1),
  "half-up": (height) => -Math.max(1, height >> 1),
  first: () => -Number.MAX_SAFE_INTEGER,
  last: () => Number.MAX_SAFE_INTEGER,
};
