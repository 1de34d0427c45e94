// The answer to "sources": where types come from, which services are known, and what was wrong with what was read.
import { problemLine } from "../schema/problems.js";
import { jsonLine } from "./json-line.js";
import type { SourcesRequest } from "./messages.js";
import type { FeedSource } from "./source.js";

/** A server may tell of any number. */
const MAX_SERVICES = 2000;
const MAX_PROBLEMS = 1000;

export function sourcesAnswer({ id }: SourcesRequest, { schema }: FeedSource): string {
  const services = (schema?.services() ?? []).slice(0, MAX_SERVICES).map(({ name, source }) => {
    const methods = schema?.service(name)?.methods ?? [];
    return { name, source, methods: methods.map((method) => method.name) };
  });
  const problems = (schema?.problems ?? []).slice(0, MAX_PROBLEMS).map((problem) => {
    return { severity: problem.severity, text: problemLine(problem) };
  });
  return jsonLine({ kind: "sources", id, services, problems });
}
