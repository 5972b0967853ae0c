// The sentence of the README that names the supported combinations, made from the same lists as the cells, so that the
// claim and the tests cannot differ.
import { BUN, DRIVERS, DRIZZLES, MODES, NODES } from './versions.ts';

const NAMES: Record<string, string> = { 'postgres-js': 'postgres.js', 'node-postgres': 'node-postgres', pglite: 'PGlite' };

export function supportClaim(): string {
  const drivers = DRIVERS.map((driver) => NAMES[driver]!);
  const drizzles = DRIZZLES.map(({ label }) => label);
  const runtimes = [...NODES.map(({ label }) => label), `Bun ${major(BUN.version)}`];
  return [
    `every combination of ${or(drivers)}, Drizzle ${or(drizzles)}, Node ${or(runtimes)}`,
    `and ${or(MODES)} decorators is tested with the packed package (\`npm run matrix\`).`,
  ].join(', ');
}

const major = (version: string): string => version.split('.').slice(0, 2).join('.');
const or = (words: readonly string[]): string => `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
