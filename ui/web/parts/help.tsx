// Keys, and the filter's language from its own tables.

import { signal } from "@preact/signals";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { filterHelp } from "../../../src/filter/help.js";
import { actionsOf, CONTEXT_TITLES, CONTEXTS, keyLabel } from "./actions.js";
import { Icon, Signs } from "./icon.js";
import { heldContexts, useLayer } from "./keys.js";

export const helpShown = signal(false);

export function Help() {
  const dialog = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    dialog.current?.showModal();
  }, []);
  const close = () => {
    helpShown.value = false;
  };
  // Those of where one is first, as they are now.
  const [contexts] = useState(() => {
    const here = heldContexts();
    return [...here, ...CONTEXTS.filter((context) => !here.includes(context))];
  });
  useLayer((key) => {
    if (key === "Escape" || key === "q" || key === "?") close();
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
        {contexts.map((context) => (
          <section key={context}>
            <h3>keys: {CONTEXT_TITLES[context]}</h3>
            <dl>
              {actionsOf(context).map(({ name, keys, help, argument }) => (
                <div key={name}>
                  <dt>{keys.length === 0 ? <code>{commandText(name, argument)}</code> : keys.map(Key)}</dt>
                  <dd>{help}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
        {filterHelp().map(({ title, lines }) => (
          <section key={title}>
            <h3>filter: {title}</h3>
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

function commandText(name: string, argument: string | undefined): string {
  return argument === undefined ? `:${name}` : `:${name} ${argument}`;
}

function Key(key: string) {
  const label = keyLabel(key);
  return (
    <kbd key={key}>
      <Signs text={label} />
    </kbd>
  );
}
