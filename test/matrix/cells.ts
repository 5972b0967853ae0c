// The cells of the matrix: each combination that the README names, and each of the other ways to compile or run the
// project.
import { BUN, DRIVERS, type DriverName, DRIZZLES, MODES, NODES, type Source } from './versions.ts';

export interface Cell {
  readonly drizzle: string;
  readonly driver: DriverName;
  readonly runtime: string;
  readonly source: Source;
  readonly name: string;
  /** Arguments of the runtime. */
  readonly args: readonly string[];
}

/** The combinations that the README names: driver, Drizzle, runtime and decorators, compiled by tsc. */
export const tableCells: readonly Cell[] = DRIZZLES.flatMap((drizzle) =>
  DRIVERS.flatMap((driver) =>
    [...NODES, BUN].flatMap((runtime) =>
      MODES.map((mode) => ({
        drizzle: drizzle.label,
        driver,
        runtime: runtime.label,
        source: mode,
        name: `${driver}, Drizzle ${drizzle.label}, ${runtime === BUN ? 'Bun' : `Node ${runtime.label}`}, ${mode} decorators`,
        args: ['out/main.js', driver],
      })),
    ),
  ),
);

const other = (name: string, runtime: string, source: Source, args: readonly string[]): Cell => ({
  drizzle: DRIZZLES[0]!.label,
  driver: 'postgres-js',
  runtime,
  source,
  name,
  args,
});

/** Other compilers, on the first Drizzle and postgres.js. */
export const toolCells: readonly Cell[] = [
  other('tsx, legacy decorators with inject', '24', 'told', ['--import', 'tsx', 'main.ts', 'postgres-js']),
  other('tsx, standard decorators', '24', 'standard', ['--import', 'tsx', 'main.ts', 'postgres-js']),
  other('swc, legacy decorators', '24', 'legacy', ['out-swc/main.js', 'postgres-js']),
  other('swc, standard decorators', '24', 'standard', ['out-swc/main.js', 'postgres-js']),
  other('Bun, legacy decorators', 'Bun', 'legacy', ['main.ts', 'postgres-js']),
  other('Bun, standard decorators', 'Bun', 'standard', ['main.ts', 'postgres-js']),
  other('Node 24 without a compiler, functions as receivers', '24', 'legacy', ['functions.ts']),
  other('Node 26 without a compiler, functions as receivers', '26', 'legacy', ['functions.ts']),
];
