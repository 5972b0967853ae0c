// The place of a worker in its log: with the user and without the password, however the client was configured.
import { drizzle as drizzleNodePostgres } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePostgresJs } from 'drizzle-orm/postgres-js';
import { Pool } from 'pg';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { driverOf } from '../../src/drivers/detect.ts';
import { describePlace } from '../../src/drivers/place.ts';

const URL = 'postgres://app:s3cret@db.example:6543/shop?application_name=x&password=s3cret';

test.each([
  ['postgres.js', drizzlePostgresJs({ client: postgres(URL) })],
  ['node-postgres', drizzleNodePostgres({ client: new Pool({ connectionString: URL }) })],
  [
    'node-postgres, apart',
    drizzleNodePostgres({ client: new Pool({ user: 'app', password: 's3cret', host: 'db.example', port: 6543, database: 'shop' }) }),
  ],
])('%s: user, host, port and database, and never the password', (_name, db) => {
  expect(driverOf(db).place).toBe('app@db.example:6543/shop');
});

test('all of several hosts are named, and unknown parts are named as unknown', () => {
  const client = postgres('postgres://app:s3cret@one:1,two:2/shop');
  expect(driverOf(drizzlePostgresJs({ client })).place).toBe('app@one:1,two:2/shop');
  expect(describePlace({})).toBe('?@?:?/?');
});

test('a postgres.js client that fetches types gives a warning, and another does not', () => {
  expect(driverOf(drizzlePostgresJs({ client: postgres(URL) })).caution).toMatch('fetch_types: false');
  expect(driverOf(drizzlePostgresJs({ client: postgres(URL, { fetch_types: false }) })).caution).toBeUndefined();
});
