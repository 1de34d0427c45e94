// A file that a command reads from its beginning to its end, gzipped or not; "-" is stdin.
import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { constants, createGunzip, type ZlibOptions } from "node:zlib";
import { EXIT, FramelensError } from "../src/index.js";
import { visible } from "../src/view/visible.js";

const GZIP = 0x1f;

export interface InputFile {
  /** Undefined of an empty one. */
  readonly firstOctet: number | undefined;
  /** Inflated. */
  readonly chunks: AsyncIterable<Buffer> & Readable;
  /** Whoever waits for more hears that there is none. */
  close(): void;
}

/** @throws Error of the system's, when it cannot be read; {@link cannotRead} makes a line of it */
export async function openInput(file: string): Promise<InputFile> {
  const source = file === "-" ? process.stdin : createReadStream(file);
  const plain = await opened(source);
  // Of a file that was not written to its end, all that there is.
  const { firstOctet, chunks } =
    plain.firstOctet === GZIP ? await opened(unzipped(plain.chunks, { finishFlush: constants.Z_SYNC_FLUSH })) : plain;
  return { firstOctet, chunks, close: () => source.destroy() };
}

/** What is inside a gzipped file. Errors of the file are errors of it. */
export function unzipped(input: Readable, options: ZlibOptions = {}): Readable {
  const gunzip = createGunzip(options);
  input.on("error", (error) => gunzip.destroy(error));
  return input.pipe(gunzip);
}

/** @returns what to say of an error that reading a file met; the error itself when it is another */
export function cannotRead(file: string, error: unknown): unknown {
  if (!(error instanceof Error && "code" in error) || error instanceof FramelensError) return error;
  return new FramelensError("ERR_FILE", `cannot read ${visible(file)}: ${reasonOf(error as NodeJS.ErrnoException)}`, {
    exitCode: EXIT.usage,
    cause: error,
  });
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "no such file",
  EISDIR: "a folder",
  EACCES: "permission denied",
  EPERM: "permission denied",
  ENOSPC: "no space left",
};

/** In words where they are usual ones. */
export function reasonOf({ code = "", message }: NodeJS.ErrnoException): string {
  return REASONS[code] ?? visible(message);
}

async function opened(input: Readable): Promise<Omit<InputFile, "close">> {
  const chunks = input[Symbol.asyncIterator]() as AsyncIterableIterator<Buffer>;
  const first = await chunks.next();
  async function* whole() {
    if (first.done !== true) yield first.value;
    yield* chunks;
  }
  return {
    firstOctet: first.done === true ? undefined : first.value[0],
    chunks: Readable.from(whole(), { objectMode: false }),
  };
}
