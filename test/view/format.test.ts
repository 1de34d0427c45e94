import { describe, expect, test } from "vitest";
import { formatBytes, formatCount, formatDuration, formatSize, formatTime } from "../../src/view/format.js";

describe("numbers as a person reads them", () => {
  test.each([
    [0, "0 B", "0B"],
    [999, "999 B", "999B"],
    [1000, "1.0 kB", "1.0k"],
    [9949, "9.9 kB", "9.9k"],
    [9950, "9.9 kB", "10k"],
    [999_499, "999.5 kB", "999k"],
    [999_500, "999.5 kB", "1.0M"],
    [999_960, "1.0 MB", "1.0M"],
    [32_000_000, "32.0 MB", "32M"],
    [5e15, "5.0 PB", "5.0P"],
  ])("%i bytes are %s, in a column %s", (bytes, long, short) => {
    expect(formatBytes(bytes)).toBe(long);
    expect(formatSize(bytes)).toBe(short);
    expect(short.length).toBeLessThanOrEqual(4);
  });

  test.each([
    [0, "0.0ms"],
    [0.44, "0.4ms"],
    [9.94, "9.9ms"],
    [9.95, "10ms"],
    [999.4, "999ms"],
    [999.5, "1.0s"],
    [59_949, "59.9s"],
    [59_950, "1m00s"],
    [67_000, "1m07s"],
    [3_599_499, "59m59s"],
    [3_599_500, "1h00m"],
    [7_500_000, "2h05m"],
  ])("%d ms are %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
    expect(text.length).toBeLessThanOrEqual(6);
  });

  test.each([
    [7, 3, "7"],
    [999, 3, "999"],
    [1000, 3, "1k"],
    [1000, 4, "1000"],
    [14_400, 4, "14k"],
  ])("%i with %i digits is %s", (count, digits, text) => {
    expect(formatCount(count, digits)).toBe(text);
  });

  test("a time is that of the viewer's day, to the millisecond", () => {
    const at = new Date(2026, 10, 3, 4, 5, 6, 7);
    expect(formatTime(at.getTime())).toBe("04:05:06.007");
    expect(formatTime(at.getTime() + 0.9)).toBe("04:05:06.007");
  });
});
