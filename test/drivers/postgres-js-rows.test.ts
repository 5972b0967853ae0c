// postgres.js may read the values of our own rows only if no setting of the application affects the types that our
// statements return; here the server names these types.
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { COLUMN_TYPES, readsCells } from '../../src/drivers/postgres-js-rows.ts';
import { statements } from '../faults/statements.ts';
import { createDatabase } from '../support/database.ts';

test('our statements return only checked types', async () => {
  await using database = await createDatabase();
  const client = database.connect({ max: 1 });
  const found = new Map<number, string>();
  for (const [name, { text, columns }] of await statements()) {
    const { columns: described } = await client.unsafe(text).describe();
    if (described === null) continue;
    expect(described.map((column) => column.name).slice(0, Object.keys(columns).length)).toHaveLength(Object.keys(columns).length);
    for (const { type } of described) found.set(type, name);
  }
  const known: readonly number[] = Object.values(COLUMN_TYPES);
  expect([...found].filter(([type]) => !known.includes(type))).toEqual([]);
  // Every checked type is returned by some statement.
  expect(known.filter((type) => !found.has(type))).toEqual([]);
});

const optionsOf = (options: postgres.Options<Record<string, postgres.PostgresType>>): never =>
  postgres('postgres://none', options).options as never;

test('the settings of an application that change our values are noticed, and no others', () => {
  const type = (oid: number): object => ({ types: { own: { to: oid, from: [oid], serialize: String, parse: () => 'wrong' } } });
  expect(readsCells(optionsOf({}))).toBe(true);
  // Its transform of values is only for JSON, which is not visible from outside.
  expect(readsCells(optionsOf({ transform: postgres.camel }))).toBe(false);
  expect(readsCells(optionsOf({ transform: { column: postgres.toCamel } }))).toBe(true);
  expect(readsCells(optionsOf(type(1184)))).toBe(true);
  for (const oid of Object.values(COLUMN_TYPES)) expect(readsCells(optionsOf(type(oid)))).toBe(false);
  expect(readsCells(optionsOf({ types: { bigint: postgres.BigInt } }))).toBe(false);
  expect(readsCells(optionsOf({ transform: { value: (value: unknown) => value } }))).toBe(false);
  expect(readsCells({})).toBe(false);
});
