// What is told of files that define again what others define: a vendored copy of a tree is one thing to say, not one a file.
import type { SchemaProblem } from "./problems.js";

/** A file by the name the user knows. */
interface Labelled {
  readonly label: string;
}

interface Duplicate {
  readonly file: Labelled;
  readonly names: readonly string[];
  readonly first: Labelled;
}

export class Duplicates {
  /** By the folders in which the two files have the same path; files of other paths each for itself. */
  readonly #copies = new Map<string, Duplicate[]>();

  /**
   * @param names defined by `file`, and before it by `first`
   */
  add(file: Labelled, names: readonly string[], first: Labelled): void {
    const [folder, original] = withoutCommonEnd(file.label, first.label);
    const key = `${folder}\0${original}`;
    const copies = this.#copies.get(key);
    if (copies === undefined) this.#copies.set(key, [{ file, names, first }]);
    else copies.push({ file, names, first });
  }

  *notes(): IterableIterator<SchemaProblem> {
    for (const [key, copies] of this.#copies) {
      if (copies.length === 1) yield noteOf(copies[0]!);
      else {
        const [folder = "", original = ""] = key.split("\0");
        const message = `${copies.length} files define again what those in ${original || "."} define, which count; ${copies[0]!.file.label} is one`;
        yield { file: folder || ".", message, severity: "note" };
      }
    }
  }
}

function noteOf({ file, names, first }: Duplicate): SchemaProblem {
  const more = names.length > 1 ? ` and ${names.length - 1} more` : "";
  const message = `${names[0]}${more} defined already by ${first.label}, which counts`;
  return { file: file.label, message, severity: "note" };
}

/** `vendor/a/b.proto` and `lib/a/b.proto` → `vendor` and `lib`; whole paths where not even the names are the same. */
function withoutCommonEnd(a: string, b: string): readonly [string, string] {
  const aParts = a.split(/[/\\]/);
  const bParts = b.split(/[/\\]/);
  while (aParts.length > 0 && bParts.length > 0 && aParts.at(-1) === bParts.at(-1)) {
    aParts.pop();
    bParts.pop();
  }
  return [aParts.join("/"), bParts.join("/")];
}
