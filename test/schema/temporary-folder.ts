// A folder of schema files for one test, gone afterwards.
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { openSchema, type SchemaOptions } from "../../src/schema/open-schema.js";
import type { SchemaSet } from "../../src/schema/schema-set.js";

export class TemporaryFolder {
  readonly path = realpathSync(mkdtempSync(join(tmpdir(), "framelens-schema-")));

  constructor() {
    onTestFinished(() => rm(this.path, { recursive: true, force: true }));
  }

  at(name: string): string {
    return join(this.path, name);
  }

  /** At once: who watches the folder from this process sees no file before it is whole. */
  async write(files: Readonly<Record<string, string | Uint8Array>>): Promise<this> {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(this.at(name)), { recursive: true });
      writeFileSync(this.at(name), content);
    }
    return this;
  }
}

/** Opens a schema that is closed when the test ends. */
export async function opened(options: SchemaOptions): Promise<SchemaSet> {
  const set = await openSchema({ watch: false, ...options });
  onTestFinished(() => set.close());
  return set;
}

/** Opens folders and files as `--proto` would, in order. */
export function openedProtos(...paths: readonly string[]): Promise<SchemaSet> {
  return opened({ inputs: paths.map((path) => ({ kind: "proto", path })) });
}

/** The next change of a schema. */
export function changeOf(set: SchemaSet): Promise<void> {
  return new Promise((resolve) => {
    const stop = set.onChange(() => {
      stop();
      resolve();
    });
  });
}
