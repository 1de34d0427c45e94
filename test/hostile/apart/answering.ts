// The side of apart.ts that runs in the other process; it ends when the one that asks is gone.
import type { Answers, Question, Reply } from "../apart.js";

export function answer(answers: Answers): void {
  process.on("message", async ({ id, name, argument }: Question) => {
    const reply = await answerTo(answers, name, argument).then(
      (value): Reply => ({ id, value }),
      (error: unknown): Reply => ({ id, error: error instanceof Error ? error.message : String(error) }),
    );
    process.send?.(reply);
  });
  process.on("disconnect", () => process.exit());
}

async function answerTo(answers: Answers, name: string, argument: unknown): Promise<unknown> {
  const known = answers[name];
  if (known === undefined) throw new Error(`nothing is known of ${name}`);
  return known(argument as never);
}
