// Where types come from: the sources, the services that are known, what was seen and nobody knows or does not fit, what failed.
import type { Drift } from "../../src/model/contract.js";
import { problemLine } from "../../src/schema/problems.js";
import type { SeenDrifts } from "../../src/session/seen-drifts.js";
import { formatWhole, methodLine } from "../../src/view/call-text.js";
import { cutLine, type Line, span } from "../../src/view/styled.js";
import { padEnd, wrapText } from "../../src/view/text-width.js";
import { visible } from "../../src/view/visible.js";
import type { Desk } from "./desk.js";

/** Lines of each part; a server can tell of any number of services. */
const MAX_LINES = 2000;
/** Kinds of what does not fit; the filter shows all calls. */
const MAX_KINDS = 40;

export function schemaLines(desk: Desk, seen: SeenDrifts, width: number): readonly Line[] {
  const { schema } = desk;
  if (schema === undefined) return [[span(" nothing is decoded in this session", "dim")]];
  const lines: Line[] = [];
  const title = (text: string, note: string) => {
    if (lines.length > 0) lines.push([]);
    lines.push([span(text, "title"), span(`  ${note}`, "dim")]);
  };
  const services = schema.services();
  const sources = new Map<string, number>();
  for (const { source } of services) sources.set(source, (sources.get(source) ?? 0) + 1);
  title("SOURCES", "asked in this order");
  for (const [source, count] of sources)
    lines.push([
      span(`  ${padEnd(visible(source), Math.min(50, width - 16))} `),
      span(`${count} service${count === 1 ? "" : "s"}`, "dim"),
    ]);
  if (sources.size === 0) lines.push([span("  none knows a service; name files with --proto or --protoset", "dim")]);

  const unknown = desk.stats
    .methods()
    .filter(({ method }) => method.startsWith("/") && schema.method(method) === undefined);
  title(
    "SEEN, BUT NOT KNOWN",
    unknown.length === 0
      ? "every method that was called is known"
      : `${unknown.length} method${unknown.length === 1 ? "" : "s"}: ${unknown.length === 1 ? "its" : "their"} messages are guessed`,
  );
  for (const { method, calls } of unknown.slice(0, MAX_LINES))
    lines.push([
      span("  ? ", "warning"),
      ...methodLine(method, width - 20),
      span(`  ${calls} call${calls === 1 ? "" : "s"}`, "dim"),
    ]);

  const { drifts } = seen;
  title("NOT AS THE SCHEMA SAYS", driftNote(seen));
  for (const drift of drifts.slice(0, MAX_KINDS)) lines.push(...driftLines(drift, width));
  if (drifts.length > MAX_KINDS) lines.push([span(`  … and ${drifts.length - MAX_KINDS} more`, "dim")]);

  const { problems } = schema;
  title("PROBLEMS OF SOURCES", problems.length === 0 ? "none" : String(problems.length));
  for (const problem of problems.slice(0, MAX_LINES)) {
    const [first = "", ...rest] = wrapText(visible(problemLine(problem)), Math.max(20, width - 5));
    lines.push([
      span(problem.severity === "note" ? "  · " : "  ! ", problem.severity === "note" ? "dim" : "warning"),
      span(first),
    ]);
    for (const text of rest) lines.push([span(`    ${text}`)]);
  }

  title("SERVICES", `${services.length} known`);
  for (const { name, source } of services.slice(0, MAX_LINES)) {
    lines.push(cutLine([span("  "), span(visible(name), "name"), span(`  ${visible(source)}`, "dim")], width));
    for (const method of schema.service(name)?.methods ?? []) {
      const kind = { unary: "→", client_streaming: "⇉", server_streaming: "⇇", bidi_streaming: "⇄" }[method.methodKind];
      const types = `${visible(method.input.name)} → ${visible(method.output.name)}`;
      lines.push(
        cutLine(
          [span(`    ${kind} `, "open"), span(padEnd(visible(method.name), 22), "strong"), span(` ${types}`, "type")],
          width,
        ),
      );
    }
    if (lines.length > MAX_LINES * 3) break;
  }
  return lines;
}

function driftNote({ drifts, checked, isSample }: SeenDrifts): string {
  if (checked === 0) return "no message of a known type yet";
  const among = `${isSample ? "the latest " : ""}${formatWhole(checked)} message${checked === 1 ? "" : "s"}`;
  if (drifts.length === 0) return `${among}, all fit`;
  return `${drifts.length} way${drifts.length === 1 ? "" : "s"} in ${among}; filter "drift" shows the calls`;
}

/** "! shop.v1.Orders/Get by the server: name: wire type 2, where the schema has 0 · 12×, first in call 3" */
function driftLines({ method, side, path, count, first }: Drift, width: number): readonly Line[] {
  const what = visible(path === "" ? first.message : `${path}: ${first.message}`);
  const where = `${visible(method.replace(/^\//, ""))} by the ${side}`;
  const [head = "", ...rest] = wrapText(
    `${where}: ${what} · ${formatWhole(count)}×, first in call ${first.call}`,
    Math.max(20, width - 5),
  );
  return [[span("  ! ", "warning"), span(head)], ...rest.map((text) => [span(`    ${text}`)])];
}
