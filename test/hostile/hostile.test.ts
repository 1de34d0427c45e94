// Attacks on the built program, from clients and servers: it stays up, honest calls go on, memory and descriptors come back.
// HOSTILE_FULL=1 runs the full sizes with strict limits and prints a table, HOSTILE_PRINT=1 prints one of the small sizes;
// HOSTILE_ONLY and HOSTILE_SETTING pick attacks and settings by a part of their name, HOSTILE_ROWS=91-154 by their place in the table.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makeServerCertificate } from "../../cli/selftest/certificate.js";
import { Arena, type ArenaOptions, type Limits, type Outcome } from "./arena.js";
import { ATTACKS } from "./attacks.js";
import { OutputCheck } from "./output-check.js";
import { heading, row } from "./report.js";
import type { Attack } from "./script.js";

const MIB = 1024 * 1024;
const FULL = process.env.HOSTILE_FULL !== undefined;
const ONLY = process.env.HOSTILE_ONLY;
const [FIRST_ROW = 1, LAST_ROW = Number.POSITIVE_INFINITY] =
  (process.env.HOSTILE_ROWS ?? "").match(/\d+/g)?.map(Number) ?? [];
const PRINTS = FULL || process.env.HOSTILE_PRINT !== undefined;

/**
 * What a program may grow by besides what its capture may keep: in full for each attack; for `npm test`, where one program
 * meets them all and Node's heap sees no need to shrink between them, for all together.
 */
const GROWTH_BYTES = (FULL ? 100 : 200) * MIB;

function limits(keptBytes: number): Limits {
  return FULL
    ? {
        full: true,
        duringMs: 2000,
        afterMs: 1000,
        growthBytes: GROWTH_BYTES + keptBytes,
        descriptorsMs: 5000,
        attackMs: 120_000,
      }
    : {
        full: false,
        duringMs: 60_000,
        afterMs: 60_000,
        growthBytes: GROWTH_BYTES + keptBytes,
        descriptorsMs: 60_000,
        attackMs: 90_000,
      };
}

interface Setting {
  readonly name: string;
  readonly output: "none" | "ndjson" | "log";
  readonly memoryMiB: number;
  readonly tls?: boolean;
  /** Which attacks are worth their time in `npm test`. */
  readonly quick: (attack: Attack, index: number) => boolean;
}

const SETTINGS: readonly Setting[] = [
  { name: "plain, nothing shown, 16 MiB kept", output: "none", memoryMiB: 16, quick: () => true },
  {
    name: "plain, ndjson, 256 MiB kept",
    output: "ndjson",
    memoryMiB: 256,
    quick: (attack, index) => index % 12 === 0 || /^(odd|terminal|bombs)/.test(attack.name),
  },
  {
    name: "plain, log, 256 MiB kept",
    output: "log",
    memoryMiB: 256,
    quick: (attack, index) => index % 24 === 2 || /^(odd|terminal)/.test(attack.name),
  },
  {
    name: "TLS, nothing shown, 16 MiB kept",
    output: "none",
    memoryMiB: 16,
    tls: true,
    quick: (_, index) => index % 16 === 1,
  },
];

const picked = process.env.HOSTILE_SETTING;
let folder = "";
let tls: ArenaOptions["tls"];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "hostile-"));
  const made = await makeServerCertificate(Date.now());
  const file = (name: string, text: string) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  tls = {
    ...made,
    certFile: file("cert.pem", made.cert),
    keyFile: file("key.pem", made.key),
    caFile: file("ca.pem", made.ca),
  };
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function fight(setting: Setting, attacks: readonly Attack[], forward: boolean): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  const check = new OutputCheck(setting.output === "ndjson");
  const open = () =>
    Arena.open({
      // Without reflection, so that nothing but the attack reaches the server.
      args: [
        ...["--output", setting.output, "--no-reflect", "--no-feed", "--ca-dir", join(folder, "ca")],
        ...["--max-memory", `${setting.memoryMiB}MiB`],
      ],
      onOutput: check.take,
      ...(setting.tls && tls !== undefined ? { tls } : {}),
      forward,
    });
  let arena = await open();
  for (const [index, attack] of attacks.entries()) {
    // In full each attack meets a program of its own, so that what is left of one is not taken for the next one's.
    if (index > 0 && (FULL || arena.program.ended !== undefined)) {
      await arena.close();
      check.begin();
      arena = await open();
    }
    const outcome = await arena.run(attack, limits(setting.memoryMiB * MIB));
    outcomes.push(outcome);
    if (PRINTS) process.stdout.write(`${row(outcome)}\n`);
  }
  const ended = await arena.close();
  expect(ended).toBe("exit 143");
  expect(check.problems).toEqual([]);
  if (setting.output !== "none") expect(check.honest).toBeGreaterThan(0);
  return outcomes;
}

describe.each(SETTINGS.filter(({ name }) => picked === undefined || name.includes(picked)))("$name", (setting) => {
  for (const forward of [false, true]) {
    const attacks = ATTACKS.filter((attack, index) => FULL || setting.quick(attack, index))
      .filter((attack) => (attack.proxy === "forward") === forward)
      .filter(({ name }) => ONLY === undefined || name.includes(ONLY))
      .filter(() => !(forward && setting.tls === true))
      .filter((_, index) => index + 1 >= FIRST_ROW && index + 1 <= LAST_ROW);
    test.skipIf(attacks.length === 0)(
      `${forward ? "a forward proxy" : "a proxy"} stands up to ${attacks.length} attacks`,
      async () => {
        if (PRINTS) process.stdout.write(`${heading(setting.name)}\n`);
        const outcomes = await fight(setting, attacks, forward);
        const wrong = outcomes.filter((outcome) => outcome.wrong.length > 0);
        expect(wrong.map(row).join("\n")).toBe("");
      },
      FULL ? 3_600_000 : 400_000,
    );
  }
});
