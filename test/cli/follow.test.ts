// Outputs read a capture at their own pace: in order, no faster than their reader, and never at the cost of the traffic.
import { describe, expect, test } from "vitest";
import { follow } from "../../cli/output/follow.js";
import { Capture, type CaptureEvent, type DroppedEvent } from "../../src/index.js";

function captureOf(events: number): Capture {
  const capture = new Capture();
  for (let each = 0; each < events; each++) append(capture);
  return capture;
}

/** What a chunk of traffic brings. */
function append(capture: Capture): void {
  capture.beginChunk();
  capture.connectionEvent({ kind: "ping", connection: 1, from: "client", data: "00" });
}

const seqOf = (event: CaptureEvent | DroppedEvent) => ("seq" in event ? `${event.seq}\n` : "dropped\n");

/** Keeps the thread busy for so long. */
function work(ms: number): void {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

class Lines {
  text = "";
  /** Lets the next writes wait until {@link take}. */
  hold = false;
  writes = 0;
  #take: () => void = () => {};

  async write(text: string): Promise<void> {
    this.text += text;
    this.writes++;
    if (this.hold) await new Promise<void>((resolve) => (this.#take = resolve));
  }

  take(): void {
    this.hold = false;
    this.#take();
  }
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => `${at + 1}\n`).join("");

describe("an output", () => {
  test("prints every event once and in order, those that come while it ends included", async () => {
    const capture = captureOf(1000);
    const lines = new Lines();
    const output = follow(capture, lines, undefined, seqOf);
    for (let each = 0; each < 500; each++) append(capture);
    await output.finish();
    expect(lines.text).toBe(upTo(1500));
  });

  test("keeps the order when some events take longer to print, or to be seen", async () => {
    const lines = new Lines();
    const later = () => new Promise<void>((resolve) => setImmediate(resolve));
    const output = follow(
      captureOf(50),
      lines,
      (event) => ("seq" in event && event.seq % 5 === 0 ? later() : undefined),
      (event) => ("seq" in event && event.seq % 7 === 0 ? later().then(() => seqOf(event)) : seqOf(event)),
    );
    await output.finish();
    expect(lines.text).toBe(upTo(50));
  });

  test("gives others their turn after a millisecond of work, however far it is behind", async () => {
    const capture = captureOf(40);
    let turns = 0;
    const printed: number[] = [];
    const tick = (): void => {
      turns++;
      if (printed.length < 40) setImmediate(tick);
    };
    setImmediate(tick);
    const output = follow(capture, new Lines(), undefined, (event) => {
      work(0.6);
      printed.push(turns);
      return seqOf(event);
    });
    while (printed.length < 40) await new Promise((resolve) => setImmediate(resolve));
    await output.finish();
    const runs = printed.map((turn) => printed.filter((other) => other === turn).length);
    expect(Math.max(...runs)).toBeLessThanOrEqual(4);
  });

  test("leaves a busy proxy more of the thread than it takes", async () => {
    const capture = captureOf(1);
    let ours = 0;
    let busy = true;
    const began = performance.now();
    const output = follow(capture, new Lines(), undefined, (event) => {
      if (busy) work(1.5);
      ours += 1.5;
      return seqOf(event);
    });
    // Traffic without a pause: more events at each turn than can be printed.
    const carry = (): void => {
      for (let each = 0; each < 4; each++) append(capture);
      work(0.5);
      if (busy) setImmediate(carry);
    };
    carry();
    while (ours < 45) await new Promise((resolve) => setImmediate(resolve));
    busy = false;
    const share = ours / (performance.now() - began);
    await output.finish();
    expect(share).toBeLessThan(0.5);
  });

  test("makes the next piece of a long line when its reader has taken the one before", async () => {
    const lines = new Lines();
    lines.hold = true;
    let made = 0;
    function* pieces(): Iterable<string> {
      for (made = 1; made <= 5; made++) yield String(made).repeat(40_000);
      yield "\n";
    }
    const output = follow(captureOf(1), lines, undefined, pieces);
    await new Promise((resolve) => setImmediate(resolve));
    expect([made, lines.text.length]).toEqual([1, 40_000]);
    lines.take();
    await output.finish();
    expect(lines.text).toBe(`${[1, 2, 3, 4, 5].map((digit) => String(digit).repeat(40_000)).join("")}\n`);
  });

  test("reads no further than its reader takes", async () => {
    const capture = captureOf(10);
    const lines = new Lines();
    lines.hold = true;
    const output = follow(capture, lines, undefined, seqOf);
    await new Promise((resolve) => setImmediate(resolve));
    // All ten, or on a busy machine as many as its turn had time for.
    const { text } = lines;
    expect(lines.writes).toBe(1);
    expect(upTo(10).startsWith(text)).toBe(true);
    for (let each = 0; each < 10; each++) append(capture);
    await new Promise((resolve) => setImmediate(resolve));
    expect([lines.text, lines.writes]).toEqual([text, 1]);
    lines.take();
    await output.finish();
    expect(lines.text).toBe(upTo(20));
  });
});
