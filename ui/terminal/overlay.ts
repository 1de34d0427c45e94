// What lies over the views and takes all keys: a prompt, a menu, a page of text.
import type { Canvas } from "../../src/view/canvas.js";
import type { Key } from "./keyboard.js";

export interface Overlay {
  /** @returns "gone" when it is over */
  press(key: Key): "stays" | "gone";
  paint(canvas: Canvas): void;
  /** Rows at the bottom it needs for itself; the views end above them. */
  readonly rows: number;
  wheel?(lines: number): void;
}
