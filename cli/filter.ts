// --filter as the command line has it: read before anything is opened, and what is wrong with it told in one line.
import { type Filter, parseFilter } from "../src/filter/filter.js";
import type { FilterMistake } from "../src/filter/mistake.js";
import { EXIT, FramelensError } from "../src/index.js";

/** What is shown of the filter on either side of the place that is wrong. */
const AROUND_CHARS = 24;

/** @returns undefined when there is none. @throws FramelensError ERR_FILTER that shows the place */
export function readFilter(option: string, text: string | undefined): Filter | undefined {
  if (text === undefined || text.trim() === "") return undefined;
  const result = parseFilter(text);
  if (result.kind === "filter") return result.filter;
  throw new FramelensError("ERR_FILTER", `--${option} ${mistakeLine(text, result.mistake)}`, { exitCode: EXIT.usage });
}

/** As in `status »=« OK: "=" is no operator; did you mean "=="? (character 8)`. */
function mistakeLine(text: string, { span: [start, end], message }: FilterMistake): string {
  const before = start > AROUND_CHARS ? `…${text.slice(start - AROUND_CHARS, start)}` : text.slice(0, start);
  const after = end + AROUND_CHARS < text.length ? `${text.slice(end, end + AROUND_CHARS)}…` : text.slice(end);
  const wrong = end - start > AROUND_CHARS ? `${text.slice(start, start + AROUND_CHARS)}…` : text.slice(start, end);
  // The user's own text, which may have come out of somebody else's script: on one line, with nothing a terminal obeys.
  const place = `${before}»${wrong}«${after}`.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "·");
  return `${place}: ${message} (character ${start + 1})`;
}
