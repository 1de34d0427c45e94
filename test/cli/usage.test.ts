// What a user gets wrong is one line and an exit code; what is set in the environment counts like an option.

import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { run } from "../../cli/commands.js";
import { makeServerCertificate } from "../../cli/selftest/certificate.js";
import { FramelensError } from "../../src/index.js";
import { framelens, Program } from "./program.js";

let dir: string;
const file = (name: string) => join(dir, name);
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), "framelens-usage-"));
  const [one, other] = await Promise.all([makeServerCertificate(Date.now()), makeServerCertificate(Date.now())]);
  writeFileSync(file("cert.pem"), one.cert);
  writeFileSync(file("key.pem"), one.key);
  writeFileSync(file("other-key.pem"), other.key);
  writeFileSync(file("both.pem"), `${one.cert}\n${one.key}`);
  writeFileSync(file("cut.json"), '{ "x":');
  writeFileSync(file("garbage.pem"), "no certificate");
  writeFileSync(file("damaged.pem"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** @param args DIR in it, and in the message, is the folder of these tests */
async function expectMistake(args: string, message: string, exitCode: number): Promise<void> {
  const words = args.split(" ").map((word) => word.replace(/\bDIR\b/, dir));
  const error: unknown = await run(words).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(FramelensError);
  expect(error).toMatchObject({ message: message.replace(/\bDIR\b/g, dir), exitCode });
}

describe("a mistake of the user is one line", () => {
  test.for<[args: string, message: string]>([
    ["--bogus", "unknown option --bogus; see framelens --help"],
    ["--lissten 0 h:1", "unknown option --lissten; did you mean --listen?"],
    ["--max-mesage 1k h:1", "unknown option --max-mesage; did you mean --max-message?"],
    ["dmeo", 'unknown command "dmeo"; did you mean "framelens demo"?'],
    ["a:1 b:2", 'unexpected "b:2"; see framelens --help'],
    ["host", 'upstream "host": no port; expected host:port, http://host:port, https://host:port or unix:/path'],
    [
      "ftp://h:1",
      'upstream "ftp://h:1": unknown scheme "ftp"; expected host:port, http://host:port, https://host:port or unix:/path',
    ],
    ["grpcs://h:1", 'upstream "grpcs://h:1": unknown scheme "grpcs"; did you mean https://h:1?'],
    ["h:1 -l 0 --upstream x", 'upstream "h:1" and --upstream "x"; expected one of them'],
    ["--upstream=h:1 h:2", 'upstream "h:2" and --upstream "h:1"; expected one of them'],
    ["h:1 -l x", 'cannot listen on "x"; expected [host:]port'],
    ["h:1 --listen", "--listen; expected a value after it"],
    ["h:1 -l 0 -o table", '--output "table"; expected terminal, log, ndjson, none'],
    ["h:1 -l 0 --for soon", '--for "soon"; expected a number of seconds above 0, 2147483 at most'],
    ["h:1 -l 0 --for 0", '--for "0"; expected a number of seconds above 0, 2147483 at most'],
    ["h:1 -l 0 --for 1e99", '--for "1e99"; expected a number of seconds above 0, 2147483 at most'],
    ["h:1 -l 0 --max-memory lots", '--max-memory "lots"; expected a size such as 64MiB'],
    ["h:1 -l 0 --max-message 0", '--max-message "0"; expected a size such as 64MiB'],
    ["h:1 -l 0 --feed", "--feed; expected a value after it"],
    ["h:1 -l 0 --feed nonsense", '--feed "nonsense"; expected [host:]port'],
    ["h:1 -l 0 --no-feed --open", "--open: there is no page without the feed"],
    ["h:1 -l 0 --feed-token a,b", "--feed-token: expected 1 to 200 letters, digits and !#$%&'*+.^_`|~-"],
    [
      "h:1 -l 0 --feed-token a --feed-view-token a",
      "--feed-view-token: it is the same as --feed-token; expected another one",
    ],
    [
      "h:1 -l 0 --feed 0.0.0.0:0 --feed-token short",
      "--feed-token: too short where others can reach the feed; expected 16 characters",
    ],
    [
      "tail",
      "--feed: which one? expected the link that framelens printed, as in --feed http://127.0.0.1:9229/#token=…",
    ],
    ["tail --feed 9229", "--feed-token: expected the token, or a link that ends in #token=…"],
    ["tail --feed h", '--feed "h"; expected ws://host:port/feed, http://host:port/#token=… or [host:]port'],
    [
      "tail --feed ftp://h:1/#token=x",
      '--feed: "ftp:"; expected ws://host:port/feed, http://host:port/#token=… or [host:]port',
    ],
    ["tail --feed ws://[/", "--feed: no URL; expected ws://host:port/feed, http://host:port/#token=… or [host:]port"],
    ["tail --feed 9229 --feed-token x -o table", '--output "table"; expected log, ndjson'],
    ["demo -l 0 --rate fast", '--rate "fast"; expected a number above 0'],
    ["demo -l 0 --seed 1.5", '--seed "1.5"; expected a whole number'],
    ["h:1 -l 0 -o none --types DIR/cut.json", "DIR/cut.json: Unexpected end of JSON input"],
    ["h:1 -l 0 -o none --reflect-header x", '--reflect-header: no colon; expected "name: value"'],
    ["h:1 -l 0 -o none --types DIR/none/a.json", "--types DIR/none/a.json: no such folder"],
    ["decode --infer --types DIR/none.json DIR/cut.json", "--types DIR/none.json: no such file"],
    ["infer --types DIR/none.json DIR/cut.json", "--types DIR/none.json: no such file"],
    ["h:1 -l 0 --cacert DIR/none.pem", "--cacert: cannot read DIR/none.pem (ENOENT)"],
    ["h:1 -l 0 --cacert DIR", "--cacert: cannot read DIR (EISDIR)"],
    ["h:1 -l 0 --cacert DIR/garbage.pem", "--cacert DIR/garbage.pem: no certificate found; expected PEM"],
    ["h:1 -l 0 --cacert DIR/damaged.pem", "--cacert DIR/damaged.pem: a certificate in it is damaged; expected PEM"],
    ["h:1 -l 0 --cert DIR/cert.pem", "--cert DIR/cert.pem holds no key; add --key FILE"],
    ["h:1 -l 0 --cert DIR/cert.pem --key DIR/none.pem", "--key: cannot read DIR/none.pem (ENOENT)"],
    ["h:1 -l 0 --cert DIR/cert.pem --key DIR/garbage.pem", "--key DIR/garbage.pem: no private key found; expected PEM"],
    [
      "h:1 -l 0 -cert DIR/cert.pem -key DIR/other-key.pem",
      "--key DIR/other-key.pem: the key is not that of the certificate in DIR/cert.pem",
    ],
    ["h:1 -l 0 --key DIR/key.pem", "--key without --cert; expected both"],
    ["h:1 -l 0 --serve-cert DIR/garbage.pem", "--serve-cert DIR/garbage.pem: no certificate found; expected PEM"],
  ])("framelens %s", async ([args, message]) => {
    await expectMistake(args, message, 2);
  });

  test.for<[args: string, message: string]>([
    ["h:1 -l 0 -o none --no-feed --proto DIR/none.proto", "--proto DIR/none.proto: no such file or folder"],
    ["h:1 -l 0 -o log --proto DIR -I DIR/none", "--import-path DIR/none: no such folder"],
    ["h:1 -l 0 -o ndjson --proto DIR -I DIR/cut.json", "--import-path DIR/cut.json: no folder"],
    ["h:1 -l 0 -o log -I DIR --protoset none.pb", "--protoset none.pb: no such file"],
    ["demo -l 0 --proto none.proto", "--proto none.proto: no such file or folder"],
    ["decode --proto DIR/none.proto --type X DIR/cut.json", "--proto DIR/none.proto: no such file or folder"],
  ])("or 4 where a schema is not there: framelens %s", async ([args, message]) => {
    await expectMistake(args, message, 4);
  });

  test("on stderr, without a stack, whatever language the user speaks", async () => {
    expect(await framelens(["--lissten", "0"], { LANG: "de_DE.UTF-8", LC_ALL: "de_DE.UTF-8" })).toEqual({
      code: 2,
      stdout: "",
      stderr: "framelens: unknown option --lissten; did you mean --listen?\n",
    });
  });
});

describe("starting", () => {
  test("on a port in use ends with 3", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    const port = typeof address === "object" ? address?.port : 0;
    expect(await framelens(["h:1", "-l", String(port)])).toEqual({
      code: 3,
      stdout: "",
      stderr: `framelens: cannot listen on 127.0.0.1:${port}: the port is in use; give another, or 0 for a free one\n`,
    });
    server.close();
  });

  test.for([":0", "*:0"])("with --listen %s listens there", async (listen) => {
    const { code, stderr } = await framelens(["h:1", "--listen", listen, "--for", "0.01"]);
    expect(stderr).toMatch(/^framelens listening on (127\.0\.0\.1|localhost|0\.0\.0\.0):[1-9]\d*\n$/);
    expect(code).toBe(0);
  });

  test("without an upstream says in one line how a forward proxy is used", async () => {
    const { code, stderr } = await framelens(["-l", "0", "--for", "0.01"]);
    expect(code).toBe(0);
    expect(stderr).toMatch(
      /^no upstream, so a forward proxy: start clients with https_proxy=http:\/\/127\.0\.0\.1:(\d+), or give a host:port\nframelens listening on 127\.0\.0\.1:\1\n$/,
    );
  });

  test.for([
    "-plaintext -insecure -cacert DIR/cert.pem -cert DIR/cert.pem -key DIR/key.pem -servername x",
    "--serve-cert DIR/cert.pem --serve-key DIR/key.pem -k --cert=DIR/both.pem --no-feed",
  ])("takes %s", async (args) => {
    const words = args.split(" ").map((word) => word.replace(/\bDIR\b/, dir));
    const { code, stderr } = await framelens(["-l", "0", "--for", "0.01", "h:1", ...words]);
    expect(stderr).toMatch(/^framelens listening on 127\.0\.0\.1:\d+\n$/);
    expect(code).toBe(0);
  });
});

describe("the environment", () => {
  test("sets every kind of option and may hold what is none; the command line wins", async () => {
    const env = {
      FRAMELENS_LISTEN: "nonsense",
      FRAMELENS_FOR: "0.01",
      FRAMELENS_INSECURE: "1",
      FRAMELENS_UPSTREAM: "h:1",
      FRAMELENS_ACTIVE: "1",
      FRAMELENS_SEED: "9",
      FRAMELENS_CACERT: "",
    };
    const end = await framelens(["-l", "localhost:0"], env);
    expect(end.stderr).toMatch(/^framelens listening on localhost:\d+\n$/);
    expect(end.code).toBe(0);
  });

  test("is read as strictly as the command line", async () => {
    vi.stubEnv("FRAMELENS_INSECURE", "perhaps");
    onTestFinished(() => void vi.unstubAllEnvs());
    const message = 'FRAMELENS_INSECURE "perhaps"; expected true or false';
    await expect(run(["h:1", "-l", "0"])).rejects.toMatchObject({ message, exitCode: 2 });
  });

  test("for the proxy does not break commands that have no such option", async () => {
    for (const [name, value] of [
      ["LISTEN", "127.0.0.1:7001"],
      ["OUTPUT", "ndjson"],
      ["BODIES", "true"],
    ] as const)
      vi.stubEnv(`FRAMELENS_${name}`, value);
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await printed(["selftest", "--help"])).toContain("framelens selftest");
    const message = "--serve needs --through HOST:PORT";
    await expect(run(["selftest", "--serve", "1"])).rejects.toMatchObject({ message });
    const written = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    onTestFinished(() => written.mockRestore());
    await run(["ca", "instructions", "grpc-js", "--ca-dir", file("ca")]);
    expect(written.mock.calls.join("")).toContain("grpc_proxy='http://127.0.0.1:7001'");
  });

  test("counts for the demo", async () => {
    const program = new Program(["demo"], { env: { FRAMELENS_LISTEN: "0", FRAMELENS_OUTPUT: "ndjson" } });
    expect(await program.line(/./)).toMatch(/"seq":1[,}]/);
    expect((await program.end("SIGTERM")).code).toBe(143);
  });
});

/** What a command prints by itself, as help and version do. */
async function printed(words: readonly string[]): Promise<string> {
  const log = vi.spyOn(console, "log").mockReturnValue(undefined);
  try {
    await run(words);
    return log.mock.calls.join("\n");
  } finally {
    log.mockRestore();
  }
}

describe("help", () => {
  test.each([[["-help"]], [["-h"]], [["demo", "-h"]], [["selftest", "--help"]], [["ca", "--help"]]])(
    "of %j fits 80 columns",
    async (words) => {
      const text = await printed(words);
      expect(text.split("\n").filter((line) => line.length > 80)).toEqual([]);
      expect(text).toContain("Options:");
    },
  );

  test("shows every command, every option and examples", async () => {
    const text = await printed(["--help"]);
    for (const word of [
      "framelens demo",
      "framelens selftest",
      "framelens ca",
      "--output",
      "--for",
      "-k, --insecure",
      "Examples:",
      "FRAMELENS_MAX_MEMORY",
    ])
      expect(text).toContain(word);
    expect(text).toContain("framelens tail");
  });

  test("has one style: what something is for begins with a small letter", async () => {
    for (const words of [["--help"], ["demo", "--help"], ["selftest", "--help"], ["ca", "--help"]])
      expect((await printed(words)).match(/^ {2,}(-\w, )?--[\w-]+ +[A-Z][a-z].*$/gm)).toBeNull();
  });

  test("and the version are there", async () => {
    expect(await printed(["--version"])).toMatch(/^\d+\.\d+\.\d+$/);
  });
});
