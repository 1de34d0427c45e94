// What a session shows and how: an output, the feed and the page, what they decode with, and when it is over.
import type { Filter } from "../src/filter/filter.js";
import { type Capture, type CaptureEvent, type DroppedEvent, EXIT, FramelensError } from "../src/index.js";
import { boundHeap } from "./compiler.js";
import { type FeedOptions, readFeedOptions, type SessionFeed, startSessionFeed } from "./feed.js";
import { expectNamedSchemas } from "./named-schemas.js";
import { parseSeconds } from "./numbers.js";
import type { ShowingArguments } from "./options.js";
import { type FollowOutput, follow } from "./output/follow.js";
import { NOWHERE, OUTPUTS, type Output, type OutputOptions, type StartOutput } from "./output/output.js";
import { openStdout } from "./output/stdout.js";
import type { SessionSchema } from "./session-schema.js";
import { watchEvents } from "./watch-events.js";
import type { Watched } from "./watched.js";

/** What the command line asks for: read, and nothing started. */
export interface ShowingPlan {
  readonly args: ShowingArguments;
  readonly outputName: string;
  readonly startOutput: StartOutput;
  readonly seconds: number | undefined;
  readonly filter: Filter | undefined;
  readonly feed: FeedOptions | undefined;
  /** What was written to stderr since, where the output covers that. */
  readonly said: (() => string) | undefined;
}

export interface Showing {
  /** What is to be told of feed and page. */
  readonly lines: readonly string[];
  /** What decodes; undefined for an output that shows no messages. */
  readonly schema: SessionSchema | undefined;
  /** What the saver must tell of each event before it writes it; undefined where somebody else does. */
  readonly learn: ((event: CaptureEvent | DroppedEvent) => void) | undefined;
  /** A reason to end it, as the exit code that it asks for: a signal, --for, a reader that left, a person who is done. */
  readonly told: Promise<number>;
  /** Settles when whoever writes down or checks everything has seen what was captured so far. */
  caughtUp(): Promise<void>;
  /**
   * Closes it, when nothing more is captured.
   * @returns the exit code, when all is written
   */
  finish(reason: number): Promise<number>;
}

/** A signal to the whole process group comes twice under npm, which passes it on; a person needs longer for a second one. */
const SAME_SIGNAL_MS = 100;
/** A reader that has taken nothing for so long when all is over will not. */
const STUCK_MS = 5000;
/** 128 and the number of the signal, as shells count. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const;

/**
 * Reads the options.
 * @throws FramelensError for what the user got wrong
 */
export async function planShowing(args: ShowingArguments): Promise<ShowingPlan> {
  const outputName = args.output ?? usualOutput();
  const startOutput = OUTPUTS.get(outputName);
  if (startOutput === undefined) {
    throw usage(`--output "${outputName}"; expected ${[...OUTPUTS.keys()].join(", ")}`);
  }
  const seconds = args.for === undefined ? undefined : parseSeconds("for", args.for);
  const filter = await readFilterOption(args.filter);
  const feed = readFeedOptions(args);
  expectNamedSchemas(args);
  const said = outputName === "terminal" ? (await import("./output/remember-stderr.js")).rememberStderr() : undefined;
  return { args, outputName, startOutput, seconds, filter, feed, said };
}

/**
 * Starts what was planned.
 * @param alsoReads somebody reads all messages besides, whatever the output shows
 * @param saves everything is written to a file besides: messages are read, whatever the output shows
 * @throws FramelensError for what the user got wrong; nothing is left then
 */
export async function startShowing(plan: ShowingPlan, watched: Watched, saves: boolean): Promise<Showing> {
  const { args, outputName, filter } = plan;
  const { capture, file } = watched;
  const isRead = outputName !== "none" || watchesAll(args) || saves || file !== undefined;
  // Nothing is loaded for an output that shows nothing; see src/README.md, "Speed".
  const schema = isRead ? await (await import("./session-schema.js")).openSessionSchema(args, watched) : undefined;
  const feed = await startFeed(plan, watched, schema);
  const opened = args.open && feed !== undefined ? await openPage(feed) : [];
  const stdout = openStdout();
  let quit: () => void = () => {};
  const left = new Promise<void>((resolve) => (quit = resolve));
  const told = toldToEnd(plan.seconds, Promise.race([stdout.broken, left]));
  // A slow reader of the output misses events; whoever asks for the check of all messages must not.
  const watch = schema !== undefined && watchesAll(args) ? follow(capture, NOWHERE, schema.see, () => "") : undefined;
  // Whoever saves must have seen what a message's type follows from, however far behind the output is.
  const saverLearns = watch === undefined && saves;
  const stopLearning =
    schema !== undefined && watch === undefined && !saves && outputName === "none"
      ? watchEvents(capture, schema.learn)
      : undefined;
  if (outputName === "log" || outputName === "ndjson" || saves) boundHeap(capture);
  const output = await plan.startOutput(capture, stdout, {
    ...readOutputOptions(args),
    schema: schema?.schema,
    trust: watched.trust,
    upstream: watched.upstream,
    kinds: schema?.kinds,
    types: schema?.types,
    filter: args.filter ?? "",
    where: watched.where,
    page: feed?.page,
    said: plan.said?.(),
    now: watched.now,
    isFile: file !== undefined,
    quit,
    messages: schema?.messages,
    see: watch !== undefined ? undefined : saverLearns ? schema?.check : schema?.see,
    findings: schema?.findings,
    select: filter === undefined ? undefined : await selector(filter, capture, schema),
  });
  return {
    lines: [...(feed?.lines ?? []), ...opened],
    schema,
    learn: saverLearns ? schema?.learn : undefined,
    told,
    caughtUp: () => caughtUp([watch, output]),
    async finish(reason) {
      await watch?.finish();
      stopLearning?.();
      await feed?.close();
      const drifted = args.failOnDrift && (await schema?.findings.conclude())?.contract?.fits === false;
      // Whatever ended the session, a script that asked is told by the exit code.
      const code = drifted ? EXIT.failed : reason;
      const tell = async () => {
        for (const line of (await schema?.findings.lines()) ?? [])
          process.stderr.write(line.startsWith(" ") ? `${line}\n` : `framelens: ${line}\n`);
      };
      await Promise.race([
        output.finish(),
        stdout.stuck(STUCK_MS).then(async () => {
          process.stderr.write("framelens: nobody reads stdout; what was still to be written is lost\n");
          await tell();
          process.exit(code);
        }),
      ]);
      await tell();
      schema?.close();
      return code;
    },
  };
}

async function caughtUp(readers: readonly (FollowOutput | Output | undefined)[]): Promise<void> {
  for (const reader of readers) await reader?.caughtUp?.();
}

/** A person at a terminal gets the screen; everybody else lines. */
function usualOutput(): string {
  const { stdin, stdout, env } = process;
  return stdin.isTTY === true && stdout.isTTY === true && env.TERM !== "dumb" ? "terminal" : "log";
}

/** Whether every message is looked at, whatever the output shows and however slowly it is read. */
function watchesAll(args: ShowingArguments): boolean {
  return args.failOnDrift || args.sizes;
}

async function startFeed(
  { feed, args }: ShowingPlan,
  watched: Watched,
  schema: SessionSchema | undefined,
): Promise<SessionFeed | undefined> {
  try {
    return feed && (await startSessionFeed(feed, args, watched, schema));
  } catch (error) {
    schema?.close();
    throw error;
  }
}

/** @returns what is to be told of it */
async function openPage(feed: SessionFeed): Promise<readonly string[]> {
  const { openInBrowser } = await import("./browser.js");
  const problem = await openInBrowser(feed.link());
  return problem === undefined ? [] : [`framelens: no browser was opened (${problem}); the page's address is above`];
}

/** Loaded when it is asked for, as all that an idle proxy can do without; see src/README.md, "Speed". */
async function readFilterOption(text: string | undefined): Promise<Filter | undefined> {
  return text === undefined ? undefined : (await import("./filter.js")).readFilter("filter", text);
}

async function selector(filter: Filter, capture: Capture, schema: SessionSchema | undefined) {
  const { Selection } = await import("./output/selection.js");
  const { messages, kinds } = schema ?? {};
  return (tellsWhole: boolean) => new Selection({ capture, filter, messages, kinds, tellsWhole });
}

function readOutputOptions(args: ShowingArguments): Pick<OutputOptions, "bodies" | "showSecrets" | "colour" | "width"> {
  const { isTTY, columns } = process.stdout;
  return {
    bodies: args.bodies,
    showSecrets: args.showSecrets,
    colour: isTTY === true && (process.env.NO_COLOR ?? "") === "",
    width: isTTY === true && columns > 0 ? columns : undefined,
  };
}

/**
 * Waits for a reason to end. Once there was one, a further signal ends the program at once.
 * @returns the exit code that the reason asks for
 */
function toldToEnd(seconds: number | undefined, broken: Promise<void>): Promise<number> {
  return new Promise((resolve) => {
    let endedAt: number | undefined;
    const end = (code: number) => {
      endedAt ??= performance.now();
      clearTimeout(timer);
      resolve(code);
    };
    const timer = seconds === undefined ? undefined : setTimeout(() => end(EXIT.ok), seconds * 1000);
    for (const [signal, code] of Object.entries(SIGNALS)) {
      process.on(signal, () => {
        if (endedAt === undefined) end(code);
        else if (performance.now() - endedAt > SAME_SIGNAL_MS) process.exit(code);
      });
    }
    void broken.then(() => end(EXIT.ok));
  });
}

function usage(message: string): FramelensError {
  return new FramelensError("ERR_USAGE", message, { exitCode: EXIT.usage });
}
