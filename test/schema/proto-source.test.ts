import { renameSync, writeFileSync } from "node:fs";
import { rm, symlink } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { problemLine } from "../../src/schema/problems.js";
import type { SchemaSet } from "../../src/schema/schema-set.js";
import { changeOf, opened, openedProtos, TemporaryFolder } from "./temporary-folder.js";

const proto = (rest: string) => `syntax = "proto3"; package acme; ${rest}`;

function linesOf(set: SchemaSet, folder: TemporaryFolder): string[] {
  return set.problems.map((problem) => `${problem.severity} ${problemLine(problem)}`.replaceAll(folder.path, "~"));
}

describe("a bad file costs that file", () => {
  it("when it cannot be parsed, with its line and the reason", async () => {
    const folder = await new TemporaryFolder().write({
      "good.proto": proto("message Good { int32 a = 1; } service S { rpc Do(Good) returns (Good); }"),
      "bad.proto": proto("\nmessage Bad {\n  int32 = 1;\n}"),
    });
    const set = await openedProtos(folder.path);
    set.loadAll();
    expect(set.method("/acme.S/Do")?.input.typeName).toBe("acme.Good");
    expect(set.message("acme.Bad")).toBeUndefined();
    expect(linesOf(set, folder)).toEqual([`error ~/bad.proto:3:9: expected the field's name, found "="`]);
  });

  it("when it is not there, and comes to be used once it is", async () => {
    const folder = await new TemporaryFolder().write({ "there.proto": proto("message There {}") });
    const set = await opened({
      watch: true,
      inputs: [
        { kind: "proto", path: folder.at("late.proto") },
        { kind: "proto", path: folder.at("there.proto") },
      ],
    });
    expect(linesOf(set, folder)).toEqual(["error ~/late.proto: no such file or folder"]);
    expect(set.message("acme.There")).toBeDefined();
    const changed = changeOf(set);
    await folder.write({ "late.proto": proto("message Late {}") });
    await changed;
    expect(set.message("acme.Late")).toBeDefined();
    expect(linesOf(set, folder)).toEqual([]);
  });

  it("when it imports one that cannot be found: its other types work, and the unknown one is an empty message", async () => {
    const folder = await new TemporaryFolder().write({
      "a.proto": proto(
        '\nimport "gone/b.proto";\nmessage A { gone.B b = 1; string c = 2; } service S { rpc Do(A) returns (gone.B); }',
      ),
    });
    const set = await openedProtos(folder.path);
    expect(set.message("acme.A")?.fields.map((field) => [field.name, field.message?.typeName])).toEqual([
      ["b", "gone.B"],
      ["c", undefined],
    ]);
    expect(set.method("/acme.S/Do")?.output.fields).toEqual([]);
    expect(linesOf(set, folder)).toEqual([
      'error ~/a.proto:2:8: import "gone/b.proto" was not found',
      'error ~/a.proto:3:13: type "gone.B" is not defined; its content is shown without a schema',
      'error ~/a.proto:3:74: message type "gone.B" is not defined; its content is shown without a schema',
    ]);
  });

  it("only a little when nothing of what it imports in vain is needed for decoding", async () => {
    const folder = await new TemporaryFolder().write({
      "a.proto": proto('import "gone/b.proto";\nmessage A { int32 a = 1 [(gone.option) = 1, (gone.other) = 2]; }'),
    });
    const set = await openedProtos(folder.path);
    expect(set.message("acme.A")?.fields).toHaveLength(1);
    expect(linesOf(set, folder)).toEqual(['note ~/a.proto:1:41: import "gone/b.proto" was not found']);
  });

  it("when two define the same: the first counts, and a note says so", async () => {
    const folder = await new TemporaryFolder().write({
      "v1/a.proto": proto("message A { int32 one = 1; } message B { A a = 1; }"),
      "v2/a.proto": proto("message A { int32 two = 1; } message C { A a = 1; }"),
    });
    const set = await openedProtos(folder.path);
    expect(set.message("acme.A")?.fields[0]?.name).toBe("one");
    // a type that only the second has refers to the second's own
    expect(set.message("acme.C")?.fields[0]?.message?.fields[0]?.name).toBe("two");
    expect(linesOf(set, folder)).toEqual(["note ~/v2/a.proto: acme.A defined already by ~/v1/a.proto, which counts"]);
  });

  it("when a whole folder is there twice: one note for all of it", async () => {
    const names = ["a/x.proto", "a/y.proto", "z.proto"];
    const files = names.flatMap((name, i) =>
      ["lib", "vendor"].map((root) => [`${root}/${name}`, proto(`message M${i} { int32 one = 1; }`)]),
    );
    const folder = await new TemporaryFolder().write(Object.fromEntries(files));
    const set = await openedProtos(folder.path);
    expect(set.message("acme.M1")?.fields).toHaveLength(1);
    expect(linesOf(set, folder)).toEqual([
      "note ~/vendor: 3 files define again what those in ~/lib define, which count; ~/vendor/a/x.proto is one",
    ]);
  });

  it("not at all when a link leads to it from beside it, nor the folder around for one that leads to itself", async () => {
    const folder = await new TemporaryFolder().write({
      "b/a.proto": proto("message A { int32 one = 1; }"),
      "a/x.txt": "",
    });
    await symlink(folder.at("b/a.proto"), folder.at("a/link.proto"));
    await symlink(folder.path, folder.at("a/loop"));
    await symlink("/", folder.at("a/away"));
    const set = await openedProtos(folder.path);
    expect(set.message("acme.A")).toBeDefined();
    expect(linesOf(set, folder)).toEqual(["note ~/a/away: this link leads out of the folder; it is not followed"]);
  });

  it("and of files that import each other in a circle, one goes without", async () => {
    const folder = await new TemporaryFolder().write({
      "a.proto": proto('import "b.proto"; message A { B b = 1; }'),
      "b.proto": proto('import "a.proto"; message B { A a = 1; }'),
    });
    const set = await openedProtos(folder.path);
    expect(set.message("acme.A")?.fields[0]?.message?.typeName).toBe("acme.B");
    expect(set.message("acme.B")).toBeDefined();
    expect(linesOf(set, folder).join()).toContain('import "a.proto" leads back to this file');
  });

  it("and a chain of a thousand imports ends without an overflow", async () => {
    const files = Array.from({ length: 1_000 }, (_, i) => [
      `f${i}.proto`,
      proto(`import "f${i + 1}.proto"; message M${i} { M${i + 1} next = 1; }`),
    ]);
    const folder = await new TemporaryFolder().write(Object.fromEntries(files));
    const set = await openedProtos(folder.path);
    expect(set.message("acme.M0")?.fields[0]?.message?.typeName).toBe("acme.M1");
    expect(linesOf(set, folder).join()).toContain("is one of a chain of 200");
  });
});

describe("an import", () => {
  const files = {
    "root/acme/v1/a.proto": proto('import "acme/common/b.proto"; message A { B b = 1; }'),
    "root/acme/common/b.proto": proto("message B { int32 b = 1; }"),
  };

  it("is found below a given root", async () => {
    const folder = await new TemporaryFolder().write(files);
    const inputs = [{ kind: "proto", path: folder.at("root/acme/v1/a.proto") }] as const;
    const set = await opened({ inputs, importPaths: [folder.at("root")] });
    expect(set.message("acme.B")?.fields).toHaveLength(1);
    expect(set.problems).toEqual([]);
  });

  it.each(["root/acme/v1/a.proto", "root/acme/v1", "root/acme", "."])(
    "is found by guessing its root from %s, with a note",
    async (path) => {
      const folder = await new TemporaryFolder().write(files);
      const set = await openedProtos(folder.at(path));
      expect(set.message("acme.A")?.fields[0]?.message?.fields).toHaveLength(1);
      expect(linesOf(set, folder)).toEqual([
        expect.stringContaining('import "acme/common/b.proto" was found by guessing ~/root as an import root'),
      ]);
    },
  );

  it("of a built-in file needs no root", async () => {
    const folder = await new TemporaryFolder().write({
      "a.proto": proto('import "google/rpc/status.proto"; message A { google.rpc.Status status = 1; }'),
    });
    const set = await openedProtos(folder.path);
    expect(set.message("acme.A")?.fields[0]?.message?.fields).toHaveLength(3);
    expect(set.problems).toEqual([]);
  });

  it("that was forgotten is made up for when another file has the type", async () => {
    const folder = await new TemporaryFolder().write({
      "a.proto": proto("message A { B b = 1; }"),
      "b.proto": proto("message B { int32 b = 1; }"),
    });
    const set = await openedProtos(folder.path);
    expect(set.message("acme.A")?.fields[0]?.message?.fields).toHaveLength(1);
    expect(linesOf(set, folder)).toEqual([
      expect.stringContaining('"B" is defined in "b.proto", which is not imported'),
    ]);
  });

  it.each([
    "../secret.proto",
    "/etc/secret.proto",
    "a/../../secret.proto",
    "C:/secret.proto",
    "..\\\\secret.proto",
    "a//secret.proto",
  ])("of %s never leads out of the roots", async (name) => {
    const folder = await new TemporaryFolder().write({
      "secret.proto": proto("message Secret {}"),
      "root/a.proto": proto(`import "${name}"; message A { Secret s = 1; }`),
      "root/a/x.proto": proto(""),
    });
    const set = await openedProtos(folder.at("root"));
    expect(set.message("acme.A")?.fields[0]?.message?.file.proto.name).toBe("(missing)");
    expect(linesOf(set, folder).join()).toContain("leads out of the import roots");
  });

  it("through a link that leads out of the root is not followed", async () => {
    const folder = await new TemporaryFolder().write({
      "outside/secret.proto": proto("message Secret {}"),
      "root/a.proto": proto('import "linked/secret.proto"; import "link.proto"; message A { Secret s = 1; }'),
    });
    await symlink(folder.at("outside"), folder.at("root/linked"));
    await symlink(folder.at("outside/secret.proto"), folder.at("root/link.proto"));
    const set = await openedProtos(folder.at("root"));
    expect(set.message("acme.Secret")).toBeUndefined();
    expect(set.message("acme.A")?.fields[0]?.message?.file.proto.name).toBe("(missing)");
    expect(linesOf(set, folder)).toContain(
      "error ~/root/link.proto: this link leads out of the folder; it is not followed",
    );
  });
});

describe("a folder", () => {
  it("is parsed only as far as a method needs", async () => {
    const folder = await new TemporaryFolder().write({
      "s.proto": proto('import "a.proto"; service S { rpc Do(A) returns (A); }'),
      "a.proto": proto("message A {}"),
      "broken.proto": "message {",
    });
    const set = await openedProtos(folder.path);
    expect(set.method("/acme.S/Do")).toBeDefined();
    expect(set.problems).toEqual([]);
    set.loadAll();
    expect(set.problems).toHaveLength(1);
  });

  it("finds types nested in others, and extensions that other files make of a message", async () => {
    const folder = await new TemporaryFolder().write({
      "base.proto":
        'syntax = "proto2"; package acme; message Base { extensions 100 to 200; message In { message Ner {} } }',
      "ext.proto":
        'syntax = "proto2"; package other; import "base.proto"; message H { extend acme.Base { optional int32 e = 150; } }',
    });
    const set = await openedProtos(folder.path);
    expect(set.message("acme.Base.In.Ner")?.name).toBe("Ner");
    expect(set.getExtensionFor(set.message("acme.Base")!, 150)?.typeName).toBe("other.H.e");
    expect(set.getExtensionFor(set.message("acme.Base")!, 151)).toBeUndefined();
  });
});

describe("a change on disk is read", () => {
  const before = { "dir/a.proto": proto("message A { int32 before = 1; }"), "dir/b.proto": proto("message B {}") };
  const after = proto("message A { int32 after = 1; }");
  const nameIn = (set: SchemaSet) => set.message("acme.A")?.fields[0]?.name;

  async function watched(path: string) {
    const folder = await new TemporaryFolder().write(before);
    const set = await opened({ watch: true, inputs: [{ kind: "proto", path: folder.at(path) }] });
    expect(nameIn(set)).toBe("before");
    return { folder, set, changed: changeOf(set) };
  }

  it.each(["dir/a.proto", "dir"])("when a file below %s is written again", async (path) => {
    const { folder, set, changed } = await watched(path);
    writeFileSync(folder.at("dir/a.proto"), after);
    await changed;
    expect(nameIn(set)).toBe("after");
  });

  it("when an editor puts a new file in the place of the old", async () => {
    const { folder, set, changed } = await watched("dir/a.proto");
    writeFileSync(folder.at("dir/a.proto~"), after);
    renameSync(folder.at("dir/a.proto~"), folder.at("dir/a.proto"));
    await changed;
    expect(nameIn(set)).toBe("after");
  });

  it("and what a file said before counts while it is broken, which is told", async () => {
    const { folder, set, changed } = await watched("dir/a.proto");
    const before = nameIn(set);
    writeFileSync(folder.at("dir/a.proto~"), 'syntax = "proto3"; package acme; message A {');
    renameSync(folder.at("dir/a.proto~"), folder.at("dir/a.proto"));
    await changed;
    expect(nameIn(set)).toBe(before);
    expect(linesOf(set, folder).join()).toMatch(/^error ~\/dir\/a\.proto:1:\d+: .*; what it said before is used$/);
    const mended = changeOf(set);
    writeFileSync(folder.at("dir/a.proto~"), after);
    renameSync(folder.at("dir/a.proto~"), folder.at("dir/a.proto"));
    await mended;
    expect(nameIn(set)).toBe("after");
    expect(linesOf(set, folder)).toEqual([]);
  });

  it("when a file goes", async () => {
    const { folder, set, changed } = await watched("dir");
    await rm(folder.at("dir/a.proto"));
    await changed;
    expect(set.message("acme.A")).toBeUndefined();
    expect(set.message("acme.B")).toBeDefined();
  });

  it("when a file comes in a folder that is new too", async () => {
    const { folder, set, changed } = await watched("dir");
    await folder.write({ "dir/new/deep/c.proto": proto("message C {}") });
    await changed;
    while (set.message("acme.C") === undefined) await changeOf(set);
  });

  it("when a file that was only imported is written again", async () => {
    const folder = await new TemporaryFolder().write({
      "root/in/a.proto": proto('import "lib/l.proto"; message A { L l = 1; }'),
      "root/lib/l.proto": proto("message L {}"),
    });
    const inputs = [{ kind: "proto", path: folder.at("root/in/a.proto") }] as const;
    const set = await opened({ watch: true, inputs, importPaths: [folder.at("root")] });
    expect(set.message("acme.A")?.fields[0]?.message?.fields).toHaveLength(0);
    const changed = changeOf(set);
    await folder.write({ "root/lib/l.proto": proto("message L { int32 l = 1; }") });
    await changed;
    expect(set.message("acme.A")?.fields[0]?.message?.fields).toHaveLength(1);
  });
});
