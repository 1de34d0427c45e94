// Whether something in messages of a type may have to be hidden: for octets that nobody can look into.
import type { DescMessage } from "@bufbuild/protobuf";

const KNOWN = new WeakMap<DescMessage, boolean>();

/** @returns whether the type, or one that it can hold, has a field marked `debug_redact`; an Any can hold all */
export function mayHide(type: DescMessage): boolean {
  const known = KNOWN.get(type);
  if (known !== undefined) return known;
  const seen = new Set<DescMessage>();
  const open = [type];
  let hides = false;
  for (let next = open.pop(); next !== undefined && !hides; next = open.pop()) {
    if (seen.has(next)) continue;
    seen.add(next);
    hides = next.typeName === "google.protobuf.Any";
    for (const field of next.fields) {
      hides ||= field.proto.options?.debugRedact === true;
      if (field.message !== undefined) open.push(field.message);
    }
  }
  KNOWN.set(type, hides);
  return hides;
}
