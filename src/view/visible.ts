// The one way from a peer's text to a terminal: nothing in it is obeyed, everything in it is seen.

/** C0, DEL and C1 controls, and the characters that reorder or hide text (Unicode TR 9 and 36), line separators among them. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff]/g;

/** @returns the text with every control character written out: "\n" as "␊", U+202E as "\u{202e}" */
export function visible(text: string): string {
  return text.replace(UNSAFE, (char) => {
    const code = char.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return `\\u{${code.toString(16)}}`;
  });
}
