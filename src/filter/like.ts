// The filter that shows calls like one, out of the filter that is there.
import type { Call } from "../model/call.js";

/** What this made of an earlier filter stands at its end. */
const EARLIER = /(?:^| && )method == "(?:[^"\\]|\\.)*"(?: && (?:!status|status == \d+))?$/;

/** @returns the filter and the call's method; where that stands in it already, its status too, and then without it again */
export function filterLike({ method, end }: Pick<Call, "method" | "end">, filter: string): string {
  const sameMethod = `method == ${JSON.stringify(method)}`;
  const text = filter.trim();
  if (text === sameMethod || text.endsWith(` && ${sameMethod}`))
    return `${text} && ${end === undefined ? "!status" : `status == ${end.status.code}`}`;
  const typed = text.replace(EARLIER, "");
  if (typed === "") return sameMethod;
  return `${/\|\||\bor\b/i.test(typed) && typed === text ? `(${typed})` : typed} && ${sameMethod}`;
}
