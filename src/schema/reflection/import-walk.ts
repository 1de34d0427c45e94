// From one file to all that it imports: which are there, which are still to be asked for, which cannot be had.
import { readFileFacts } from "./messages.js";

/** Files of one ask. googleapis, all of it, has 6,000; the closure of one service of it about 50. */
export const MAX_FILES = 5000;
/** Imports of imports: the deepest chain in googleapis is 12. */
export const MAX_DEPTH = 100;
/** A path that no file system would take is not asked for. */
const MAX_NAME_CHARS = 1024;

export class ImportWalk {
  readonly #files = new Map<string, Uint8Array>();
  readonly #asked = new Set<string>();
  #wanted = new Set<string>();
  #unreadable = 0;
  #depth = 0;
  #full = false;

  /** @param files FileDescriptorProtos; the first of a name counts */
  take(files: readonly Uint8Array[]): void {
    for (const bytes of files) {
      const facts = readFileFacts(bytes);
      if (facts === undefined) {
        this.#unreadable++;
        continue;
      }
      if (this.#files.has(facts.name)) continue;
      if (this.#files.size >= MAX_FILES) {
        this.#full = true;
        return;
      }
      this.#files.set(facts.name, bytes);
      for (const name of facts.imports) this.#wanted.add(name);
    }
  }

  /** The imports that nobody has asked for yet; they count as asked from then on. Empty at the end, and at a limit. */
  next(): readonly string[] {
    const names = this.#fresh();
    if (this.#depth >= MAX_DEPTH || this.#asked.size + names.length > MAX_FILES) {
      this.#full ||= names.length > 0;
      return [];
    }
    this.#depth++;
    for (const name of names) this.#asked.add(name);
    return names;
  }

  #fresh(): string[] {
    const names: string[] = [];
    for (const name of this.#wanted) {
      if (!this.#files.has(name) && !this.#asked.has(name) && name.length <= MAX_NAME_CHARS) names.push(name);
    }
    return names;
  }

  /** In the order in which they came. */
  get files(): readonly Uint8Array[] {
    return [...this.#files.values()];
  }

  /** Imports that are not among the files. */
  get missing(): readonly string[] {
    return [...this.#wanted].filter((name) => !this.#files.has(name));
  }

  /** Files that were no FileDescriptorProto. */
  get unreadable(): number {
    return this.#unreadable;
  }

  /** Whether there was more than we take. */
  get full(): boolean {
    return this.#full;
  }
}
