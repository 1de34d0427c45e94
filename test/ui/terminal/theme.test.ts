// Themes: what the environment asks for, and that whatever stands on whatever can be read.
import { describe, expect, test } from "vitest";
import { STYLES } from "../../../src/view/styled.js";
import { type Look, THEMES, type Theme, themeFor } from "../../../ui/terminal/theme.js";

type Rgb = readonly [red: number, green: number, blue: number];

/** Of the 256-colour palette what is the same in all terminals: the cube and the greys. */
function rgbOf(colour: number): Rgb {
  if (colour >= 232) return [8 + 10 * (colour - 232), 8 + 10 * (colour - 232), 8 + 10 * (colour - 232)];
  const level = (step: number) => (step === 0 ? 0 : 55 + 40 * step);
  const cube = colour - 16;
  return [level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6)];
}

/** Source: WCAG 2.2, "relative luminance", "contrast ratio" */
function contrast(one: Rgb, other: Rgb): number {
  const luminance = ([red, green, blue]: Rgb) => {
    const linear = (part: number) => (part <= 10 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
  };
  const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

describe("a theme", () => {
  test("is what the environment says a terminal can show and its user wants", () => {
    expect(themeFor({ TERM: "xterm-256color", LANG: "C.UTF-8" })).toBe("dark");
    expect(themeFor({ TERM: "xterm-256color", LANG: "en_US.UTF-8", COLORFGBG: "0;15" })).toBe("light");
    expect(themeFor({ TERM: "xterm", LANG: "C.UTF-8" })).toBe("16");
    expect(themeFor({ TERM: "screen", LANG: "C.UTF-8" })).toBe("16");
    expect(themeFor({ TERM: "xterm-256color", NO_COLOR: "1" })).toBe("mono");
    expect(themeFor({ TERM: "xterm-256color", LANG: "C" })).toBe("ascii");
    expect(themeFor({ TERM: "linux", LANG: "C.UTF-8" })).toBe("ascii");
    expect(themeFor({ TERM: "linux", NO_COLOR: "1" })).toBe("mono-ascii");
    expect(themeFor({ TERM: "vt100", LANG: "C.UTF-8" })).toBe("mono-ascii");
  });

  test.each([
    ["dark", [229, 229, 229], [0, 0, 0]],
    ["light", [0, 0, 0], [255, 255, 255]],
  ] as const)("of the name %s can be read, whatever is marked how", (name, plain, ground) => {
    const { styles, marks }: Theme = THEMES[name];
    const poor: string[] = [];
    for (const [mark, look] of Object.entries<Look>({ none: {}, ...marks }))
      for (const style of STYLES) {
        const { fg, bg, bold, inverse } = { ...styles[style], ...look };
        const both = [fg === undefined ? plain : rgbOf(fg), bg === undefined ? ground : rgbOf(bg)] as const;
        const ratio = contrast(...(inverse === true ? ([both[1], both[0]] as const) : both));
        // Lines say nothing that must be read; of bold text WCAG asks 3.
        if (ratio < (style === "border" ? 1.5 : bold === true ? 3 : 4.5)) poor.push(`${style} on ${mark}`);
      }
    expect(poor).toEqual([]);
  });

  test("of sixteen colours shows a selected row in one pair of them", () => {
    const { marks } = THEMES["16"] as Theme;
    expect(marks.selected).toMatchObject({ inverse: true });
    expect(marks.selected.fg).toBeGreaterThan(255);
  });
});
