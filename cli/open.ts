// framelens open FILE: what was saved, on the screens and in the lines that show live traffic.
import { basename } from "node:path";
import type { Argv, CommandModule } from "yargs";
import { ENTRY, type LogEntry } from "../src/binary-log/entry.js";
import { LogEntries } from "../src/binary-log/log-entries.js";
import { LoggedEvents, upstreamIn } from "../src/binary-log/logged-events.js";
import { Capture } from "../src/capture/capture.js";
import { EventWriter } from "../src/capture/event-writer.js";
import { EXIT, FramelensError } from "../src/index.js";
import { splitDescriptorSet } from "../src/schema/descriptor-bytes.js";
import { RANK, type SchemaSet } from "../src/schema/schema-set.js";
import { formatWhole } from "../src/view/call-text.js";
import { formatDuration } from "../src/view/format.js";
import { visible } from "../src/view/visible.js";
import { cannotRead, openInput } from "./input-file.js";
import { parseSize } from "./numbers.js";
import { OPEN_OPTIONS, type ShowingArguments, withEnvironment } from "./options.js";
import { planShowing, type Showing, startShowing } from "./showing.js";

interface OpenArguments extends ShowingArguments {
  readonly file: string | undefined;
}

/** Read before whoever writes it down has to have done so: less than the smallest capture keeps. */
const AHEAD_BYTES = 1024 * 1024;
const AHEAD_ENTRIES = 2000;
const TYPES_NAME = "saved with the traffic";
/** Readers of the feed get their turn. */
const TURN_MS = 5;

export const openCommand: CommandModule<object, OpenArguments> = {
  command: "open [file]",
  describe: "show what was saved with --save, or another gRPC binary log",
  builder: (yargs) =>
    yargs
      .positional("file", { type: "string", describe: "the file, gzipped or not; - for stdin" })
      .options(withEnvironment(OPEN_OPTIONS)) as unknown as Argv<OpenArguments>,
  handler: async (args) => {
    // yargs makes nothing of a hyphen.
    process.exitCode = await open(args, args.file === "" ? "-" : args.file);
  },
};

async function open(given: OpenArguments, file: string | undefined): Promise<number> {
  if (file === undefined) {
    throw new FramelensError("ERR_USAGE", "open: expected a file that --save wrote; - for stdin", {
      exitCode: EXIT.usage,
    });
  }
  const plan = await planShowing({ ...given, feed: feedOf(given), reflect: false, reflectHeader: undefined });
  const capture = new Capture({
    maxMemoryBytes: parseSize("max-memory", given.maxMemory),
    maxMessageBytes: parseSize("max-message", given.maxMessage),
  });
  const writer = new EventWriter(capture);
  let schema: SchemaSet | undefined;
  const events = new LoggedEvents({
    put: (event, bytes) => writer.put(event, bytes),
    // What the user names stands in front of it.
    types: (protoset) => void schema?.addDescriptors(TYPES_NAME, splitDescriptorSet(protoset).files, RANK.reflection),
  });
  const log = await openLog(file);
  const now = () => capture.now;
  const where = file === "-" ? "stdin" : visible(basename(file));
  const showing = await startShowing(
    plan,
    { capture, where, file: where, upstream: upstreamIn(log.first), now },
    false,
  );
  schema = showing.schema?.schema;
  events.take(log.first);
  if (showing.lines.length > 0) process.stderr.write(`${showing.lines.join("\n")}\n`);
  const isLines = plan.outputName !== "terminal";
  let stopped = false;
  const over = showing.told.then(() => {
    stopped = true;
  });
  const isWhole = await read(log, events, showing, over);
  for (const line of notesOn(log, events, capture)) process.stderr.write(`framelens: ${line}\n`);
  const { trimmedCalls } = capture.counters;
  if (trimmedCalls > 0 && (!isLines || plan.feed !== undefined))
    process.stderr.write(
      `framelens: the first ${formatWhole(trimmedCalls)} calls do not fit into --max-memory ${given.maxMemory}\n`,
    );
  // Lines are over with the file, unless somebody may still look at it by the feed.
  const reason = isLines && plan.feed === undefined && !stopped ? EXIT.ok : await showing.told;
  const code = await showing.finish(reason);
  return code === EXIT.ok && !isWhole ? EXIT.damaged : code;
}

/** Whoever prints a file mostly wants its lines alone. */
function feedOf({ feed, open: opensPage, output }: OpenArguments): OpenArguments["feed"] {
  const isTerminal = output === undefined ? process.stdout.isTTY && process.stdin.isTTY : output === "terminal";
  return feed === undefined && !opensPage && !isTerminal ? false : feed;
}

interface OpenedLog {
  readonly entries: LogEntries;
  readonly first: LogEntry;
  readonly others: AsyncIterator<LogEntry>;
  readonly file: string;
  close(): void;
}

/** @throws FramelensError ERR_FILE for a file that is none */
async function openLog(file: string): Promise<OpenedLog> {
  try {
    const { chunks, close } = await openInput(file);
    const entries = new LogEntries(chunks);
    const others = entries[Symbol.asyncIterator]();
    const { done, value: first } = await others.next();
    if (done !== true && (first.type !== ENTRY.unknown || first.more !== undefined))
      return { entries, first, others, file, close };
  } catch (error) {
    throw cannotRead(file, error);
  }
  const name = file === "-" ? "stdin" : visible(file);
  throw new FramelensError("ERR_FILE", `${name} is no gRPC binary log; expected what framelens --save writes`, {
    exitCode: EXIT.usage,
  });
}

/**
 * Puts all events there.
 * @param readers are waited for, or they would miss what does not fit into the capture
 * @param over settles when nobody wants more
 * @returns whether the file could be read to its end
 */
async function read(
  { others, entries, file, close }: OpenedLog,
  events: LoggedEvents,
  readers: Showing,
  over: Promise<unknown>,
): Promise<boolean> {
  let isOver = false;
  void over.then(() => {
    isOver = true;
    // Who waits for more of it would wait for ever.
    close();
  });
  let waitedAt = 0;
  let count = 0;
  let began = performance.now();
  for (;;) {
    const next = await others.next().catch((error: Error) => error);
    if (isOver) return true;
    if (next instanceof Error) {
      process.stderr.write(`framelens: ${(cannotRead(file, next) as Error).message}; what comes before is shown\n`);
      return false;
    }
    if (next.done === true) return entries.problem === undefined;
    events.take(next.value);
    if (++count % AHEAD_ENTRIES === 0 || entries.wholeBytes - waitedAt > AHEAD_BYTES) {
      waitedAt = entries.wholeBytes;
      await Promise.race([readers.caughtUp(), over]);
    }
    if (performance.now() - began < TURN_MS) continue;
    await new Promise((resolve) => setImmediate(resolve));
    began = performance.now();
  }
}

/** What the file does not tell, or is not shown as it stands there. */
function notesOn(
  { file, entries: { problem } }: OpenedLog,
  { missing, skipped, withoutBytes, shifted }: LoggedEvents,
  { counters: { unfollowedCalls } }: Capture,
): readonly string[] {
  const notes: string[] = [];
  if (problem !== undefined) notes.push(`${problem}; what comes before is shown`);
  if (missing > 0) notes.push(`events that were missed when it was written: ${formatWhole(missing)}`);
  if (withoutBytes > 0) notes.push(`messages that stand in it without their bytes: ${formatWhole(withoutBytes)}`);
  if (skipped > 0)
    notes.push(`entries of calls that do not begin in it, or that say nothing known: ${formatWhole(skipped)}`);
  if (unfollowedCalls > 0)
    notes.push(`calls that are not shown, as too many never end in it: ${formatWhole(unfollowedCalls)}`);
  for (const { from, byMs } of shifted) {
    const time = new Date(from).toISOString();
    notes.push(`what begins at ${time} stands behind later calls; its times are shown ${formatDuration(byMs)} later`);
  }
  return notes.map((note) => `${visible(file)}: ${note}`);
}
