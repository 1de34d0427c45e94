// Names that protoc derives from a field's name (protoc's descriptor.cc and parser.cc).

/** The name of the field in JSON: `foo_bar` → `fooBar`. ASCII only, like protoc's ToJsonName. */
export function jsonNameOf(name: string): string {
  return name.replace(/_+([^_]?)/g, (_, next: string) => (/[a-z]/.test(next) ? next.toUpperCase() : next));
}

/** The message type behind `map<…> foo_bar`: `FooBarEntry`. */
export function mapEntryName(name: string): string {
  const camel = `_${name}`.replace(/_+([^_]?)/g, (_, next: string) => (/[a-z]/.test(next) ? next.toUpperCase() : next));
  return `${camel}Entry`;
}
