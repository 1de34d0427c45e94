// --output ndjson: every event as a line of JSON, and what is found out by looking at every message.
import { randomInt } from "node:crypto";
import { ListTexts } from "../../src/export/list-texts.js";
import { findingLine, ndjsonLine } from "../../src/export/ndjson.js";
import type { Capture } from "../../src/index.js";
import { follow } from "./follow.js";
import type { Output, OutputOptions, Sink } from "./output.js";

export function startNdjson(capture: Capture, sink: Sink, options: OutputOptions): Output {
  const { bodies, showSecrets, messages, findings } = options;
  const ndjson = { bodies, showSecrets, messages, salt: randomInt(2 ** 31), lists: new ListTexts() };
  const news = () => (findings?.takeNews() ?? []).map(({ isNewToMethod: _, ...drift }) => findingLine(drift)).join("");
  const output = follow(
    capture,
    sink,
    options.see,
    (event) => {
      const line = ndjsonLine(event, capture, ndjson);
      return typeof line === "string" ? line + news() : line.then((text) => text + news());
    },
    options.select?.(true),
  );
  return {
    async finish() {
      await output.finish();
      if (findings === undefined) return;
      const { contract, sizes } = await findings.conclude();
      const last = [...sizes, ...(contract === undefined ? [] : [contract])].map(findingLine).join("");
      const text = news() + last;
      if (text !== "") await sink.write(text);
    },
  };
}
