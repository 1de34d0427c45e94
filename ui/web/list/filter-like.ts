// The filter that shows calls like one.
import type { Call } from "../../../src/model/call.js";

/** @returns a filter for the call's method, and where that is the filter already, for its status too */
export function filterLike({ method, end }: Pick<Call, "method" | "end">, filter: string): string {
  const sameMethod = `method == ${JSON.stringify(method)}`;
  if (filter.trim() !== sameMethod) return sameMethod;
  return `${sameMethod} && ${end === undefined ? "!status" : `status == ${end.status.code}`}`;
}
