// What a .proto text defines at its top level, read without parsing it: enough to know which files a type needs.
import { Tokenizer } from "./proto-tokens.js";

/** What a file defines, by full name, and what it extends. */
export interface Outline {
  readonly package: string;
  /** Top-level messages and enums. */
  readonly types: readonly string[];
  readonly services: readonly string[];
  /** Short names of the messages it extends, at whatever depth. */
  readonly extendees: readonly string[];
}

/** Never throws; broken text gives what could be seen. */
export function outlineOf(source: string): Outline {
  const tokens = new Tokenizer(source);
  const types: string[] = [];
  const services: string[] = [];
  const extendees = new Set<string>();
  let packageName = "";
  let depth = 0;
  let statementStart = true;
  tokens.next();
  while (tokens.kind !== "end" && tokens.kind !== "bad") {
    const first = statementStart;
    statementStart = false;
    if (tokens.kind === "symbol") {
      if (tokens.is("{")) depth++;
      else if (tokens.is("}")) depth = Math.max(0, depth - 1);
      statementStart = tokens.is("{") || tokens.is("}") || tokens.is(";");
    } else if (first && tokens.kind === "identifier") {
      const word = tokens.text();
      if (word === "extend") {
        tokens.next();
        const name = dottedName(tokens);
        if (tokens.is("{")) extendees.add(name.slice(name.lastIndexOf(".") + 1));
        continue;
      }
      if (depth === 0 && word === "package") {
        tokens.next();
        packageName = dottedName(tokens);
        continue;
      }
      if (depth === 0 && (word === "message" || word === "enum" || word === "service")) {
        tokens.next();
        if (tokens.kind === "identifier") (word === "service" ? services : types).push(tokens.text());
        continue;
      }
      statementStart = word === "export" || word === "local";
    }
    tokens.next();
  }
  const full = (name: string) => (packageName === "" ? name : `${packageName}.${name}`);
  return { package: packageName, types: types.map(full), services: services.map(full), extendees: [...extendees] };
}

function dottedName(tokens: Tokenizer): string {
  let name = "";
  while (tokens.kind === "identifier" || tokens.is(".")) {
    name += tokens.text();
    tokens.next();
  }
  return name;
}
