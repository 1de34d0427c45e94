// Header and trailer fields as they stood on the wire (RFC 9113 §8.2), and reading one of them.

/** Who put it on the wire. */
export type Side = "client" | "server";

/** One field in wire order; both strings hold one char per octet (latin1), the name as sent. */
export type Field = readonly [name: string, value: string];

/** The first value under a name, which must be lower case as RFC 9113 §8.2.1 asks of senders. */
export function firstValue(fields: readonly Field[], name: string): string | undefined {
  for (const field of fields) if (field[0] === name) return field[1];
  return undefined;
}

/** All values under a name, in wire order. */
export function allValues(fields: readonly Field[], name: string): readonly string[] {
  const values: string[] = [];
  for (const field of fields) if (field[0] === name) values.push(field[1]);
  return values;
}
