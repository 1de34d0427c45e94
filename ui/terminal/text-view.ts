// A view of lines with a cursor: schemas and the log are two of them.
import { type Area, type Canvas, MARK } from "../../src/view/canvas.js";
import { type Line, lineText, span } from "../../src/view/styled.js";
import type { Context } from "./actions.js";
import type { View } from "./desk.js";
import { Scroll } from "./scroll.js";

export class TextView implements View {
  readonly contexts: readonly Context[];
  readonly title: string;
  follow: boolean;
  readonly #scroll = new Scroll();
  readonly #lines: (width: number) => readonly Line[];
  #count = 0;
  #shown: readonly Line[] = [];

  /** @param follows whether it stays at the end while that grows */
  constructor(title: string, context: "schema" | "log", follows: boolean, lines: (width: number) => readonly Line[]) {
    this.title = title;
    this.contexts = [context, "moving", "global"];
    this.follow = follows;
    this.#lines = lines;
  }

  get text(): string {
    return this.#shown.map(lineText).join("\n");
  }

  act(action: string): boolean {
    if (action === "follow") {
      this.follow = !this.follow;
      return true;
    }
    if (!this.#scroll.act(action, this.#count)) return false;
    this.follow = action === "last";
    return true;
  }

  click(_x: number, y: number): void {
    this.follow = false;
    this.#scroll.cursor = Math.min(this.#count - 1, this.#scroll.top + y);
  }

  wheel(_x: number, _y: number, lines: number): void {
    this.follow = false;
    this.#scroll.wheel(lines, this.#count);
  }

  paint(canvas: Canvas, area: Area, focused: boolean): void {
    this.#shown = this.#lines(area.width);
    this.#count = this.#shown.length;
    if (this.follow) this.#scroll.cursor = Math.max(0, this.#count - 1);
    const top = this.#scroll.fit(this.#count, area.height);
    for (let row = 0; row < area.height; row++) {
      const line = this.#shown[top + row];
      if (line === undefined) break;
      const mark = top + row === this.#scroll.cursor && focused && !this.follow ? MARK.selected : MARK.none;
      canvas.line(area.x, area.y + row, area.width, line, mark);
    }
    if (this.#count === 0) canvas.line(area.x, area.y, area.width, [span(" nothing yet", "dim")]);
  }
}
