import { describe, expect, test } from "vitest";
import { isSecretName, maskFields } from "../../src/model/secrets.js";

describe("secret names", () => {
  test.each([
    "authorization",
    "Authorization",
    "proxy-authorization",
    "x-forwarded-authorization",
    "cookie",
    "set-cookie",
    "x-api-key",
    "x-goog-api-key",
    "apikey",
    "x-auth-token",
    "x-amz-security-token",
    "access_token",
    "x-csrf-token",
    "x-session-id",
    "sessionid",
    "x-jwt",
    "client-secret",
    "db.password",
    "x-credentials-bin",
    "x-user-token-bin",
  ])("%s is one", (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  test.each([
    ":authority",
    ":path",
    "content-type",
    "user-agent",
    "grpc-status-details-bin",
    "x-request-id",
    "traceparent",
    "x-api-key-version",
    "x-secretary",
    "idempotency-key",
    "cookies-enabled",
  ])("%s is none", (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});

describe("masked fields", () => {
  const fields = [
    [":path", "/a/b"],
    ["authorization", "Bearer swordfish"],
    ["cookie", "swordfish"],
    ["authorization", "Bearer swordfish"],
    ["x-id", "swordfish"],
  ] as const;

  test("keep their names, order and number, and everything that is no secret", () => {
    const masked = maskFields(fields, 1);
    expect(masked.map(([name]) => name)).toEqual(fields.map(([name]) => name));
    expect([masked[0], masked[4]]).toEqual([fields[0], fields[4]]);
  });

  test("hide the value whole, the same one always alike within a session", () => {
    const masked = maskFields(fields, 1);
    expect(masked[1]?.[1]).toMatch(/^<masked [0-9a-f]{6}>$/);
    expect(masked[1]).toEqual(masked[3]);
    expect(masked[1]?.[1]).not.toBe(masked[2]?.[1]);
    expect(maskFields(fields, 2)[1]).not.toEqual(masked[1]);
  });

  test("are the very list where there is nothing to hide", () => {
    const plain = [["a", "b"]] as const;
    expect(maskFields(plain, 1)).toBe(plain);
  });
});
