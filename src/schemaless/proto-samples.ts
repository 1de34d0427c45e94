// What the values of a path were like, for the comments of a .proto file: a few of them, and a form that all of them had.
import { valueText } from "../message/print-value.js";
import type { FieldNode, MessageNode } from "../message/tree.js";
import { plannedField } from "./guess-plan.js";
import { shapeOf } from "./shapes.js";

const MAX_EXAMPLES = 3;
const EXAMPLE_CHARS = 40;

export interface Sample {
  /** Different values, as text. */
  readonly values: string[];
  /** What every value looked like, as in "UUID" or "google.protobuf.Timestamp"; a "?" behind it says that its length is all there is. */
  shape: string | undefined;
  /** Some value was like any other. */
  isPlain: boolean;
}

/** By method, side and path. */
export type Samples = Map<string, Sample>;

/** @param place method and side. Recursion is as deep as the tree, which has a limit */
export function addSamples(message: MessageNode, place: string, samples: Samples): void {
  for (const node of message.fields) {
    const field = plannedField(node.plan);
    if (field === undefined || node.read === 0) continue;
    const key = `${place} ${field.path}`;
    let sample = samples.get(key);
    if (sample === undefined) {
      sample = { values: [], shape: undefined, isPlain: false };
      samples.set(key, sample);
    }
    addShape(node, sample);
    if (node.message !== undefined) addSamples(node.message, place, samples);
    else if (sample.values.length < MAX_EXAMPLES) {
      const text = valueText(node, EXAMPLE_CHARS);
      if (!sample.values.includes(text)) sample.values.push(text);
    }
  }
}

function addShape(node: FieldNode, sample: Sample): void {
  // An empty value says nothing of the others.
  if (sample.isPlain || node.valueStart === node.end) return;
  const shape = shapeName(shapeOf(node));
  if (shape === undefined || (sample.shape !== undefined && sample.shape !== shape)) {
    sample.isPlain = true;
    sample.shape = undefined;
  } else sample.shape = shape;
}

/** Without what this one value says, as in "google.protobuf.Timestamp 2026-01-01T00:00:00Z". */
function shapeName(shape: string | undefined): string | undefined {
  const [, name, doubt] = /^(google\.[\w.]+|IPv4 address)[^?]*(\??)$/.exec(shape ?? "") ?? [];
  if (name === undefined) return shape;
  // A message of one field may always be a wrapper: that helps nobody.
  return name.startsWith("google.") && doubt === "?" ? undefined : `${name}${doubt}`;
}
