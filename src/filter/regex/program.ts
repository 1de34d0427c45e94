// A regular expression as a non-deterministic automaton (Thompson 1968): instructions that are followed side by side.
import type { CharSet } from "./char-set.js";
import { RegexMistake, type RegexNode } from "./syntax.js";

/** Each costs some time for each character in the worst case, so that 256 KiB of text stay below a second or two. */
const MAX_INSTRUCTIONS = 2000;

export type Instruction =
  | { readonly op: "set"; readonly set: CharSet; readonly next: number }
  | { readonly op: "assert"; readonly what: "start" | "end" | "word" | "not-word"; readonly next: number }
  | { readonly op: "split"; readonly next: number; readonly other: number }
  | { readonly op: "match" };

/** @throws RegexMistake when it would be too large */
export function compileRegex(node: RegexNode): { readonly program: readonly Instruction[]; readonly start: number } {
  const program: Instruction[] = [{ op: "match" }];
  const add = (instruction: Instruction): number => {
    if (program.length >= MAX_INSTRUCTIONS)
      throw new RegexMistake("pattern is too large when its repetitions are written out", 0);
    return program.push(instruction) - 1;
  };
  // From the end to the beginning: each part knows what follows it. As deep as the groups are, which the reader bounds.
  const emit = (part: RegexNode, next: number): number => {
    switch (part.kind) {
      case "set":
        return add({ op: "set", set: part.set, next });
      case "assert":
        return add({ op: "assert", what: part.what, next });
      case "sequence":
        return part.parts.reduceRight((after, inner) => emit(inner, after), next);
      case "choice":
        return part.options
          .map((option) => emit(option, next))
          .reduceRight((other, option) => add({ op: "split", next: option, other }));
      case "repeat":
        return emitRepeat(part.part, part.min, part.max, next);
    }
  };
  const emitRepeat = (part: RegexNode, min: number, max: number, next: number): number => {
    let entry = next;
    if (max === Number.POSITIVE_INFINITY) {
      const loop = add({ op: "split", next: 0, other: next });
      program[loop] = { op: "split", next: emit(part, loop), other: next };
      entry = loop;
    } else {
      for (let times = min; times < max; times++) entry = add({ op: "split", next: emit(part, entry), other: next });
    }
    for (let times = 0; times < min; times++) entry = emit(part, entry);
    return entry;
  };
  const start = emit(node, 0);
  return { program, start };
}
