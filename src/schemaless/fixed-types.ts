// What the user says of fields: their names and types by method, side and path. Read from and written to a types file.
import { FramelensError } from "../model/errors.js";
import type { Side } from "../model/fields.js";
import { parseType, typeNames } from "./field-types.js";
import { type FixedPaths, NOTHING_FIXED } from "./guess-plan.js";
import type { Fixed } from "./path-node.js";

/** Stands for every method. */
export const ANY_METHOD = "*";

const SIDES = ["client", "server"] as const;

/** `{ "/acme.Users/Get": { "server": { "3.1": { "name": "city", "type": "string" } } } }` */
type TypesJson = Record<string, Partial<Record<Side, Record<string, Fixed>>>>;

export class FixedTypes {
  readonly #paths = new Map<string, Map<string, Fixed>>();
  readonly #listeners = new Set<() => void>();
  /** Grows with every change. */
  version = 1;
  /** Hears of what is said of one field, after it holds: for who passes it on. */
  onSet: (method: string, from: Side, path: string, said: Fixed) => void = () => {};

  /** What is said of the messages of a method and side; what is said of it alone goes before what is said of any method. */
  of(method: string, from: Side): FixedPaths {
    const any = this.#paths.get(`${from} ${ANY_METHOD}`);
    const own = this.#paths.get(`${from} ${method}`);
    if (any === undefined || own === undefined) return own ?? any ?? NOTHING_FIXED;
    return new Map([...any, ...own]);
  }

  /**
   * Says what a field is; nothing said takes back what was said.
   * @param path numbers from the outermost message to the field, as in "3.1"
   * @throws FramelensError ERR_TYPES for a path, name or type that is none
   */
  set(method: string, from: Side, path: string, said: Fixed): void {
    check(`${method} ${from} ${path}`, path, said);
    const key = `${from} ${method}`;
    const paths = new Map(this.#paths.get(key));
    if (said.name === undefined && said.type === undefined) paths.delete(path);
    else paths.set(path, said);
    if (paths.size === 0) this.#paths.delete(key);
    else this.#paths.set(key, paths);
    this.#changed();
    this.onSet(method, from, path, said);
  }

  /**
   * Changes what is said of a field: what is absent stays as it was, an empty text takes back.
   * @throws FramelensError ERR_TYPES as {@link set}
   */
  change(method: string, from: Side, path: string, { name, type }: Fixed): void {
    const before = this.#paths.get(`${from} ${method}`)?.get(path);
    const kept = (now: string | undefined, then: string | undefined) => (now === undefined ? then : now || undefined);
    const said = { name: kept(name, before?.name), type: kept(type, before?.type) };
    this.set(method, from, path, Object.fromEntries(Object.entries(said).filter(([, text]) => text !== undefined)));
  }

  /**
   * Takes everything from the text of a types file, instead of what was said before.
   * @param name of the file, for messages
   * @throws FramelensError ERR_TYPES when it is not of that form; then nothing changed
   */
  load(text: string, name: string): void {
    const read = readTypes(text, name);
    this.#paths.clear();
    for (const [key, paths] of read) this.#paths.set(key, paths);
    this.#changed();
  }

  /** The text of a types file, in the order of methods and paths. */
  toText(): string {
    const json: TypesJson = {};
    for (const key of [...this.#paths.keys()].sort()) {
      const [from, method] = key.split(" ", 2) as [Side, string];
      json[method] ??= {};
      const paths = [...this.#paths.get(key)!].sort(([a], [b]) => comparePaths(a, b));
      json[method][from] = Object.fromEntries(paths);
    }
    return `${JSON.stringify(json, undefined, 2)}\n`;
  }

  /** @returns how to stop listening */
  onChange(listener: () => void): () => void {
    const entry = () => listener();
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  #changed(): void {
    this.version++;
    for (const listener of [...this.#listeners]) listener();
  }
}

function comparePaths(a: string, b: string): number {
  const left = a.split(".").map(Number);
  const right = b.split(".").map(Number);
  for (let at = 0; at < Math.min(left.length, right.length); at++)
    if (left[at] !== right[at]) return left[at]! - right[at]!;
  return left.length - right.length;
}

function readTypes(text: string, name: string): Map<string, Map<string, Fixed>> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw mistake(`${name}: ${error instanceof Error ? error.message : "no JSON"}`);
  }
  const read = new Map<string, Map<string, Fixed>>();
  for (const [method, sides] of members(json, name)) {
    for (const [side, paths] of members(sides, `${name}: ${method}`)) {
      const where = `${name}: ${method} ${side}`;
      if (!isSide(side)) throw mistake(`${where}; expected client or server`);
      const fixed = new Map<string, Fixed>();
      for (const [path, said] of members(paths, where)) fixed.set(path, readSaid(`${where} ${path}`, path, said));
      read.set(`${side} ${method}`, fixed);
    }
  }
  return read;
}

function readSaid(where: string, path: string, json: unknown): Fixed {
  const said: { name?: string; type?: string } = {};
  for (const [key, value] of members(json, where)) {
    if ((key !== "name" && key !== "type") || typeof value !== "string")
      throw mistake(`${where}: "${key}"; expected "name" or "type" and a text`);
    said[key] = value;
  }
  check(where, path, said);
  return said;
}

function check(where: string, path: string, { name, type }: Fixed): void {
  if (!/^[1-9]\d{0,8}(\.[1-9]\d{0,8})*$/.test(path))
    throw mistake(`${where}: "${path}" is no path; expected field numbers, as in 3.1`);
  if (name !== undefined && !/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name))
    throw mistake(`${where}: "${name}" is no field name; expected letters, digits and _`);
  if (type !== undefined && parseType(type) === undefined)
    throw mistake(`${where}: "${type}" is no type; expected ${typeNames()}`);
}

function members(json: unknown, where: string): [string, unknown][] {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw mistake(`${where}: expected an object`);
  return Object.entries(json);
}

function isSide(text: string): text is Side {
  return (SIDES as readonly string[]).includes(text);
}

function mistake(message: string): FramelensError {
  return new FramelensError("ERR_TYPES", message);
}
