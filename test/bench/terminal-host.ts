// Runs a program on a pseudo-terminal that takes whatever is drawn and shows it to nobody. Arguments: columns, rows, program, its arguments.
import { spawn } from "@lydell/node-pty";

const [columns, rows, program = "", ...args] = process.argv.slice(2);
const pty = spawn(program, args, {
  name: "xterm-256color",
  cols: Number(columns),
  rows: Number(rows),
  env: { ...process.env, TERM: "xterm-256color" },
});
let drawn = 0;
pty.onData((text) => {
  drawn += text.length;
});
pty.onExit(({ exitCode }) => process.exit(exitCode));
process.on("SIGTERM", () => {
  process.stderr.write(`${drawn} characters were drawn\n`);
  pty.kill("SIGTERM");
});
process.send?.({ pid: pty.pid });
