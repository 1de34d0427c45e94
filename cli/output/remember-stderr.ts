// What is written to stderr before an output begins that will cover it.

/** More than all that a start has to say. */
const MAX_CHARS = 64 * 1024;

/** Everything is written all the same. @returns a function that ends it and gives what was written */
export function rememberStderr(): () => string {
  const { stderr } = process;
  const write = stderr.write;
  let said = "";
  const copying = (chunk: Uint8Array | string, ...rest: unknown[]): boolean => {
    if (said.length < MAX_CHARS) said += typeof chunk === "string" ? chunk : Buffer.from(chunk).toString();
    return Reflect.apply(write, stderr, [chunk, ...rest]) as boolean;
  };
  stderr.write = copying as typeof stderr.write;
  return () => {
    if (stderr.write === copying) stderr.write = write;
    return said;
  };
}
