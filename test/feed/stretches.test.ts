// Events that are read once for all who are told everything: the same texts, the same octets, from the same place on.
import type { Writable } from "node:stream";
import { describe, expect, test } from "vitest";
import * as ws from "ws";
import { Capture } from "../../src/capture/capture.js";
import { EventTexts } from "../../src/feed/event-texts.js";
import { batchText, singleText, textFrames } from "../../src/feed/frames.js";
import type { FeedSource } from "../../src/feed/source.js";
import type { Form, Stretch } from "../../src/feed/stretch.js";
import { Stretches } from "../../src/feed/stretches.js";
import { SERVER } from "../../src/http2/stream.js";
import { MessageReader } from "../../src/session/message-reader.js";
import { Traffic } from "./lab.js";

const ALL: Form = { want: "messages", bodies: false, batching: true, late: false };

function stretchesOf(capture: Capture): Stretches {
  const source: FeedSource = {
    ...{ capture, messages: new MessageReader({ capture }), showSecrets: false, salt: 1, session: "s", now: () => 0 },
  };
  return new Stretches(source, new EventTexts(source), () => 0);
}

function filled(calls: number): Capture {
  const capture = new Capture();
  const traffic = new Traffic(capture);
  for (let count = 0; count < calls; count++) traffic.unary("/shop.v1.Users/GetUser");
  return capture;
}

/** The part of ws that reads frames; its types do not tell of it. */
const { Receiver } = ws as unknown as { Receiver: new (options: { isServer: boolean }) => Writable };

/** What a client's WebSocket makes of the octets. */
async function textsIn(frames: Buffer): Promise<string[]> {
  const texts: string[] = [];
  const receiver = new Receiver({ isServer: false });
  receiver.on("message", (data: Buffer) => texts.push(String(data)));
  const over = new Promise<void>((resolve, reject) => receiver.on("finish", resolve).on("error", reject));
  receiver.end(frames);
  await over;
  return texts;
}

test("frames are read by a WebSocket, whatever their length", async () => {
  const texts = [0, 1, 125, 126, 127, 0xffff, 0x10000, 100_000].map((length) => "x".repeat(length));
  texts.push("söme € 😀");
  expect(await textsIn(textFrames(texts))).toEqual(texts);
});

describe("a stretch", () => {
  test("is the same for all from the same place on, and its octets for all with the same id", () => {
    const stretches = stretchesOf(filled(10));
    const first = stretches.of(1, ALL) as Stretch;
    expect(stretches.of(1, { ...ALL })).toBe(first);
    expect(first.frames(1)).toBe(first.frames(1));
    expect(stretches.of(2, ALL)).not.toBe(first);
    expect(stretches.of(1, { ...ALL, batching: false })).not.toBe(first);
    stretches.clear();
    expect(stretches.of(1, ALL)).not.toBe(first);
  });

  test("says the same to ids that are not the same", async () => {
    const stretch = stretchesOf(filled(2)).of(1, { ...ALL, batching: false }) as Stretch;
    const of = async (id: number) => (await textsIn(stretch.frames(id)!)).map((text) => JSON.parse(text) as object);
    const one = await of(1);
    expect(one).toHaveLength(10);
    expect(await of(7)).toEqual(one.map((event) => ({ ...event, id: 7 })));
    expect(await of(1)).toEqual(one);
  });

  test("brings those together that begin at different places", () => {
    const capture = filled(5000);
    const stretches = stretchesOf(capture);
    const endsFrom = (seq: number): number[] => {
      const ends: number[] = [];
      for (let from = seq; from <= 4096; from = ends.at(-1)! + 1) ends.push((stretches.of(from, ALL) as Stretch).to);
      return ends;
    };
    const others = new Set(endsFrom(1));
    expect(endsFrom(700).filter((end) => others.has(end)).length).toBeGreaterThan(2);
  });

  test("that is late counts the messages that it passes over: once where it is one message, else before what follows", async () => {
    const capture = new Capture();
    const call = new Traffic(capture).begin("/a");
    for (let count = 0; count < 3; count++) call.says(SERVER, [8, 1]);
    call.ends();
    const stretches = stretchesOf(capture);
    const kindsOf = async (form: Form): Promise<object[]> => {
      const texts = await textsIn((stretches.of(1, form) as Stretch).frames(1)!);
      const messages = texts.map((text) => JSON.parse(text) as { kind: string; events?: { kind: string }[] });
      return messages
        .flatMap((message) => (message.kind === "events" ? (message.events ?? []) : [message]))
        .map(({ kind }) => ({ kind }));
    };
    const kinds = (...names: string[]): object[] => names.map((kind) => ({ kind }));
    const single = { ...ALL, late: true, batching: false };
    expect(await kindsOf({ ...ALL, late: true })).toEqual(
      kinds("client-header", "server-trailer", "call-end", "dropped"),
    );
    expect(await kindsOf(single)).toEqual(kinds("client-header", "dropped", "server-trailer", "call-end"));
    expect(await textsIn((stretches.of(1, single) as Stretch).frames(1)!)).toContain(
      singleText(1, '{"kind":"dropped","from":2,"to":4,"events":3,"slow":true}'),
    );
  });

  test("of a summary says which calls go on and which ended", () => {
    const capture = new Capture();
    const traffic = new Traffic(capture);
    const open = traffic.begin("/a");
    open.says(SERVER, [8, 1]);
    traffic.unary("/b");
    const { open: going, ended } = stretchesOf(capture).of(1, { ...ALL, want: "summary" }) as Stretch;
    expect([[...going], ended]).toEqual([[1], [2]]);
  });

  test("that others are just told is where one goes on whose next event is gone", () => {
    const stretches = stretchesOf(filled(100));
    expect(stretches.resume(1, ALL)).toBeUndefined();
    void stretches.of(50, ALL);
    void stretches.of(40, ALL);
    void stretches.of(30, { ...ALL, want: "full" });
    expect([1, 40, 41, 51].map((seq) => stretches.resume(seq, ALL))).toEqual([40, 40, 50, undefined]);
  });
});

test("a batch is one message", () => {
  expect(JSON.parse(batchText(3, ['{"kind":"a"}', '{"kind":"b"}']))).toEqual({
    ...{ kind: "events", id: 3, events: [{ kind: "a" }, { kind: "b" }] },
  });
});
