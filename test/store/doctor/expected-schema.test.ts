// The tables as our migration makes them are what the examination expects, on every version of PostgreSQL. Run with UPDATE_SCHEMA=1 after a
// change of the tables: it writes src/store/doctor/expected-schema.ts anew.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { getTableName } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { DoctorStore } from '../../../src/store/doctor/doctor-store.ts';
import { EXPECTED_SCHEMA } from '../../../src/store/doctor/expected-schema.ts';
import { tablesOf } from '../../../src/store/doctor/table-shape.ts';
import { tables } from '../../../src/store/schema/schema.ts';
import { Namespace } from '../../../src/store/namespace.ts';
import { openStore, runOn } from '../rows.ts';

const file = fileURLToPath(new URL('../../../src/store/doctor/expected-schema.ts', import.meta.url));

const HEAD = `// The tables as the migration of this version makes them, in the words of PostgreSQL's catalogs. Written by
// \`UPDATE_SCHEMA=1 npx vitest run test/store/doctor/expected-schema.test.ts\`, which compares it with a new database in every other run.
import type { TableShape } from './table-shape.ts';

export const EXPECTED_SCHEMA: Readonly<Record<string, TableShape>> = `;

test('a new database is as expected', async () => {
  await using h = await openStore();
  const all = tablesOf(await new DoctorStore(undefined as never, runOn(h.sql), new Namespace('signalbox')).catalog());
  const found = new Map([...all].filter(([table]) => Object.values(tables).some((own) => getTableName(own) === table)));
  if (process.env['UPDATE_SCHEMA'] === '1') {
    writeFileSync(file, `${HEAD}${JSON.stringify(Object.fromEntries(found))};\n`);
    execFileSync('npx', ['oxfmt', file]);
    return;
  }
  expect(Object.fromEntries(found)).toEqual(EXPECTED_SCHEMA);
});
