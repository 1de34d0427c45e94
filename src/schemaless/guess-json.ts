// A guessed message as JSON: see `GuessJson`. Text that no terminal obeys, of bounded length.
import { scalarText } from "../message/json-scalar.js";
import { quote } from "../message/json-text.js";
import { LongText, LongValues } from "../message/long-text.js";
import { fatalProblem } from "../message/problem-list.js";
import type { FieldNode, MessageNode } from "../message/tree.js";
import { eachPacked, readScalar } from "../message/value.js";
import { TYPE, WIRE } from "../message/wire.js";
import type { Problem } from "../model/events.js";
import { kindOf } from "./field-types.js";
import type { FieldGuess, GuessJson } from "./guess.js";
import { plannedField } from "./guess-plan.js";
import { otherValuesText } from "./other-values.js";
import { shapeOf } from "./shapes.js";

/** Characters of JSON from one message, which take 30 ms to write; fields beyond are told as octets that were left out. */
export const MAX_GUESS_JSON = 512 * 1024;
const TOO_LONG = { code: "ERR_JSON_TOO_LONG", message: `more than ${MAX_GUESS_JSON} characters of JSON` };

/** @returns one line */
export function guessJson(message: MessageNode): LongText {
  const bytes = bufferOf(message.bytes);
  const writer = { text: "{", bytes, long: new LongValues(bytes) };
  writeFields(writer, message);
  const fatal = fatalProblem(message);
  if (fatal !== undefined) writer.text += `,"problem":${safe({ code: fatal.code, message: fatal.message })}`;
  return new LongText(`${writer.text}}`, writer.long);
}

/** The same as a value. */
export function guessValue(message: MessageNode): GuessJson {
  return JSON.parse(guessJson(message).text) as GuessJson;
}

/** What is believed of a field; undefined for octets that nothing is believed of. */
export function fieldGuessOf(node: FieldNode): FieldGuess | undefined {
  const field = plannedField(node.plan);
  if (field === undefined || node.read === 0) return undefined;
  const fixed = field.fixed?.type !== undefined;
  return {
    kind: kindOf(field.type),
    bits: fixed ? undefined : field.node.bits,
    runners: fixed ? [] : field.node.runners,
    fixed,
    shape: shapeOf(node),
  };
}

interface Writer {
  text: string;
  readonly bytes: Buffer;
  readonly long: LongValues;
}

/** Recursion is as deep as the tree, which has a limit. */
function writeFields(writer: Writer, message: MessageNode): void {
  writer.text += '"fields":[';
  let before = "";
  for (const node of message.fields) {
    writer.text += before;
    before = ",";
    if (writer.text.length + writer.long.length > MAX_GUESS_JSON) {
      writer.text += JSON.stringify({ start: node.start, end: message.end, problem: TOO_LONG });
      break;
    }
    writeField(writer, node);
  }
  writer.text += "]";
}

/** Written piece by piece: a message of many fields is told in a fifth of the time that objects and `JSON.stringify` take. */
function writeField(writer: Writer, node: FieldNode): void {
  const field = plannedField(node.plan);
  const isRead = field !== undefined && node.read !== 0;
  let text = "{";
  if (isRead) text += field.head;
  else if (node.number !== 0) text += `"number":${node.number},"name":"${field?.plan.name ?? `field_${node.number}`}",`;
  text += `"start":${node.start},"end":${node.end}`;
  if (node.message !== undefined) {
    writer.text += `${text},`;
    text = "";
    writeFields(writer, node.message);
  } else if (node.wireType !== WIRE.endGroup) text += `,"value":${valueText(writer, node)}`;
  if (isRead) {
    text += field.sureness + otherValuesText(node, field);
    const shape = shapeOf(node);
    // Letters, digits and marks that no text needs to be freed of, also what is taken from the message.
    if (shape !== undefined) text += `,"shape":"${shape}"`;
    if (field.fixed?.type !== undefined) text += ',"fixed":true';
  }
  if (node.problem !== undefined) text += `,"problem":${problemText(node.problem)}`;
  writer.text += `${text}}`;
}

function valueText({ bytes, text, long }: Writer, node: FieldNode): string {
  const { plan } = node;
  if (plan === undefined || node.read === 0) {
    const value = readScalar(node, node.valueStart, node.end);
    if (value instanceof Uint8Array)
      return long.take(TYPE.bytes, node.valueStart, node.end) ?? `"${bufferOf(value).toString("base64")}"`;
    return typeof value === "bigint" ? `"${value}"` : String(value);
  }
  if (!node.isPacked) {
    const { valueStart, end } = node;
    return long.take(plan.type, valueStart, end) ?? scalarText(plan, bytes, valueStart, end);
  }
  const values: string[] = [];
  let length = text.length;
  eachPacked(node, (start, end) => {
    const value = scalarText(plan, bytes, start, end);
    values.push(value);
    length += value.length + 1;
    return length <= MAX_GUESS_JSON;
  });
  return `[${values.join(",")}]`;
}

/** The last one that was written: mostly it is an object of which there is one, that many fields have. */
let lastProblem: Problem | undefined;
let lastText = "";

function problemText(problem: Problem): string {
  if (problem !== lastProblem) {
    lastProblem = problem;
    lastText = safe(problem);
  }
  return lastText;
}

/** JSON of a small value, in which no text is obeyed by a terminal. */
function safe(value: object): string {
  return quoteAll(JSON.stringify(value));
}

/** @param json that `JSON.stringify` wrote: outside of strings it is ASCII */
function quoteAll(json: string): string {
  return /^[ -~]*$/.test(json) ? json : json.replace(/"(?:[^"\\]|\\.)*"/g, (text) => quote(JSON.parse(text) as string));
}

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
