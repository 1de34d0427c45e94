// --output ndjson: every event as a line of JSON, and what is found out by looking at every message.
import { randomInt } from "node:crypto";
import { ListTexts } from "../../src/export/list-texts.js";
import { findingLine, type Line, ndjsonPieces } from "../../src/export/ndjson.js";
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
      const line = ndjsonPieces(event, capture, ndjson);
      return line instanceof Promise ? line.then((read) => withNews(read, news())) : withNews(line, news());
    },
    options.select?.(true),
  );
  return {
    caughtUp: () => output.caughtUp(),
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

function withNews(line: Line, news: string): Line {
  if (typeof line === "string") return line + news;
  return news === "" ? line : both(line, news);
}

function* both(line: Iterable<string>, news: string): Iterable<string> {
  yield* line;
  yield news;
}
