import { describe, expect, test } from "vitest";
import { FrameLog } from "../../src/http2/frame-log.js";
import { FRAME } from "../../src/http2/frames.js";

describe("the log of frames", () => {
  test("gives the frames of one stream of one connection, in order, with what they say", () => {
    const log = new FrameLog();
    log.begin(1, 100);
    log.add(0, FRAME.headers, 4, 1, 20);
    log.add(0, FRAME.data, 1, 3, 9);
    log.begin(2, 101);
    log.add(0, FRAME.headers, 4, 1, 30);
    log.begin(1, 102);
    log.add(1, FRAME.rstStream, 0, 1, 4);
    log.value(8);
    expect(log.of(1, 1)).toEqual([
      { from: 0, at: 100, type: FRAME.headers, flags: 4, length: 20, value: 0 },
      { from: 1, at: 102, type: FRAME.rstStream, flags: 0, length: 4, value: 8 },
    ]);
    expect(log.of(3, 1)).toEqual([]);
  });

  test("keeps the last of them only", () => {
    const log = new FrameLog();
    for (let count = 0; count < 70_000; count++) log.add(0, FRAME.data, 0, count < 10_000 ? 1 : 3, count);
    expect(log.of(0, 1)).toHaveLength(10_000 - (70_000 - 65_536));
    expect(log.of(0, 1)[0]!.length).toBe(70_000 - 65_536);
    expect(log.of(0, 3)).toHaveLength(60_000);
  });
});
