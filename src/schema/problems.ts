// What is wrong with a schema, as data: a broken file costs that file, and the user is told which, where and why.

export interface SchemaProblem {
  readonly file: string;
  /** From 1. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
  readonly message: string;
  /** A note tells what was guessed or left out without harm to the decoding. */
  readonly severity: "error" | "note";
  /** What came of a question of ours: the log tells of each of those by itself. */
  readonly asked?: true;
}

/** `file:line:column: message`, as compilers write it. */
export function problemLine(problem: SchemaProblem): string {
  const place = [problem.file, problem.line, problem.column].filter((part) => part !== undefined).join(":");
  return `${place}: ${problem.message}`;
}

/** Enough for every file of a large tree to be wrong once; what follows is counted only. */
const MAX_PROBLEMS = 1_000;

/** Hears of a problem when it is found: files of a folder are parsed long after the start. */
export type ProblemListener = (problem: SchemaProblem) => void;

/** The problems of one source, each said once. */
export class ProblemList {
  readonly #problems: SchemaProblem[] = [];
  readonly #said = new Set<string>();
  readonly #listeners = new Set<ProblemListener>();

  get all(): readonly SchemaProblem[] {
    return this.#problems;
  }

  add(problem: SchemaProblem): void {
    const line = problemLine(problem);
    if (this.#said.has(line) || this.#problems.length >= MAX_PROBLEMS) return;
    this.#said.add(line);
    this.#problems.push(problem);
    for (const listener of this.#listeners) listener(problem);
  }

  /** @returns how to stop listening */
  listen(listener: ProblemListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  clear(): void {
    this.#problems.length = 0;
    this.#said.clear();
  }
}
