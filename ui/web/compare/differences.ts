// Two lists of named values side by side: what is the same, what differs, what only one of them has.

/** A name and a value as text. */
export type Fact = readonly [name: string, value: string];

export interface Difference {
  readonly name: string;
  readonly left: string | undefined;
  readonly right: string | undefined;
}

/** In the order of the left list; what only the right one has stands behind what it follows there. */
export function differences(left: readonly Fact[], right: readonly Fact[]): readonly Difference[] {
  const lefts = unique(left);
  const rights = unique(right);
  const following = new Map<string, Difference[]>();
  let before = "";
  for (const [name, value] of rights) {
    if (lefts.has(name)) before = name;
    else {
      const list = following.get(before) ?? [];
      list.push({ name, left: undefined, right: value });
      following.set(before, list);
    }
  }
  const found = [...(following.get("") ?? [])];
  for (const [name, value] of lefts) {
    found.push({ name, left: value, right: rights.get(name) }, ...(name === "" ? [] : (following.get(name) ?? [])));
  }
  return found;
}

/** Names that come again get a number. */
function unique(facts: readonly Fact[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of facts) {
    let own = name;
    for (let count = 2; found.has(own); count++) own = `${name} (${count})`;
    found.set(own, value);
  }
  return found;
}

/** The part of a text that differs from another one: what both begin and end with is left out. */
export function changedPart(text: string, other: string): readonly [start: number, end: number] {
  const most = Math.min(text.length, other.length);
  let start = 0;
  while (start < most && text[start] === other[start]) start++;
  let end = 0;
  while (end < most - start && text[text.length - 1 - end] === other[other.length - 1 - end]) end++;
  return [start, text.length - end];
}
