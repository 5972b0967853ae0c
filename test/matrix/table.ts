// The table of the README, made from the cells that are run: what it claims and what holds cannot part.
import { tableCells } from './cells.ts';
import { BUN, DRIVERS, DRIZZLES, MODES, NODES } from './versions.ts';

const NAMES: Record<string, string> = { 'postgres-js': 'postgres.js', 'node-postgres': 'node-postgres', pglite: 'PGlite' };

export function tableText(): string {
  const runtimes = [...NODES, BUN];
  const heads = runtimes.map((runtime) => (runtime === BUN ? `Bun ${major(runtime.version)}` : `Node ${runtime.label}`));
  const lines = DRIVERS.flatMap((driver) =>
    DRIZZLES.map((drizzle) => {
      const cells = tableCells.filter((cell) => cell.driver === driver && cell.drizzle === drizzle.label);
      const marks = runtimes.map(({ label }) =>
        MODES.filter((mode) => cells.some(({ runtime, source }) => runtime === label && source === mode)).join(', '),
      );
      return `| ${NAMES[driver]} | ${drizzle.label} | ${marks.join(' | ')} |`;
    }),
  );
  return [`| driver | Drizzle | ${heads.join(' | ')} |`, `|${'---|'.repeat(heads.length + 2)}`, ...lines].join('\n');
}

const major = (version: string): string => version.split('.').slice(0, 2).join('.');
