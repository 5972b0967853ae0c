// Every statement declares the names, the order and the types of the columns that the server returns for it. Rows are
// read only by these declarations (drivers/statement.ts).
import { expect, test } from 'vitest';
import type { Columns, Statement } from '../../../src/drivers/statement.ts';
import { statements } from '../../faults/statements.ts';
import { openStore } from '../rows.ts';

/** The types of each kind, by the server's numbers. No column has another type, whose text would depend on settings. */
const TYPES: Readonly<Record<string, readonly number[]>> = { text: [25], int: [20, 23], bool: [16] };
/** The types that PGlite passes on unparsed (drivers/pglite.ts). */
const PARAMETERS = [16, 20, 23, 25, 701];

const kindOf = (type: number): string => Object.keys(TYPES).find((kind) => TYPES[kind]!.includes(type)) ?? `type ${type}`;
const bare = (columns: Columns): [name: string, kind: string][] =>
  Object.entries(columns).map(([name, kind]) => [name, kind.replace('?', '')]);

test.each([...(await statements({ withMigrations: true }))])(
  '%s declares the columns that it returns, and takes parameters that are sent as they are',
  async (_name, { text, columns }: Statement) => {
    await using h = await openStore();
    const { columns: described, types } = await h.sql.unsafe(text).describe();
    expect(described.map(({ name, type }) => [name, kindOf(type)])).toEqual(bare(columns));
    expect((types as readonly number[]).filter((type) => !PARAMETERS.includes(type))).toEqual([]);
  },
);
