// The filter language told in lines, made from the tables of its fields and operators.
import { typeText } from "./field.js";
import { FILTER_FIELDS } from "./fields.js";
import { SIZE_UNITS, TIME_UNITS } from "./literals.js";
import { JOINERS, OPERATORS } from "./operators.js";
import { TILDES } from "./tildes.js";

export interface FilterHelpLine {
  readonly name: string;
  /** Of a field its type, of an operator an example. */
  readonly type: string;
  readonly help: string;
}

export interface FilterHelpSection {
  readonly title: string;
  readonly lines: readonly FilterHelpLine[];
}

export function filterHelp(): readonly FilterHelpSection[] {
  return [
    { title: "words", lines: [{ name: "word", type: "GetUser", help: "the method has this text in it, in any case" }] },
    {
      title: "fields",
      lines: FILTER_FIELDS.map((field) => ({ name: field.name, type: typeText(field), help: field.help })),
    },
    {
      title: "operators",
      lines: [...OPERATORS, ...JOINERS].map(({ name, example, help }) => ({ name, type: example, help })),
    },
    {
      title: "values",
      lines: [
        { name: "times", type: TIME_UNITS.join(" "), help: "a number alone is milliseconds" },
        { name: "sizes", type: SIZE_UNITS.join(" "), help: "a number alone is bytes" },
        { name: "texts", type: '"it\\"s"', help: "in quotes where there are spaces or signs in them" },
        { name: "a field alone", type: "reset", help: "it has a value; of a number: it is not 0" },
      ],
    },
    {
      title: "as in mitmproxy",
      lines: TILDES.map(({ name, argument, help }) => ({ name: `~${name}`, type: argument ?? "", help })),
    },
  ];
}
