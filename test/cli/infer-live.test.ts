// framelens infer --live as a program: .proto files that are there while calls pass, and that know them all when it ends.
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Metadata } from "@grpc/grpc-js";
import { describe, expect, onTestFinished, test } from "vitest";
import { message, number, payload } from "../schemaless/payloads.js";
import { framelens, Program } from "./program.js";
import { type ServerCall, startClient, startServer, statusOf } from "./sample.js";

const ALICE = Buffer.from(message(number(1, 1001), payload(2, "Alice")));
const GET = "/acme.v1.Users/Get";
const WATCH = "/acme.v1.Users/Watch";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "framelens-live-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

/** Answers with so many messages. */
function answer(times: number): (call: ServerCall) => void {
  return (call) => {
    call.resume();
    call.on("end", () => {
      for (let each = 0; each < times; each++) call.write(ALICE);
      call.end();
    });
  };
}

describe("framelens infer --live", () => {
  test("keeps a .proto file while calls pass through it, and writes what came last before it ends", async () => {
    const server = await startServer({ [GET]: answer(1), [WATCH]: answer(2) });
    const out = await folder();
    const program = new Program([
      ...["infer", "--live", `127.0.0.1:${server}`, "--listen", "127.0.0.1:0", "--out", out],
    ]);
    const client = startClient(await program.port());
    const call = async (path: string) => {
      const calling = client.open(path, new Metadata());
      calling.end(ALICE);
      expect((await statusOf(calling)).code).toBe(0);
    };

    await call(GET);
    const file = join(out, "acme.v1.proto");
    await program.until(() => program.stderr.includes(`framelens: keeping ${file} current\n`));
    const early = await readFile(file, "utf8");
    expect(early).toContain("rpc Get(");
    expect(early).toContain("optional string field_2 = 2;");
    expect(early).not.toContain("Watch");

    await call(WATCH);
    const { stderr } = await program.end();
    const late = await readFile(file, "utf8");
    expect(late).toContain("rpc Get(");
    expect(late).toMatch(/rpc Watch\(.*\) returns \(stream /);
    // Whole or not at all: no draft is left beside it, and it is announced once.
    expect(await readdir(out)).toEqual(["acme.v1.proto"]);
    expect(stderr.match(/keeping/g)).toHaveLength(1);
  });

  test("asks for a server and for a folder", async () => {
    const noServer = await framelens(["infer", "--live", "--out", "."]);
    expect(noServer.stderr).toContain("--live: expected the server");
    expect(noServer.code).toBe(2);
    const noFolder = await framelens(["infer", "--live", "localhost:50051"]);
    expect(noFolder.stderr).toContain("expected --out FOLDER");
    expect(noFolder.code).toBe(2);
  });
});
