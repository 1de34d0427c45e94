// --save: everything that is captured, as gRPC's binary log, at the end of a file; framelens open shows it.
import { randomInt } from "node:crypto";
import { createReadStream, createWriteStream, statSync, truncateSync, type WriteStream } from "node:fs";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { constants, createGzip, type Gzip, type ZlibOptions } from "node:zlib";
import { MAX_SESSION } from "../src/binary-log/entry.js";
import { LogEntries } from "../src/binary-log/log-entries.js";
import { textOfOctets } from "../src/binary-log/octets.js";
import { BinaryLogWriter, type EncodedEntry } from "../src/export/binary-log.js";
import { type Capture, type CaptureEvent, type DroppedEvent, EXIT, FramelensError } from "../src/index.js";
import { NewTypes } from "../src/schema/new-types.js";
import type { SchemaSet } from "../src/schema/schema-set.js";
import type { MessageReader } from "../src/session/message-reader.js";
import { formatWhole } from "../src/view/call-text.js";
import { visible } from "../src/view/visible.js";
import { reasonOf, unzipped } from "./input-file.js";
import { follow } from "./output/follow.js";
import type { Sink } from "./output/output.js";
import { version } from "./version.js";

/** What is saved. */
export interface Saved {
  readonly capture: Capture;
  /** Inflates messages, and hides in them what is to be hidden. */
  readonly messages: MessageReader;
  /** Where the types of methods are told from; undefined when they are not. */
  readonly schema: SchemaSet | undefined;
  readonly showSecrets: boolean;
  /** Where calls go, for whoever reads the file. */
  readonly upstream: string | undefined;
}

export interface SaveFile {
  /**
   * Writes what was captured and what will be.
   * @param learn is told of each event before it is written
   */
  start(saved: Saved, learn?: (event: CaptureEvent | DroppedEvent) => void): Saving;
  /**
   * Writes what is kept now.
   * @returns false when it could not be written, which was told
   */
  saveAll(saved: Saved): Promise<boolean>;
}

export interface Saving {
  /** Writes what there still is. @returns false when it could not be written, which was told */
  finish(): Promise<boolean>;
}

/** What is gzipped reaches the file after so long at the latest: a program that is killed loses no more. */
const FLUSH_MS = 1000;
/** What may wait for the disk before we wait: every wait is a turn of the event loop, of which a busy relay has few. */
const WAITING_BYTES = 1024 * 1024;
/** Quick rather than small: what is not written in time is lost. */
const GZIP = { level: constants.Z_BEST_SPEED, writableHighWaterMark: WAITING_BYTES } as ZlibOptions;
/** Text that is written at once, and how long the traffic waits for it, where all that is kept is written. */
const BATCH_CHARS = 65_536;
const TURN_MS = 2;

/**
 * Looks at the file before anything starts. One that is there is gone on with, if it is a log; a cut last entry of it is taken away.
 * @throws FramelensError ERR_FILE
 */
export async function openSaveFile(name: string): Promise<SaveFile> {
  const isZipped = name.endsWith(".gz");
  await expectLog(name, isZipped);
  // Now, so that a folder that is not there is told now.
  const file = createWriteStream(name, { flags: "a", mode: 0o600, highWaterMark: WAITING_BYTES });
  await new Promise<void>((resolve, reject) => {
    file.once("open", () => resolve());
    file.once("error", (error) => reject(cannot(name, whyNot(error))));
  });
  const openSink = () => new FileSink(name, file, isZipped ? createGzip(GZIP) : undefined);
  return {
    start(saved, learn) {
      const sink = openSink();
      const entries = new SavedEntries(saved);
      process.stderr.write(`saving to ${visible(name)}\n`);
      void sink.write(entries.begin());
      const output = follow(saved.capture, sink, undefined, (event) => {
        learn?.(event);
        return sink.isBroken ? "" : entries.of(event);
      });
      return {
        async finish() {
          const isTaken = await sink.whileTaken(output.finish());
          entries.close();
          const isWhole = isTaken && (await sink.end());
          for (const line of entries.notes(visible(name))) process.stderr.write(`framelens: ${line}\n`);
          return isWhole;
        },
      };
    },
    async saveAll(saved) {
      const sink = openSink();
      const entries = new SavedEntries(saved);
      const { capture } = saved;
      let text = entries.begin();
      let began = performance.now();
      for (let seq = capture.oldestSeq, last = capture.newestSeq; seq <= last && !sink.isBroken; seq++) {
        const event = capture.event(seq);
        // Trimmed meanwhile.
        if (event === undefined) continue;
        const told = await entries.of(event);
        for (const piece of typeof told === "string" ? [told] : told) {
          text += piece;
          if (text.length < BATCH_CHARS) continue;
          await sink.write(text);
          text = "";
        }
        if (performance.now() - began < TURN_MS) continue;
        await new Promise((resolve) => setImmediate(resolve));
        began = performance.now();
      }
      await sink.write(text);
      entries.close();
      return sink.end();
    },
  };
}

/** Whole, or in pieces that are made as they are written. */
type EntryText = string | Iterable<string>;

function entryText(before: string, entry: EncodedEntry): EntryText {
  return entry instanceof Uint8Array ? before + textOfOctets(entry) : textsOf(before, entry);
}

function* textsOf(before: string, pieces: Iterable<Uint8Array>): Iterable<string> {
  yield before;
  for (const piece of pieces) yield textOfOctets(piece);
}

/** Events as text of a file: octets, one char each, as {@link follow} gathers it. */
class SavedEntries {
  readonly #saved: Saved;
  readonly #writer: BinaryLogWriter;
  readonly #types: NewTypes | undefined;

  constructor(saved: Saved) {
    const { messages, showSecrets, schema } = saved;
    this.#saved = saved;
    this.#writer = new BinaryLogWriter({ messages, showSecrets, salt: randomInt(2 ** 31) }, randomInt(1, MAX_SESSION));
    this.#types = schema && new NewTypes(schema);
  }

  /** A session begins with the first that is kept of it, which may be long ago. */
  begin(): string {
    const { capture, upstream } = this.#saved;
    const now = performance.timeOrigin + performance.now();
    const facts = { program: `framelens ${version()}`, ...(upstream === undefined ? {} : { upstream }) };
    return textOfOctets(this.#writer.begin(capture.event(capture.oldestSeq)?.at ?? now, facts));
  }

  of(event: CaptureEvent | DroppedEvent): EntryText | Promise<EntryText> {
    const entry = this.#writer.entry(event);
    // Types stand in front of what needs them, and are there only now if a server was asked.
    return entry instanceof Promise
      ? entry.then((told) => entryText(this.#newTypes(event), told))
      : entryText(this.#newTypes(event), entry);
  }

  /** What is not in the file. */
  notes(name: string): readonly string[] {
    const { missing, withoutBytes } = this.#writer;
    const notes: string[] = [];
    if (missing > 0) notes.push(`events that are missing: ${formatWhole(missing)}`);
    if (withoutBytes > 0) notes.push(`messages without their bytes: ${formatWhole(withoutBytes)}`);
    const why = "saving was slower than the traffic, and --max-memory gives it more time";
    return notes.map((note) => `${name}: ${note}; ${why}`);
  }

  close(): void {
    this.#types?.close();
  }

  #newTypes(event: CaptureEvent | DroppedEvent): string {
    if (this.#types === undefined || (event.kind !== "client-message" && event.kind !== "server-message")) return "";
    const protoset = this.#types.of(this.#saved.capture.methodOf(event.call));
    return protoset === undefined ? "" : textOfOctets(this.#writer.types(event.at, protoset));
  }
}

/** A reader of a FIFO that has taken nothing for so long when all is over will not. */
const STUCK_MS = 5000;

class FileSink implements Sink {
  readonly #name: string;
  readonly #file: WriteStream;
  readonly #zip: Gzip | undefined;
  readonly #timer: NodeJS.Timeout | undefined;
  /** Nothing can be written any more, which was told. */
  isBroken = false;
  #goOn: (() => void) | undefined;

  constructor(name: string, file: WriteStream, zip: Gzip | undefined) {
    this.#name = name;
    this.#file = file;
    this.#zip = zip;
    zip?.pipe(file);
    if (zip !== undefined) {
      this.#timer = setInterval(() => zip.flush(constants.Z_SYNC_FLUSH), FLUSH_MS);
      this.#timer.unref();
    }
    file.on("error", (error) => this.#fail(error));
    this.#out.on("drain", () => {
      this.#goOn?.();
      this.#goOn = undefined;
    });
  }

  /**
   * Waits for work that ends when all was taken.
   * @param isWaiting whether it is the file that it waits for
   * @returns false, having told, when nothing was taken for so long that nothing will be
   */
  async whileTaken(work: Promise<unknown>, isWaiting = () => this.#goOn !== undefined): Promise<boolean> {
    let before = -1;
    let timer: NodeJS.Timeout | undefined;
    const stuck = new Promise<false>((resolve) => {
      timer = setInterval(() => {
        const { bytesWritten } = this.#file;
        if (bytesWritten === before && isWaiting()) {
          this.#fail(new Error("nobody takes what is written"));
          resolve(false);
        }
        before = bytesWritten;
      }, STUCK_MS);
    });
    const isTaken = await Promise.race([work.then(() => true), stuck]);
    clearInterval(timer);
    return isTaken;
  }

  get #out(): Writable {
    return this.#zip ?? this.#file;
  }

  async write(text: string): Promise<void> {
    if (this.isBroken || this.#out.write(text, "latin1")) return;
    await new Promise<void>((resolve) => (this.#goOn = resolve));
  }

  /** @returns whether all was written */
  async end(): Promise<boolean> {
    clearInterval(this.#timer);
    if (this.isBroken) return false;
    this.#out.end();
    await this.whileTaken(
      finished(this.#file).catch(() => {}),
      () => true,
    );
    return !this.isBroken;
  }

  #fail(error: Error): void {
    if (!this.isBroken)
      process.stderr.write(
        `framelens: --save ${visible(this.#name)}: ${whyNot(error)}; what comes from now on is not in it\n`,
      );
    this.isBroken = true;
    this.#goOn?.();
  }
}

/** @throws FramelensError when something else than a log stands in the file */
async function expectLog(name: string, isZipped: boolean): Promise<void> {
  if (name === "" || name === "-") throw cannot(name, "expected the name of a file");
  const found = statOf(name);
  if (found === undefined) return;
  if (found.isDirectory()) throw cannot(name, "a folder; expected a file");
  if (!found.isFile() || found.size === 0) return;
  const { entries, failure } = await readThrough(name, isZipped);
  if (failure?.code === "Z_BUF_ERROR") throw cannot(name, "it was not written to its end; another name, please");
  if (failure !== undefined && !failure.code?.startsWith("Z_")) throw cannot(name, whyNot(failure));
  const { problem, isCut, wholeBytes } = entries;
  if (failure === undefined && problem === undefined) return;
  if (isZipped || wholeBytes === 0 || !isCut) throw cannot(name, "there is something else in it; another name, please");
  truncateSync(name, wholeBytes);
  process.stderr.write(`framelens: ${visible(name)}: its last entry was cut, and is removed\n`);
}

/** @returns what could be read, and why it was not all, other than by what it says */
async function readThrough(
  name: string,
  isZipped: boolean,
): Promise<{ readonly entries: LogEntries; readonly failure: NodeJS.ErrnoException | undefined }> {
  const input = createReadStream(name);
  const entries = new LogEntries(isZipped ? unzipped(input) : input);
  try {
    for await (const _ of entries);
    return { entries, failure: undefined };
  } catch (error) {
    return { entries, failure: error as NodeJS.ErrnoException };
  }
}

function statOf(name: string) {
  try {
    return statSync(name, { throwIfNoEntry: false });
  } catch (error) {
    throw cannot(name, whyNot(error));
  }
}

function cannot(name: string, why: string): FramelensError {
  return new FramelensError("ERR_FILE", `--save ${visible(name)}: ${why}`, { exitCode: EXIT.usage });
}

function whyNot(error: unknown): string {
  const failure = error as NodeJS.ErrnoException;
  return failure.code === "ENOENT" ? "no such folder" : reasonOf(failure);
}
