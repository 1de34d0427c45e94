// Which field costs the bytes: of a few messages, what each field takes on the wire and what it would take as JSON.
import type { TreeRow } from "../../../src/feed/messages.js";

export interface FieldSize {
  /** Without places in lists and maps, as in "items.price". */
  readonly path: string;
  protobuf: number;
  json: number;
}

/** Paths of the tree name fields as a .proto file does, JSON as JavaScript does: both say the same without case and underscores. */
function plain(path: string): string {
  return path.replaceAll("_", "").toLowerCase();
}

export class FieldSizes {
  readonly #fields = new Map<string, FieldSize>();

  add(rows: readonly TreeRow[], json: unknown): void {
    rows.forEach((row, place) => {
      const path = bare(row.path);
      if (path === "" || row.number === 0) return;
      // What lies in a message is counted there; its tag and length are its own.
      const inner = row.message === true && (rows[place + 1]?.depth ?? 0) > row.depth;
      const field = this.#at(path);
      field.protobuf += inner ? row.valueStart - row.start : row.end - row.start;
    });
    if (json !== undefined) this.#json("", json, 0);
  }

  /** Most costly first. */
  top(count: number): readonly FieldSize[] {
    return [...this.#fields.values()].sort((a, b) => b.protobuf + b.json - a.protobuf - a.json).slice(0, count);
  }

  /** Depth is that of JSON the feed made: some hundred levels. */
  #json(path: string, value: unknown, own: number): void {
    const field = path === "" ? undefined : this.#fields.get(plain(path));
    if (Array.isArray(value)) {
      if (field !== undefined) field.json += own + 1 + Math.max(1, value.length);
      for (const item of value) this.#json(path, item, 0);
    } else if (typeof value === "object" && value !== null) {
      if (field !== undefined) field.json += own + 2;
      for (const [name, item] of Object.entries(value)) {
        const child = path === "" ? name : `${path}.${name}`;
        const cost = name.length + 4;
        if (this.#fields.has(plain(child))) this.#json(child, item, cost);
        else if (field !== undefined) field.json += cost + JSON.stringify(item).length;
      }
    } else if (field !== undefined) {
      field.json += own + JSON.stringify(value).length;
    }
  }

  #at(path: string): FieldSize {
    let field = this.#fields.get(plain(path));
    if (field === undefined) {
      field = { path, protobuf: 0, json: 0 };
      this.#fields.set(plain(path), field);
    }
    return field;
  }
}

/** ".items[2].price" as "items.price". */
export function bare(path: string): string {
  return path.replace(/\[(?:"(?:[^"\\]|\\.)*"|[^\]]*)\]/g, "").replace(/^\./, "");
}
