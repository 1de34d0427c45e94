// The outputs of a session by name: each reads the capture at its own pace and ends when told to, having written what there is.
import type { Capture, CaptureEvent, DroppedEvent } from "../../src/index.js";
import type { SchemaSet } from "../../src/schema/schema-set.js";
import type { FixedTypes } from "../../src/schemaless/fixed-types.js";
import type { MethodKinds } from "../../src/session/call-list.js";
import type { MessageReader } from "../../src/session/message-reader.js";
import type { ServerTrust } from "../../src/view/shell-command.js";
import type { SessionFindings } from "../findings.js";
import type { Selection } from "./selection.js";

export interface OutputOptions {
  readonly bodies: boolean;
  readonly showSecrets: boolean;
  /** Whether the reader wants colours. */
  readonly colour: boolean;
  /** Cells of the reader's lines; undefined when it is no terminal. */
  readonly width: number | undefined;
  /** What reads messages; undefined for an output that shows none. */
  readonly messages: MessageReader | undefined;
  /** Is to be told of every event before it is shown, and waited for. */
  readonly see: ((event: CaptureEvent | DroppedEvent) => Promise<void> | undefined) | undefined;
  /** Makes what chooses the events that are shown; undefined when all are. @param tellsWhole see {@link Selection} */
  readonly select?: ((tellsWhole: boolean) => Selection) | undefined;
  /** What is found out by looking at every message: to be shown as it comes, and at the end. */
  readonly findings: SessionFindings | undefined;
  /** What is known of types and methods; undefined for an output that shows none. */
  readonly schema: SchemaSet | undefined;
  /** How servers are told from others, for commands that reach them without us. */
  readonly trust?: ServerTrust | undefined;
  /** Where calls go, as the user gave it. */
  readonly upstream?: string | undefined;
  readonly kinds: MethodKinds | undefined;
  /** What the user says of fields that no schema knows. */
  readonly types?: FixedTypes | undefined;
  /** The filter as it was written; empty for none. */
  readonly filter: string;
  /** Who listens and where it leads, as in ":50050 → localhost:50051". */
  readonly where: string;
  /** What was written to stderr before, where the output covers that. */
  readonly said?: string | undefined;
  /** Where the page is, with what gets one in; undefined where there is none. */
  readonly page?: string | undefined;
  /** What is shown is a file: nothing new comes. */
  readonly isFile?: boolean | undefined;
  /** Unix ms, where it is not the clock's time; see `Watched`. */
  readonly now?: (() => number) | undefined;
  /** Why nothing new comes from there now; undefined while all is well. */
  readonly trouble?: (() => string | undefined) | undefined;
  /** Ends the session, for an output in which a person can ask for that. */
  readonly quit: () => void;
  /** For the same: drops what is kept, where that is not the capture's own affair. */
  readonly clear?: (() => void) | undefined;
}

export interface Output {
  /** Settles when all that was captured so far is written; absent where nothing is missed by who reads later. */
  caughtUp?(): Promise<void>;
  /** Writes what is still to be written. */
  finish(): Promise<void>;
}

/** What an output writes to; `write` settles when the reader is ready for more. */
export interface Sink {
  write(text: string): Promise<void>;
}

/** For a reader of events that prints nothing. */
export const NOWHERE: Sink = { write: () => Promise.resolve() };

export type StartOutput = (capture: Capture, sink: Sink, options: OutputOptions) => Output | Promise<Output>;

export const OUTPUTS: ReadonlyMap<string, StartOutput> = new Map<string, StartOutput>([
  // Loaded when they are asked for: see src/README.md, "Speed".
  ["terminal", async (...given) => (await import("./terminal.js")).startTerminal(...given)],
  ["log", async (...given) => (await import("./log.js")).startLog(...given)],
  ["ndjson", async (...given) => (await import("./ndjson.js")).startNdjson(...given)],
  ["none", () => ({ finish: () => Promise.resolve() })],
]);
