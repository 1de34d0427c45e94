// The first octets of a socket, read until they say enough, and what ends the reading before.
import { once } from "node:events";
import { afterEach, describe, expect, test, vi } from "vitest";
import { NOTHING, peek, peekEither } from "../../src/relay/peek.js";
import { connectTo, type End, listen } from "../support/ends.js";

afterEach(() => vi.useRealTimers());

/** A socket that nobody reads yet, and its other end. */
async function pair() {
  const server = await listen();
  const other = await connectTo(server.port);
  const end = await server.next();
  end.stream.removeAllListeners("data");
  end.stream.pause();
  return { socket: end.stream, other };
}

const untilBang = (bytes: Buffer) => (bytes.includes("!") ? bytes.indexOf("!") : undefined);

describe("peek", () => {
  test("gives all that was read, and leaves the socket paused", async () => {
    const { socket, other } = await pair();
    const peeked = peek(socket, Buffer.from("a"), untilBang);
    other.send("bc").send("!d");
    const { bytes, found, ended } = await peeked;
    expect(bytes.toString()).toMatch(/^abc!d?$/);
    expect(found).toBe(3);
    expect(ended).toBe(false);
    expect(socket.isPaused()).toBe(true);
    expect(socket.listenerCount("data")).toBe(0);
  });

  test("reads nothing when what is there says enough", async () => {
    const { socket } = await pair();
    expect(await peek(socket, Buffer.from("!"), untilBang)).toEqual({
      bytes: Buffer.from("!"),
      found: 0,
      ended: false,
    });
  });

  const leaves: readonly (readonly [string, (end: End) => void])[] = [
    ["an end", (end) => void end.stream.end("a")],
    ["a reset", (end) => void end.raw.resetAndDestroy()],
  ];
  test.each(leaves)("is over with %s, be it before or after it has begun", async (_, leave) => {
    const during = await pair();
    const peeked = peek(during.socket, NOTHING, untilBang);
    leave(during.other);
    expect(await peeked).toMatchObject({ found: undefined, ended: true });
    const before = await pair();
    leave(before.other);
    before.socket.resume();
    await new Promise<void>((resolve) => {
      for (const event of ["end", "close"]) before.socket.once(event, () => resolve());
    });
    expect(await peek(before.socket, NOTHING, untilBang)).toEqual({ bytes: NOTHING, found: undefined, ended: true });
  });

  test("waits for the first octet for as long as it may, and for more once there is one", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    const options = { silenceMs: 200, hesitationMs: 1000 };
    const silent = await pair();
    const quiet = peek(silent.socket, NOTHING, untilBang, options);
    vi.advanceTimersByTime(200);
    expect(await quiet).toEqual({ bytes: NOTHING, found: undefined, ended: false });
    const { socket, other } = await pair();
    let over = false;
    const halting = peek(socket, NOTHING, untilBang, options).then((peeked) => {
      over = true;
      return peeked;
    });
    other.send("a");
    await once(socket, "data");
    vi.advanceTimersByTime(999);
    other.send("b");
    await once(socket, "data");
    vi.advanceTimersByTime(999);
    await new Promise((resolve) => setImmediate(resolve));
    expect(over).toBe(false);
    vi.advanceTimersByTime(1);
    expect(await halting).toEqual({ bytes: Buffer.from("ab"), found: undefined, ended: false });
  });
});

test("of two sockets the first to say enough ends the reading of both; nothing is lost of the other", async () => {
  const one = await pair();
  const two = await pair();
  const peeked = peekEither(one.socket, untilBang, two.socket, untilBang);
  two.other.send("half");
  await once(two.socket, "data");
  one.other.send("whole!");
  const [first, second] = await peeked;
  expect(first).toMatchObject({ found: 5, ended: false });
  expect(second).toEqual({ bytes: Buffer.from("half"), found: undefined, ended: false });
  expect(two.socket.isPaused()).toBe(true);
});

test("of two sockets the first may stop in the midst of something for as long as it may", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const one = await pair();
  const two = await pair();
  const peeked = peekEither(one.socket, untilBang, two.socket, untilBang, 1000);
  two.other.send("half");
  one.other.send("PRI");
  await Promise.all([once(one.socket, "data"), once(two.socket, "data")]);
  vi.advanceTimersByTime(1000);
  const [first, second] = await peeked;
  expect(first).toEqual({ bytes: Buffer.from("PRI"), found: undefined, ended: false });
  expect(second.bytes.toString()).toBe("half");
});
