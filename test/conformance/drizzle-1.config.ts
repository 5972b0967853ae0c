// Runs the conformance suite on Drizzle's next major version: `npx vitest run --config test/conformance/drizzle-1.config.ts`.
import { fileURLToPath } from 'node:url';
import { mergeConfig } from 'vitest/config';
import base from '../../vitest.config.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

export default mergeConfig(base, {
  root,
  resolve: { alias: [{ find: /^drizzle-orm(?=\/|$)/, replacement: 'drizzle-orm-1' }] },
  test: { dir: root },
});
