// h2spec's verdicts on a server, direct and through framelens: they must be the same, whatever they are.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { freePort, isInstalled, notInstalled, run, scratch, startFramelens, startServer } from "./programs.mjs";

/** A few verdicts depend on timing: they differ only when no round gave the same on both sides. */
const H2SPEC_ROUNDS = 3;

export async function* h2spec(direct) {
  const what = "nghttpd";
  const missing = ["h2spec", "nghttpd"].find((needed) => !isInstalled(needed));
  if (missing !== undefined) {
    yield notInstalled(what, missing);
    return;
  }
  const port = await freePort();
  const server = await startServer(["nghttpd", "--no-tls", "-d", scratch, String(port)], port);
  const framelens = await startFramelens(`http://127.0.0.1:${port}`);
  const verdicts = { direct: new Map(), through: new Map() };
  let different = [];
  for (let round = 0; round < H2SPEC_ROUNDS && (round === 0 || different.length > 0); round++) {
    await addVerdicts(verdicts.direct, port);
    await addVerdicts(verdicts.through, direct ? port : framelens.port);
    const same = (name) => [...verdicts.direct.get(name)].some((verdict) => verdicts.through.get(name)?.has(verdict));
    different = [...verdicts.direct.keys()].filter((name) => !same(name));
  }
  framelens.stop();
  server.stop();
  const all = verdicts.direct.size;
  yield {
    what,
    passed: all - different.length,
    failed: all === 0 ? 1 : different.length,
    detail: different.join("\n"),
  };
}

async function addVerdicts(verdicts, port) {
  const report = join(scratch, "h2spec.xml");
  await run(["h2spec", "-p", String(port), "-o", "1", "-j", report]);
  // Read by pattern: octets of a broken frame in it make the XML ill-formed.
  const xml = readFileSync(report, "latin1");
  const seen = new Map();
  for (const [whole, section, name] of xml.matchAll(
    /<testcase package="([^"]*)" classname="([^"]*)"[^>]*?(?:\/>|>.*?<\/testcase>)/gs,
  )) {
    const nth = (seen.get(`${section} ${name}`) ?? 0) + 1;
    seen.set(`${section} ${name}`, nth);
    const verdict = /<failure|<error/.test(whole) ? "failed" : whole.includes("<skipped") ? "skipped" : "passed";
    const key = `${section} ${name} ${nth}`;
    verdicts.set(key, (verdicts.get(key) ?? new Set()).add(verdict));
  }
}
