// The .proto files that a user named: files and folders on disk, listed without being followed out of their folders.
import { existsSync } from "node:fs";
import { readdir, realpath, stat } from "node:fs/promises";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { SchemaProblem } from "./problems.js";

/** googleapis has 7,000 files. */
const MAX_FILES = 20_000;
const MAX_DEPTH = 40;
const SKIPPED_FOLDERS = new Set(["node_modules", ".git"]);

export interface FoundFile {
  /** Real path. */
  readonly path: string;
  /** The folder that its import name begins in, real path. */
  readonly root: string;
  /** As other files import it: the path from its root, with slashes. */
  readonly name: string;
  /** As the user would write it. */
  readonly label: string;
  /** Whether the user named it, rather than a folder around it. */
  readonly named: boolean;
}

export interface ProtoTree {
  readonly files: readonly FoundFile[];
  /** Import roots that the user gave, real paths. */
  readonly roots: readonly string[];
  /** Where new or changed files would appear. */
  readonly folders: ReadonlySet<string>;
  readonly problems: readonly SchemaProblem[];
}

/**
 * Lists the .proto files among what the user named.
 * @param paths files and folders
 * @param importPaths import roots; a file's name is counted from the first that holds it, else from the folder it was named by
 */
export async function listProtoTree(paths: readonly string[], importPaths: readonly string[]): Promise<ProtoTree> {
  return new TreeLister().list(paths, importPaths);
}

class TreeLister {
  readonly #files = new Map<string, FoundFile>();
  readonly #folders = new Set<string>();
  readonly #problems: SchemaProblem[] = [];
  /** Links in the folder that is being listed: they count only where what they lead to is not listed itself. */
  readonly #links: { readonly path: string; readonly label: string }[] = [];
  #roots: readonly string[] = [];

  async list(paths: readonly string[], importPaths: readonly string[]): Promise<ProtoTree> {
    const roots: string[] = [];
    for (const path of importPaths) {
      const real = await this.#real(path, "import root");
      if (real !== undefined) roots.push(real);
    }
    this.#roots = roots;
    for (const path of paths) {
      const found = this.#underRoot(path);
      const real = await this.#real(found, "file or folder");
      if (real !== undefined) await this.#named(found, real);
    }
    return { files: [...this.#files.values()], roots, folders: this.#folders, problems: this.#problems };
  }

  /** As protoc and grpcurl have it: what is not there from here is meant from an import root. */
  #underRoot(path: string): string {
    if (existsSync(path) || isAbsolute(path)) return path;
    const candidates = this.#roots.map((root) => join(root, path));
    const found = candidates.find((candidate) => existsSync(candidate));
    if (found === undefined) for (const candidate of candidates) this.#folders.add(nearestFolder(candidate));
    return found ?? path;
  }

  /** @returns the real path; what is not there is a problem, and its place is watched */
  async #real(path: string, what: string): Promise<string | undefined> {
    try {
      return await realpath(path);
    } catch {
      this.#folders.add(nearestFolder(resolve(path)));
      this.#problems.push({ file: path, message: `no such ${what}`, severity: "error" });
      return undefined;
    }
  }

  async #named(path: string, real: string): Promise<void> {
    const info = await stat(real);
    // the link that was named may be pointed elsewhere, as well as the file itself be replaced
    this.#folders.add(dirname(resolve(path)));
    if (info.isDirectory()) {
      const before = this.#files.size;
      await this.#folder(real, real, path, 0);
      for (const { path: link, label } of this.#links.splice(0)) await this.#link(link, real, label);
      if (this.#files.size === before) {
        this.#problems.push({ file: path, message: "no .proto file in this folder", severity: "note" });
      }
    } else {
      this.#folders.add(dirname(real));
      this.#file(real, dirname(real), path, true);
    }
  }

  async #folder(folder: string, root: string, label: string, depth: number): Promise<void> {
    this.#folders.add(folder);
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const entry of entries) {
      const path = join(folder, entry.name);
      const entryLabel = join(label, entry.name);
      if (entry.isDirectory()) {
        if (depth < MAX_DEPTH && !SKIPPED_FOLDERS.has(entry.name))
          await this.#folder(path, root, entryLabel, depth + 1);
      } else if (entry.isSymbolicLink()) {
        if (!SKIPPED_FOLDERS.has(entry.name)) this.#links.push({ path, label: entryLabel });
      } else if (entry.name.endsWith(".proto") && entry.isFile()) {
        this.#file(path, root, entryLabel);
      }
    }
  }

  /** Follows a link to a .proto file; links to folders are not followed, and told where they lead to what is not listed. */
  async #link(path: string, root: string, label: string): Promise<void> {
    const real = await realpath(path).catch(() => undefined);
    if (real === undefined) {
      if (path.endsWith(".proto"))
        this.#problems.push({ file: label, message: "this link leads nowhere", severity: "error" });
      return;
    }
    const inside = [root, ...this.#roots].some((folder) => real === folder || isInside(real, folder));
    const info = await stat(real);
    const isProto = path.endsWith(".proto") && info.isFile();
    if (this.#files.has(real) || !(isProto || info.isDirectory())) return;
    if (isProto && inside) this.#file(path, root, label);
    else if (!inside) {
      const severity = isProto ? "error" : "note";
      this.#problems.push({ file: label, message: "this link leads out of the folder; it is not followed", severity });
    }
  }

  #file(path: string, folder: string, label: string, named = false): void {
    if (this.#files.size >= MAX_FILES) {
      this.#problems.push({ file: label, message: `only the first ${MAX_FILES} files are used`, severity: "error" });
      return;
    }
    const root = this.#roots.find((importRoot) => isInside(path, importRoot)) ?? folder;
    if (!this.#files.has(path)) this.#files.set(path, { path, root, name: importName(path, root), label, named });
  }
}

/** The name by which a file is imported from a root. */
export function importName(path: string, root: string): string {
  return relative(root, path).split(sep).join("/");
}

/** Whether a path lies in a folder; both real paths. */
export function isInside(path: string, folder: string): boolean {
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

/** Whether an import stays below its root: no absolute path, no "..", no drive, nothing that only looks like a slash. */
export function isSafeImport(name: string): boolean {
  if (name === "" || name.length > 1_000 || /[\\\0:]/.test(name)) return false;
  return name.split("/").every((part) => part !== "" && part !== "." && part !== "..");
}

function nearestFolder(path: string): string {
  let folder = dirname(path);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  return folder;
}
