// What yargs has to say about a command line, in one line and with the word that may have been meant.
import type { Argv } from "yargs";
import { EXIT, FramelensError } from "../src/index.js";
import { nearest } from "./suggest.js";

/** What yargs 18 has and its types do not tell. */
interface UntypedYargs {
  usageConfiguration(configuration: { readonly "hide-types": boolean }): void;
  getOptions(): { readonly key: Readonly<Record<string, unknown>> };
}

/** "[string]" after every option says nothing that its description does not. */
export function hideTypes(program: Argv): void {
  (program as unknown as UntypedYargs).usageConfiguration({ "hide-types": true });
}

/** The names of the options that a program knows, as far as it got in reading its words. */
export function knownOptions(program: Argv): readonly string[] {
  const { key } = (program as unknown as UntypedYargs).getOptions();
  return Object.keys(key).filter((name) => name.length > 1 && !/[A-Z]/.test(name));
}

/**
 * @param message as yargs put it, maybe in several lines
 * @param words the command line
 * @param options names of the options that could have been meant
 */
export function usageError(message: string, words: readonly string[], options: readonly string[]): FramelensError {
  return new FramelensError("ERR_USAGE", oneLine(message, words, options), { exitCode: EXIT.usage });
}

function oneLine(message: string, words: readonly string[], options: readonly string[]): string {
  const [first = "", second = ""] = message.split("\n");
  const name = /^Unknown (?:argument|command)s?: ([^,]+)/.exec(first)?.[1]?.trim();
  if (name !== undefined) {
    const word = words.find((given) => /^--?/.test(given) && given.replace(/^--?(no-)?/, "").split("=")[0] === name);
    if (word === undefined && !words.some((given) => /^-[^-]/.test(given) && given.includes(name)))
      return `unexpected "${name}"; see framelens --help`;
    const meant = nearest(name, options);
    const option = word?.split("=")[0] ?? `-${name}`;
    return `unknown option ${option}; ${meant === undefined ? "see framelens --help" : `did you mean --${meant}?`}`;
  }
  const following = /^Not enough arguments following: (.+)$/.exec(first)?.[1];
  if (following !== undefined) return `${following.length === 1 ? "-" : "--"}${following}; expected a value after it`;
  return `${first === "Invalid values:" ? second.trim() : first}; see framelens --help`;
}
