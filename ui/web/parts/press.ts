// A list that follows what is new would move away under a click: between press and release it holds still.

/** Whether the main button, or a finger, is down on elements. */
export class Press {
  readonly #released: () => void;
  isDown = false;

  /** @param released may move again */
  constructor(elements: readonly HTMLElement[], released: () => void) {
    this.#released = released;
    for (const element of elements) {
      element.addEventListener("pointerdown", ({ button }) => {
        if (button !== 0) return;
        this.isDown = true;
        // A menu, or another window, may swallow the release.
        for (const name of ENDS) addEventListener(name, this.end);
      });
    }
  }

  readonly end = (): void => {
    for (const name of ENDS) removeEventListener(name, this.end);
    if (!this.isDown) return;
    this.isDown = false;
    this.#released();
  };
}

const ENDS = ["pointerup", "pointercancel", "contextmenu", "blur"] as const;
