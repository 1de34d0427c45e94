// Any keys in any order at any size: nothing throws, nothing is drawn outside the screen, nothing of a peer is obeyed.
import fc from "fast-check";
import { expect, test } from "vitest";
import { Capture } from "../../../src/capture/capture.js";
import { SchemalessReader } from "../../../src/schemaless/schemaless-reader.js";
import { Canvas } from "../../../src/view/canvas.js";
import { textWidth } from "../../../src/view/text-width.js";
import { ACTIONS } from "../../../ui/terminal/actions.js";
import { beginCall, endCall, resetCall, sendMessage } from "../../support/capture-traffic.js";
import { NOW, ScreenLab } from "./screen-lab.js";

const KEYS = [
  ...new Set(ACTIONS.flatMap(({ keys }) => keys.flatMap((key) => key.split(" ")))),
  ...["a", "1", "=", '"', "王", "🎉", "backspace", "delete", "ctrl-w", "shift-tab", "<", "(", "&", "enter", "escape"],
].filter((key) => key !== "ctrl-z");

type Step =
  | { readonly kind: "key"; readonly key: string }
  | { readonly kind: "size"; readonly width: number; readonly height: number }
  | { readonly kind: "mouse"; readonly x: number; readonly y: number; readonly wheel: boolean }
  | { readonly kind: "traffic"; readonly bytes: Uint8Array; readonly text: string; readonly end: number };

const STEP: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant("key" as const), key: fc.constantFrom(...KEYS) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("size" as const),
      width: fc.integer({ min: 1, max: 170 }),
      height: fc.integer({ min: 1, max: 60 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("mouse" as const), x: fc.nat(170), y: fc.nat(60), wheel: fc.boolean() }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("traffic" as const),
      bytes: fc.uint8Array({ maxLength: 40 }),
      text: fc.string({ unit: "binary", maxLength: 20 }),
      end: fc.nat(4),
    }),
  },
);

function traffic(capture: Capture, { bytes, text, end }: Extract<Step, { kind: "traffic" }>): void {
  const call = beginCall(capture, {
    method: `/a.B/${text}`,
    fields: [
      ["x-text", text],
      ["x-bin", text],
    ],
  });
  sendMessage(capture, call, 0, bytes);
  sendMessage(capture, call, 1, bytes, end === 4 ? 1 : 0);
  if (end === 1) endCall(capture, call);
  else if (end === 2) endCall(capture, call, 13, text);
  else if (end === 3) resetCall(capture, call);
}

test("any keys, sizes, clicks and messages leave a screen that is whole", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(STEP, { minLength: 20, maxLength: 120 }), async (steps) => {
      const capture = new Capture();
      capture.tick(NOW - 1000);
      const guesser = new SchemalessReader();
      const { app, close } = new ScreenLab({ capture, guesser, types: guesser.types }).ui;
      let canvas = new Canvas(80, 24);
      for (const step of steps) {
        if (step.kind === "key") app.press({ name: step.key, text: step.key.length <= 2 ? step.key : "" });
        else if (step.kind === "size") canvas = new Canvas(step.width, step.height);
        else if (step.kind === "traffic") traffic(capture, step);
        else app.mouse({ action: step.wheel ? "wheeldown" : "mousedown", x: step.x, y: step.y });
        app.update(1);
        canvas.clear();
        app.paint(canvas);
      }
      await close();
      for (let y = 0; y < canvas.height; y++) {
        const row = canvas.chars.slice(y * canvas.width, (y + 1) * canvas.width).join("");
        expect(textWidth(row)).toBe(canvas.width);
      }
      expect(canvas.chars.join("")).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]/);
    }),
    { numRuns: 60 },
  );
});
