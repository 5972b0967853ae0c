// How the tests run: in processes of their own, against a real PostgreSQL that global-setup.ts provides.
import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { ProgressReporter } from './test/support/progress-reporter.ts';

export default defineConfig({
  // Given here as well as in tsconfig.json, whose options count only for the files that it includes.
  oxc: { decorator: { legacy: true, emitDecoratorMetadata: true }, jsx: { runtime: 'automatic', importSource: 'hono/jsx' } },
  test: {
    include: ['test/**/*.test.ts', 'examples/**/*.test.ts'],
    globalSetup: ['./test/support/global-setup.ts'],
    setupFiles: ['./test/support/setup.ts'],
    reporters: [new ProgressReporter()],
    pool: 'forks',
    // Most tests wait for the database or for a process: more of them at once than there are cores.
    maxWorkers: Math.max(3, availableParallelism()),
    testTimeout: 40_000,
    hookTimeout: 60_000,
    teardownTimeout: 10_000,
    // Polling waits for a state, and a busy machine takes its time to reach it.
    expect: { poll: { timeout: 15_000 } },
  },
});
