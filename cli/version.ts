// The version of the program, as in its package.json.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** @returns "unknown" where the file is not found */
export function version(): string {
  const here = dirname(fileURLToPath(import.meta.url));
  // dist/cli when built, cli in the sources.
  for (const up of ["../..", ".."]) {
    try {
      const found = JSON.parse(readFileSync(join(here, up, "package.json"), "utf8")) as {
        name?: string;
        version?: string;
      };
      if (found.name === "framelens" && found.version !== undefined) return found.version;
    } catch {
      // Not there: one folder further.
    }
  }
  return "unknown";
}
