// What is known of one connection, in lines.
import type { ConnectionFacts } from "../../src/session/connection-list.js";
import { type ConnectionFact, connectionFacts, sideFacts } from "../../src/view/connection-facts.js";
import { type Line, span } from "../../src/view/styled.js";

const WIDTH = 22;
const SETTING_WIDTH = 26;

export function connectionLines(facts: ConnectionFacts, now: number): readonly Line[] {
  const lines = connectionFacts(facts, now).map(lineOf);
  for (const [name, side] of [
    ["CLIENT", facts.client],
    ["SERVER", facts.server],
  ] as const) {
    const said = sideFacts(facts, side);
    if (said.length > 0) lines.push([], [span(name, "title")], ...said.map(lineOf));
  }
  return lines;
}

function lineOf({ name, value, style }: ConnectionFact): Line {
  if (style === "setting") return [span(`   ${name.padEnd(SETTING_WIDTH)}`, "name"), span(value)];
  return [span(` ${name.padEnd(WIDTH)}`, "dim"), span(value, style ?? "plain")];
}
