// A schema can come from a hostile server: nothing may turn it into code (GHSA-xq3m-2v4x-88gg and its kin).
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { vectorPath } from "./descriptors.js";

const BUILT = new URL("../../dist/src/schema/open-schema.js", import.meta.url);

// npm test builds first
test.skipIf(!existsSync(BUILT))("schemas are read where code cannot be made from strings", async () => {
  const script = `
    const { openSchema } = await import(${JSON.stringify(BUILT.href)});
    let refused = false;
    try { new Function("return 1")(); } catch { refused = true; }
    const set = await openSchema({ watch: false, inputs: [
      { kind: "proto", path: ${JSON.stringify(vectorPath("protos"))} },
      { kind: "protoset", path: ${JSON.stringify(vectorPath("builtin.binpb"))} },
    ] });
    set.loadAll();
    console.log(JSON.stringify({ refused, services: set.services().length, errors: set.problems.filter((p) => p.severity === "error") }));
  `;
  const args = ["--disallow-code-generation-from-strings", "--input-type=module", "-e", script];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(JSON.parse(stdout)).toEqual({ refused: true, services: 8, errors: [] });
});
