// Builds the page into dist/ui/web: one HTML, one script, one style sheet and an icon. Fails when it has grown too large to send.
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));
const OUT = join(HERE, "..", "..", "dist", "ui", "web");
/** Gzipped, all files together: what a slow line carries in a second. */
const MAX_BYTES = 82_000;

await mkdir(OUT, { recursive: true });
await build({
  entryPoints: { app: join(HERE, "main.tsx") },
  outdir: OUT,
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome111", "firefox115", "safari16.4"],
  jsx: "automatic",
  jsxImportSource: "preact",
  legalComments: "none",
  charset: "utf8",
  logLevel: "warning",
});
for (const name of ["index.html", "icon.svg"]) await copyFile(join(HERE, name), join(OUT, name));

let total = 0;
for (const name of ["index.html", "icon.svg", "app.js", "app.css"]) {
  total += gzipSync(await readFile(join(OUT, name))).length;
}
if (total > MAX_BYTES) {
  console.error(`the page is ${total} bytes gzipped; must be at most ${MAX_BYTES}`);
  process.exitCode = 1;
} else if (process.argv.includes("--size")) {
  console.log(`the page is ${total} bytes gzipped`);
}
