// The operators, one entry each: what they mean, and which types of fields they work on.

/** What a field's values are: it says how a literal is read and which operators there are. */
export type FieldType = "text" | "choice" | "number" | "bytes" | "duration" | "code" | "flag" | "message";

export interface Operator {
  readonly name: string;
  readonly types: readonly FieldType[];
  readonly help: string;
  readonly example: string;
}

const ALL: readonly FieldType[] = ["text", "choice", "number", "bytes", "duration", "code", "flag", "message"];
const ORDERED: readonly FieldType[] = ["number", "bytes", "duration", "code", "message"];
const TEXTS: readonly FieldType[] = ["text", "message"];

export const OPERATORS: readonly Operator[] = [
  { name: "==", types: ALL, help: "is", example: "status == NOT_FOUND" },
  { name: "!=", types: ALL, help: "is something else; false when there is nothing", example: "status != OK" },
  { name: "<", types: ORDERED, help: "is less than", example: "client.messages < 2" },
  { name: "<=", types: ORDERED, help: "is at most", example: "ttfb <= 5ms" },
  { name: ">", types: ORDERED, help: "is more than", example: "duration > 100ms" },
  { name: ">=", types: ORDERED, help: "is at least", example: "server.bytes >= 1MiB" },
  {
    name: "contains",
    types: TEXTS,
    help: "has this text in it, in any case",
    example: 'status.message contains "quota"',
  },
  {
    name: "=~",
    types: TEXTS,
    help: "matches a regular expression; (?i) first for any case",
    example: "method =~ ^/shop\\..*List",
  },
  {
    name: "in",
    types: ["text", "choice", "number", "bytes", "duration", "code", "message"],
    help: "is one of these",
    example: "status in (NOT_FOUND, 13)",
  },
];

/** What puts conditions together. */
export const JOINERS: readonly { readonly name: string; readonly help: string; readonly example: string }[] = [
  { name: "&&", help: "both; a space or `and` does the same", example: "status != OK && stream == bidi" },
  { name: "||", help: "one of both; also `or`", example: "duration > 1s || client.messages > 100" },
  { name: "!", help: "not; also `not`", example: "!open" },
  { name: "( )", help: "what belongs together", example: "(GetUser || ListUsers) && error" },
];

export function operatorNamed(name: string): Operator | undefined {
  return OPERATORS.find((operator) => operator.name === name);
}

export function operatorsOf(type: FieldType): readonly Operator[] {
  return OPERATORS.filter(({ types }) => types.includes(type));
}
