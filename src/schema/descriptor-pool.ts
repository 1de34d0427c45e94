// The files of one source: which of them defines what, and their descriptors, made when somebody asks.
import type { DescEnum, DescExtension, DescFile, DescMessage, DescService, FileRegistry } from "@bufbuild/protobuf";
import { nestedTypes } from "@bufbuild/protobuf/reflect";
import { Duplicates } from "./duplicates.js";
import { linkFile } from "./link.js";
import type { Outline } from "./outline.js";
import type { ParsedFile, ParsedImport } from "./parsed-file.js";
import type { SchemaProblem } from "./problems.js";
import { resolveNames } from "./resolve.js";
import { parentOf, SymbolTable } from "./symbols.js";

/** A file that a source could load. */
export interface PoolFile {
  /** Tells it from all others of the pool. */
  readonly key: string;
  /** As other files import it. */
  readonly name: string;
  /** As shown to the user. */
  readonly label: string;
  readonly outline: Outline;
  /** Reads and parses it; a file that cannot be read or parsed is a problem. */
  load(): ParsedFile | SchemaProblem;
}

/** Where a pool's files come from. */
export interface PoolFiles {
  /** Those found so far; where two define the same name, the first counts. */
  readonly files: readonly PoolFile[];
  /** Those of them that the user named one by one: what they import counts as named too. */
  named?(): readonly PoolFile[];
  /** The file that `from` means by an import. */
  findImport(from: PoolFile, name: string): PoolFile | undefined;
  /** Another guess, for when nobody else knows the import either. */
  guessImport?(from: PoolFile, name: string): PoolFile | undefined;
}

/** What other sources know, for imports and names that this one lacks. */
export interface Elsewhere {
  file(importName: string): LoadedFile | undefined;
  symbol(name: string): LoadedFile | undefined;
}

export interface LoadedFile {
  readonly pool: DescriptorPool;
  readonly table: SymbolTable;
  readonly registry: FileRegistry;
  readonly desc: DescFile;
}

/** A chain of imports this long is no honest schema; each link costs a few stack frames. */
const MAX_IMPORT_CHAIN = 200;

export class DescriptorPool {
  readonly #source: PoolFiles;
  readonly #report: (problem: SchemaProblem) => void;
  #elsewhere: Elsewhere = { file: () => undefined, symbol: () => undefined };
  #loaded = new Map<string, LoadedFile | "loading" | "failed">();
  #descs = new WeakSet<DescFile>();
  #extensions = new Map<string, Map<number, DescExtension>>();
  #index: Index | undefined;
  /** By name, what loaded files define: also those that only imports led to. */
  #loadedTypes = new Map<string, LoadedFile>();
  #namedLoaded = false;
  #chain = 0;

  constructor(source: PoolFiles, report: (problem: SchemaProblem) => void) {
    this.#source = source;
    this.#report = report;
  }

  /** Set by whoever puts sources side by side. */
  lookElsewhere(elsewhere: Elsewhere): void {
    this.#elsewhere = elsewhere;
  }

  /** Forgets all descriptors; they are made anew from what the source has now. */
  reset(): void {
    this.#loaded = new Map();
    this.#descs = new WeakSet();
    this.#extensions = new Map();
    this.#index = undefined;
    this.#loadedTypes = new Map();
    this.#namedLoaded = false;
  }

  owns(file: DescFile): boolean {
    return this.#descs.has(file);
  }

  getMessage(name: string): DescMessage | undefined {
    return this.fileOf(name)?.registry.getMessage(name);
  }

  getEnum(name: string): DescEnum | undefined {
    return this.fileOf(name)?.registry.getEnum(name);
  }

  getService(name: string): DescService | undefined {
    for (const file of this.#indexed().services.get(name) ?? []) {
      const service = this.load(file)?.registry.getService(name);
      if (service !== undefined) return service;
    }
    return undefined;
  }

  /** The extension of a message by its number; loads the files that extend a message of that name. */
  getExtensionFor(message: DescMessage, number: number): DescExtension | undefined {
    for (const file of this.#indexed().extendees.get(message.name) ?? []) this.load(file);
    return this.#extensions.get(message.typeName)?.get(number);
  }

  serviceNames(): Iterable<string> {
    return this.#indexed().services.keys();
  }

  /** Full names of the messages and enums that are in no other. */
  typeNames(): Iterable<string> {
    return this.#indexed().types.keys();
  }

  /** Loads every file: for those who want to hear of all problems. */
  loadAll(): void {
    for (const file of [...this.#source.files]) this.load(file);
  }

  /** The file that defines a message or enum, at whatever depth it is nested. */
  fileOf(name: string): LoadedFile | undefined {
    const { types } = this.#indexed();
    for (let top = name; top !== ""; top = parentOf(top)) {
      for (const file of types.get(top) ?? []) {
        const loaded = this.load(file);
        if (loaded?.table.own.has(name)) return loaded;
      }
    }
    this.loadNamed();
    return this.#loadedTypes.get(name);
  }

  /** Loads the files that the user named one by one, so that their problems are known. */
  loadNamed(): void {
    if (this.#namedLoaded) return;
    this.#namedLoaded = true;
    for (const file of this.#source.named?.() ?? []) this.load(file);
  }

  /** A file by the name that others import it by. */
  fileNamed(name: string): LoadedFile | undefined {
    const file = this.#indexed().names.get(name);
    return file && this.load(file);
  }

  load(file: PoolFile): LoadedFile | undefined {
    const known = this.#loaded.get(file.key);
    if (known !== undefined) return typeof known === "string" ? undefined : known;
    this.#loaded.set(file.key, "loading");
    this.#chain++;
    const loaded = this.#make(file);
    this.#chain--;
    this.#loaded.set(file.key, loaded ?? "failed");
    return loaded;
  }

  #make(file: PoolFile): LoadedFile | undefined {
    const parsed = file.load();
    if ("severity" in parsed) {
      this.#report(parsed);
      return undefined;
    }
    const say = (message: string, at: number, severity: "error" | "note") => {
      this.#report({ file: file.label, ...parsed.position(at), message, severity });
    };
    for (const fault of parsed.faults) say(fault.message, fault.at, "error");
    const imports = new Map<string, LoadedFile>();
    const lost: (ParsedImport & { readonly reason: string })[] = [];
    for (const wanted of parsed.imports) {
      const found = this.#import(file, wanted.name);
      if (typeof found === "string") lost.push({ ...wanted, reason: found });
      else imports.set(wanted.name, found);
    }
    const { proto } = parsed;
    const tables = [...imports.values()].map((loaded) => loaded.table);
    const passedOn = proto.publicDependency.flatMap((index) => imports.get(proto.dependency[index] ?? "")?.table ?? []);
    const table = new SymbolTable(proto, tables, passedOn);
    const faults = resolveNames(parsed, table, (name) => this.#unimported(name)?.table.own.get(name));
    const harmed = faults.some((fault) => fault.kind === "type");
    for (const wanted of lost) say(wanted.reason, wanted.at, harmed ? "error" : "note");
    for (const fault of faults) {
      // what an option means is not known without the files that define it: said once, with the import
      if (fault.kind === "option" && lost.length > 0) continue;
      say(fault.message, fault.at, fault.kind === "type" ? "error" : "note");
    }
    return this.#link(file, parsed, table, imports);
  }

  #link(
    file: PoolFile,
    parsed: ParsedFile,
    table: SymbolTable,
    imports: ReadonlyMap<string, LoadedFile>,
  ): LoadedFile | undefined {
    const { proto } = parsed;
    const dependencies = proto.dependency.flatMap((name) => imports.get(name)?.desc ?? []);
    try {
      const outside = (name: string) =>
        typeIn(table.find(name)?.table.registry, name) ?? typeIn(this.#unimported(name)?.registry, name);
      const { desc, registry } = linkFile(proto, dependencies, outside);
      const loaded: LoadedFile = { pool: this, table, registry, desc };
      table.registry = registry;
      this.#descs.add(desc);
      this.#addExtensions(desc);
      for (const name of table.own.keys()) if (!this.#loadedTypes.has(name)) this.#loadedTypes.set(name, loaded);
      return loaded;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#report({ file: file.label, message: `this descriptor contradicts itself: ${reason}`, severity: "error" });
      return undefined;
    }
  }

  /** @returns the file, or why there is none */
  #import(from: PoolFile, name: string): LoadedFile | string {
    const file = this.#source.findImport(from, name);
    if (file !== undefined) return this.#loadImport(file, name);
    const other = this.#elsewhere.file(name);
    if (other !== undefined) return other;
    const guess = this.#source.guessImport?.(from, name);
    return guess ? this.#loadImport(guess, name) : `import "${name}" was not found`;
  }

  #loadImport(file: PoolFile, name: string): LoadedFile | string {
    const known = this.#loaded.get(file.key);
    if (known === "loading") return `import "${name}" leads back to this file`;
    if (known === undefined && this.#chain >= MAX_IMPORT_CHAIN)
      return `import "${name}" is one of a chain of ${MAX_IMPORT_CHAIN}`;
    return this.load(file) ?? this.#elsewhere.file(name) ?? `import "${name}" could not be loaded`;
  }

  #unimported(name: string): LoadedFile | undefined {
    if (this.#chain >= MAX_IMPORT_CHAIN) return undefined;
    return this.fileOf(name) ?? this.#elsewhere.symbol(name);
  }

  #addExtensions(file: DescFile): void {
    for (const type of nestedTypes(file)) {
      if (type.kind !== "extension") continue;
      const name = type.extendee.typeName;
      const numbers = this.#extensions.get(name) ?? new Map<number, DescExtension>();
      this.#extensions.set(name, numbers);
      if (!numbers.has(type.number)) numbers.set(type.number, type);
    }
  }

  #indexed(): Index {
    this.#index ??= indexOf(this.#source.files, this.#report);
    return this.#index;
  }
}

function typeIn(registry: FileRegistry | undefined, name: string): DescMessage | DescEnum | undefined {
  return registry?.getMessage(name) ?? registry?.getEnum(name);
}

interface Index {
  readonly types: ReadonlyMap<string, readonly PoolFile[]>;
  readonly services: ReadonlyMap<string, readonly PoolFile[]>;
  readonly extendees: ReadonlyMap<string, readonly PoolFile[]>;
  readonly names: ReadonlyMap<string, PoolFile>;
}

function indexOf(files: readonly PoolFile[], report: (problem: SchemaProblem) => void): Index {
  const types = new Map<string, PoolFile[]>();
  const services = new Map<string, PoolFile[]>();
  const extendees = new Map<string, PoolFile[]>();
  const names = new Map<string, PoolFile>();
  const duplicates = new Duplicates();
  for (const file of files) {
    if (!names.has(file.name)) names.set(file.name, file);
    const twice = [
      ...file.outline.types.filter((name) => addTo(types, name, file)),
      ...file.outline.services.filter((name) => addTo(services, name, file)),
    ];
    for (const name of file.outline.extendees) addTo(extendees, name, file);
    if (twice.length > 0) duplicates.add(file, twice, (types.get(twice[0]!) ?? services.get(twice[0]!))![0]!);
  }
  for (const note of duplicates.notes()) report(note);
  return { types, services, extendees, names };
}

/** @returns whether the name was there already, from another file */
function addTo(map: Map<string, PoolFile[]>, name: string, file: PoolFile): boolean {
  const there = map.get(name);
  if (there === undefined) map.set(name, [file]);
  else if (!there.includes(file)) there.push(file);
  return there !== undefined && there[0] !== file;
}
