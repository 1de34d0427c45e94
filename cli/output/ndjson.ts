// --output ndjson: every event as a line of JSON.
import { randomInt } from "node:crypto";
import { ndjsonLine } from "../../src/export/ndjson.js";
import type { Capture } from "../../src/index.js";
import { follow } from "./follow.js";
import type { Output, OutputOptions, Sink } from "./output.js";

export function startNdjson(capture: Capture, sink: Sink, options: OutputOptions): Output {
  const { bodies, showSecrets, maxInflatedBytes, decoder } = options;
  const ndjson = {
    bodies,
    showSecrets,
    maxInflatedBytes,
    salt: randomInt(2 ** 31),
    ...(decoder === undefined ? {} : { decoder }),
  };
  return follow(capture, sink, options.see, (event) => ndjsonLine(event, capture, ndjson));
}
