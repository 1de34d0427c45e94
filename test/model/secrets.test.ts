import { describe, expect, test } from "vitest";
import { isSecretName, maskFields, maskPath } from "../../src/model/secrets.js";

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

describe("a masked path", () => {
  const hidden = (path: string) => maskPath(path, 1).replace(/<masked [0-9a-f]{6}>/g, "*");

  test.each([
    ["/feed?access_token=swordfish&page=2", "/feed?access_token=*&page=2"],
    ["/a?page=2;token=swordfish;x", "/a?page=2;token=*;x"],
    ["/a?X-Amz-Signature=swordfish&X-Amz-Date=1", "/a?X-Amz-Signature=*&X-Amz-Date=1"],
    ["/a?api%5Fkey=swordfish", "/a?api%5Fkey=*"],
    ["/a?user[password]=swordfish&user[name]=x", "/a?user[password]=*&user[name]=x"],
    ["/a?token=sword=fish", "/a?token=*"],
    ["/a?x=1?token=swordfish", "/a?x=1?token=*"],
    ["/callback#access_token=swordfish&state=1", "/callback#access_token=*&state=1"],
    ["https://x.example/a?sig=swordfish", "https://x.example/a?sig=*"],
  ])("%s hides what gives access and keeps the rest", (path, shown) => {
    expect(hidden(path)).toBe(shown);
  });

  test.each(["/pkg.Service/Name", "/a?page=2&q=token", "/token=x", "/a?token=", "/a?token", "", "?", "#"])(
    "%s has nothing to hide",
    (path) => {
      expect(maskPath(path, 1)).toBe(path);
    },
  );

  test("shows the same secret alike wherever it stands", () => {
    const [field] = maskFields([["authorization", "swordfish"]], 7);
    expect(maskPath("/a?token=swordfish", 7)).toBe(`/a?token=${field?.[1]}`);
  });

  test("is what a list of fields has in :path, location and referer", () => {
    const path = "/a?token=swordfish";
    const fields = [
      [":path", path],
      ["location", path],
      ["referer", path],
      ["x-path", path],
    ] as const;
    const masked = maskFields(fields, 1).map(([, value]) => value);
    expect(masked).toEqual([maskPath(path, 1), maskPath(path, 1), maskPath(path, 1), path]);
  });

  test("is there in no time, whatever a peer repeats in it", () => {
    for (const piece of ["a", "?", "#", "a[", "token-", "=", "&a", "%41"]) {
      const path = `/a?${piece.repeat(1_000_000)}`;
      expect(maskPath(path, 1) === path).toBe(true);
    }
  });
});
