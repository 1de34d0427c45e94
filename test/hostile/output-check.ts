// Reads what the program prints while it is attacked: nothing in it may be obeyed by a terminal, and each line must stand alone.
import { CANARY, HONEST_METHOD } from "./honest.js";

/** C0 and DEL without the newline; then, as UTF-8, C1 and the characters that reorder text (Unicode TR 9). */
const CONTROLS = /[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]/;
const MAX_LINE_BYTES = 4 * 1024 * 1024;

export class OutputCheck {
  readonly #json: boolean;
  #rest: Buffer = Buffer.alloc(0);
  lines = 0;
  bytes = 0;
  /** Lines that tell of the honest client's calls. */
  honest = 0;
  readonly problems: string[] = [];

  constructor(json: boolean) {
    this.#json = json;
  }

  readonly take = (chunk: Buffer): void => {
    this.bytes += chunk.length;
    const whole = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (let end = whole.indexOf(10, at); end >= 0; end = whole.indexOf(10, at)) {
      this.#line(whole.toString("latin1", at, end));
      at = end + 1;
    }
    this.#rest = whole.subarray(at);
    if (this.#rest.length > MAX_LINE_BYTES) this.#problem("a line without end");
  };

  /** Another program's output follows; the last line of one that was told to end may be cut. */
  begin(): void {
    this.#rest = Buffer.alloc(0);
  }

  #line(line: string): void {
    this.lines++;
    // One form of output leaves the first slash out.
    if (line.includes(HONEST_METHOD.slice(1))) this.honest++;
    if (line.includes(CANARY)) this.#problem(`a secret was printed: ${line.slice(0, 300)}`);
    const control = CONTROLS.exec(line);
    if (control !== null) this.#problem(`control octets at ${control.index}: ${JSON.stringify(line.slice(0, 300))}`);
    if (!this.#json) return;
    try {
      const value: unknown = JSON.parse(line);
      if (typeof value !== "object" || value === null || Array.isArray(value)) this.#problem("a line is no object");
    } catch {
      this.#problem(`a line is no JSON: ${JSON.stringify(line.slice(0, 300))}`);
    }
  }

  #problem(what: string): void {
    if (this.problems.length < 20) this.problems.push(what);
  }
}
