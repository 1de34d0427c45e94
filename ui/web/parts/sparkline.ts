// A small picture of a rate: bars, with what failed in red at their feet.
import { colour } from "../state/theme.js";

export function drawSparkline(canvas: HTMLCanvasElement, calls: readonly number[], errors: readonly number[]): void {
  const { clientWidth: width, clientHeight: height } = canvas;
  const context = canvas.getContext("2d");
  if (context === null || width === 0) return;
  canvas.width = width * devicePixelRatio;
  canvas.height = height * devicePixelRatio;
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  const bar = 3;
  const count = Math.floor(width / bar);
  const shown = calls.slice(-count);
  const most = Math.max(1, ...shown);
  context.fillStyle = colour("line");
  for (let place = shown.length; place < count; place++)
    context.fillRect(width - (place + 1) * bar, height - 1, bar - 1, 1);
  shown.forEach((value, place) => {
    const x = width - (shown.length - place) * bar;
    const tall = value <= 0 ? 1 : Math.max(2, (value / most) * height);
    context.fillStyle = value <= 0 ? colour("line") : colour("accent");
    context.fillRect(x, height - tall, bar - 1, tall);
    const failed = errors.at(place - shown.length) ?? 0;
    if (failed <= 0) return;
    const foot = Math.max(2, (failed / most) * height);
    context.fillStyle = colour("red");
    context.fillRect(x, height - foot, bar - 1, foot);
  });
}
