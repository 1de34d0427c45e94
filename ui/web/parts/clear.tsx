// Emptying what is kept, for all who look: asked once more before it is done.
import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { formatWhole } from "../../../src/view/call-text.js";
import { link, store } from "../state/session.js";
import { useLayer } from "./keys.js";
import { notify } from "./notice.js";

export const clearAsked = signal(false);

export function mayClear(): boolean {
  return link.hello.value?.role === "control";
}

export function askClear(): void {
  if (mayClear()) clearAsked.value = true;
  else notify("clearing needs the control token; this page has one that only looks");
}

export function AskClear() {
  const dialog = useRef<HTMLDialogElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  useLayoutEffect(() => {
    dialog.current?.showModal();
    button.current?.focus();
  }, []);
  const close = () => {
    clearAsked.value = false;
  };
  useLayer((key) => {
    if (key === "Escape" || key === "q") close();
  });
  const clear = () => {
    close();
    link.ask("cleared", { op: "clear" }).then(
      () => notify("cleared; what happens from now on is kept"),
      (error: unknown) => notify(error instanceof Error ? error.message : String(error)),
    );
  };
  const calls = store.count;
  return (
    <dialog ref={dialog} class="ask" aria-labelledby="ask-clear" onClose={close}>
      <h2 id="ask-clear">Forget {calls === 1 ? "the call" : `all ${formatWhole(calls)} calls`}?</h2>
      <p>
        framelens drops what it keeps, for everybody who looks. Calls that are still open go on; statistics go on
        counting. It cannot be taken back.
      </p>
      <footer>
        <button type="button" onClick={close}>
          Keep
        </button>
        <button ref={button} type="button" class="danger" onClick={clear}>
          Forget
        </button>
      </footer>
    </dialog>
  );
}
