// A few things to choose from, in a box; the letter before each is its key.
import { type Canvas, MARK } from "../../src/view/canvas.js";
import { cutLine, type Line, lineWidth, span } from "../../src/view/styled.js";
import { box } from "./box.js";
import type { Key } from "./keyboard.js";
import type { Overlay } from "./overlay.js";
import { Scroll } from "./scroll.js";

export interface MenuItem {
  /** One key; "" for none. */
  readonly key: string;
  /** Further keys, which nothing shows. */
  readonly also?: readonly string[];
  readonly line: Line;
  /** @returns whether the menu stays: for what is switched on and off */
  choose(): boolean;
}

const MOVES: Readonly<Record<string, string>> = { j: "down", down: "down", k: "up", up: "up", g: "first", G: "last" };

export class Menu implements Overlay {
  readonly rows = 0;
  readonly #title: string;
  readonly #items: () => readonly MenuItem[];
  readonly #scroll = new Scroll();

  /** @param items are asked for again after each choice */
  constructor(title: string, items: () => readonly MenuItem[], cursor = 0) {
    this.#title = title;
    this.#items = items;
    this.#scroll.cursor = cursor;
  }

  press(key: Key): "stays" | "gone" {
    const items = this.#items();
    const own = items.find((item) => (item.key !== "" && item.key === key.name) || item.also?.includes(key.name));
    if (own !== undefined) return own.choose() ? "stays" : "gone";
    if (key.name === "escape" || key.name === "q" || key.name === "ctrl-c") return "gone";
    if (key.name === "enter" || key.name === "space")
      return items[this.#scroll.cursor]?.choose() === true ? "stays" : "gone";
    const move = MOVES[key.name];
    if (move !== undefined) this.#scroll.act(move, items.length);
    return "stays";
  }

  paint(canvas: Canvas): void {
    const items = this.#items();
    const width = Math.min(canvas.width, Math.max(this.#title.length, ...items.map(({ line }) => lineWidth(line))) + 8);
    const height = Math.min(canvas.height, items.length + 2);
    const area = { x: (canvas.width - width) >> 1, y: (canvas.height - height) >> 1, width, height };
    const inside = box(canvas, area, this.#title);
    const top = this.#scroll.fit(items.length, inside.height);
    for (let row = 0; row < inside.height; row++) {
      const item = items[top + row];
      if (item === undefined) break;
      const line = [span(` ${item.key.padEnd(2)} `, "key"), ...item.line];
      const mark = top + row === this.#scroll.cursor ? MARK.selected : MARK.none;
      canvas.line(inside.x, inside.y + row, inside.width, cutLine(line, inside.width), mark);
    }
  }

  wheel(lines: number): void {
    this.#scroll.wheel(lines, this.#items().length);
  }
}
