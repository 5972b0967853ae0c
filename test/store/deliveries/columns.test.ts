// Every statement declares the columns that the server says it returns: their names, their order and their types. Rows are read by
// these declarations alone (drivers/statement.ts).
import { expect, test } from 'vitest';
import type { Columns, Statement } from '../../../src/drivers/statement.ts';
import { statements } from '../../faults/statements.ts';
import { openStore } from '../rows.ts';

/** The types of each kind, by the server's numbers. Of no other type is there a column: how it is written depends on settings. */
const TYPES: Readonly<Record<string, readonly number[]>> = { text: [25], int: [20, 23], bool: [16] };
/** What PGlite is told to pass on as it is (drivers/pglite.ts). */
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
