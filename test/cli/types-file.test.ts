import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { followTypesFile } from "../../cli/types-file.js";
import { TemporaryFolder } from "../schema/temporary-folder.js";

const METHOD = "/a.B/C";
const types = (name: string) => JSON.stringify({ [METHOD]: { server: { "1": { name } } } });

async function followed(text: string) {
  const folder = await new TemporaryFolder().write({ "types.json": text });
  const file = join(folder.path, "types.json");
  const told: string[] = [];
  let wake = () => {};
  const types = followTypesFile(file, (line) => {
    told.push(line);
    wake();
  });
  onTestFinished(() => types.close());
  types.types.onChange(() => wake());
  const next = () => new Promise<void>((resolve) => (wake = resolve));
  const name = () => types.types.of(METHOD, "server").get("1")?.name;
  return { file, told, next, name, types: types.types };
}

describe("a types file", () => {
  test("that is edited while the program runs holds at once, and stays as its user wrote it", async () => {
    const { file, next, name } = await followed(types("city"));
    expect(name()).toBe("city");
    const edited = next();
    writeFileSync(file, types("town"));
    await edited;
    expect(name()).toBe("town");
    expect(readFileSync(file, "utf8")).toBe(types("town"));
  });

  test("that is broken by an edit is told in one line, and what it said before counts on", async () => {
    const { file, told, next, name } = await followed(types("city"));
    const edited = next();
    writeFileSync(file, "{");
    await edited;
    expect(told).toHaveLength(1);
    expect(told[0]).toMatch(/^framelens: --types: .*types\.json.*; what it said before counts on\n$/);
    expect(name()).toBe("city");
  });

  test("is written when something else says what a field is", async () => {
    const { file, types: fixed } = await followed(types("city"));
    fixed.change(METHOD, "server", "2", { name: "zip" });
    expect(readFileSync(file, "utf8")).toContain("zip");
    expect(readFileSync(file, "utf8")).toContain("city");
  });
});
