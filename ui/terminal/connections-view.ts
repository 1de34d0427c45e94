// The connections: a list of them, and below it what is known of the one that is chosen.
import type { ConnectionFacts } from "../../src/session/connection-list.js";
import { type Area, type Canvas, MARK } from "../../src/view/canvas.js";
import { formatDuration, formatTime } from "../../src/view/format.js";
import { cutLine, type Line, span } from "../../src/view/styled.js";
import { cutText, padEnd } from "../../src/view/text-width.js";
import { visible } from "../../src/view/visible.js";
import type { Context } from "./actions.js";
import { rule } from "./box.js";
import { connectionLines } from "./connection-lines.js";
import type { Desk, View } from "./desk.js";
import { Scroll } from "./scroll.js";

export class ConnectionsView implements View {
  readonly contexts: readonly Context[] = ["connections", "moving", "global"];
  readonly #desk: Desk;
  readonly #scroll = new Scroll();
  readonly #facts = new Scroll();
  #inFacts = false;
  #factCount = 0;
  #all: readonly ConnectionFacts[] = [];
  #factsTop = Number.POSITIVE_INFINITY;

  constructor(desk: Desk) {
    this.#desk = desk;
  }

  get title(): string {
    return "Connections";
  }

  get ticks(): boolean {
    return this.#desk.connections.openCount > 0;
  }

  act(action: string): boolean {
    switch (action) {
      case "open": {
        const chosen = this.#all[this.#scroll.cursor];
        if (chosen !== undefined) this.#desk.act("filter", `connection == ${chosen.id}`);
        this.#desk.act("view-calls");
        return true;
      }
      case "next-pane":
      case "previous-pane":
        this.#inFacts = !this.#inFacts;
        return true;
      default:
        if (this.#inFacts) return this.#facts.act(action, this.#factCount);
        if (!this.#scroll.act(action, this.#all.length)) return false;
        this.#facts.reset();
        return true;
    }
  }

  click(_x: number, y: number, twice: boolean): void {
    if (y >= this.#factsTop) {
      this.#inFacts = true;
      return;
    }
    this.#inFacts = false;
    if (y > 0) this.#scroll.cursor = Math.min(this.#all.length - 1, this.#scroll.top + y - 1);
    if (twice) this.act("open");
  }

  wheel(_x: number, y: number, lines: number): void {
    if (y >= this.#factsTop) this.#facts.wheel(lines, this.#factCount);
    else this.#scroll.wheel(lines, this.#all.length);
  }

  paint(canvas: Canvas, area: Area, focused: boolean): void {
    this.#all = this.#desk.connections.all();
    const { width } = area;
    const server = serverCells(width);
    const title = `    # ${width >= WIDE ? "SINCE     " : ""} ${padEnd("CLIENT", clientCells(width))}${server === 0 ? "" : ` ${padEnd("SERVER", server)}`}  CALLS  STATE`;
    canvas.line(area.x, area.y, width, [span(title, "dim")]);
    const rows = Math.max(1, Math.min(this.#all.length, Math.floor((area.height - 2) * 0.45)));
    const top = this.#scroll.fit(this.#all.length, rows);
    for (let row = 0; row < rows; row++) {
      const facts = this.#all[top + row];
      if (facts === undefined) break;
      const isCursor = top + row === this.#scroll.cursor;
      const mark = isCursor ? (focused && !this.#inFacts ? MARK.selected : MARK.unfocused) : MARK.none;
      canvas.line(
        area.x,
        area.y + 1 + row,
        area.width,
        cutLine(rowOf(facts, this.#desk.now(), width, isCursor), width),
        mark,
      );
    }
    if (this.#all.length === 0) canvas.text(area.x + 2, area.y + 1, "no connection yet", "dim");
    const y = area.y + 1 + rows;
    this.#factsTop = y - area.y;
    const chosen = this.#all[this.#scroll.cursor];
    rule(canvas, area.x, y, area.width, chosen === undefined ? "" : `connection c${chosen.id}`, "↵ its calls");
    if (chosen === undefined) return;
    const lines = connectionLines(chosen, this.#desk.now());
    this.#factCount = lines.length;
    const height = area.y + area.height - y - 1;
    const first = this.#facts.fit(lines.length, height);
    for (let row = 0; row < height; row++) {
      const line = lines[first + row];
      if (line === undefined) break;
      const here = this.#inFacts && focused && first + row === this.#facts.cursor;
      canvas.line(area.x, y + 1 + row, area.width, cutLine(line, area.width), here ? MARK.selected : MARK.none);
    }
  }
}

/** From this width on there is room for when it began, and for whole addresses. */
const WIDE = 70;

const clientCells = (width: number) => (width >= WIDE ? 21 : 15);
/** What state it is in says more than the server, which is the same for all in most sessions. */
const serverCells = (width: number) => (width >= WIDE ? 21 : width >= 55 ? 12 : 0);

function rowOf(
  { id, opened, closed, calls, client, server }: ConnectionFacts,
  now: number,
  width: number,
  cursor: boolean,
): Line {
  const goaway = client.goaway ?? server.goaway;
  const wide = width >= WIDE;
  const cells = [clientCells(width), serverCells(width)] as const;
  const clientText = padEnd(cutText(visible(opened?.client ?? "?"), cells[0]), cells[0]);
  const serverText = cutText(visible(opened?.server ?? "?") || "–", Math.max(1, cells[1]));
  const state =
    closed === undefined
      ? span(`● open ${opened === undefined ? "" : formatDuration(Math.max(0, now - opened.at))}`, "open")
      : span(
          `${closed.how === "end" ? "closed" : closed.how === "reset" ? "⊘ reset" : "✗ failed"} by ${closed.by}`,
          closed.how === "end" ? "dim" : "serverFault",
        );
  const tls = opened?.tls === undefined ? "" : " TLS";
  const stalls = client.stalls + server.stalls;
  return [
    span(cursor ? "▌" : " ", "open"),
    span(`c${id}`.padStart(4), "dim"),
    span(wide && opened !== undefined ? ` ${formatTime(opened.at).slice(0, 8)} ` : " ", "dim"),
    span(` ${clientText}${cells[1] === 0 ? "" : ` ${padEnd(serverText, cells[1])}`} `),
    span(`${String(calls).padStart(6)}  `),
    state,
    span(tls, "dim"),
    ...(goaway === undefined ? [] : [span(" GOAWAY", "warning")]),
    ...(stalls === 0 ? [] : [span(` ${stalls} stalls`, "warning")]),
    ...(client.problems + server.problems === 0 ? [] : [span(" !", "serverFault")]),
  ];
}
