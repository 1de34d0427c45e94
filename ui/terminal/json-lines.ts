// JSON on one line as indented lines, without reading it into values: numbers and order stay as they were written.

/**
 * @param text valid JSON
 * @param maxLines then it ends with a line that says so
 */
export function indentJson(text: string, maxLines: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at]!;
    if (inString) {
      line += char;
      if (char === "\\") line += text[++at] ?? "";
      else if (char === '"') inString = false;
      continue;
    }
    if (char === '"') inString = true;
    if (char === " " || char === "\n") continue;
    if (char === "{" || char === "[") {
      const close = char === "{" ? "}" : "]";
      line += char;
      if (text[at + 1] === close) continue;
      lines.push(line);
      line = "  ".repeat(++depth);
    } else if (char === "}" || char === "]") {
      const empty = text[at - 1] === "{" || text[at - 1] === "[";
      if (!empty) {
        lines.push(line);
        line = "  ".repeat(--depth);
      }
      line += char;
    } else if (char === ",") {
      lines.push(`${line},`);
      line = "  ".repeat(depth);
    } else line += char === ":" ? ": " : char;
    if (lines.length >= maxLines) return [...lines, "…"];
  }
  lines.push(line);
  return lines;
}
