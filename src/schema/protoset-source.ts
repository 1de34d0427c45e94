// Descriptor sets in files: protoc --descriptor_set_out, buf images, either in JSON, any of them gzipped.
import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import { splitDescriptorSet, splitJsonDescriptorSet } from "./descriptor-bytes.js";
import type { DescriptorPool } from "./descriptor-pool.js";
import { DescriptorSource } from "./descriptor-source.js";
import { FolderWatcher } from "./folder-watcher.js";
import type { ProblemListener, SchemaProblem } from "./problems.js";
import type { SchemaFiles, SchemaSource } from "./schema-source.js";

/** googleapis as a whole, with comments, has 60 MB. */
const MAX_SET_BYTES = 128 * 1024 * 1024;

export class ProtosetSource implements SchemaSource {
  readonly name: string;
  readonly #path: string;
  readonly #descriptors: DescriptorSource;
  readonly #watcher: FolderWatcher | undefined;
  #content: Uint8Array = new Uint8Array();
  #reading: Promise<void> | undefined;

  private constructor(path: string, watch: boolean) {
    this.name = path;
    this.#path = path;
    this.#descriptors = new DescriptorSource(path, { maxFiles: 20_000, maxBytes: MAX_SET_BYTES });
    this.#watcher = watch ? new FolderWatcher(() => void this.#read()) : undefined;
  }

  /** Reads the set; problems with it are told, not thrown. */
  static async open(path: string, options: { readonly watch?: boolean } = {}): Promise<ProtosetSource> {
    const source = new ProtosetSource(path, options.watch !== false);
    source.#watcher?.follow(new Set([dirname(resolve(path))]));
    await source.#read();
    return source;
  }

  get files(): SchemaFiles {
    return { kind: "protoset", path: resolve(this.#path) };
  }

  get pool(): DescriptorPool {
    return this.#descriptors.pool;
  }

  get problems(): readonly SchemaProblem[] {
    return this.#descriptors.problems;
  }

  onProblem(listener: ProblemListener): () => void {
    return this.#descriptors.onProblem(listener);
  }

  onChange(listener: () => void): () => void {
    return this.#descriptors.onChange(listener);
  }

  close(): void {
    this.#watcher?.close();
    this.#descriptors.close();
  }

  /** One reading after the other. */
  #read(): Promise<void> {
    const after = (this.#reading ?? Promise.resolve()).then(() => this.#readNow());
    this.#reading = after;
    return after;
  }

  async #readNow(): Promise<void> {
    const descriptors = this.#descriptors;
    let content: Uint8Array;
    try {
      content = await readFile(this.#path);
    } catch (error) {
      // what was known stays: the file may be on its way
      const code = error instanceof Error && "code" in error ? error.code : undefined;
      descriptors.report(code === "ENOENT" ? "no such file" : `cannot be read: ${code}`);
      this.#content = new Uint8Array();
      return;
    }
    if (content.length > 0 && Buffer.compare(content, this.#content) === 0) return;
    this.#content = content;
    try {
      const { files, whole } = await filesIn(content);
      descriptors.replace(files);
      if (files.length === 0) descriptors.report(NO_SET);
      else if (!whole) descriptors.report("cut short or damaged; the files before that place are used");
    } catch (error) {
      descriptors.report(`${NO_SET}: ${error instanceof Error ? error.message : error}`);
    }
  }
}

const NO_SET = "no FileDescriptorSet; expected the output of protoc --descriptor_set_out, or a buf image";

async function filesIn(content: Uint8Array): Promise<{ readonly files: Uint8Array[]; readonly whole: boolean }> {
  const gzipped = content[0] === 0x1f && content[1] === 0x8b;
  const bytes = gzipped ? await promisify(gunzip)(content, { maxOutputLength: MAX_SET_BYTES }) : content;
  const json = /^\s*\{/.test(new TextDecoder("latin1").decode(bytes.subarray(0, 64)));
  // a set in binary form begins with tag 0x0a, which is also a blank in JSON: only one of the two readings succeeds
  if (json) {
    const split = splitDescriptorSet(bytes);
    if (!split.whole) return { files: splitJsonDescriptorSet(new TextDecoder().decode(bytes)), whole: true };
    return split;
  }
  return splitDescriptorSet(bytes);
}
