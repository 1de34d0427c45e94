import { expect, test } from "vitest";
import { metadataText } from "../../src/view/metadata-text.js";

test("the details of an error are named by their types, other metadata by its name, guesses as such", () => {
  const info = { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "STALE" };
  expect(
    metadataText({
      "grpc-status-details-bin": [{ type: "google.rpc.Status", json: { code: 5, message: "x", details: [info] } }],
      "grpc-tags-bin": [{ format: "census tags", json: {} }],
      "x-user-bin": [{ type: "a.User", json: { id: 1 }, guess: true }],
      "a.user-bin": [{ problem: { code: "ERR_BASE64", message: "a value that is not base64" } }],
    }),
  ).toBe('ErrorInfo {"reason":"STALE"}, x-user-bin (User?) {"id":1}, a.user-bin: a value that is not base64');
});

test("a status without details is nothing to read, and more than three values are counted", () => {
  expect(metadataText({ "grpc-status-details-bin": [{ type: "google.rpc.Status", json: { code: 5 } }] })).toBe("");
  const value = { type: "a.B", json: {} };
  expect(metadataText({ "a.b-bin": [value, value, value, value, value] })).toBe(
    "a.b-bin {}, a.b-bin {}, a.b-bin {}, … 2 more",
  );
});

test("nothing in it is obeyed by a terminal, and a long value is cut", () => {
  const text = metadataText({ "a.b-bin": [{ type: "a.B", json: { x: `\x1b[2J\u202e${"y".repeat(500)}` } }] });
  expect(text).not.toMatch(/[\x1b\u202e]/);
  expect(text.length).toBeLessThanOrEqual(90);
});
