// UserService: reads that work, and one example of nearly every way a call can fail.
import { createHash } from "node:crypto";
import { status as Code, type Server } from "@grpc/grpc-js";
import type { Methods, Photo, User } from "../messages.js";
import { createPeople, createPhoto, SPECIAL_IDS, UNLUCKY_LIMIT, withBiography } from "../people.js";
import {
  addMethods,
  type CallContext,
  compress,
  resetStream,
  type ServiceContext,
  sendHeaders,
  serverStream,
  think,
  unary,
} from "../server-calls.js";

type RequestOf<Name extends keyof Methods> = Methods[Name][0];
type ResponseOf<Name extends keyof Methods> = Methods[Name][1];

/** A fake token that is accepted; another one, or none, is UNAUTHENTICATED. */
export const VALID_TOKEN = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJkZW1vIiwibm90ZSI6Im5vIHNlY3JldCJ9.";

/** Longer than any deadline that the demo's clients set. */
const SLOW_MS = 3000;
/** A list up to this length is sent at a pace that a person can follow. */
const LIVE_LIST_LENGTH = 50;
/** RFC 9113 §7 */
const INTERNAL_ERROR = 2;
const DOMAIN = "users.demo.example";

export function serveUsers(server: Server, { methods, fail, random, open }: ServiceContext): void {
  const people = createPeople();
  let photo: Photo | undefined;

  async function authorize(context: CallContext): Promise<void> {
    const [token] = context.call.metadata.get("authorization");
    await think(context, random.between(1, 25));
    if (token === VALID_TOKEN) return;
    const [message, reason] =
      token === undefined ? ["no credentials", "CREDENTIALS_MISSING"] : ["the token has expired", "TOKEN_EXPIRED"];
    const failure = fail(Code.UNAUTHENTICATED, message, { ErrorInfo: { reason, domain: DOMAIN } });
    failure.metadata.set("www-authenticate", 'Bearer realm="demo"');
    throw failure;
  }

  function accept(context: CallContext, fields: Readonly<Record<string, string>> = {}): void {
    sendHeaders(context, { "x-served-by": `users-${random.between(1, 3)}`, ...fields });
    context.trailers.set("x-cost-units", String(random.between(1, 9)));
    context.trailers.set("x-shard-bin", random.bytes(4));
  }

  async function find(id: number, context: CallContext): Promise<User> {
    switch (id) {
      case SPECIAL_IDS.hidden:
        throw fail(Code.PERMISSION_DENIED, "this profile is private", {
          ErrorInfo: { reason: "PROFILE_PRIVATE", domain: DOMAIN, metadata: { needs: "users.private.read" } },
          Help: { links: [{ description: "Who may see what", url: "https://demo.example/docs/privacy" }] },
        });
      case SPECIAL_IDS.bug:
        throw fail(Code.INTERNAL, "cannot read properties of undefined (reading 'plan')", {
          DebugInfo: { stackEntries: ["at planOf (billing.ts:41)", "at getUser (users.ts:118)"], detail: "no plan" },
          RequestInfo: { requestId: String(context.call.metadata.get("x-request-id")[0] ?? "") },
        });
      case SPECIAL_IDS.shardAway:
        throw fail(Code.UNAVAILABLE, "shard 7 is being moved", { RetryInfo: { retryDelay: { seconds: 2 } } });
      case SPECIAL_IDS.overQuota:
        throw fail(Code.RESOURCE_EXHAUSTED, "too many reads of one user", {
          QuotaFailure: { violations: [{ subject: `users/${id}`, description: "60 reads a minute" }] },
          RetryInfo: { retryDelay: { seconds: 30 } },
        });
      case SPECIAL_IDS.crash:
        accept(context);
        resetStream(context.call, INTERNAL_ERROR);
        break;
      case SPECIAL_IDS.slow:
        await think(context, SLOW_MS);
        break;
    }
    const user = people.find(id);
    if (user !== undefined) return user;
    throw fail(Code.NOT_FOUND, `no user ${id}: Benutzer nicht gefunden · ユーザーが見つかりません`, {
      ErrorInfo: { reason: "USER_NOT_FOUND", domain: DOMAIN, metadata: { id: String(id) } },
      ResourceInfo: { resourceType: "framelens.demo.v1.User", resourceName: `users/${id}`, description: "no such id" },
      LocalizedMessage: { locale: "de-CH", message: `Benutzer ${id} wurde nicht gefunden.` },
    });
  }

  async function getUser({ id }: RequestOf<"getUser">, context: CallContext) {
    await authorize(context);
    if (id <= 0) {
      const violation = { field: "id", description: `${id} is not above 0`, reason: "NOT_POSITIVE" };
      throw fail(Code.INVALID_ARGUMENT, "id must be positive", { BadRequest: { fieldViolations: [violation] } });
    }
    const user = await find(id, context);
    accept(context);
    return user;
  }

  async function batchGetUsers({ ids }: RequestOf<"batchGetUsers">, context: CallContext) {
    await authorize(context);
    const answer: ResponseOf<"batchGetUsers"> = { users: [], missingIds: [] };
    for (const id of ids) {
      const user = people.find(id);
      if (user === undefined) answer.missingIds.push(id);
      else answer.users.push(withBiography(user));
    }
    accept(context, { "grpc-encoding": "gzip" });
    return compress(methods.batchGetUsers, answer);
  }

  async function* listUsers({ limit = 0, role, view }: RequestOf<"listUsers">, context: CallContext) {
    await authorize(context);
    const full = view === "USER_VIEW_FULL";
    accept(context, full ? { "grpc-encoding": "gzip" } : {});
    const matching = people.all.filter((user) => role === undefined || user.role === role);
    const users = limit > 0 ? matching.slice(0, limit) : matching;
    for (const [index, user] of users.entries()) {
      if (limit === UNLUCKY_LIMIT && index === Math.floor(UNLUCKY_LIMIT / 2)) {
        throw fail(Code.ABORTED, "the directory changed while it was being read", {
          ErrorInfo: { reason: "CONCURRENT_CHANGE", domain: DOMAIN },
        });
      }
      yield full ? await compress(methods.listUsers, withBiography(user)) : user;
      if (users.length <= LIVE_LIST_LENGTH) await think(context, random.between(10, 60));
    }
  }

  async function updateUser({ user, version = 0 }: RequestOf<"updateUser">, context: CallContext) {
    await authorize(context);
    const fieldViolations = [];
    if (!user?.name) fieldViolations.push({ field: "user.name", description: "must not be empty", reason: "EMPTY" });
    if (user?.email && !user.email.includes("@")) {
      fieldViolations.push({ field: "user.email", description: `"${user.email}" is no address`, reason: "MALFORMED" });
    }
    if (fieldViolations.length > 0) {
      const message = `fields that are wrong: ${fieldViolations.length}`;
      throw fail(Code.INVALID_ARGUMENT, message, { BadRequest: { fieldViolations } });
    }
    const current = await find(user.id, context);
    if (version === 0) {
      throw fail(Code.FAILED_PRECONDITION, "the terms of use have not been accepted", {
        PreconditionFailure: { violations: [{ type: "TERMS", subject: `users/${user.id}`, description: "version 4" }] },
      });
    }
    accept(context);
    return { ...current, ...user };
  }

  async function getPhoto({ userId }: RequestOf<"getPhoto">, context: CallContext) {
    await authorize(context);
    await find(userId, context);
    photo ??= createPhoto(random);
    accept(context);
    return photo;
  }

  async function setPhoto({ photo: sent }: RequestOf<"setPhoto">, context: CallContext) {
    await authorize(context);
    accept(context);
    return { storedBytes: sent.data.length, digest: createHash("sha256").update(sent.data).digest() };
  }

  addMethods(server, [
    { definition: methods.getUser, handler: unary(open, getUser) },
    { definition: methods.batchGetUsers, handler: unary(open, batchGetUsers) },
    { definition: methods.listUsers, handler: serverStream(open, listUsers) },
    { definition: methods.updateUser, handler: unary(open, updateUser) },
    { definition: methods.getPhoto, handler: unary(open, getPhoto) },
    { definition: methods.setPhoto, handler: unary(open, setPhoto) },
    { definition: methods.deleteUser },
  ]);
}
