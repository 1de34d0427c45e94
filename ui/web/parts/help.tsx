// Keys, and the filter's language from its own tables.

import { signal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { filterHelp } from "../../../src/filter/help.js";
import { Icon } from "./icon.js";
import { useKeys } from "./keys.js";

export const helpShown = signal(false);

const KEYS: readonly (readonly [string, string])[] = [
  ["j k ↓ ↑", "next, previous call"],
  ["g G", "first, last call"],
  ["^F ^B ^D ^U", "page, half a page"],
  ["Enter l", "open the call"],
  ["Esc q h", "back"],
  ["J K", "next, previous message"],
  ["]e [e", "next, previous call that failed"],
  ["]m [m", "next, previous marked call"],
  ["/ f", "filter"],
  ["*", "only this method; again: only this status"],
  ["\\", "clear the filter"],
  ["F", "follow the newest call"],
  ["m U c", "mark, unmark all, compare marked"],
  ["x", "message as tree or JSON"],
  ["y Y", "copy JSON, copy as …"],
  ["1 2 3", "in a call: messages, metadata, timing"],
  ["1 3", "elsewhere: calls, statistics"],
  ["?", "this help"],
];

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    dialog.current?.showModal();
  }, []);
  const close = () => {
    helpShown.value = false;
  };
  useKeys("layer", (key) => {
    if (key === "Escape" || key === "q" || key === "?") close();
    return true;
  });
  return (
    <dialog ref={dialog} class="help" aria-label="Help" onClose={close}>
      <header>
        <h2>Keys and filters</h2>
        <button type="button" class="icon" aria-label="Close" onClick={close}>
          <Icon sign="✕" />
        </button>
      </header>
      <div class="columns">
        <section>
          <h3>keys</h3>
          <dl>
            {KEYS.map(([key, text]) => (
              <div key={key + text}>
                <dt>
                  {key.split(" ").map((one) => (
                    <kbd key={one}>{one}</kbd>
                  ))}
                </dt>
                <dd>{text}</dd>
              </div>
            ))}
          </dl>
        </section>
        {filterHelp().map(({ title, lines }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {lines.map(({ name, type, help }) => (
                <div key={name}>
                  <dt>{name}</dt>
                  <dd>
                    {help.split("`").map((part, place) => (place % 2 === 1 ? <code key={place}>{part}</code> : part))}{" "}
                    <i>{type}</i>
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </dialog>
  );
}
