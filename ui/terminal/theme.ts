// How each style looks: themes as tables from style to colours, made into blessed's attribute words.
import { MARK, type Mark } from "../../src/view/canvas.js";
import { STYLES, type Style } from "../../src/view/styled.js";

/** What stands for the terminal's own colour in blessed's attribute words. */
const DEFAULT_COLOUR = 0x1ff;

/** Colours are numbers of the 256-colour palette; 0 to 15 are the terminal's own. */
export interface Look {
  readonly fg?: number;
  readonly bg?: number;
  readonly bold?: boolean;
  readonly underline?: boolean;
  readonly inverse?: boolean;
}

export interface Theme {
  readonly styles: Readonly<Record<Style, Look>>;
  readonly marks: Readonly<Record<"selected" | "unfocused" | "found", Look>>;
  /** Whether glyphs are ASCII. */
  readonly ascii?: true;
}

/** Eight hues that eyes with a colour deficiency tell apart by lightness, too (after Okabe and Ito). */
const HUES = {
  dark: [75, 214, 79, 222, 110, 180, 176, 152],
  light: [25, 58, 23, 53, 22, 17, 90, 240],
  few: [6, 3, 2, 5, 6, 3, 2, 5],
} as const;

function hues(colours: readonly number[]): Record<`hue${0 | 1 | 2 | 3 | 4 | 5 | 6 | 7}`, Look> {
  const [a, b, c, d, e, f, g, h] = colours.map((fg): Look => ({ fg }));
  return { hue0: a!, hue1: b!, hue2: c!, hue3: d!, hue4: e!, hue5: f!, hue6: g!, hue7: h! };
}

const DARK: Theme = {
  styles: {
    plain: {},
    dim: { fg: 247 },
    strong: { bold: true },
    bar: { fg: 252, bg: 236 },
    barStrong: { fg: 231, bg: 236, bold: true },
    barAlert: { fg: 210, bg: 236, bold: true },
    key: { fg: 117, bold: true },
    border: { fg: 240 },
    title: { fg: 253, bold: true },
    open: { fg: 80 },
    cancelled: { fg: 247 },
    callerFault: { fg: 221 },
    serverFault: { fg: 203, bold: true },
    warning: { fg: 221 },
    client: { fg: 117 },
    server: { fg: 150 },
    name: { fg: 110 },
    number: { fg: 180 },
    text: { fg: 150 },
    type: { fg: 247 },
    unknown: { fg: 176 },
    guess: { fg: 146 },
    match: { fg: 214, bold: true },
    cursor: { inverse: true },
    ...hues(HUES.dark),
  },
  marks: { selected: { bg: 18 }, unfocused: { bg: 235 }, found: { bg: 53 } },
};

const LIGHT: Theme = {
  styles: {
    plain: {},
    dim: { fg: 240 },
    strong: { bold: true },
    bar: { fg: 236, bg: 253 },
    barStrong: { fg: 16, bg: 253, bold: true },
    barAlert: { fg: 124, bg: 253, bold: true },
    key: { fg: 25, bold: true },
    border: { fg: 247 },
    title: { fg: 16, bold: true },
    open: { fg: 23 },
    cancelled: { fg: 240 },
    callerFault: { fg: 58 },
    serverFault: { fg: 124, bold: true },
    warning: { fg: 58 },
    client: { fg: 25 },
    server: { fg: 22 },
    name: { fg: 24 },
    number: { fg: 58 },
    text: { fg: 22 },
    type: { fg: 240 },
    unknown: { fg: 90 },
    guess: { fg: 55 },
    match: { fg: 89, bold: true },
    cursor: { inverse: true },
    ...hues(HUES.light),
  },
  marks: { selected: { bg: 189 }, unfocused: { bg: 254 }, found: { bg: 229 } },
};

/** The terminal's own sixteen, so that whatever its user chose stays readable. */
const FEW: Theme = {
  styles: {
    ...DARK.styles,
    dim: { fg: 8 },
    bar: { inverse: true },
    barStrong: { inverse: true, bold: true },
    barAlert: { fg: 1, inverse: true, bold: true },
    key: { fg: 6, bold: true },
    border: { fg: 8 },
    title: { bold: true },
    open: { fg: 6 },
    cancelled: { fg: 8 },
    callerFault: { fg: 3 },
    serverFault: { fg: 1, bold: true },
    warning: { fg: 3 },
    client: { fg: 6 },
    server: { fg: 2 },
    name: { fg: 6 },
    number: { fg: 3 },
    text: { fg: 2 },
    type: { fg: 8 },
    unknown: { fg: 5 },
    guess: { fg: 5 },
    match: { fg: 3, bold: true },
    ...hues(HUES.few),
  },
  // In colours of its own an inverse row would be a patchwork.
  marks: {
    selected: { inverse: true, fg: DEFAULT_COLOUR },
    unfocused: { underline: true },
    found: { underline: true, bold: true },
  },
};

/** No colour at all: bold, inverse and underline say what is to be said. */
const MONO: Theme = {
  styles: Object.fromEntries(
    STYLES.map((style): [Style, Look] => {
      const bar = style.startsWith("bar") || style === "cursor" ? { inverse: true } : {};
      const bold = ["strong", "barStrong", "barAlert", "key", "title", "serverFault", "match"].includes(style);
      return [style, bold ? { ...bar, bold } : bar];
    }),
  ) as Record<Style, Look>,
  marks: FEW.marks,
};

export const THEMES = {
  dark: DARK,
  light: LIGHT,
  "16": FEW,
  mono: MONO,
  ascii: { ...FEW, ascii: true },
  "mono-ascii": { ...MONO, ascii: true },
} as const satisfies Record<string, Theme>;
export type ThemeName = keyof typeof THEMES;

export function isThemeName(name: string): name is ThemeName {
  return Object.hasOwn(THEMES, name);
}

/** What the environment says a terminal can show and its user wants. */
export function themeFor(env: Readonly<Record<string, string | undefined>>): ThemeName {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || "";
  // Without a word on it, terminals of today show UTF-8; the console of Linux has few glyphs.
  const ascii = /^(?:linux|vt\d+|dumb)$/.test(env.TERM ?? "") || (locale !== "" && !/utf-?8/i.test(locale));
  if ((env.NO_COLOR ?? "") !== "" || /^(?:vt\d+|dumb)$/.test(env.TERM ?? "")) return ascii ? "mono-ascii" : "mono";
  if (ascii) return "ascii";
  const many = /256|kitty|alacritty|ghostty|wezterm|direct/.test(env.TERM ?? "") || (env.COLORTERM ?? "") !== "";
  if (!many) return "16";
  // "15;0" or "0;default;15": foreground first, background last; 7 and 15 are light.
  return /;(7|15)$/.test(env.COLORFGBG ?? "") ? "light" : "dark";
}

const FLAG = { bold: 1, underline: 2, inverse: 8 } as const;

/** Blessed's attribute words, by a cell's look: the style's number, and above bit 7 its mark. */
export function attributesOf(theme: Theme, own: Readonly<Partial<Record<Style, Look>>> = {}): Int32Array {
  const marks: Record<Mark, Look> = {
    [MARK.none]: {},
    [MARK.selected]: theme.marks.selected,
    [MARK.unfocused]: theme.marks.unfocused,
    [MARK.found]: theme.marks.found,
  };
  const table = new Int32Array(4 << 8);
  for (const mark of Object.values(MARK))
    STYLES.forEach((style, number) => {
      table[(mark << 8) | number] = attribute({ ...theme.styles[style], ...own[style], ...marks[mark] });
    });
  return table;
}

/** (flags << 18) | (fg << 9) | bg */
function attribute(look: Look): number {
  const flags =
    (look.bold === true ? FLAG.bold : 0) |
    (look.underline === true ? FLAG.underline : 0) |
    (look.inverse === true ? FLAG.inverse : 0);
  return (flags << 18) | ((look.fg ?? DEFAULT_COLOUR) << 9) | (look.bg ?? DEFAULT_COLOUR);
}
