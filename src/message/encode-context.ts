// What all parts of the JSON reader share: the writer, the way to where they are, and how a mistake is told.
import { FramelensError } from "../model/errors.js";
import { ByteWriter } from "./byte-writer.js";
import { type Json, JsonNumber } from "./json-parser.js";
import type { TypeLookup } from "./plan.js";
import { MAX_DEPTH } from "./walk.js";

export interface EncodeOptions {
  /** Leaves out names and enum names that the schema does not know; else they are mistakes. */
  readonly ignoreUnknown?: boolean;
}

export class EncodeContext {
  readonly writer = new ByteWriter();
  readonly types: TypeLookup;
  readonly ignoreUnknown: boolean;
  readonly #typeName: string;
  readonly #path: string[] = [];
  #depth = 0;

  constructor(typeName: string, types: TypeLookup, options: EncodeOptions) {
    this.#typeName = typeName;
    this.types = types;
    this.ignoreUnknown = options.ignoreUnknown ?? false;
  }

  /** Runs `inside` one step further in. @param step "name", "[2]" or '["key"]' */
  at(step: string, inside: () => void): void {
    this.#path.push(step);
    inside();
    this.#path.pop();
  }

  /** Runs `inside` for a message within the one at hand. */
  nested(inside: () => void): void {
    if (++this.#depth > MAX_DEPTH) throw this.mistake(`nested more than ${MAX_DEPTH} messages deep`);
    inside();
    this.#depth--;
  }

  /** @returns the error to throw: where, and what was expected */
  mistake(what: string): FramelensError {
    let path = "";
    for (const step of this.#path) path += path === "" || step.startsWith("[") ? step : `.${step}`;
    return new FramelensError("ERR_JSON_MAPPING", `${path === "" ? this.#typeName : path}: ${what}`);
  }

  expected(what: string, got: Json): FramelensError {
    return this.mistake(`expected ${what}, got ${nameOf(got)}`);
  }
}

function nameOf(value: Json): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  if (value instanceof JsonNumber || typeof value === "number" || typeof value === "bigint") return "number";
  return typeof value === "object" ? "object" : typeof value;
}

/** @returns the members of an object, in order; undefined when it is none */
export function membersOfJson(value: Json): Iterable<readonly [string, Json]> | undefined {
  if (value === null || typeof value !== "object" || value instanceof JsonNumber || isArray(value)) return undefined;
  return isMap(value) ? value : Object.entries(value);
}

export function isArray(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

function isMap(value: object): value is ReadonlyMap<string, Json> {
  return value instanceof Map;
}

/** @returns the digits of a number, whatever it is held in; undefined when it is none */
export function digitsOf(value: Json): string | undefined {
  if (value instanceof JsonNumber) return value.text;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  return typeof value === "bigint" ? String(value) : undefined;
}
