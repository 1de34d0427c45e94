// The memory of long messages that are told one after the other, and whose it is meanwhile.
import { describe, expect, test } from "vitest";
import { ndjsonLine, ndjsonPieces } from "../../src/export/ndjson.js";
import type { MessageEvent } from "../../src/model/events.js";
import { LentOctets } from "../../src/session/lent-octets.js";
import { MessageReader } from "../../src/session/message-reader.js";
import type { MessageView } from "../../src/session/message-view.js";
import { captureOf } from "./message-lab.js";

const MIB = 1024 * 1024;

describe("lent octets", () => {
  test("are used again once they are given back, and whoever kept them has none", () => {
    const memory = new LentOctets();
    const first = memory.take(100_000).fill(7);
    expect(memory.take(100_000)[0]).toBe(0);
    memory.giveBack(first);
    expect(first.length).toBe(0);
    const second = memory.take(90_000);
    expect(second.length).toBe(90_000);
    expect(second.every((octet) => octet === 7)).toBe(true);
  });

  test("are of other memory where a message is longer, and are not kept beyond 16 MiB", () => {
    const memory = new LentOctets();
    memory.giveBack(memory.take(70_000).fill(7));
    expect(memory.take(200_000)[0]).toBe(0);
    const long = memory.take(16 * MIB + 1).fill(7);
    memory.giveBack(long);
    expect(long.length).toBe(0);
    expect(memory.take(70_000)[0]).toBe(0);
  });
});

describe("a long message that is told in pieces", () => {
  const bytes = Buffer.alloc(300_000, "a message of some length, ");
  const told = (text: string) => Buffer.from((JSON.parse(text) as { readonly data: string }).data, "base64");

  function reading() {
    const { capture, add } = captureOf(undefined);
    const messages = new MessageReader({ capture });
    const options = { bodies: true, showSecrets: false, salt: 1, messages };
    const pieces = (event: MessageEvent) => ndjsonPieces(event, capture, options) as Iterable<string>;
    const view = (event: MessageEvent) => messages.readOnce(event) as MessageView;
    return { capture, add, options, pieces, view };
  }

  test("gives its octets back when it is told, and can be told again", () => {
    const { add, pieces, view } = reading();
    const event = add("client", bytes);
    const seen = view(event).bytes!;
    const text = [...pieces(event)].join("");
    expect(told(text).equals(bytes)).toBe(true);
    expect(seen.length).toBe(0);
    expect([...pieces(event)].join("") === text).toBe(true);
  });

  test("gives its octets to the next message that is looked at, unless somebody holds it", () => {
    const { add, view } = reading();
    const [first, second, third] = [add("client", bytes), add("client", bytes), add("client", bytes)];
    const looked = view(first!).bytes!;
    expect(Buffer.from(looked).equals(bytes)).toBe(true);
    const held = view(second!);
    held.hold();
    expect(looked.length).toBe(0);
    view(third!);
    expect(Buffer.from(held.bytes!).equals(bytes)).toBe(true);
  });

  test("gives them back when nobody wants the rest", () => {
    const { add, pieces, view } = reading();
    const event = add("client", bytes);
    const seen = view(event).bytes!;
    for (const piece of pieces(event)) if (piece.length > 1000) break;
    expect(seen.length).toBe(0);
  });

  test("keeps them while another who tells it is not through, and while others are told", async () => {
    const { capture, add, options, pieces } = reading();
    const event = add("client", bytes);
    const other = add("server", Buffer.from(bytes).fill("b", 0, 1000));
    const slow = pieces(event)[Symbol.iterator]();
    let text = slow.next().value as string;
    for (const told of [event, other, other]) await ndjsonLine(told, capture, options);
    for (let next = slow.next(); next.done !== true; next = slow.next()) text += next.value;
    expect(told(text).equals(bytes)).toBe(true);
  });
});
