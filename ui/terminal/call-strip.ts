// On a large screen, below the list: how long calls of the chosen one's method take, and when the parts of the chosen one came.
import { histogramLines } from "../../src/view/bars.js";
import { shortMethod } from "../../src/view/call-text.js";
import type { Area, Canvas } from "../../src/view/canvas.js";
import { timingLines } from "../../src/view/timing.js";
import type { App } from "./app.js";
import { rule, wall } from "./box.js";

export function paintStrip(app: App, canvas: Canvas, area: Area): void {
  const { call } = app.call;
  if (call === undefined) {
    rule(canvas, area.x, area.y, area.width);
    return;
  }
  const half = area.width >> 1;
  const inside = area.height - 1;
  rule(canvas, area.x, area.y, area.width, `latency of ${shortMethod(call.method)}`);
  const latency = app.stats.of(call.method)?.latency;
  if (latency !== undefined && latency.count > 0) {
    const pointers = [0.5, 0.95, 0.99].map((part) => ({ name: `p${part * 100}`, value: latency.percentile(part) }));
    histogramLines(latency.bars(), pointers, half - 1, inside).forEach((line, row) => {
      canvas.line(area.x, area.y + 1 + row, half - 1, line);
    });
  } else canvas.text(area.x + 2, area.y + 1, "none has ended yet", "dim");
  canvas.text(area.x + half + 1, area.y, ` timing of ${call.id} `, "title", 0, area.x + area.width);
  wall(canvas, area.x + half, area.y + 1, inside);
  timingLines(call, app.call.moments, app.now(), area.width - half - 1)
    .slice(0, inside)
    .forEach((line, row) => {
      canvas.line(area.x + half + 1, area.y + 1 + row, area.width - half - 1, line);
    });
}
