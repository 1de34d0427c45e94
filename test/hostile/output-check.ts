// Reads what the program prints while it is attacked: nothing in it may be obeyed by a terminal, and each line must stand alone.
import { CANARY, HONEST_METHOD } from "./honest.js";

/** C0 and DEL without the newline; then, as UTF-8, C1 and the characters that reorder text (Unicode TR 9). */
const CONTROLS = /[\x00-\x09\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xa8-\xae]|\xe2\x81[\xa6-\xa9]/;
const MAX_LINE_BYTES = 4 * 1024 * 1024;
/** Of ndjson: a message is kept up to 16 MiB, which are 21.4 MiB of base64. */
const MAX_JSON_LINE_BYTES = 24 * 1024 * 1024;

export class OutputCheck {
  readonly #json: boolean;
  /** Of a line whose end did not come yet. */
  #parts: Buffer[] = [];
  #partBytes = 0;
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
    let at = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, at)) {
      this.#line(Buffer.concat([...this.#parts, chunk.subarray(at, end)]).toString("latin1"));
      this.begin();
      at = end + 1;
    }
    if (at === chunk.length) return;
    this.#parts.push(chunk.subarray(at));
    this.#partBytes += chunk.length - at;
    if (this.#partBytes > (this.#json ? MAX_JSON_LINE_BYTES : MAX_LINE_BYTES)) this.#problem("a line without end");
  };

  /** Another program's output follows; the last line of one that was told to end may be cut. */
  begin(): void {
    this.#parts = [];
    this.#partBytes = 0;
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
