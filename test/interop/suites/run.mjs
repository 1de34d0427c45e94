// Runs other people's suites through framelens: node test/interop/suites/run.mjs [--direct] [suite …]
// Prints a line for each and a sum; what is not installed is said and counted as skipped. Exits 1 when something failed.
import { framelensCa } from "./programs.mjs";
import { SUITES } from "./suites.mjs";

const words = process.argv.slice(2);
const direct = words.includes("--direct");
const names = words.filter((word) => !word.startsWith("-"));
const unknown = [...names.filter((name) => !(name in SUITES)), ...words.filter((word) => /^-(?!-direct$)/.test(word))];
if (unknown.length > 0) {
  process.stderr.write(`unknown: ${unknown.join(" ")}\nsuites:\n`);
  for (const [name, { about }] of Object.entries(SUITES)) process.stderr.write(`  ${name.padEnd(18)}${about}\n`);
  process.exit(2);
}

framelensCa();
const sum = { passed: 0, failed: 0, skipped: 0 };
for (const name of names.length > 0 ? names : Object.keys(SUITES)) {
  let started = Date.now();
  for await (const result of SUITES[name].run(direct)) {
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    const figures = result.skipped ?? `${result.passed} passed, ${result.failed} failed  ${seconds} s`;
    const label = result.skipped === undefined ? "" : "SKIPPED: ";
    console.log(`${direct ? "direct " : ""}${name.padEnd(18)}${result.what.padEnd(42)}${label}${figures}`);
    for (const line of (result.detail ?? "").split("\n").filter((text) => text !== "")) console.log(`    ${line}`);
    sum.passed += result.passed;
    sum.failed += result.failed;
    sum.skipped += result.skipped === undefined ? 0 : 1;
    started = Date.now();
  }
}
console.log(`${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} suites skipped`);
process.exit(sum.failed > 0 ? 1 : 0);
