// A schema source of .proto files and folders: outlined at once, parsed when asked for, read again when they change.
import { readFileSync, realpathSync, statSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { DescriptorPool, type PoolFile } from "./descriptor-pool.js";
import { FolderWatcher } from "./folder-watcher.js";
import { type Outline, outlineOf } from "./outline.js";
import type { ParsedFile } from "./parsed-file.js";
import { ProblemList, type ProblemListener, type SchemaProblem } from "./problems.js";
import { parseProto } from "./proto-parser.js";
import { positionOf } from "./proto-tokens.js";
import { type FoundFile, importName, isInside, isSafeImport, listProtoTree, type ProtoTree } from "./proto-tree.js";
import { ChangeListeners, type SchemaFiles, type SchemaSource } from "./schema-source.js";

/** The largest .proto we know of has 2 MB; more is no schema that a person wrote. */
const MAX_FILE_BYTES = 16 * 1024 * 1024;

/** Files read at the same time. */
const READ_TOGETHER = 16;

export interface ProtoSourceOptions {
  /** Import roots, in the order in which they are searched. */
  readonly importPaths?: readonly string[];
  /** Whether to follow changes; yes unless said otherwise. */
  readonly watch?: boolean;
}

export class ProtoSource implements SchemaSource {
  readonly name: string;
  readonly pool: DescriptorPool;
  readonly #paths: readonly string[];
  readonly #importPaths: readonly string[];
  readonly #watcher: FolderWatcher | undefined;
  readonly #listeners = new ChangeListeners();
  readonly #problems = new ProblemList();
  readonly #files: ProtoFile[] = [];
  /** By real path: those listed, and those that imports led to. */
  #byPath = new Map<string, ProtoFile>();
  #tree: ProtoTree = { files: [], roots: [], folders: new Set(), problems: [] };
  #guessedRoots: string[] = [];
  /** Paths that imports led to and where nothing was. */
  #absent = new Set<string>();
  #scanning: Promise<void> | undefined;
  #scanAgain = false;
  #closed = false;

  private constructor(paths: readonly string[], options: ProtoSourceOptions) {
    this.name = paths.length === 1 ? `${paths[0]}` : `${paths[0]} and ${paths.length - 1} more`;
    this.#paths = paths;
    this.#importPaths = options.importPaths ?? [];
    this.#watcher = options.watch === false ? undefined : new FolderWatcher(() => void this.#rescan());
    const files = {
      files: this.#files,
      named: () => this.#files.filter((file) => file.named),
      findImport: (from: PoolFile, name: string) => this.#findImport(from, name),
      guessImport: (from: PoolFile, name: string) => this.#guessImport(from, name),
    };
    this.pool = new DescriptorPool(files, (problem) => this.#problems.add(problem));
  }

  /** Lists and outlines the files; problems with them are told, not thrown. */
  static async open(paths: readonly string[], options: ProtoSourceOptions = {}): Promise<ProtoSource> {
    const source = new ProtoSource(paths, options);
    await source.#rescan();
    return source;
  }

  get files(): SchemaFiles {
    const roots = [...this.#importPaths, ...this.#tree.roots, ...this.#guessedRoots];
    return { kind: "proto", roots: [...new Set(roots.map((root) => resolve(root)))] };
  }

  get problems(): readonly SchemaProblem[] {
    return this.#problems.all;
  }

  onProblem(listener: ProblemListener): () => void {
    return this.#problems.listen(listener);
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  close(): void {
    this.#closed = true;
    this.#watcher?.close();
    this.#listeners.clear();
  }

  /** One scan at a time; events during a scan lead to one more. */
  #rescan(): Promise<void> {
    this.#scanAgain = true;
    this.#scanning ??= this.#scanUntilQuiet().finally(() => {
      this.#scanning = undefined;
    });
    return this.#scanning;
  }

  async #scanUntilQuiet(): Promise<void> {
    while (this.#scanAgain && !this.#closed) {
      this.#scanAgain = false;
      await this.#scan();
    }
  }

  async #scan(): Promise<void> {
    const tree = await this.#listAndFollow();
    const listed = await inGroups(tree.files, (file) => this.#outlined(file));
    const imported = [...this.#byPath.values()].filter((file) => !listed.some((other) => other.path === file.path));
    const kept = await inGroups(imported, (file) => this.#outlined(file));
    const files = listed.filter((file) => file !== undefined);
    const all = [...files, ...kept];
    const same = all.length === this.#byPath.size && all.every((file) => this.#byPath.get(file.path) === file);
    if (this.#closed || (same && sameProblems(tree, this.#tree))) return;
    this.#tree = tree;
    this.#files.splice(0, this.#files.length, ...files);
    this.#byPath = new Map(files.map((file) => [file.path, file]));
    this.#guessedRoots = [];
    this.#absent.clear();
    this.#problems.clear();
    for (const problem of tree.problems) this.#problems.add(problem);
    for (const file of files) if (file.problem !== undefined) this.#problems.add(file.problem);
    this.pool.reset();
    this.#listeners.notify();
  }

  async #listAndFollow(): Promise<ProtoTree> {
    // what came between listing and watching would go unnoticed: once more where there were folders to watch
    for (let round = 0; ; round++) {
      const tree = await listProtoTree(this.#paths, this.#importPaths);
      const folders = new Set([...tree.folders, ...[...this.#byPath.keys()].map((path) => dirname(path))]);
      if (!this.#watcher?.follow(folders) || round === 3) return tree;
    }
  }

  /** The file as it is on disk now: the same object while it has not changed. */
  async #outlined(found: FoundFile): Promise<ProtoFile> {
    const known = this.#byPath.get(found.path);
    const stamp = await stat(found.path, { bigint: true }).then(stampOf, () => "gone");
    if (known !== undefined && known.stamp === stamp && known.root === found.root && known.label === found.label)
      return known;
    const text = stamp === "gone" ? "" : await readFile(found.path, "utf8").catch(() => "");
    const before = stamp === "gone" ? undefined : known?.textInUse;
    if (before !== undefined && text.length <= MAX_FILE_BYTES) {
      const parsed = parseProto(text, found.name);
      if ("failure" in parsed) return new ProtoFile(found, stamp, known!.outline, { text: before, failed: text });
    }
    return new ProtoFile(found, stamp, outlineOf(text.length > MAX_FILE_BYTES ? "" : text));
  }

  #findImport(from: PoolFile, name: string): ProtoFile | undefined {
    if (!isSafeImport(name)) {
      this.#note(from, `import "${name}" leads out of the import roots; it is not followed`);
      return undefined;
    }
    const own = this.#byPath.get(from.key)?.root;
    const folders = new Set(this.#files.map((file) => file.root));
    const roots = new Set([
      ...this.#tree.roots,
      ...(own === undefined ? [] : [own]),
      ...folders,
      ...this.#guessedRoots,
    ]);
    for (const root of roots) {
      const file = this.#fileUnder(root, name);
      if (file !== undefined) return file;
    }
    return undefined;
  }

  /** Looks for a file whose path ends like the import: among those listed, then in the folders around the importing file. */
  #guessImport(from: PoolFile, name: string): ProtoFile | undefined {
    if (!isSafeImport(name) || !name.endsWith(".proto")) return undefined;
    const ending = sep + name.split("/").join(sep);
    const similar = this.#files.filter((file) => file.path.endsWith(ending));
    const nearest = similar.sort((a, b) => sharedLength(b.path, from.key) - sharedLength(a.path, from.key))[0];
    if (nearest !== undefined) {
      this.#guessed(from, name, nearest.path.slice(0, -ending.length));
      return nearest;
    }
    // a root above the importing file holds the import's first folder on the way down to the importing file
    const first = name.slice(0, name.indexOf("/") + 1).slice(0, -1);
    if (first === "") return undefined;
    const parts = from.key.split(sep);
    for (let length = parts.length - 2; length > 0; length--) {
      if (parts[length] !== first) continue;
      const root = parts.slice(0, length).join(sep) || sep;
      const file = this.#fileUnder(root, name);
      if (file === undefined) continue;
      this.#guessed(from, name, root);
      return file;
    }
    return undefined;
  }

  #guessed(from: PoolFile, name: string, root: string): void {
    this.#guessedRoots.push(root);
    this.#note(from, `import "${name}" was found by guessing ${root} as an import root`);
  }

  /** A file below a root, by its import name; links out of the root are not followed. */
  #fileUnder(root: string, name: string): ProtoFile | undefined {
    const path = join(root, ...name.split("/"));
    const listed = this.#byPath.get(path);
    if (listed !== undefined || this.#absent.has(path)) return listed;
    try {
      const real = realpathSync(path);
      const known = this.#byPath.get(real);
      if (known !== undefined) return known;
      const info = statSync(real, { bigint: true });
      const allowed = isInside(real, root) || this.#tree.roots.some((importRoot) => isInside(real, importRoot));
      if (!allowed || !info.isFile()) {
        this.#absent.add(path);
        return undefined;
      }
      const found = { path: real, root, name: importName(path, root), label: path, named: false };
      const file = new ProtoFile(found, stampOf(info), { package: "", types: [], services: [], extendees: [] });
      this.#byPath.set(real, file);
      this.#watcher?.follow(new Set([...this.#tree.folders, ...[...this.#byPath.keys()].map((p) => dirname(p))]));
      return file;
    } catch {
      this.#absent.add(path);
      return undefined;
    }
  }

  #note(from: PoolFile, message: string): void {
    this.#problems.add({ file: from.label, message, severity: "note" });
  }
}

class ProtoFile implements PoolFile, FoundFile {
  readonly key: string;
  readonly path: string;
  readonly root: string;
  readonly name: string;
  readonly label: string;
  readonly named: boolean;
  /** Changes when the file changes. */
  readonly stamp: string;
  readonly outline: Outline;
  /** Why it is used as it was before. */
  readonly problem: SchemaProblem | undefined;
  #text: string | undefined;

  /** @param kept what it said before it was broken, most likely by somebody who is still at it: used until it is whole again */
  constructor(
    found: FoundFile,
    stamp: string,
    outline: Outline,
    kept?: { readonly text: string; readonly failed: string },
  ) {
    this.key = found.path;
    this.path = found.path;
    this.root = found.root;
    this.name = found.name;
    this.label = found.label;
    this.named = found.named;
    this.stamp = stamp;
    this.outline = outline;
    this.#text = kept?.text;
    this.problem = kept && brokenSince(found, kept.failed);
  }

  /** The text that was parsed; undefined before, and when it could not be. */
  get textInUse(): string | undefined {
    return this.#text;
  }

  load(): ParsedFile | SchemaProblem {
    const file = this.label;
    if (this.problem !== undefined && this.#text !== undefined) {
      const kept = parseProto(this.#text, this.name);
      if (!("failure" in kept)) return kept;
    }
    let source: string;
    try {
      source = readFileSync(this.path, "utf8");
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "unknown reason";
      return { file, message: `cannot be read: ${code}`, severity: "error" };
    }
    if (source.length > MAX_FILE_BYTES)
      return { file, message: `longer than ${MAX_FILE_BYTES} bytes`, severity: "error" };
    const parsed = parseProto(source, this.name);
    if (!("failure" in parsed)) {
      this.#text = source;
      return parsed;
    }
    const { message, at } = parsed.failure;
    return { file, ...positionOf(source, at), message, severity: "error" };
  }
}

function brokenSince({ label, name }: FoundFile, text: string): SchemaProblem | undefined {
  const parsed = parseProto(text, name);
  if (!("failure" in parsed)) return undefined;
  const { message, at } = parsed.failure;
  const told = `${message}; what it said before is used`;
  return { file: label, ...positionOf(text, at), message: told, severity: "error" };
}

function stampOf(info: {
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  readonly size: bigint;
  readonly ino: bigint;
}) {
  return `${info.mtimeNs} ${info.ctimeNs} ${info.size} ${info.ino}`;
}

function sameProblems(a: ProtoTree, b: ProtoTree): boolean {
  return JSON.stringify(a.problems) === JSON.stringify(b.problems) && a.roots.join() === b.roots.join();
}

function sharedLength(a: string, b: string): number {
  let length = 0;
  while (length < a.length && a[length] === b[length]) length++;
  return length;
}

/** Some at a time, so that a large folder does not open all its files at once. */
async function inGroups<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += READ_TOGETHER) {
    results.push(...(await Promise.all(items.slice(start, start + READ_TOGETHER).map(work))));
  }
  return results;
}
