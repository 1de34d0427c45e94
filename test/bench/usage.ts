// What a process and its children have used, from Linux' /proc; undefined on other systems (proc(5)).
import { readFileSync } from "node:fs";

const TICKS_PER_SECOND = 100; // USER_HZ, which Linux keeps at 100 towards programs on every architecture Node runs on

/** Processor time of a process and its descendants so far, in µs. */
export function cpuMicros(pid: number): number | undefined {
  return sumOver(pid, (each) => {
    // the name in parentheses may hold anything; utime and stime are the 14th and 15th field of the whole line
    const stat = readFileSync(`/proc/${each}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return ((Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND) * 1e6;
  });
}

/** Resident memory of a process and its descendants. */
export function residentBytes(pid: number): number | undefined {
  return sumOver(pid, (each) => {
    const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${each}/status`, "latin1"))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  });
}

/** How many files a process may have open; undefined when not known. */
export function openFilesLimit(pid: number): number | undefined {
  try {
    const soft = /^Max open files\s+(\S+)/m.exec(readFileSync(`/proc/${pid}/limits`, "latin1"))?.[1];
    return soft === "unlimited" ? Number.POSITIVE_INFINITY : Number(soft);
  } catch {
    return undefined;
  }
}

function sumOver(pid: number, read: (pid: number) => number): number | undefined {
  let sum: number;
  try {
    sum = read(pid);
  } catch {
    return undefined;
  }
  for (const child of childrenOf(pid)) sum += sumOver(child, read) ?? 0;
  return sum;
}

function childrenOf(pid: number): number[] {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/children`, "latin1").trim();
    return text === "" ? [] : text.split(" ").map(Number);
  } catch {
    return [];
  }
}
