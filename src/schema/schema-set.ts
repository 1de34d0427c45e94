// All that is known about types: several sources side by side, the first that knows a name counts.
import type { DescExtension, DescFile, DescMessage, DescMethod, DescService } from "@bufbuild/protobuf";
import type { LoadedFile } from "./descriptor-pool.js";
import { DescriptorSource } from "./descriptor-source.js";
import type { ProblemListener, SchemaProblem } from "./problems.js";
import { ChangeListeners, type SchemaFiles, type SchemaSource } from "./schema-source.js";
import { parentOf } from "./symbols.js";

/** Finds types by name: what decoding needs. */
export interface TypeLookup {
  getMessage(name: string): DescMessage | undefined;
  getExtensionFor(message: DescMessage, number: number): DescExtension | undefined;
}

export interface ServiceName {
  readonly name: string;
  /** Name of the source that knows it. */
  readonly source: string;
}

/** `no-service`: others are known in its package. `unknown`: nothing is known of it. */
export type MethodStanding = "known" | "no-method" | "no-service" | "unknown";

interface RankedSource {
  readonly source: SchemaSource;
  readonly rank: number;
  readonly stopListening: () => void;
}

/** Where sources stand by default; lower counts first. */
export const RANK = { user: 0, reflection: 100, overheard: 200, builtin: 300 } as const;

/**
 * Types from several sources. Each source's types refer to each other: a name that two sources define is two types, and neither
 * disturbs the other. Lookups are synchronous and remembered; they parse what they need on first use.
 */
export class SchemaSet implements TypeLookup {
  #sources: RankedSource[] = [];
  #packages: ReadonlySet<string> | undefined;
  readonly #listeners = new ChangeListeners();
  readonly #problemListeners = new Set<ProblemListener>();
  readonly #descriptors = new Map<string, DescriptorSource>();

  /** @param sources in the user's order */
  constructor(sources: Iterable<SchemaSource> = []) {
    for (const source of sources) this.add(source, RANK.user);
  }

  /** @param rank sources of lower rank are asked first; of the same rank, those added first */
  add(source: SchemaSource, rank: number): void {
    const stops = [
      source.onChange(() => this.#changed()),
      source.onProblem?.((problem) => {
        for (const listener of this.#problemListeners) listener(problem);
      }),
    ];
    const stopListening = () => {
      for (const stop of stops) stop?.();
    };
    const pool = source.pool;
    pool.lookElsewhere({
      file: (name) => this.#others(source, (other) => other.pool.fileNamed(name)),
      symbol: (name) => this.#others(source, (other) => other.pool.fileOf(name)),
    });
    this.#sources = [...this.#sources, { source, rank, stopListening }].sort((a, b) => a.rank - b.rank);
    this.#changed();
  }

  /**
   * Adds descriptors that somebody told us: a server by reflection, or two others overheard.
   * @param name of the source as shown; calls with the same name add to the same source
   * @param files FileDescriptorProtos; incomplete closures are fine
   * @returns how many were new
   */
  addDescriptors(name: string, files: Iterable<Uint8Array>, rank: number = RANK.reflection): number {
    let source = this.#descriptors.get(name);
    if (source === undefined) {
      source = new DescriptorSource(name, { maxFiles: 5_000, maxBytes: 32 * 1024 * 1024 });
      this.#descriptors.set(name, source);
      this.add(source, rank);
    }
    return source.add(files);
  }

  /** @param path "/pkg.Service/Name" */
  method(path: string): DescMethod | undefined {
    const names = splitMethodPath(path);
    if (names === undefined) return undefined;
    for (const { source } of this.#sources) {
      const service = source.pool.getService(names.service);
      const method = service?.methods.find((candidate) => candidate.name === names.method);
      if (method !== undefined) return method;
    }
    return undefined;
  }

  /**
   * Where a method's types were read from.
   * @returns undefined when it is not known from files; `file` is the name by which a .proto file is imported
   */
  filesOf(path: string): (SchemaFiles & { readonly file: string }) | undefined {
    const names = splitMethodPath(path);
    if (names === undefined) return undefined;
    for (const { source } of this.#sources) {
      const service = source.pool.getService(names.service);
      if (service === undefined) continue;
      return source.files && { ...source.files, file: `${service.file.name}.proto` };
    }
    return undefined;
  }

  /** Like method(), and asks the sources that can ask somebody, in order, when nobody knows it yet. */
  async findMethod(path: string): Promise<DescMethod | undefined> {
    const known = this.method(path);
    if (known !== undefined) return known;
    for (const { source } of this.#sources) {
      if (source.find !== undefined && (await source.find(path))) {
        const found = this.method(path);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  /**
   * How a method stands to its contract: the sources of the lowest rank that know the service. What the user's files say of a
   * service holds against what a server tells of it.
   * @param path "/pkg.Service/Name"
   */
  standing(path: string): MethodStanding {
    const names = splitMethodPath(path);
    if (names === undefined) return "unknown";
    let service: { readonly rank: number } | undefined;
    for (const { source, rank } of this.#sources) {
      if (service !== undefined && rank > service.rank) break;
      const known = source.pool.getService(names.service);
      if (known?.methods.some((method) => method.name === names.method)) return "known";
      if (known !== undefined) service = { rank };
    }
    if (service !== undefined) return "no-method";
    return this.#packageNames().has(parentOf(names.service)) ? "no-service" : "unknown";
  }

  message(typeName: string): DescMessage | undefined {
    return this.#first((source) => source.pool.getMessage(typeName));
  }

  /** Full names of the messages that a name without its package may mean: "User", or "User.Address" for a nested one. */
  messagesNamed(name: string): readonly string[] {
    const [first = "", ...inner] = name.split(".");
    const found = new Set<string>();
    for (const { source } of this.#sources) {
      for (const top of source.pool.typeNames()) {
        const full = [top, ...inner].join(".");
        if ((top === first || top.endsWith(`.${first}`)) && this.message(full) !== undefined) found.add(full);
      }
    }
    return [...found];
  }

  /** Full names of the messages and enums that are in no other, those of one name once for each source that has it. */
  *typeNames(): IterableIterator<string> {
    for (const { source } of this.#sources) yield* source.pool.typeNames();
  }

  getMessage(name: string): DescMessage | undefined {
    return this.message(name);
  }

  /** Looks in the message's own source first. */
  getExtensionFor(message: DescMessage, number: number): DescExtension | undefined {
    return (
      this.#ownerOf(message.file)?.pool.getExtensionFor(message, number) ??
      this.#first((source) => source.pool.getExtensionFor(message, number))
    );
  }

  /** A lookup that prefers the source of a type or method: for what is inside its messages. */
  lookupFor(desc: DescMessage | DescMethod): TypeLookup {
    const owner = this.#ownerOf(desc.kind === "rpc" ? desc.parent.file : desc.file);
    return {
      getMessage: (name) => owner?.pool.getMessage(name) ?? this.message(name),
      getExtensionFor: (message, number) => this.getExtensionFor(message, number),
    };
  }

  service(name: string): DescService | undefined {
    return this.#first((source) => source.pool.getService(name));
  }

  /** The services that are known, each once, without loading them. */
  services(): readonly ServiceName[] {
    const found = new Map<string, ServiceName>();
    for (const { source } of this.#sources) {
      for (const name of source.pool.serviceNames()) {
        if (!found.has(name)) found.set(name, { name, source: source.name });
      }
    }
    return [...found.values()];
  }

  /** The name of the source that a type or method comes from. */
  sourceOf(desc: DescMessage | DescMethod): string | undefined {
    return this.#ownerOf(desc.kind === "rpc" ? desc.parent.file : desc.file)?.name;
  }

  /** Those found so far: files are parsed when they are needed. */
  get problems(): readonly SchemaProblem[] {
    return this.#sources.flatMap(({ source }) => source.problems);
  }

  /**
   * Tells of each problem when it is found, also of those that a file still has when it is read again.
   * @returns how to stop listening
   */
  onProblem(listener: ProblemListener): () => void {
    this.#problemListeners.add(listener);
    return () => this.#problemListeners.delete(listener);
  }

  /** Loads all files of the user's, to hear of all their problems. */
  loadAll(): void {
    for (const { source, rank } of this.#sources) if (rank !== RANK.builtin) source.pool.loadAll();
  }

  /** Tells when lookups may give other answers; descriptors from before stay usable. */
  onChange(listener: () => void): () => void {
    return this.#listeners.add(listener);
  }

  close(): void {
    for (const { source, stopListening } of this.#sources) {
      stopListening();
      source.close();
    }
    this.#listeners.clear();
    this.#problemListeners.clear();
  }

  /** Those that something is defined in; not the empty one. */
  #packageNames(): ReadonlySet<string> {
    if (this.#packages === undefined) {
      const names = this.#sources.flatMap(({ source }) => [...source.pool.serviceNames(), ...source.pool.typeNames()]);
      this.#packages = new Set(names.map(parentOf).filter((name) => name !== ""));
    }
    return this.#packages;
  }

  #changed(): void {
    this.#packages = undefined;
    // a file may have imported what another source has now, or has no longer
    for (const { source } of this.#sources) source.pool.reset();
    this.#listeners.notify();
  }

  #first<T>(look: (source: SchemaSource) => T | undefined): T | undefined {
    for (const { source } of this.#sources) {
      const found = look(source);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #others(asking: SchemaSource, look: (source: SchemaSource) => LoadedFile | undefined): LoadedFile | undefined {
    return this.#first((source) => (source === asking ? undefined : look(source)));
  }

  #ownerOf(file: DescFile): SchemaSource | undefined {
    return this.#first((source) => (source.pool.owns(file) ? source : undefined));
  }
}

/** "/pkg.Service/Name" → its parts; undefined when it has no such form. */
export function splitMethodPath(path: string): { readonly service: string; readonly method: string } | undefined {
  const slash = path.lastIndexOf("/");
  if (slash <= 1 || !path.startsWith("/") || slash === path.length - 1) return undefined;
  return { service: path.slice(1, slash), method: path.slice(slash + 1) };
}
