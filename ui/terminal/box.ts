// A frame around an area, and lines between panes.
import type { Area, Canvas } from "../../src/view/canvas.js";
import { keyHint } from "./keymap.js";

/** Draws a frame with a title and empties what is in it. @returns the inside */
export function box(canvas: Canvas, area: Area, title: string): Area {
  const { x, y, width, height } = area;
  canvas.wipe(area);
  const line = "─".repeat(Math.max(0, width - 2));
  canvas.text(x, y, `┌${line}┐`, "border");
  canvas.text(x, y + height - 1, `└${line}┘`, "border");
  for (let row = y + 1; row < y + height - 1; row++) {
    canvas.text(x, row, "│", "border");
    canvas.text(x + width - 1, row, "│", "border");
  }
  if (title !== "") canvas.text(x + 2, y, ` ${title} `, "title", 0, x + width - 1);
  return { x: x + 1, y: y + 1, width: Math.max(0, width - 2), height: Math.max(0, height - 2) };
}

/** A line across, with a title in it and a key's hint at its end. */
export function rule(canvas: Canvas, x: number, y: number, width: number, title = "", hint = ""): void {
  canvas.fill(x, y, width, "─", "border");
  const right = keyHint(hint, canvas.ascii);
  if (title !== "") canvas.text(x + 1, y, ` ${title} `, "title", 0, x + width);
  if (right !== "" && width > title.length + right.length + 8)
    canvas.text(x + width - right.length - 3, y, ` ${right} `, "dim", 0, x + width);
}

/** A line down, between panes. */
export function wall(canvas: Canvas, x: number, y: number, height: number): void {
  for (let row = y; row < y + height; row++) canvas.text(x, row, "│", "border");
}
