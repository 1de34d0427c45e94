// The outputs of a session by name: each reads the capture at its own pace and ends when told to, having written what there is.
import type { Capture, CaptureEvent, DroppedEvent } from "../../src/index.js";
import type { MessageDecoder } from "../../src/schema/message-decoder.js";
import { startLog } from "./log.js";
import { startNdjson } from "./ndjson.js";

export interface OutputOptions {
  readonly bodies: boolean;
  readonly showSecrets: boolean;
  /** Whether the reader wants colours. */
  readonly colour: boolean;
  /** Cells of the reader's lines; undefined when it is no terminal. */
  readonly width: number | undefined;
  /** An inflated message beyond this is not shown. */
  readonly maxInflatedBytes: number;
  /** What reads messages; undefined when nothing is to be decoded. */
  readonly decoder: MessageDecoder | undefined;
  /** Is to be told of every event, before it is shown. */
  readonly see: ((event: CaptureEvent | DroppedEvent) => void) | undefined;
}

export interface Output {
  /** Writes what is still to be written. */
  finish(): Promise<void>;
}

/** What an output writes to; `write` settles when the reader is ready for more. */
export interface Sink {
  write(text: string): Promise<void>;
}

type StartOutput = (capture: Capture, sink: Sink, options: OutputOptions) => Output;

export const OUTPUTS: ReadonlyMap<string, StartOutput> = new Map<string, StartOutput>([
  ["log", startLog],
  ["ndjson", startNdjson],
  ["none", () => ({ finish: () => Promise.resolve() })],
]);
