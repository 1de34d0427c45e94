// Our own glyphs in ASCII, for terminals that have nothing else. One cell each, so that a screen keeps its shape.

const ASCII: ReadonlyMap<string, string> = new Map(
  Object.entries({
    "→": ">",
    "⇉": ">",
    "⇇": "<",
    "⇄": "=",
    "●": "o",
    "○": ".",
    "✗": "x",
    "⊘": "c",
    "⏸": "=",
    "▌": "|",
    "▾": "v",
    "▴": "^",
    "▸": ">",
    "…": "~",
    "·": ".",
    "•": "*",
    "×": "x",
    "↑": "^",
    "↓": "v",
    "←": "<",
    "◀": "<",
    "▶": ">",
    "◂": "<",
    "─": "-",
    "│": "|",
    "┌": "+",
    "┐": "+",
    "└": "+",
    "┘": "+",
    "├": "+",
    "┤": "+",
    "┬": "+",
    "┴": "+",
    "┼": "+",
    "┈": ".",
    "‹": "<",
    "›": ">",
    "–": "-",
    "—": "-",
    "“": '"',
    "”": '"',
    "▁": "_",
    "▂": "_",
    "▃": ".",
    "▄": "-",
    "▅": "-",
    "▆": "=",
    "▇": "#",
    "█": "#",
    "▏": "|",
    "▎": "|",
    "▍": "|",
    "▋": "#",
    "▊": "#",
    "▉": "#",
    "␊": "n",
    "␍": "r",
    "␉": "t",
    "␛": "e",
    "⋮": ":",
    "✓": "+",
    "‿": "+",
  }),
);
/** Two characters where one cell would say too little: unary, client stream, server stream, both. */
const WIDER: ReadonlyMap<string, string> = new Map([
  ["⇉ ", ">>"],
  ["⇇ ", "<<"],
  ["⇄ ", "<>"],
]);

/** @param char what a cell holds @returns one ASCII character, "?" for one that has none; "" stays */
export function asciiChar(char: string): string {
  if (char === "" || (char.length === 1 && char >= " " && char <= "~")) return char;
  const known = ASCII.get(char);
  return known ?? "?";
}

/** Two cells side by side, where a glyph and the blank behind it make a clearer sign. */
export function asciiPair(char: string, next: string): string | undefined {
  return WIDER.get(char + next);
}
