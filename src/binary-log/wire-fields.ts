// Lists of fields as a binary log has them, without what gRPC itself puts there and with binary values as octets; and what brings the list back.
import type { Field } from "../model/fields.js";
import { decodeBinaryMetadata } from "../rpc/grpc.js";
import { textOfOctets } from "./octets.js";

/**
 * How a list as it was on the wire is made of a log's metadata, from its first field to its last: a number for so many entries as they are (binary
 * ones in base64 without padding), a field that is none of them, or a number of entries with the value that they stood for on the wire.
 */
export type FieldPlan = readonly (number | readonly [count: number, value: string] | Field)[];

export interface LoggedFields {
  readonly metadata: readonly Field[];
  readonly plan: FieldPlan;
}

/** Names that loggers leave out, besides those of gRPC and HTTP/2 (gRFC A16, "metadata"). */
const LEFT_OUT: ReadonlySet<string> = new Set(["lb-token", "content-encoding", "content-type", "user-agent", "te"]);

function isLeftOut(name: string): boolean {
  return name.startsWith(":") || LEFT_OUT.has(name) || (name.startsWith("grpc-") && name !== "grpc-trace-bin");
}

/** @param fields as on the wire */
export function logFields(fields: readonly Field[]): LoggedFields {
  const metadata: Field[] = [];
  const plan: (number | readonly [number, string] | Field)[] = [];
  for (const field of fields) {
    const [name, value] = field;
    if (isLeftOut(name)) {
      plan.push(field);
    } else if (!name.endsWith("-bin")) {
      metadata.push(field);
      addOne(plan);
    } else {
      const values = decodeBinaryMetadata(value);
      const entries = values.flatMap((octets): Field[] => (octets === undefined ? [] : [[name, textOfOctets(octets)]]));
      if (entries.length < values.length) {
        plan.push(field);
        continue;
      }
      metadata.push(...entries);
      if (entries.length === 1 && wireValue(entries[0]!) === value) addOne(plan);
      else plan.push([entries.length, value]);
    }
  }
  return { metadata, plan };
}

function addOne(plan: (number | readonly [number, string] | Field)[]): void {
  const last = plan.at(-1);
  if (typeof last === "number") plan[plan.length - 1] = last + 1;
  else plan.push(1);
}

/**
 * The list as it was on the wire.
 * @param plan from a file, so anything
 * @returns undefined when it does not fit the metadata
 */
export function fieldsOf(metadata: readonly Field[], plan: unknown): readonly Field[] | undefined {
  if (!Array.isArray(plan)) return undefined;
  const fields: Field[] = [];
  let next = 0;
  for (const part of plan as readonly unknown[]) {
    const [first, second] = Array.isArray(part) ? (part as readonly unknown[]) : [part, undefined];
    if (typeof first === "string" && typeof second === "string") {
      fields.push([first, second]);
      continue;
    }
    if (!Number.isSafeInteger(first) || (first as number) < 1) return undefined;
    const entries = metadata.slice(next, next + (first as number));
    if (entries.length !== first) return undefined;
    next += entries.length;
    if (second === undefined) for (const entry of entries) fields.push([entry[0], wireValue(entry)]);
    else if (typeof second === "string") fields.push([entries[0]![0], second]);
    else return undefined;
  }
  return next === metadata.length ? fields : undefined;
}

/** An entry of a log as it may have been on the wire. */
export function wireValue([name, value]: Field): string {
  if (!name.endsWith("-bin")) return value;
  return Buffer.from(value, "latin1").toString("base64").replace(/=+$/, "");
}
