// A line of styled text, as the terminal has it.

import type { Line } from "../../../src/view/styled.js";
import { Signs } from "./icon.js";

export function Spans({ line, class: className }: { readonly line: Line; readonly class?: string }) {
  return (
    <span class={className}>
      {line.map(({ text, style }, place) => (
        <span key={place} class={`s-${style}`}>
          <Signs text={text} />
        </span>
      ))}
    </span>
  );
}
