// The user's own file: theme, colours, keys, columns, named filters. What is wrong in it is told, and the rest of it holds.
import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { STYLES, type Style } from "../../src/view/styled.js";
import { ACTIONS } from "./actions.js";
import { isThemeName, type Look, THEMES, type ThemeName } from "./theme.js";

export interface Config {
  /** Undefined: what the environment says. */
  readonly theme: ThemeName | undefined;
  readonly colours: Readonly<Partial<Record<Style, Look>>>;
  /** Keys by the name of an action. */
  readonly keys: Readonly<Record<string, readonly string[]>>;
  readonly filters: Readonly<Record<string, string>>;
  readonly hideColumns: readonly string[];
  readonly mouse: boolean;
  /** One line each. */
  readonly problems: readonly string[];
}

export const NO_CONFIG: Config = {
  theme: undefined,
  colours: {},
  keys: {},
  filters: {},
  hideColumns: [],
  mouse: true,
  problems: [],
};

/** $XDG_CONFIG_HOME/framelens/config.json, else ~/.config/framelens/config.json */
export function configPath(env: Readonly<Record<string, string | undefined>>): string {
  const base = env.XDG_CONFIG_HOME ?? "";
  return join(base.startsWith("/") ? base : join(homedir(), ".config"), "framelens", "config.json");
}

/** A file that is not there is no problem. */
export function readConfig(path: string): Config {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    return missing ? NO_CONFIG : { ...NO_CONFIG, problems: [`${path}: ${(error as Error).message}`] };
  }
  return parseConfig(text, path);
}

/** @param path is named in problems */
export function parseConfig(text: string, path: string): Config {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { ...NO_CONFIG, problems: [`${path}: no JSON: ${(error as Error).message}`] };
  }
  if (!isObject(value)) return { ...NO_CONFIG, problems: [`${path}: expected an object`] };
  const problems: string[] = [];
  const wrong = (what: string, expected: string) => void problems.push(`${path}: ${what}; expected ${expected}`);
  for (const name of Object.keys(value)) if (!(name in READERS)) wrong(`"${name}"`, Object.keys(READERS).join(", "));
  const found: Partial<Record<keyof typeof READERS, unknown>> = {};
  for (const [name, read] of Object.entries(READERS))
    if (Object.hasOwn(value, name)) found[name as keyof typeof READERS] = read(value[name], wrong);
  const { theme, colours, keys, filters, hideColumns, mouse } = found;
  return {
    theme: theme as ThemeName | undefined,
    colours: (colours ?? {}) as Config["colours"],
    keys: (keys ?? {}) as Config["keys"],
    filters: (filters ?? {}) as Config["filters"],
    hideColumns: (hideColumns ?? []) as Config["hideColumns"],
    mouse: mouse !== false,
    problems,
  };
}

type Wrong = (what: string, expected: string) => void;

const READERS: Readonly<Record<string, (value: unknown, wrong: Wrong) => unknown>> = {
  theme(value, wrong) {
    if (typeof value === "string" && isThemeName(value)) return value;
    wrong(`theme ${JSON.stringify(value)}`, Object.keys(THEMES).join(", "));
    return undefined;
  },
  colours(value, wrong) {
    const looks: Record<string, Look> = {};
    for (const [name, look] of entries(value, "colours", wrong)) {
      const known = (STYLES as readonly string[]).includes(name);
      if (!known) wrong(`colours: "${name}"`, `one of ${STYLES.join(", ")}`);
      else if (!isLook(look))
        wrong(
          `colours: "${name}"`,
          '{"fg": 0 to 255, "bg": 0 to 255, "bold": true, "underline": true, "inverse": true}',
        );
      else looks[name] = look;
    }
    return looks;
  },
  keys(value, wrong) {
    const keys: Record<string, readonly string[]> = {};
    for (const [name, given] of entries(value, "keys", wrong)) {
      if (!ACTIONS.some((action) => action.name === name))
        wrong(`keys: "${name}"`, "the name of an action, as : completes them");
      else if (!isTexts(given)) wrong(`keys: "${name}"`, 'a list of keys, as in ["ctrl-f", "pagedown"] or ["] e"]');
      else keys[name] = given;
    }
    return keys;
  },
  filters(value, wrong) {
    const filters: Record<string, string> = {};
    for (const [name, text] of entries(value, "filters", wrong)) {
      if (typeof text === "string") filters[name] = text;
      else wrong(`filters: "${name}"`, "a filter as text");
    }
    return filters;
  },
  hideColumns(value, wrong) {
    if (isTexts(value)) return value;
    wrong("hideColumns", "a list of names of columns");
    return undefined;
  },
  mouse(value, wrong) {
    if (typeof value !== "boolean") wrong("mouse", "true or false");
    return value;
  },
};

function entries(value: unknown, what: string, wrong: Wrong): readonly [string, unknown][] {
  if (isObject(value)) return Object.entries(value);
  wrong(what, "an object");
  return [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((item) => typeof item === "string");
}

function isLook(value: unknown): value is Look {
  if (!isObject(value)) return false;
  return Object.entries(value).every(([name, part]) =>
    name === "fg" || name === "bg"
      ? Number.isInteger(part) && (part as number) >= 0 && (part as number) <= 255
      : (name === "bold" || name === "underline" || name === "inverse") && typeof part === "boolean",
  );
}
