// What comes from the terminal, a mouse report or an Escape a chunk: blessed reads one report of a chunk and drops the rest of
// it, keys too, and takes an Escape and the key behind it for one that nobody has.
import { PassThrough } from "node:stream";
import type { ScreenInput } from "./blessed-screen.js";

/**
 * A whole report (xterm, "Mouse Tracking": SGR, then X10 with its three octets), one octet a character; or an Escape that
 * begins no sequence. With a letter behind it, it could be Alt and that letter: nothing is bound to Alt.
 */
const APART = /(\x1b\[<\d{1,5};\d{1,5};\d{1,5}[Mm]|\x1b\[M[\s\S]{3}|\x1b(?=[^\x1b[O]|\x1b(?![[O])))/;
/** The beginning of one that a chunk ends with: no key begins like that. */
const BEGUN = /\x1b\[(?:<[\d;]{0,17}|M[\s\S]{0,2})$/;

/**
 * @param rest what the chunk before left over, one octet a character, as all here
 * @returns reports and what stands between them; what is left over for the next chunk
 */
export function splitReports(
  chunk: string,
  rest: string,
): { readonly pieces: readonly string[]; readonly rest: string } {
  const text = rest + chunk;
  const begun = BEGUN.exec(text);
  const whole = begun === null ? text : text.slice(0, begun.index);
  return { pieces: whole.split(APART).filter((piece) => piece !== ""), rest: begun?.[0] ?? "" };
}

/** Stands for the terminal's input before blessed; pausing and raw mode are the terminal's own. */
export class SplitInput extends PassThrough {
  readonly #source: ScreenInput;
  #rest = "";

  constructor(source: ScreenInput) {
    super();
    this.#source = source;
    source.on("data", this.#onData);
  }

  get isTTY(): boolean {
    return this.#source.isTTY === true;
  }

  get isRaw(): boolean {
    return this.#source.isRaw === true;
  }

  setRawMode(raw: boolean): void {
    this.#source.setRawMode?.(raw);
  }

  override pause(): this {
    this.#source.pause();
    return super.pause();
  }

  override resume(): this {
    this.#source.resume();
    return super.resume();
  }

  /** Lets go of the source, which goes on. */
  detach(): void {
    this.#source.removeListener("data", this.#onData);
  }

  readonly #onData = (chunk: Buffer | string): void => {
    const octets = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    const { pieces, rest } = splitReports(octets.toString("latin1"), this.#rest);
    this.#rest = rest;
    for (const piece of pieces) this.write(Buffer.from(piece, "latin1"));
  };
}
