// ChatService: a room with two regulars who answer, and who sometimes speak first.
import type { Server } from "@grpc/grpc-js";
import { type ChatMessage, timestampOf } from "../messages.js";
import { addMethods, bidiStream, type ServiceContext } from "../server-calls.js";

/** How long the room stays silent before somebody says something. */
const SILENCE_MS = 9000;

const ANSWERS = [
  "good question 🤔",
  "that was me, sorry",
  "deploying now…",
  "p99 is back to normal ✅",
  "能看到日志吗？",
  "have you tried turning the flag off?",
  "on it",
] as const;
const REMARKS = ["anyone up for lunch?", "build 4812 is green", "who owns the scheduler these days?", "☕"] as const;

export function serveChat(server: Server, { methods, random, open }: ServiceContext): void {
  async function* chatSession(lines: AsyncIterable<ChatMessage>) {
    let sequence = 0;
    const say = (author: string, event: Partial<ChatMessage>): ChatMessage => ({
      sequence: ++sequence,
      sentAt: timestampOf(Date.now()),
      room: "#incidents",
      author,
      ...event,
    });
    yield say("room", { joined: { present: ["grace", "linus"] } });
    for await (const heard of orSilence(lines, SILENCE_MS)) {
      if (heard === SILENCE) {
        yield say("linus", { line: { text: random.pick(REMARKS) } });
        continue;
      }
      const { line, sequence: inReplyTo, author } = heard;
      if (line === undefined) continue;
      yield say("grace", { typing: {} });
      yield say("grace", { line: { text: random.pick(ANSWERS), inReplyTo, mentions: [author] } });
    }
    yield say("room", { left: { reason: "the other side hung up" } });
  }

  addMethods(server, [{ definition: methods.chatSession, handler: bidiStream(open, chatSession) }]);
}

const SILENCE = Symbol("silence");

/** The same items, and {@link SILENCE} whenever none came for `ms`. Ends with the items: grpc-js ends them with the call. */
async function* orSilence<Item>(items: AsyncIterable<Item>, ms: number) {
  const iterator = items[Symbol.asyncIterator]();
  let next = iterator.next();
  for (;;) {
    next.catch(() => {}); // it may fail while nobody waits for it; the race below tells
    let timer: NodeJS.Timeout | undefined;
    const silence = new Promise<typeof SILENCE>((resolve) => {
      timer = setTimeout(resolve, ms, SILENCE);
    });
    const first = await Promise.race([next, silence]).finally(() => clearTimeout(timer));
    if (first === SILENCE) {
      yield SILENCE;
      continue;
    }
    if (first.done === true) return;
    next = iterator.next();
    yield first.value;
  }
}
