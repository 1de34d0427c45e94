// One line about a call of our own, for the log.
import { formatDuration } from "../../view/format.js";
import { visible } from "../../view/visible.js";
import type { SourceCall } from "./asked-server.js";

export function reflectionLine(call: SourceCall): string {
  const what = call.service === "*" ? "its services" : call.service;
  const files = `${call.files} ${call.files === 1 ? "file" : "files"}`;
  const came = call.service === "*" ? "answered" : files;
  const result =
    call.outcome === "OK" ? came : `${call.files > 0 ? `${files}, ` : ""}${call.message ?? ""} (${call.outcome})`;
  const took = formatDuration(call.durationMs);
  return visible(
    `framelens asked ${call.server} for ${what} by reflection ${call.method.split(".")[2]}: ${result} ${took}`,
  );
}
