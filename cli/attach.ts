// framelens attach: the terminal's screens on what another framelens sees, through its feed.
import { Capture } from "../src/capture/capture.js";
import { EventWriter } from "../src/capture/event-writer.js";
import { type FeedClient, openFeed } from "../src/feed/client.js";
import type { FeedMessage } from "../src/feed/messages.js";
import { MIRRORED, mirror } from "../src/feed/mirror.js";
import { EXIT, FramelensError } from "../src/index.js";
import { splitDescriptorSet } from "../src/schema/descriptor-bytes.js";
import { MessageDecoder } from "../src/schema/message-decoder.js";
import { RANK, SchemaSet } from "../src/schema/schema-set.js";
import { FixedTypes } from "../src/schemaless/fixed-types.js";
import { SchemalessReader } from "../src/schemaless/schemaless-reader.js";
import { MessageReader } from "../src/session/message-reader.js";
import { streamKindsOf } from "../src/session/stream-kinds.js";
import { visible } from "../src/view/visible.js";
import { readFeedAddress } from "./feed-address.js";
import { closeInTheEnd, type FeedCommandArguments, feedCommand } from "./feed-command.js";
import { parseSize } from "./numbers.js";
import { openStdout } from "./output/stdout.js";
import { startTerminal } from "./output/terminal.js";

interface AttachArguments extends FeedCommandArguments {
  readonly maxMemory: string;
}

/** Of requests; the subscription has 1. */
const TYPES_ID = 2;
const CORRECT_ID = 3;
const CLEAR_ID = 4;

export const attachCommand = feedCommand<AttachArguments>({
  name: "attach",
  describe: "the terminal's screens on what another framelens sees",
  filter: "the filter to begin with",
  options: {
    "max-memory": {
      type: "string",
      requiresArg: true,
      default: "256MiB",
      describe: "how much is kept here of what it tells",
    },
  },
  run: attach,
});

async function attach(args: AttachArguments): Promise<number> {
  const address = readFeedAddress(args);
  if (process.stdin.isTTY !== true || process.stdout.isTTY !== true) {
    throw new FramelensError("ERR_USAGE", "attach needs a terminal; framelens tail writes lines", {
      exitCode: EXIT.usage,
    });
  }
  const capture = new Capture({ maxMemoryBytes: parseSize("max-memory", args.maxMemory) });
  const writer = new EventWriter(capture);
  const schema = new SchemaSet();
  const types = new FixedTypes();
  const messages = new MessageReader({
    capture,
    decoder: new MessageDecoder(schema, true),
    guesser: new SchemalessReader(types),
  });
  let session: string | undefined;
  let corrections = "";
  const { host } = new URL(address.url);
  let isFile = false;
  /** Why there is no connection; undefined while there is one. */
  let trouble: string | undefined = `connecting to ${host}`;
  let cut = false;
  const hear = (message: FeedMessage): void => {
    if (message.kind === "schema-changed") client.ask({ op: "types", id: TYPES_ID });
    if (message.kind === "error") process.stderr.write(`framelens: the feed does not take it: ${message.message}\n`);
    if (message.kind === "cleared") capture.clear();
    if (message.kind !== "types") return;
    const { files } = splitDescriptorSet(Buffer.from(message.protoset, "base64"));
    schema.addDescriptors("told by the feed", files, RANK.user);
    // Where the token does not allow that, what is said here stays until something else is said there.
    if (message.corrections !== corrections) types.load(message.corrections, "what the feed tells of types");
    corrections = message.corrections;
  };
  const client: FeedClient = openFeed({
    ...address,
    subscribe: MIRRORED,
    onEvent: (event) => mirror(event, writer),
    onHello(hello) {
      if (session !== undefined && session !== hello.session) writer.restart();
      trouble = undefined;
      const again = session === undefined ? "" : session === hello.session ? " again" : " again: another run";
      process.stderr.write(`${cut ? "framelens: " : ""}connected to ${host}${again}\n`);
      session = hello.session;
      isFile = hello.file !== undefined;
      cut = false;
      client.ask({ op: "types", id: TYPES_ID });
    },
    onMessage: hear,
    onCut(reason) {
      trouble = `not connected to ${host}: ${visible(reason)}; trying again`;
      if (!cut) process.stderr.write(`framelens: the feed cannot be read: ${reason}; trying again\n`);
      cut = true;
    },
  });
  // What is said of a field here holds there, too, where the token allows it.
  types.onSet = (method, side, path, said) =>
    client.ask({ op: "correct", id: CORRECT_ID, method, side, path, ...said });
  const stdout = openStdout();
  const end = closeInTheEnd(client, stdout);
  const output = startTerminal(capture, stdout, {
    bodies: false,
    showSecrets: false,
    colour: true,
    width: process.stdout.columns,
    messages,
    see: undefined,
    findings: undefined,
    schema,
    kinds: streamKindsOf(schema),
    types,
    filter: args.filter ?? "",
    where: `attached to ${host}`,
    trouble: () => trouble,
    now: () => (isFile ? capture.now : Date.now()),
    quit: end,
    clear: () => client.ask({ op: "clear", id: CLEAR_ID }),
  });
  try {
    await client.ended;
  } finally {
    await output.finish();
    messages.close();
    schema.close();
  }
  return EXIT.ok;
}
