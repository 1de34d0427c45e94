// Errors a user can cause: one line that says what, where and what was expected, and the exit code it leads to.

/** Exit codes of the program. */
export const EXIT = { ok: 0, failed: 1, usage: 2, listen: 3, schema: 4, damaged: 5 } as const;

/** A mistake in what the user asked for; its message is one line and is shown without a stack. */
export class FramelensError extends Error {
  readonly code: string;
  readonly exitCode: number;

  /**
   * @param code stable, upper case, begins with ERR_
   * @param message what, where, and what was expected, in one line
   */
  constructor(code: string, message: string, options: { readonly exitCode?: number; readonly cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "FramelensError";
    this.code = code;
    this.exitCode = options.exitCode ?? EXIT.failed;
  }
}
