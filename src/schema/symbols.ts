// The names one file defines and sees, and protobuf's way of finding a name: innermost scope outward (protoc's LookupSymbolNoPlaceholder).
import type { FileRegistry } from "@bufbuild/protobuf";
import type {
  DescriptorProto,
  EnumDescriptorProto,
  FieldDescriptorProto,
  FileDescriptorProto,
  ServiceDescriptorProto,
} from "@bufbuild/protobuf/wkt";

/** A named thing that other definitions can refer to; `table` is that of its file. */
export type SchemaSymbol = { readonly name: string; readonly table: SymbolTable } & (
  | { readonly kind: "message"; readonly proto: DescriptorProto }
  | { readonly kind: "enum"; readonly proto: EnumDescriptorProto }
  | { readonly kind: "service"; readonly proto: ServiceDescriptorProto }
  | { readonly kind: "extension"; readonly proto: FieldDescriptorProto }
);

export class SymbolTable {
  readonly own = new Map<string, SchemaSymbol>();
  readonly proto: FileDescriptorProto;
  /** The descriptors of its types, once they are made. */
  registry: FileRegistry | undefined;
  readonly #packages = new Set<string>();
  /** This file, its imports, and what those import publicly. */
  readonly #visible: readonly SymbolTable[];
  readonly #public: readonly SymbolTable[];

  /**
   * @param imports the files imported directly
   * @param publicImports those of them that are passed on to whoever imports this file
   */
  constructor(proto: FileDescriptorProto, imports: readonly SymbolTable[], publicImports: readonly SymbolTable[]) {
    this.proto = proto;
    this.#public = [this, ...new Set(publicImports.flatMap((table) => table.#public))];
    this.#visible = [...new Set([this, ...imports.flatMap((table) => table.#public)])];
    for (let name = proto.package; name !== ""; name = parentOf(name)) this.#packages.add(name);
    for (const type of proto.messageType) this.#addMessage(type, proto.package);
    for (const type of proto.enumType) this.#add(type.name, proto.package, { kind: "enum", proto: type });
    for (const service of proto.service) this.#add(service.name, proto.package, { kind: "service", proto: service });
    for (const field of proto.extension) this.#add(field.name, proto.package, { kind: "extension", proto: field });
  }

  /** @param name without a leading dot */
  find(name: string): SchemaSymbol | undefined {
    for (const table of this.#visible) {
      const symbol = table.own.get(name);
      if (symbol !== undefined) return symbol;
    }
    return undefined;
  }

  /**
   * Finds what a name written in a scope stands for.
   * @param scope full name of the message, service or package around it
   * @param accepts whether a symbol can be meant here; others are passed over, as protoc does
   */
  resolve(name: string, scope: string, accepts: (symbol: SchemaSymbol) => boolean): SchemaSymbol | undefined {
    const acceptable = (found: SchemaSymbol | undefined) => (found && accepts(found) ? found : undefined);
    if (name.startsWith(".")) return acceptable(this.find(name.slice(1)));
    const dot = name.indexOf(".");
    const first = dot < 0 ? name : name.slice(0, dot);
    for (let outer = scope; ; outer = parentOf(outer)) {
      const prefix = outer === "" ? "" : `${outer}.`;
      if (dot < 0) {
        const symbol = acceptable(this.find(prefix + name));
        if (symbol !== undefined) return symbol;
      } else if (this.#holdsNames(prefix + first)) {
        // the innermost scope that knows the first part decides
        return acceptable(this.find(prefix + name));
      }
      if (outer === "") return undefined;
    }
  }

  #holdsNames(name: string): boolean {
    const kind = this.find(name)?.kind;
    if (kind !== undefined) return kind !== "extension";
    return this.#visible.some((table) => table.#packages.has(name));
  }

  #addMessage(proto: DescriptorProto, scope: string): void {
    this.#add(proto.name, scope, { kind: "message", proto });
    const name = scope === "" ? proto.name : `${scope}.${proto.name}`;
    for (const type of proto.nestedType) this.#addMessage(type, name);
    for (const type of proto.enumType) this.#add(type.name, name, { kind: "enum", proto: type });
    for (const field of proto.extension) this.#add(field.name, name, { kind: "extension", proto: field });
  }

  #add(short: string, scope: string, symbol: BareSymbol): void {
    const name = scope === "" ? short : `${scope}.${short}`;
    if (!this.own.has(name)) this.own.set(name, { ...symbol, name, table: this });
  }
}

type BareSymbol =
  | { readonly kind: "message"; readonly proto: DescriptorProto }
  | { readonly kind: "enum"; readonly proto: EnumDescriptorProto }
  | { readonly kind: "service"; readonly proto: ServiceDescriptorProto }
  | { readonly kind: "extension"; readonly proto: FieldDescriptorProto };

/** `a.b.c` → `a.b`; `a` → the empty name. */
export function parentOf(name: string): string {
  return name.slice(0, Math.max(0, name.lastIndexOf(".")));
}

/** `.a.b` → `a.b`. */
export function withoutDot(name: string): string {
  return name.startsWith(".") ? name.slice(1) : name;
}
