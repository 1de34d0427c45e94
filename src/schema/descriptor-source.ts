// A schema source made of FileDescriptorProto bytes: from descriptor sets, and from reflection, which may tell more later.
import { type DescriptorOutline, decodeDescriptor, outlineOfDescriptor } from "./descriptor-bytes.js";
import { DescriptorPool, type PoolFile } from "./descriptor-pool.js";
import type { ParsedFile } from "./parsed-file.js";
import { ProblemList, type ProblemListener, type SchemaProblem } from "./problems.js";
import { ChangeListeners, type SchemaSource } from "./schema-source.js";

export interface DescriptorLimits {
  readonly maxFiles: number;
  readonly maxBytes: number;
}

/** A server of 2,000 files with 8 KiB each is the largest we know of (googleapis: 7,000 files, 30 MB, in one set). */
const DEFAULT_LIMITS: DescriptorLimits = { maxFiles: 20_000, maxBytes: 128 * 1024 * 1024 };

export class DescriptorSource implements SchemaSource {
  readonly name: string;
  readonly pool: DescriptorPool;
  readonly #limits: DescriptorLimits;
  readonly #problems = new ProblemList();
  readonly #listeners = new ChangeListeners();
  readonly #files: DescriptorFile[] = [];
  readonly #byName = new Map<string, DescriptorFile>();
  #bytes = 0;

  /** @param name as shown to the user: a file, or "reflection of HOST" */
  constructor(name: string, limits: DescriptorLimits = DEFAULT_LIMITS) {
    this.name = name;
    this.#limits = limits;
    const byName = this.#byName;
    const files = { files: this.#files, findImport: (_: PoolFile, wanted: string) => byName.get(wanted) };
    this.pool = new DescriptorPool(files, (problem) => this.#problems.add(problem));
  }

  get problems(): readonly SchemaProblem[] {
    return this.#problems.all;
  }

  /**
   * Adds files; one whose name is known already is left out, whatever it says, so that nobody can change a type by speaking twice.
   * @returns how many were new
   */
  add(files: Iterable<Uint8Array>): number {
    let added = 0;
    for (const bytes of files) if (this.#add(bytes)) added++;
    if (added > 0) {
      this.pool.reset();
      this.#listeners.notify();
    }
    return added;
  }

  has(fileName: string): boolean {
    return this.#byName.has(fileName);
  }

  /** Takes these files in place of all that were known, when a set was read again. */
  replace(files: Iterable<Uint8Array>): void {
    this.#files.length = 0;
    this.#byName.clear();
    this.#bytes = 0;
    this.#problems.clear();
    for (const bytes of files) this.#add(bytes);
    this.pool.reset();
    this.#listeners.notify();
  }

  /** Forgets all files. */
  clear(): void {
    this.replace([]);
  }

  report(message: string, severity: "error" | "note" = "error"): void {
    this.#problems.add({ file: this.name, message, severity });
  }

  /** A server was asked, and did not tell. */
  refused(message: string): void {
    this.#problems.add({ file: this.name, message, severity: "note", asked: true });
  }

  onProblem(listener: ProblemListener): () => void {
    return this.#problems.listen(listener);
  }

  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  close(): void {
    this.#listeners.clear();
  }

  #add(bytes: Uint8Array): boolean {
    const outline = outlineOfDescriptor(bytes);
    if (outline === undefined) {
      this.report(`${bytes.length} bytes in it are no FileDescriptorProto`);
      return false;
    }
    if (this.#byName.has(outline.name)) return false;
    if (this.#files.length >= this.#limits.maxFiles || this.#bytes + bytes.length > this.#limits.maxBytes) {
      this.report(`more than ${this.#limits.maxFiles} files or ${this.#limits.maxBytes} bytes; the rest is left out`);
      return false;
    }
    const file = new DescriptorFile(bytes, outline, this.name);
    this.#files.push(file);
    this.#byName.set(outline.name, file);
    this.#bytes += bytes.length;
    return true;
  }
}

class DescriptorFile implements PoolFile {
  readonly key: string;
  readonly name: string;
  readonly label: string;
  readonly outline: DescriptorOutline;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, outline: DescriptorOutline, source: string) {
    this.#bytes = bytes;
    this.outline = outline;
    this.key = outline.name;
    this.name = outline.name;
    this.label = `${outline.name} in ${source}`;
  }

  load(): ParsedFile | SchemaProblem {
    try {
      return decodeDescriptor(this.#bytes);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { file: this.label, message: `cannot be decoded: ${reason}`, severity: "error" };
    }
  }
}
