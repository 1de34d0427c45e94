// The types of methods as they come to be called, each file once: what somebody needs to read their messages elsewhere.
import { create, type DescFile, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { SchemaSet } from "./schema-set.js";

/** Methods whose types were told; peers choose them. */
const MAX_METHODS = 10_000;

export class NewTypes {
  readonly #schema: SchemaSet;
  readonly #told = new Set<string>();
  /** Encoded: when a source has changed, all its files are other objects. */
  readonly #files = new Map<string, Uint8Array>();
  readonly #stop: () => void;

  constructor(schema: SchemaSet) {
    this.#schema = schema;
    this.#stop = schema.onChange(() => this.#told.clear());
  }

  /**
   * @param path "/pkg.Service/Name"
   * @returns a google.protobuf.FileDescriptorSet with the files of its types that were not told yet, those that others import first; undefined
   * when there is nothing new
   */
  of(path: string): Uint8Array | undefined {
    if (this.#told.has(path)) return undefined;
    const file = this.#schema.method(path)?.parent.file;
    // It may come to be known.
    if (file === undefined || this.#told.size >= MAX_METHODS) return undefined;
    this.#told.add(path);
    const news: DescFile[] = [];
    this.#collect(file, news, new Set());
    if (news.length === 0) return undefined;
    const set = create(FileDescriptorSetSchema, { file: news.map(({ proto }) => proto) });
    return toBinary(FileDescriptorSetSchema, set);
  }

  close(): void {
    this.#stop();
  }

  #collect(file: DescFile, news: DescFile[], seen: Set<DescFile>): void {
    if (seen.has(file)) return;
    seen.add(file);
    for (const imported of file.dependencies) this.#collect(imported, news, seen);
    const { name } = file.proto;
    const bytes = toBinary(FileDescriptorProtoSchema, file.proto);
    const told = this.#files.get(name);
    if (told !== undefined && Buffer.compare(told, bytes) === 0) return;
    this.#files.set(name, bytes);
    news.push(file);
  }
}
