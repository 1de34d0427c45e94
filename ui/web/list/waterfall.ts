// When calls were there and when their messages came, on one axis of time: drawn on a canvas beside the rows.
import { statusSpan } from "../../../src/view/call-text.js";
import { formatDuration } from "../../../src/view/format.js";
import { colour } from "../state/theme.js";
import type { WebCall } from "../state/web-call.js";

/** [from, to) in Unix ms. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface Bar {
  readonly call: WebCall;
  /** Of the row's top. */
  readonly y: number;
}

const AXIS_TICKS = 4;
const PAD = 8;

/**
 * The time that rows in sight take. What lasts much longer than the rest, as an open stream does, goes out of sight
 * to the right: else everything else would be a dot.
 */
export function spanOf(calls: readonly WebCall[], now: number): Span {
  const first = calls[0];
  if (first === undefined) return { from: now - 1000, to: now };
  let from = first.startedAt;
  let lastStart = from;
  let lastEnd = from;
  for (const { startedAt, end } of calls) {
    from = Math.min(from, startedAt);
    lastStart = Math.max(lastStart, startedAt);
    lastEnd = Math.max(lastEnd, end?.at ?? now);
  }
  const spread = Math.max(lastStart - from, 20);
  const to = Math.max(lastStart + spread * 0.15, Math.min(lastEnd, lastStart + spread * 0.6));
  return { from, to };
}

export class Waterfall {
  readonly canvas: HTMLCanvasElement;
  #width = 0;
  #height = 0;

  constructor(canvas: HTMLCanvasElement) {
    this.canvas = canvas;
  }

  resize(width: number, height: number): void {
    if (width === this.#width && height === this.#height) return;
    this.#width = width;
    this.#height = height;
    this.canvas.width = Math.max(1, Math.round(width * devicePixelRatio));
    this.canvas.height = Math.max(1, Math.round(height * devicePixelRatio));
  }

  /** @param top height of the axis, above the rows */
  draw(bars: readonly Bar[], span: Span, now: number, rowHeight: number, top: number): void {
    const context = this.canvas.getContext("2d");
    if (context === null) return;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.#width, this.#height);
    const room = this.#width - 2 * PAD;
    const scale = room / Math.max(0.001, span.to - span.from);
    const x = (at: number) => PAD + (at - span.from) * scale;
    this.#axis(context, span, room, top);
    context.save();
    context.beginPath();
    context.rect(0, top, this.#width, this.#height - top);
    context.clip();
    for (const { call, y } of bars) this.#bar(context, call, top + y + rowHeight / 2, x, now);
    context.restore();
  }

  /** @returns Unix ms */
  timeAt(x: number, span: Span): number {
    return span.from + ((x - PAD) / Math.max(1, this.#width - 2 * PAD)) * (span.to - span.from);
  }

  #axis(context: CanvasRenderingContext2D, span: Span, room: number, top: number): void {
    context.font = `11px ${colour("sans")}`;
    context.textBaseline = "middle";
    context.lineWidth = 1;
    const step = niceStep((span.to - span.from) / AXIS_TICKS);
    for (let ms = 0; ms <= span.to - span.from; ms += step) {
      const at = Math.round(PAD + (ms / (span.to - span.from)) * room) + 0.5;
      context.strokeStyle = colour("grid");
      context.beginPath();
      context.moveTo(at, top);
      context.lineTo(at, this.#height);
      context.stroke();
      const text = ms === 0 ? "0" : `+${axisText(ms)}`;
      const width = context.measureText(text).width;
      if (at + width + 4 > this.#width) break;
      context.fillStyle = colour("dim");
      context.fillText(text, at + (ms === 0 ? 0 : 3), top / 2);
    }
  }

  #bar(context: CanvasRenderingContext2D, call: WebCall, y: number, x: (at: number) => number, now: number): void {
    const { startedAt, answeredAt, end, ticks } = call;
    const from = Math.max(-2, x(startedAt));
    const to = Math.max(from + 2, Math.min(this.#width + 2, x(end?.at ?? now)));
    if (to < 0 || from > this.#width) return;
    const answered = Math.min(to, Math.max(from, x(answeredAt ?? end?.at ?? now)));
    context.fillStyle = colour("bar-wait");
    context.fillRect(from, y - 1, answered - from, 2);
    context.fillStyle = colour("bar");
    context.fillRect(answered, y - 2.5, to - answered, 5);
    if (ticks !== undefined) this.#ticks(context, call, ticks, y, x);
    this.#ending(context, call, to, y);
  }

  #ticks(
    context: CanvasRenderingContext2D,
    { startedAt }: WebCall,
    ticks: readonly number[],
    y: number,
    x: (at: number) => number,
  ): void {
    let lastClient = -9;
    let lastServer = -9;
    for (let place = 0; place + 1 < ticks.length; place += 2) {
      const at = Math.round(x(startedAt + ticks[place]!));
      if (at < -1 || at > this.#width) continue;
      const size = ticks[place + 1]!;
      // More than one a pixel is as good as one.
      if (size >= 0 ? at === lastClient : at === lastServer) continue;
      const height = 3 + Math.min(6, Math.log2(2 + (size >= 0 ? size : -1 - size)) / 2.5);
      if (size >= 0) {
        lastClient = at;
        context.fillStyle = colour("client");
        context.fillRect(at, y - height, 1.5, height);
      } else {
        lastServer = at;
        context.fillStyle = colour("server");
        context.fillRect(at, y, 1.5, height);
      }
    }
  }

  #ending(context: CanvasRenderingContext2D, call: WebCall, to: number, y: number): void {
    const { end } = call;
    if (to > this.#width - 4) {
      context.fillStyle = colour(end === undefined ? "accent" : "dim");
      context.beginPath();
      context.moveTo(this.#width - 2, y);
      context.lineTo(this.#width - 7, y - 4);
      context.lineTo(this.#width - 7, y + 4);
      context.fill();
      return;
    }
    if (end === undefined) {
      context.fillStyle = colour("accent");
      context.beginPath();
      context.arc(to, y, 3, 0, 7);
      context.fill();
      return;
    }
    const { style } = statusSpan(call);
    if (style === "plain") return;
    context.strokeStyle = colour(style === "serverFault" ? "red" : style === "callerFault" ? "yellow" : "dim");
    context.lineWidth = 1.6;
    context.beginPath();
    context.moveTo(to - 3, y - 3);
    context.lineTo(to + 3, y + 3);
    if (style !== "cancelled") {
      context.moveTo(to + 3, y - 3);
      context.lineTo(to - 3, y + 3);
    }
    context.stroke();
  }
}

/** 1, 2 or 5 times a power of ten, at least as large. */
export function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(Math.max(least, 0.001)));
  for (const factor of [1, 2, 5]) if (factor * power >= least) return factor * power;
  return 10 * power;
}

/** "20ms", "1s", "2m00s": round numbers without their zeros. */
export function axisText(ms: number): string {
  if (ms < 1) return `${Math.round(ms * 1000)}µs`;
  if (ms < 1000) return `${Math.round(ms * 10) / 10}ms`;
  return ms < 60_000 ? `${Math.round(ms / 100) / 10}s` : formatDuration(ms);
}
