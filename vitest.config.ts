import { defineConfig } from "vitest/config";

/** A test that hangs is told of; one that waits for its turn on a busy machine is not. Nothing takes half as long there. */
const HUNG_MS = 120_000;

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    setupFiles: ["test/support/setup.ts"],
    maxWorkers: "100%",
    testTimeout: HUNG_MS,
    hookTimeout: HUNG_MS,
    expect: { poll: { timeout: HUNG_MS / 2 } },
  },
});
