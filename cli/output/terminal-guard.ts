// Gives the terminal back when this process is gone without having done so itself: killed outright, or by a fault of its runtime.
import { spawn } from "node:child_process";

/**
 * Waits in a shell of its own for the end of this process. Whoever leaves in good order says so first, by the function returned;
 * else the terminal is taken out of the modes that the screen put it in.
 * @param restore what leaves those modes, as characters for the terminal
 */
export function guardTerminal(restore: string): () => void {
  if (process.platform === "win32") return () => {};
  const script = 'trap "" HUP; read -r said || { stty sane <&1; printf %s "$1"; }';
  const child = spawn("sh", ["-c", script, "sh", restore], { stdio: ["pipe", "inherit", "ignore"] });
  // Where there is no shell there is no guard; all else works.
  child.on("error", () => {});
  child.stdin.on("error", () => {});
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  let isOver = false;
  const leave = (): void => {
    if (isOver) return;
    isOver = true;
    process.removeListener("exit", leave);
    child.stdin.write("left\n");
  };
  process.on("exit", leave);
  return leave;
}
