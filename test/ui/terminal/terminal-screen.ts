// What stands on a terminal of @xterm/headless, and waiting until something does.
import type xterm from "@xterm/headless";

type XtermTerminal = InstanceType<typeof xterm.Terminal>;

/** What a screen is to be like. */
export type Wanted = RegExp | ((screen: string) => boolean);

/** The screen as lines without blanks at their ends. */
export function linesOf(terminal: XtermTerminal): readonly string[] {
  const { active } = terminal.buffer;
  return Array.from(
    { length: terminal.rows },
    (_, y) =>
      active
        .getLine(active.baseY + y)
        ?.translateToString(true)
        .trimEnd() ?? "",
  );
}

/**
 * Waits until the screen is as wanted.
 * @returns it @throws with the screen when that does not happen
 */
export function untilScreen(terminal: XtermTerminal, wanted: Wanted, hungMs: number): Promise<string> {
  const holds = typeof wanted === "function" ? wanted : (screen: string) => wanted.test(screen);
  return new Promise((resolve, reject) => {
    const look = () => {
      const screen = linesOf(terminal).join("\n");
      if (!holds(screen)) return;
      parsed.dispose();
      clearTimeout(timer);
      resolve(screen);
    };
    const parsed = terminal.onWriteParsed(look);
    const timer = setTimeout(() => {
      parsed.dispose();
      reject(new Error(`the screen never had ${wanted}:\n${linesOf(terminal).join("\n")}`));
    }, hungMs);
    look();
  });
}
