// Completion: what may stand at the cursor of a filter prompt.
import type { Side } from "../model/fields.js";
import { type FilterField, typeText } from "./field.js";
import { FILTER_FIELDS } from "./fields.js";
import { SIZE_UNITS, TIME_UNITS } from "./literals.js";
import { FilterError } from "./mistake.js";
import { JOINERS, operatorsOf } from "./operators.js";
import { type Expected, FilterParser, fieldOf } from "./parser.js";
import { TILDES, tildeNamed } from "./tildes.js";

/** Names that only the one who asks can know. */
export interface KnownNames {
  /** "/pkg.Service/Name" of methods seen or in a schema. */
  readonly methods?: readonly string[];
  /** Names of metadata seen. */
  readonly metadata?: readonly string[];
  /**
   * Fields of messages that schemas know, those that matter most first; names may come more than once.
   * @param side undefined for either
   * @param path names from the message on
   */
  readonly messageFields?: (side: Side | undefined, path: readonly string[]) => readonly MessageField[];
}

/** A field of a message as a path names it. */
export interface MessageField {
  readonly name: string;
  readonly type: string;
  /** All that it can have, where they are few: an enum's, a bool's. */
  readonly values: readonly string[];
}

export interface Completion {
  /** What takes the place of [start, end); a value that needs quotes has them. */
  readonly text: string;
  /** As in "bytes" or "unary | client | server | bidi". */
  readonly type: string;
  /** One line. */
  readonly help: string;
}

export interface Completions {
  readonly what: "field" | "operator" | "value";
  /** What a completion replaces: the word at the cursor; start equals end when there is none. */
  readonly start: number;
  readonly end: number;
  /** Best first, {@link MAX_COMPLETIONS} at most. */
  readonly items: readonly Completion[];
}

/** No prompt shows more, and a list of thousands of methods costs time to draw. */
const MAX_COMPLETIONS = 100;
/** Values of a field that are told beside its name. */
const SOME_VALUES = 6;

/** @param cursor UTF-16 code units before the cursor; what stands behind it is not looked at */
export function complete(text: string, cursor: number, known: KnownNames = {}): Completions {
  const before = text.slice(0, cursor);
  const key = /(?:^|[\s(!&|])([a-z.]*(?:metadata|trailer))\[\s*["']?([^"'\]]*)$/.exec(before);
  if (key !== null) return metadataNames(before.length - key[2]!.length, before, key[1]!, known);
  const expected = expectedAt(before);
  if (expected === undefined) return { what: "field", start: before.length, end: before.length, items: [] };
  const word = before.slice(expected.from);
  if (expected.what === "term") {
    const inMessage = messagePath(word);
    if (inMessage !== undefined) return messageFieldNames(inMessage, before, known);
  }
  return {
    what: expected.what === "term" ? "field" : expected.what,
    start: expected.from,
    end: before.length,
    items: pick(word, candidates(expected, word, known)),
  };
}

function expectedAt(text: string): Expected | undefined {
  const parser = new FilterParser(text);
  try {
    parser.parse();
  } catch (error) {
    // What is not complete yet is wrong as well; what was expected there is known all the same.
    if (!(error instanceof FilterError)) throw error;
  }
  return parser.expected;
}

function candidates(expected: Expected, word: string, known: KnownNames): readonly Completion[] {
  switch (expected.what) {
    case "term":
      return termCandidates(expected.joins, word, known);
    case "operator": {
      const field = fieldOf(expected.field);
      const operators = field === undefined ? [] : operatorsOf(field.type);
      return [...operators.map(({ name, example, help }) => ({ text: name, type: example, help })), ...joiners()];
    }
    case "value": {
      const field = expected.field === undefined ? tildeField(expected.tilde) : fieldOf(expected.field);
      if (field?.from === "message") return messageValues(messagePath(expected.field?.text ?? ""), known);
      return field === undefined ? [] : valuesOf(field, known);
    }
  }
}

function termCandidates(joins: boolean, word: string, known: KnownNames): readonly Completion[] {
  const fields = FILTER_FIELDS.map((field) => ({ text: field.name, type: typeText(field), help: field.help }));
  const tildes = TILDES.map(({ name, argument, help }) => ({ text: `~${name}`, type: argument ?? "", help }));
  const methods = word === "" ? [] : methodNames(known);
  return [...(joins ? joiners() : []), ...fields, ...tildes, ...methods];
}

function joiners(): readonly Completion[] {
  return JOINERS.filter(({ name }) => name === "&&" || name === "||").map(({ name, example, help }) => {
    return { text: name, type: example, help };
  });
}

function tildeField(name: string | undefined): FilterField | undefined {
  const field = name === undefined ? undefined : tildeNamed(name)?.fields[0];
  return FILTER_FIELDS.find((known) => known.name === field);
}

function valuesOf(field: FilterField, known: KnownNames): readonly Completion[] {
  const type = typeText(field);
  switch (field.type) {
    case "code":
      return field.from === "call" && field.type === "code"
        ? field.names.map((text, code) => ({ text, type: String(code), help: field.help }))
        : [];
    case "flag":
      return ["true", "false"].map((text) => ({ text, type, help: field.help }));
    case "duration":
      return TIME_UNITS.map((unit) => ({ text: `100${unit}`, type, help: "a time: us, ms, s, m or h" }));
    case "bytes":
      return SIZE_UNITS.map((unit) => ({ text: `1${unit}`, type, help: "a size" }));
    case "choice":
      return field.values.map((text) => ({ text, type, help: field.help }));
    case "text":
      if (field.name === "method") return methodNames(known);
      if (field.name === "service") return serviceNames(known);
      return "values" in field ? (field.values ?? []).map((text) => ({ text, type, help: field.help })) : [];
    default:
      return [];
  }
}

function methodNames({ methods = [] }: KnownNames): readonly Completion[] {
  return methods.map((method) => ({ text: asValue(method), type: "method", help: "" }));
}

function serviceNames({ methods = [] }: KnownNames): readonly Completion[] {
  const services = new Set(methods.map((method) => method.slice(1, Math.max(method.lastIndexOf("/"), 1))));
  return [...services]
    .filter((name) => name !== "")
    .map((name) => ({ text: asValue(name), type: "service", help: "" }));
}

function metadataNames(start: number, before: string, field: string, { metadata = [] }: KnownNames): Completions {
  const quote = /["']$/.exec(before.slice(0, start))?.[0] ?? "";
  const items = metadata.map((name) => ({
    text: quote === "" ? `${JSON.stringify(name)}]` : `${name}${quote}]`,
    type: field,
    help: "",
  }));
  return { what: "value", start, end: before.length, items: pick(before.slice(start), items) };
}

interface MessagePath {
  readonly side: Side | undefined;
  readonly path: readonly string[];
  /** The last name, or its beginning. */
  readonly last: string;
}

/** @returns undefined unless the word names something inside messages; places in lists are left out, as they are in types */
function messagePath(word: string): MessagePath | undefined {
  const parts = /^(?:(client|server)\.)?message(?:\[\d+\])?\.([^\s"']*)$/.exec(word);
  if (parts === null) return undefined;
  const path = parts[2]!.replace(/\[\d+\]/g, "").split(".");
  const last = path.pop()!;
  return { side: parts[1] as Side | undefined, path, last };
}

function messageFieldNames({ side, path, last }: MessagePath, before: string, known: KnownNames): Completions {
  const byName = new Map<string, { text: string; types: string[]; help: string }>();
  for (const { name, type, values } of known.messageFields?.(side, path) ?? []) {
    const item = byName.get(name);
    if (item === undefined)
      byName.set(name, { text: name, types: [type], help: values.slice(0, SOME_VALUES).join(" ") });
    else if (!item.types.includes(type)) item.types.push(type);
  }
  const items = [...byName.values()].map(({ text, types, help }) => ({ text, type: types.join(" or "), help }));
  return { what: "field", start: before.length - last.length, end: before.length, items: pick(last, items) };
}

function messageValues(at: MessagePath | undefined, known: KnownNames): readonly Completion[] {
  if (at === undefined) return [];
  const fields = (known.messageFields?.(at.side, at.path) ?? []).filter(({ name }) => name === at.last);
  const types = new Map(fields.flatMap(({ type, values }) => values.map((value) => [value, type] as const)));
  return [...types].map(([text, type]) => ({ text, type, help: "" }));
}

/** In quotes when it would not be read as one word. */
function asValue(text: string): string {
  return /^[\w./:*$-]+$/.test(text) ? text : JSON.stringify(text);
}

/** Those that begin with the word, then those that have it in them; all when there is no word. */
function pick(word: string, items: readonly Completion[]): readonly Completion[] {
  const small = word.toLowerCase();
  const beginning: Completion[] = [];
  const inside: Completion[] = [];
  for (const item of items) {
    const text = item.text.toLowerCase();
    if (text.startsWith(small) || text.startsWith(`/${small}`) || text.startsWith(`"${small}`)) beginning.push(item);
    else if (small.length > 1 && text.includes(small)) inside.push(item);
  }
  return [...beginning, ...inside].slice(0, MAX_COMPLETIONS);
}
