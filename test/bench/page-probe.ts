// What runs inside the page while it is measured: it notes when frames are drawn and what the page showed at which time.

/** A look at the page. */
export interface Look {
  /** Unix ms. */
  readonly at: number;
  /** Of the newest call that is shown; 0 when there is none. */
  readonly call: number;
  /** Of the newest message of the opened call that is shown; -1 when there is none. */
  readonly message: number;
}

export interface Seen {
  /** Of each frame, in ms since the page was asked for. */
  readonly frames: readonly number[];
  /** When the first call was on screen, in the same time. */
  readonly firstRowAt: number | undefined;
  readonly looks: readonly Look[];
}

/** A script for the page, which leaves what it notes in `framelensBench`. The page's own policy lets no such script in. */
export const PROBE = `(() => {
  const seen = (window.framelensBench = { frames: [], looks: [], firstRowAt: undefined });
  let lookedAt = 0;
  const newest = (selector, read) => {
    let most = -1;
    for (const element of document.querySelectorAll(selector)) {
      if (!element.hidden) most = Math.max(most, read(element));
    }
    return most;
  };
  const onFrame = (at) => {
    seen.frames.push(at);
    if (seen.firstRowAt === undefined && document.querySelector("[data-call]:not([hidden]) .c-status") !== null) {
      seen.firstRowAt = at;
    }
    if (at - lookedAt >= 100) {
      lookedAt = at;
      seen.looks.push({
        at: Date.now(),
        call: Math.max(0, newest("[data-call]", (row) => Number(row.dataset.call))),
        message: newest("[data-message]", (row) => Number(row.dataset.message.split("/")[1])),
      });
    }
    requestAnimationFrame(onFrame);
  };
  requestAnimationFrame(onFrame);
})()`;

/** Takes what was noted, and begins anew. */
export const TAKE = `(() => {
  const { frames, looks, firstRowAt } = window.framelensBench;
  window.framelensBench.frames = [];
  window.framelensBench.looks = [];
  return { frames, looks, firstRowAt };
})()`;
