// The judgements of an examination that no test database can be brought to: pure.
import { expect, test } from 'vitest';
import { count, size, time } from '../../../src/operate/doctor/finding.ts';
import { judgeServer, type ServerFacts } from '../../../src/operate/doctor/server.ts';
import { judgeVacuum, type VacuumFacts } from '../../../src/operate/doctor/vacuum.ts';
import type { ServerState } from '../../../src/store/doctor/doctor-store.ts';

const server: ServerState = {
  version: 180_004,
  version_name: '18.4',
  in_recovery: false,
  read_only: false,
  most_sessions: 97,
  sessions: 5,
  now_ms: 0,
  pid: 1,
  ahead: { ms: 3, give: 1 },
};

const fine: ServerFacts = {
  server,
  place: 'me@db:5432/shop',
  driver: 'postgres-js',
  pool: 12,
  hasReceivers: true,
  pooled: false,
  prepares: true,
  workers: { workers: 2, processes: 2, versions: '[]' },
};

const checks = (findings: ReturnType<typeof judgeServer>): string[] =>
  findings.filter(({ status }) => status !== 'ok').map(({ check, status }) => `${check} ${status}`);

test.each<[string, Partial<ServerFacts>, string[]]>([
  ['a healthy server', {}, []],
  ['PostgreSQL 14', { server: { ...server, version: 140_009 } }, ['server broken']],
  ['a standby', { server: { ...server, in_recovery: true, read_only: true } }, ['writes broken']],
  ['transactions that are read-only', { server: { ...server, read_only: true } }, ['writes broken']],
  ['a clock that is behind', { server: { ...server, ahead: { ms: 2_100, give: 10 } } }, ['clock warning']],
  ['a clock that is ahead', { server: { ...server, ahead: { ms: -2_100, give: 10 } } }, ['clock warning']],
  ['a network too slow to tell', { server: { ...server, ahead: { ms: 2_100, give: 200 } } }, []],
  ['a pool for less than ten receivers', { pool: 11 }, ['pool warning']],
  ['a pool for no worker', { pool: 2 }, ['pool broken']],
  ['a small pool that only emits', { pool: 1, hasReceivers: false }, []],
  ['a single session', { pool: undefined, driver: 'pglite' }, []],
  ['a server with few connections left', { server: { ...server, sessions: 78 } }, ['connections warning']],
  ['pools that want more than there are', { workers: { workers: 9, processes: 9, versions: '[]' } }, ['connections warning']],
  ['workers that cannot be seen', { workers: undefined }, []],
  ['a pooler and prepared statements', { pooled: true }, ['pooler warning']],
  ['a pooler without them', { pooled: true, prepares: false }, []],
  ['a single session, through which nothing is seen', { pooled: undefined }, []],
])('%s', (_what, facts, expected) => {
  expect(checks(judgeServer({ ...fine, ...facts }))).toEqual(expected);
});

test('a pooler says what it means for workers, and a clock which way it is off', () => {
  const said = (facts: Partial<ServerFacts>): string => JSON.stringify(judgeServer({ ...fine, ...facts }));
  expect(said({ pooled: true })).toContain('PgBouncer 1.21');
  expect(said({ server: { ...server, ahead: { ms: 7_200_000, give: 0 } } })).toContain("2 h behind the database's");
  expect(said({ server: { ...server, ahead: { ms: -61_000, give: 0 } } })).toContain("1 min ahead of the database's");
});

const vacuum: VacuumFacts = { schema: 'signalbox', tuning: {}, settings: [], holders: [], sizes: [], retains: false };
const sized = { table: 'delivery', live: 10, dead: 0, bytes: 8_192, in_default: false };

test.each<[string, Partial<VacuumFacts>, string[]]>([
  ['nothing', {}, []],
  ['many dead rows', { sizes: [{ ...sized, dead: 60_000 }] }, ['dead-rows warning']],
  ['dead rows that are few beside the live ones', { sizes: [{ ...sized, dead: 60_000, live: 1e6 }] }, []],
  ['large tables that are never pruned', { sizes: [{ ...sized, bytes: 11 * 1_024 ** 3 }] }, ['size warning']],
  ['large tables that are pruned', { sizes: [{ ...sized, bytes: 11 * 1_024 ** 3 }], retains: true }, []],
  [
    'an old transaction',
    { holders: [{ kind: 'transaction', id: '7', who: 'me, psql, idle in transaction', age_seconds: 7_300 }] },
    ['vacuum warning'],
  ],
  ['a table in partitions, which has no settings', { tuning: { emission: ['a=1'] } }, []],
  ['a table without its settings', { tuning: { emission: ['a=1'] }, settings: [{ table: 'emission', setting: '' }] }, ['tuning warning']],
])('vacuum: %s', (_what, facts, expected) => {
  expect(checks(judgeVacuum({ ...vacuum, ...facts }))).toEqual(expected);
});

test('who holds vacuum back is named, since when, and with the SQL that ends it', () => {
  const of = (kind: string, id: string): unknown =>
    judgeVacuum({ ...vacuum, holders: [{ kind, id, who: 'me', age_seconds: 7_300 }] }).find(({ check }) => check === 'vacuum');
  expect(of('transaction', '7')).toMatchObject({
    message: 'Vacuum is held back for 2 h 1 min by a transaction of the session 7 (me): claims get slower.',
    remedy: 'select pg_terminate_backend(7);',
  });
  expect(of('prepared', "it's")).toMatchObject({ remedy: expect.stringContaining("rollback prepared 'it''s'") as string });
  expect(of('slot', 'gone')).toMatchObject({ remedy: expect.stringContaining("pg_drop_replication_slot('gone')") as string });
  expect(of('standby', '9')).toMatchObject({ message: expect.stringContaining('hot_standby_feedback') as string });
});

test('numbers are read at a glance', () => {
  expect([time(4), time(61), time(3_600), time(90_000), time(86_400)]).toEqual(['4 s', '1 min', '1 h', '1 d 1 h', '1 d']);
  expect([size(0), size(8_192), size(3 * 1_024 ** 3)]).toEqual(['0 B', '8 kB', '3 GB']);
  expect([count(1, 'row'), count(12_000, 'row')]).toEqual(['1 row', '12,000 rows']);
});
