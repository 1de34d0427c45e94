// What a session finds out by looking at every message: where traffic does not fit its schemas, and what JSON would have taken.
import { randomInt } from "node:crypto";
import type { Capture, CaptureEvent, DroppedEvent } from "../src/index.js";
import type { ContractEvent } from "../src/model/contract.js";
import { maskPath } from "../src/model/secrets.js";
import type { SizesEvent } from "../src/model/sizes.js";
import type { SchemaSet } from "../src/schema/schema-set.js";
import type { DriftNews } from "../src/session/contract.js";
import { ContractCheck } from "../src/session/contract-check.js";
import type { MessageReader } from "../src/session/message-reader.js";
import { Sizes } from "../src/session/sizes.js";
import { contractLines, sizesLines } from "../src/view/contract-text.js";

export interface FindingsOptions {
  /** Somebody wants to know whether all traffic fits, not only where it does not. */
  readonly failOnDrift: boolean;
  readonly sizes: boolean;
  readonly showSecrets: boolean;
}

/** What there is to tell when all is over. */
export interface Conclusion {
  /** Undefined when nobody asked and there is nothing to tell. */
  readonly contract: ContractEvent | undefined;
  readonly sizes: readonly SizesEvent[];
}

export class SessionFindings {
  readonly #options: FindingsOptions;
  readonly #contract: ContractCheck;
  readonly #sizes: Sizes | undefined;

  constructor(capture: Capture, messages: MessageReader, schema: SchemaSet, options: FindingsOptions) {
    this.#options = options;
    const salt = randomInt(2 ** 31);
    const show = options.showSecrets ? undefined : (path: string) => maskPath(path, salt);
    this.#contract = new ContractCheck({ capture, messages, schema, show });
    this.#sizes = options.sizes ? new Sizes(messages, show) : undefined;
  }

  /** Takes every event, each once and in order. @returns a promise where the next event must wait */
  see(event: CaptureEvent | DroppedEvent): Promise<void> | undefined {
    const checked = this.#contract.see(event);
    if (this.#sizes === undefined) return checked;
    // Both look at the same reading of the message: the reader remembers the latest.
    return checked === undefined ? this.#sizes.see(event) : checked.then(() => this.#sizes?.see(event));
  }

  /** What was found for the first time since this was called last. */
  takeNews(): readonly DriftNews[] {
    return this.#contract.takeNews();
  }

  /** To be asked when all events were seen. */
  async conclude(): Promise<Conclusion> {
    const contract = await this.#contract.settle();
    const tells = this.#options.failOnDrift || contract.drifts.length > 0;
    return { contract: tells ? contract : undefined, sizes: this.#sizes?.result ?? [] };
  }

  /** The conclusion in words, a line each. */
  async lines(): Promise<readonly string[]> {
    const { contract, sizes } = await this.conclude();
    return [
      ...(this.#sizes === undefined ? [] : sizesLines(sizes)),
      ...(contract === undefined ? [] : contractLines(contract, this.#options.failOnDrift)),
    ];
  }

  close(): void {
    this.#contract.close();
  }
}
