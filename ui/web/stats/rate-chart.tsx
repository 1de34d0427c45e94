// Calls a second over the last minutes, with what failed of them below: a line on a canvas.
import { useEffect, useRef } from "preact/hooks";
import { niceStep } from "../list/waterfall.js";
import { SECONDS } from "../state/session.js";
import { colour, paint } from "../state/theme.js";
import { type Series, series, seriesOf } from "./series.js";

const HEIGHT = 110;
const LEFT = 34;
const BOTTOM = 18;

export function RateChart({ method }: { readonly method: string | undefined }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const all = series.value;
  const colours = paint.value;
  const shown = seriesOf(method);
  useEffect(() => {
    if (canvas.current !== null) draw(canvas.current, shown, all.at.at(-1) ?? 0);
  }, [all, colours, method]);
  const last = shown.calls.at(-1) ?? 0;
  return <canvas ref={canvas} class="rate-chart" role="img" aria-label={`${last.toFixed(1)} calls a second now`} />;
}

function draw(canvas: HTMLCanvasElement, { at, calls, errors }: Series, end: number): void {
  const context = canvas.getContext("2d");
  const width = canvas.clientWidth;
  if (context === null || width === 0) return;
  canvas.width = width * devicePixelRatio;
  canvas.height = HEIGHT * devicePixelRatio;
  context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  const most = Math.max(1, ...calls);
  const step = niceStep(most / 3);
  const top = Math.ceil(most / step) * step;
  const x = (seconds: number) => width - 4 - ((end - seconds) / SECONDS) * (width - LEFT - 4);
  const y = (value: number) => 6 + (1 - value / top) * (HEIGHT - BOTTOM - 6);
  context.font = `11px ${colour("sans")}`;
  context.textBaseline = "middle";
  for (let value = 0; value <= top + step / 2; value += step) {
    context.fillStyle = colour("line");
    context.fillRect(LEFT, Math.round(y(value)), width - LEFT, 1);
    context.fillStyle = colour("dim");
    context.textAlign = "right";
    context.fillText(String(Number(value.toFixed(2))), LEFT - 6, y(value));
  }
  context.textAlign = "center";
  for (let back = 0; back <= SECONDS; back += 60) {
    context.fillText(
      back === 0 ? "now" : `−${back / 60} min`,
      Math.min(width - 14, Math.max(LEFT + 16, x(end - back))),
      HEIGHT - 7,
    );
  }
  context.save();
  context.beginPath();
  context.rect(LEFT, 0, width - LEFT, HEIGHT);
  context.clip();
  area(context, at, errors, x, y, colour("red"));
  line(context, at, calls, x, y, colour("accent"));
  context.restore();
}

type Scale = (value: number) => number;

function line(
  context: CanvasRenderingContext2D,
  at: readonly number[],
  values: readonly number[],
  x: Scale,
  y: Scale,
  style: string,
): void {
  context.beginPath();
  for (const [place, value] of values.entries()) context.lineTo(x(at[place]!), y(value));
  context.strokeStyle = style;
  context.lineWidth = 1.6;
  context.lineJoin = "round";
  context.stroke();
}

function area(
  context: CanvasRenderingContext2D,
  at: readonly number[],
  values: readonly number[],
  x: Scale,
  y: Scale,
  style: string,
): void {
  if (values.length === 0) return;
  context.beginPath();
  context.moveTo(x(at[0]!), y(0));
  for (const [place, value] of values.entries()) context.lineTo(x(at[place]!), y(value));
  context.lineTo(x(at.at(-1)!), y(0));
  context.fillStyle = style;
  context.globalAlpha = 0.5;
  context.fill();
  context.globalAlpha = 1;
}
