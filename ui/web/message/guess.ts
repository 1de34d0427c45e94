// What the feed tells of a message that no schema knows: values by name for a line of text, and readings that came second.

export interface RunnerUp {
  readonly type: string;
  readonly value: string;
}

interface GuessedField {
  readonly name?: unknown;
  readonly start?: unknown;
  readonly end?: unknown;
  readonly value?: unknown;
  readonly fields?: unknown;
  readonly or?: unknown;
}

/** Deeper messages are not looked into: nobody would find them in a line, or a tree. */
const MAX_DEPTH = 50;

function fieldsOf(guess: unknown): readonly GuessedField[] {
  const fields = typeof guess === "object" && guess !== null && "fields" in guess ? guess.fields : undefined;
  return Array.isArray(fields)
    ? (fields as GuessedField[]).filter((field) => typeof field === "object" && field !== null)
    : [];
}

/** As in { field_1: "SKU-410", field_2: 49920 }; a name that comes again has a list. */
export function guessedValues(guess: unknown, depth = 0): Readonly<Record<string, unknown>> {
  const values = new Map<string, unknown[]>();
  for (const field of fieldsOf(guess)) {
    const name = typeof field.name === "string" ? field.name : "?";
    const value = field.fields === undefined || depth >= MAX_DEPTH ? field.value : guessedValues(field, depth + 1);
    const same = values.get(name);
    if (same === undefined) values.set(name, [value]);
    else same.push(value);
  }
  return Object.fromEntries([...values].map(([name, list]) => [name, list.length === 1 ? list[0] : list]));
}

/** By "start-end" of a field's octets: what else it may be, likeliest first. */
export function runnersUp(guess: unknown, depth = 0): ReadonlyMap<string, readonly RunnerUp[]> {
  const found = new Map<string, readonly RunnerUp[]>();
  for (const field of fieldsOf(guess)) {
    const others = Array.isArray(field.or) ? (field.or as readonly unknown[]).flatMap(runnerOf) : [];
    if (others.length > 0) found.set(`${field.start}-${field.end}`, others);
    if (field.fields === undefined || depth >= MAX_DEPTH) continue;
    for (const [place, inner] of runnersUp(field, depth + 1)) found.set(place, inner);
  }
  return found;
}

function runnerOf(other: unknown): readonly RunnerUp[] {
  if (typeof other !== "object" || other === null || !("type" in other) || !("value" in other)) return [];
  const { type, value } = other;
  return [{ type: String(type), value: typeof value === "string" ? value : (JSON.stringify(value) ?? "") }];
}
