// Imports go one way: this holds the layers of src/README.md, and keeps pure folders free of Node.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import { describe, expect, test } from "vitest";

const ROOT = resolve(import.meta.dirname, "..");

/** What each folder of src may import besides itself. A folder that is not here needs a decision first. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  model: [],
  http2: ["model"],
  rpc: ["http2", "model"],
  view: ["model"],
  message: ["model", "view"],
  schema: ["message", "rpc", "model"],
  capture: ["rpc", "http2", "message", "model"],
  relay: ["capture", "rpc", "http2", "message", "model"],
  // Asks servers for their schemas, so it stands above what dials them; schema itself does not know of it.
  "schema/reflection": ["schema", "relay", "capture", "rpc", "http2", "message", "view", "model"],
  filter: ["model"],
  stats: ["filter", "model"],
  // Reads payloads without a schema; what it learns belongs to a session, not to a capture.
  schemaless: ["message", "view", "model"],
  // What a view reads of a capture: lists of calls by filter and order, statistics; kept up at the viewer's pace.
  session: ["filter", "stats", "schemaless", "schema", "capture", "rpc", "message", "view", "model"],
  // The relay and what decodes its messages, for a program.
  proxy: [
    "session",
    "schemaless",
    "schema/reflection",
    "schema",
    "relay",
    "capture",
    "rpc",
    "message",
    "view",
    "model",
  ],
  // Entries of gRPC's binary log, and the events that they tell; whoever has a capture puts them there.
  "binary-log": ["message", "rpc", "model"],
  export: ["binary-log", "capture", "rpc", "message", "schemaless", "schema", "filter", "session", "view", "model"],
  feed: ["session", "export", "filter", "stats", "schemaless", "schema", "capture", "message", "view", "model"],
};
/** Where two files call each other: JSON and encoding have well-known types, which have any types inside. */
const RECURSIVE = ["message"];
const PURE = ["model", "http2", "rpc", "view", "filter", "stats"];

interface Import {
  /** From the root, as in "src/rpc/grpc.ts". */
  readonly file: string;
  /** The same of what is imported; a package's name, or node: and a module's, as it is. */
  readonly target: string;
}

const SOURCES = sources(join(ROOT, "src"));
const IMPORTS = SOURCES.flatMap(importsOf);

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return entry.name.endsWith(".ts") ? [slashed(relative(ROOT, path))] : [];
  });
}

function slashed(path: string): string {
  return path.split(sep).join("/");
}

function importsOf(file: string): Import[] {
  const found: Import[] = [];
  for (const match of codeOf(file).matchAll(/(?:\bfrom\s+|\bimport\s*\(?\s*)"([^"]+)"/g)) {
    const target = match[1]!;
    if (!target.startsWith(".")) found.push({ file, target });
    else found.push({ file, target: slashed(join(dirname(file), target)).replace(/\.js$/, ".ts") });
  }
  return found;
}

/** The text without comments, in which names may be spoken of. */
function codeOf(file: string): string {
  const text = readFileSync(join(ROOT, file), "utf8");
  return text.replace(/\/\*[\s\S]*?\*\/|(^|\s)\/\/.*$/gm, "$1");
}

/** The folder of src that a file is in, by its longest name above; undefined for src/index.ts and for what is outside src. */
function folderOf(file: string): string | undefined {
  const match = /^src\/([^/]+)\/(?:([^/]+)\/)?/.exec(file);
  if (match === null) return undefined;
  const inner = `${match[1]}/${match[2]}`;
  return inner in MAY_IMPORT ? inner : match[1];
}

describe("the scan", () => {
  test("sees the imports that there are", () => {
    expect(SOURCES.length).toBeGreaterThan(50);
    expect(IMPORTS).toContainEqual({ file: "src/rpc/call-follower.ts", target: "src/http2/stream.ts" });
    expect(IMPORTS).toContainEqual({ file: "src/relay/pipe.ts", target: "src/http2/stream.ts" });
    expect(IMPORTS).toContainEqual({ file: "src/index.ts", target: "src/capture/capture.ts" });
    expect(IMPORTS.some(({ target }) => target.startsWith("node:"))).toBe(true);
  });

  test("finds every import's file", () => {
    const known = new Set(SOURCES);
    expect(IMPORTS.filter(({ target }) => target.startsWith("src/") && !known.has(target))).toEqual([]);
  });
});

describe("layers", () => {
  test("every folder of src has its place in them", () => {
    const folders = new Set(SOURCES.map(folderOf).filter((folder) => folder !== undefined));
    expect([...folders].filter((folder) => MAY_IMPORT[folder] === undefined)).toEqual([]);
  });

  test("allow no cycle between folders", () => {
    const below = (folder: string, path: readonly string[]): readonly string[] => {
      if (path.includes(folder)) throw new Error(`cycle: ${[...path, folder].join(" → ")}`);
      return (MAY_IMPORT[folder] ?? []).flatMap((next) => [next, ...below(next, [...path, folder])]);
    };
    for (const folder of Object.keys(MAY_IMPORT)) expect(below(folder, [])).not.toContain(folder);
  });

  test("are kept by every import", () => {
    const wrong = IMPORTS.filter(({ file, target }) => {
      const [from, to] = [folderOf(file), folderOf(target)];
      if (from === undefined || !target.startsWith("src/")) return false;
      return to === undefined || (to !== from && !MAY_IMPORT[from]!.includes(to));
    });
    expect(wrong).toEqual([]);
  });

  test("end at src: nothing in it imports the command line, the pages or the tests", () => {
    expect(IMPORTS.filter(({ target }) => /^(cli|ui|test)\//.test(target))).toEqual([]);
  });

  test("have no cycle of files either, type imports aside", () => {
    const next = new Map<string, string[]>();
    for (const file of SOURCES) if (!RECURSIVE.includes(folderOf(file) ?? "")) next.set(file, valueImportsOf(file));
    const done = new Set<string>();
    const visit = (file: string, path: readonly string[]): void => {
      if (path.includes(file)) throw new Error(`cycle: ${[...path.slice(path.indexOf(file)), file].join(" → ")}`);
      if (done.has(file)) return;
      for (const target of next.get(file) ?? []) visit(target, [...path, file]);
      done.add(file);
    };
    for (const file of SOURCES) visit(file, []);
  });
});

/** Imports of something that is there when the program runs. */
function valueImportsOf(file: string): string[] {
  const code = codeOf(file).replace(/\b(?:import|export)\s+type\b[^;]*;/g, "");
  return [...code.matchAll(/\bfrom\s+"(\.[^"]+)"/g)].map((match) =>
    slashed(join(dirname(file), match[1]!)).replace(/\.js$/, ".ts"),
  );
}

describe("pure folders", () => {
  const pure = SOURCES.filter((file) => PURE.includes(folderOf(file) ?? ""));

  test("import no module of Node and no package", () => {
    const outside = IMPORTS.filter(({ file, target }) => pure.includes(file) && !target.startsWith("src/"));
    expect(outside).toEqual([]);
  });

  test("use no name that only Node has", () => {
    const named = pure.filter((file) =>
      /\b(Buffer|process|setImmediate|setTimeout|setInterval|require|__dirname|performance|console)\s*[.(]/.test(
        codeOf(file),
      ),
    );
    expect(named).toEqual([]);
  });

  test("read no clock and roll no dice", () => {
    expect(pure.filter((file) => /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b/.test(codeOf(file)))).toEqual([]);
  });
});

describe("barrels", () => {
  test("src/index.ts is the only one, and nothing in src imports it", () => {
    const handsOn = /\b(?:import|export)\s[^;]*?\bfrom\s+"[^"]+";/g;
    const barrels = SOURCES.filter((file) => codeOf(file).replace(handsOn, "").trim() === "");
    expect(barrels).toEqual(["src/index.ts"]);
    expect(SOURCES.filter((file) => file.endsWith("/index.ts"))).toEqual(["src/index.ts"]);
    expect(IMPORTS.filter(({ target }) => target === "src/index.ts")).toEqual([]);
  });
});
