// Whole conversations, valid, mutated and random: what is recorded is what was said, whatever the cut, and nothing ever throws.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CLIENT, SERVER, type SideIndex } from "../../src/http2/stream.js";
import { concat, type Turn } from "../support/any-split.js";
import { conversations } from "../support/conversations.js";
import { encodeFrame, encodeSettings, hello } from "../support/frames.js";
import { captureCalls, type Recording, recordCalls } from "../support/recording-sink.js";

const callLine = /^(\d+) /;

/** The lines of calls by call, in the order in which the calls were opened. */
function byCall(lines: readonly string[]): readonly (readonly string[])[] {
  const calls: string[][] = [];
  for (const line of lines) {
    const id = callLine.exec(line)?.[1];
    if (id === undefined) continue;
    calls[Number(id) - 1] ??= [];
    calls[Number(id) - 1]!.push(line);
  }
  return calls;
}

/** What the capture keeps says the same as the readers, and it too does not depend on the cut. */
function recordBoth(turns: readonly Turn[], seed: number): Recording {
  const recording = recordCalls(turns, "client", seed);
  const captured = captureCalls(turns, "client", seed);
  expect(captured.lines).toEqual(recording.lines.filter((line) => /^\d|^problem/.test(line)));
  expect(captured.events.filter((event) => event.code === "ERR_READER")).toEqual([]);
  return recording;
}

function octetsFrom(turns: readonly Turn[], side: SideIndex): number {
  return turns.reduce((sum, [from, bytes]) => sum + (from === side ? bytes.length : 0), 0);
}

describe("a valid conversation", () => {
  test("is recorded call by call as it was held, without a complaint", () => {
    fc.assert(
      fc.property(conversations(1, 6), fc.nat(), ({ turns, calls }, seed) => {
        const { lines, problems } = recordBoth(turns, seed);
        expect(problems).toEqual([]);
        expect(byCall(lines)).toEqual(calls);
      }),
      { numRuns: 60 },
    );
  });

  test("of many calls, whose streams are used again, is recorded call by call too", () => {
    fc.assert(
      fc.property(conversations(20, 60), fc.nat(), ({ turns, calls }, seed) => {
        const { lines, problems } = recordBoth(turns, seed);
        expect(problems).toEqual([]);
        expect(byCall(lines)).toEqual(calls);
      }),
      { numRuns: 6 },
    );
  });
});

const anyMutation = fc.record({
  kind: fc.constantFrom("flip", "insert", "delete"),
  turn: fc.nat(),
  at: fc.nat(),
  octets: fc.uint8Array({ minLength: 1, maxLength: 4 }),
});

type Mutation = typeof anyMutation extends fc.Arbitrary<infer M> ? M : never;

function mutate(turns: readonly Turn[], { kind, turn, at, octets }: Mutation): readonly Turn[] {
  const index = turn % turns.length;
  return turns.map(([from, bytes], i) => {
    if (i !== index) return [from, bytes];
    const place = at % (bytes.length + 1);
    if (kind === "insert") return [from, concat(bytes.subarray(0, place), octets, bytes.subarray(place))];
    if (kind === "delete") return [from, concat(bytes.subarray(0, place), bytes.subarray(place + octets.length))];
    return [from, bytes.map((octet, j) => (j === place ? octet ^ octets[0]! : octet))];
  });
}

describe("a conversation in which octets were flipped, put in or left out", () => {
  test("never throws, is the same whatever the cut, and has no more message octets than were sent", () => {
    fc.assert(
      fc.property(
        conversations(1, 5),
        fc.array(anyMutation, { minLength: 1, maxLength: 4 }),
        fc.nat(),
        ({ turns }, mutations, seed) => {
          const mutated = mutations.reduce<readonly Turn[]>(mutate, turns);
          const { messageBytes } = recordBoth(mutated, seed);
          for (const side of [CLIENT, SERVER] as const) {
            expect(messageBytes[side]).toBeLessThanOrEqual(octetsFrom(mutated, side));
          }
        },
      ),
      { numRuns: 100 },
    );
  });
});

describe("nonsense", () => {
  test("random octets from both sides never throw, and are read alike whatever the cut", () => {
    const turn = fc.tuple(fc.constantFrom<SideIndex>(CLIENT, SERVER), fc.uint8Array({ maxLength: 120 }));
    fc.assert(
      fc.property(fc.array(turn, { maxLength: 6 }), fc.boolean(), fc.nat(), (turns, afterHello, seed) => {
        const opening: readonly Turn[] = [
          [CLIENT, hello()],
          [SERVER, encodeSettings([])],
        ];
        recordBoth(afterHello ? [...opening, ...turns] : turns, seed);
      }),
      { numRuns: 100 },
    );
  });

  test("random frames on a few streams never throw, and are read alike whatever the cut", () => {
    // Octets that are likely to be good HPACK: static fields, small literals, and what the dynamic table then holds.
    const hpack = fc.array(fc.constantFrom(0x83, 0x84, 0x86, 0x88, 0x8c, 0xbe, 0x20), { maxLength: 6 });
    const frame = fc.record({
      from: fc.constantFrom<SideIndex>(CLIENT, SERVER),
      type: fc.constantFrom(0, 0, 1, 1, 1, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10),
      flags: fc.constantFrom(0, 1, 4, 4, 4, 5, 5, 8, 0x0c, 0x0d, 0x20, 0x24, 0xff),
      stream: fc.integer({ min: 0, max: 7 }),
      payload: fc.oneof(
        fc.uint8Array({ maxLength: 20 }),
        hpack.map((octets) => Uint8Array.from(octets)),
        hpack.map((octets) => Uint8Array.of(0, 0, 0, 2, ...octets)),
      ),
    });
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 30 }), fc.nat(), (frames, seed) => {
        const turns: Turn[] = [
          [CLIENT, hello()],
          [SERVER, encodeSettings([])],
          ...frames.map((f): Turn => [f.from, encodeFrame(f.type, f.flags, f.stream, f.payload)]),
        ];
        recordBoth(turns, seed);
      }),
      { numRuns: 200 },
    );
  });
});
