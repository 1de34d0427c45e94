// The one way from a peer's text to a terminal: nothing in it is obeyed, everything in it is seen.

/**
 * What a terminal or a reader's eye could be misled by: controls (C0, DEL, C1), line and paragraph separators, everything
 * that formats, reorders, or takes no room (Unicode TR 9, 36 and 44), halves of surrogate pairs. The variation selectors
 * of emoji stay.
 */
const UNSAFE =
  /(?![\ufe0e\ufe0f])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/gu;
/** ASCII, letters of the west but for the soft hyphen, arrows, lines and blocks: nothing in it is unsafe. */
const PLAIN = /^[ -~\u00a1-\u00ac\u00ae-\u02ff\u2190-\u22ff\u2500-\u25ff]*$/;

/** What a zero-width joiner makes one picture of, with the ends of it. */
const JOINS = {
  before: /[\p{Extended_Pictographic}\p{Emoji_Modifier}]\ufe0f?$/u,
  after: /^\p{Extended_Pictographic}/u,
};
/**
 * In place of the joiner: its emoji stand side by side, each as wide as every terminal takes it for. Terminals that know the
 * sequence would draw one picture of two cells, others all of its parts, and nobody can ask which; and what is not seen of a
 * text must not be in it.
 */
const JOINER_SHOWN = "‿";

/** @returns the text with every such character written out: "\n" as "␊", U+202E as "\u{202e}", joined emoji as "👩‿💻" */
export function visible(text: string): string {
  if (PLAIN.test(text)) return text;
  return text.replace(UNSAFE, (char, at: number) => {
    const code = char.codePointAt(0) ?? 0;
    if (
      code === 0x200d &&
      JOINS.before.test(text.slice(Math.max(0, at - 3), at)) &&
      JOINS.after.test(text.slice(at + 1, at + 3))
    )
      return JOINER_SHOWN;
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return `\\u{${code.toString(16)}}`;
  });
}
