// A word to those who started a command that reads stdin and have not typed anything: it would look as if it hung.
import { isatty } from "node:tty";

export function tellOfWaiting(): void {
  // Asking process.stdin would make it one that is not waited for, and reading it as a file would fail.
  if (isatty(0)) process.stderr.write("framelens: reading what you type or paste, until ^D; --help tells more\n");
}
