// What every schema source offers: files, a descriptor set, reflection, the built-in types. Each is one file and one entry in open-schema.ts.
import type { DescriptorPool } from "./descriptor-pool.js";
import type { ProblemListener, SchemaProblem } from "./problems.js";

/** Files by which another program can know the same: a descriptor set, or folders with .proto files. */
export type SchemaFiles =
  | { readonly kind: "protoset"; readonly path: string }
  | { readonly kind: "proto"; readonly roots: readonly string[] };

export interface SchemaSource {
  /** As shown to the user, as in "proto folder ./protos". */
  readonly name: string;
  /** Undefined for a source that has no files. */
  readonly files?: SchemaFiles;
  /** What it knows now. */
  readonly pool: DescriptorPool;
  /** Grows as files are loaded. */
  readonly problems: readonly SchemaProblem[];
  /**
   * Asks somebody else for a method that no source knows: a server, by reflection. Sources that know all they ever will have none.
   * @param method "/pkg.Service/Name"
   * @returns whether the source has learned something; it has told its listeners then
   */
  find?(method: string): Promise<boolean>;
  /**
   * Tells of each problem as it is found. Sources that cannot have any leave it out.
   * @returns how to stop listening
   */
  onProblem?(listener: ProblemListener): () => void;
  /** @returns how to stop listening */
  onChange(listener: () => void): () => void;
  close(): void;
}

/** Who wants to hear of changes. */
export class ChangeListeners {
  readonly #listeners = new Set<() => void>();

  add(listener: () => void): () => void {
    // a listener added twice is called twice, and each can be removed
    const entry = () => listener();
    this.#listeners.add(entry);
    return () => this.#listeners.delete(entry);
  }

  notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  clear(): void {
    this.#listeners.clear();
  }
}
