// Numbers as a person reads them: sizes, durations, the time of day.

/** "0 B", "188 B", "2.1 kB", "32.0 MB": decimal, three digits at most before the unit. */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  const units = ["kB", "MB", "GB", "TB", "PB"];
  let value = bytes / 1000;
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value.toFixed(1)} ${units[unit]}`;
}

/** "0B", "999B", "2.1k", "214k", "1.0M": four characters at most up to 999 TB, for columns. */
export function formatSize(bytes: number): string {
  return bytes < 1000 ? `${bytes}B` : compact(bytes);
}

/** "240", "14k": exact while it has so many digits, else rounded. */
export function formatCount(count: number, digits: number): string {
  return String(count).length <= digits ? String(count) : `${Math.round(count / 1000)}k`;
}

function compact(amount: number): string {
  let value = amount / 1000;
  let unit = 0;
  while (value >= 999.5 && unit < COMPACT_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)}${COMPACT_UNITS[unit]}`;
}

const COMPACT_UNITS = ["k", "M", "G", "T", "P"];

/** "0.4ms", "3ms", "812ms", "5.0s", "1m07s", "2h05m". */
export function formatDuration(ms: number): string {
  if (ms < 9.95) return `${ms.toFixed(1)}ms`;
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)}s`;
  const seconds = Math.round(ms / 1000);
  const two = (value: number) => String(value).padStart(2, "0");
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m${two(seconds % 60)}s`;
  return `${Math.floor(seconds / 3600)}h${two(Math.floor((seconds % 3600) / 60))}m`;
}

/** "14:02:11.345", in the viewer's time zone. @param at Unix ms */
export function formatTime(at: number): string {
  const date = new Date(at);
  const pad = (value: number, digits: number) => String(value).padStart(digits, "0");
  return `${pad(date.getHours(), 2)}:${pad(date.getMinutes(), 2)}:${pad(date.getSeconds(), 2)}.${pad(date.getMilliseconds(), 3)}`;
}
