// Sizes as a user writes them: "64MiB", "1.5GB", "4096".
import { EXIT, FramelensError } from "../src/index.js";

const UNITS: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1024,
  kb: 1000,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1000 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1000 ** 3,
  gib: 1024 ** 3,
};

/** @returns octets, a whole number above 0. @throws FramelensError */
export function parseSize(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = UNITS[match?.[2]?.toLowerCase() ?? "?"];
  const bytes = match === null || unit === undefined ? 0 : Math.floor(Number(match[1]) * unit);
  if (bytes < 1)
    throw new FramelensError("ERR_SIZE", `--${option} "${text}"; expected a size such as 64MiB`, {
      exitCode: EXIT.usage,
    });
  return bytes;
}
