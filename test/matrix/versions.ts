// The packages of the matrix: each entry is one choice of a user. The versions are exact, so that a run can be
// repeated.

export interface Choice {
  /** The name in the README. */
  readonly label: string;
  readonly version: string;
}

export const DRIZZLES: readonly (Choice & { readonly kit: string })[] = [
  { label: '0.45', version: '0.45.4', kit: '0.31.11' },
  { label: '1.0 (rc)', version: '1.0.0-rc.5', kit: '1.0.0-rc.5' },
];

/** The oldest one that is supported, and the newest of each later line. */
export const NODES: readonly Choice[] = [
  { label: '20', version: '20.19.0' },
  { label: '22', version: '22.23.3' },
  { label: '24', version: '24.20.0' },
  { label: '26', version: '26.10.0' },
];

export const BUN: Choice = { label: 'Bun', version: '1.4.5' };

export const DRIVERS = ['postgres-js', 'node-postgres', 'pglite'] as const;
export type DriverName = (typeof DRIVERS)[number];

export const MODES = ['legacy', 'standard'] as const;
export type Mode = (typeof MODES)[number];

/** The folders of a project: the third is for compilers of legacy decorators that emit no types. */
export type Source = Mode | 'told';

/** The other packages of the projects. */
export const PACKAGES = {
  '@electric-sql/pglite': '0.5.16',
  '@swc/core': '1.16.22',
  '@types/node': '20.19.43',
  '@types/pg': '8.23.1',
  pg: '8.23.1',
  postgres: '3.4.9',
  'reflect-metadata': '0.2.2',
  tsx: '4.23.15',
  typescript: '7.0.2',
  zod: '4.6.7',
};
