// box.prune, and the option of the box that it goes by.
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { drizzle as drizzlePg } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePglite } from 'drizzle-orm/pglite';
import { PGlite } from '@electric-sql/pglite';
import { Client, Pool } from 'pg';
import { expect, test } from 'vitest';
import { createSignalbox, type PruneResult, type SignalboxEvents, type SignalboxOptions } from '../../src/index.ts';
import { PRUNE_BATCH } from '../../src/store/retention/retention.ts';
import { agesOf } from '../../src/core/retention.ts';
import { DAY_MS } from '../../src/core/duration.ts';
import { settingsOf } from '../../src/box/options.ts';
import { createDatabase, ofNodePostgres } from '../support/database.ts';
import { harness } from '../support/harness.ts';
import { readMigrations } from '../support/migrations.ts';
import { addReceiver } from '../store/rows.ts';
import { addError, addSettled, rowsLeft } from '../store/retention/support.ts';

const DAY = 24;

test('what the retention of the box lets go is deleted, told, and counted beforehand by a dry run', async () => {
  await using h = await harness();
  const receiver = await addReceiver(h.sql);
  const old = await addSettled(h.sql, 8 * DAY, [[receiver, 'completed', 8 * DAY]]);
  await addError(h.sql, old);
  const kept = [
    await addSettled(h.sql, 20 * DAY, [[receiver, 'cancelled', 20 * DAY]]),
    await addSettled(h.sql, 900 * DAY, [[receiver, 'dead', 900 * DAY]]),
    await addSettled(h.sql, 6 * DAY, [[receiver, 'completed', 6 * DAY]]),
  ];
  const told: SignalboxEvents['maintenance.pruned'][] = [];
  h.box.on('maintenance.pruned', (event) => told.push(event));
  const found = { emissions: 1, deliveries: 1, errors: 1 };
  expect(await h.box.prune({ dryRun: true })).toEqual(found);
  expect(told).toEqual([]);
  const progress: PruneResult[] = [];
  expect(await h.box.prune({ onProgress: (soFar) => progress.push(soFar) })).toEqual(found);
  expect(progress).toEqual([found]);
  expect(told).toEqual([{ ...found, durationMs: expect.any(Number) as number, at: expect.any(Date) as Date }]);
  expect((await rowsLeft(h.sql)).emissions).toEqual(kept.toSorted());
  expect(await h.box.prune({ states: ['dead'], olderThan: '365d' })).toMatchObject({ emissions: 1 });
  expect(await h.box.prune({ states: ['cancelled', 'dead'], olderThan: 0 })).toMatchObject({ emissions: 1 });
  expect((await rowsLeft(h.sql)).emissions).toEqual([kept[2]]);
});

test('an abort ends it between two batches, with the reason', async () => {
  await using h = await harness();
  await h.sql`
    insert into signalbox.emission (id, signal, version, payload, emitted_at)
    select ('018f0000-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 's', 1, '1', '2024-05-01' from generate_series(1, ${PRUNE_BATCH + 1}) n`;
  const abort = new AbortController();
  const reason = new Error('enough');
  await expect(h.box.prune({ abortSignal: abort.signal, onProgress: () => abort.abort(reason) })).rejects.toBe(reason);
  expect((await rowsLeft(h.sql)).emissions).toHaveLength(1);
  expect(await h.box.prune()).toEqual({ emissions: 1, deliveries: 0, errors: 0 });
});

test('the default is 7 days for completed, 30 for cancelled, and for ever for dead ones; each is changed by itself', () => {
  expect(agesOf()).toEqual({ completed: 7 * DAY_MS, cancelled: 30 * DAY_MS, dead: undefined });
  expect(agesOf({ completed: false, dead: '90d' })).toEqual({ completed: undefined, cancelled: 30 * DAY_MS, dead: 90 * DAY_MS });
  expect(agesOf({ completed: 0, cancelled: undefined as never })).toMatchObject({ completed: 0, cancelled: 30 * DAY_MS });
  expect(agesOf(false)).toEqual({ completed: undefined, cancelled: undefined, dead: undefined });
});

const unused = (): SignalboxOptions['db'] => drizzle({ client: postgres('postgres://x@127.0.0.1:9/x') }) as never;

test.each([
  ['7d', /retention is "7d"\. Give false to prune nothing, or an object such as/],
  [true, /retention is true\./],
  [{ complete: '7d' }, /no option retention\.complete\. Did you mean retention\.completed\?/],
  [{ completed: true }, /retention\.completed is true\. Give false to keep them for ever, or milliseconds/],
  [{ dead: '-1d' }, /retention\.dead is "-1d"/],
  [{ dead: '4000d' }, /retention\.dead is "4000d"/],
])('a retention of %j is refused', (retention, message) => {
  expect(() => settingsOf({ db: unused(), retention: retention as never })).toThrow(message);
});

test('a prune of nothing, and of a state without an age, is refused', async () => {
  await using h = await harness({ retention: false });
  await expect(h.box.prune()).rejects.toThrow(/nothing to prune: the retention of this box is false/);
  await expect(h.box.prune({ states: ['dead'] })).rejects.toThrow(/the retention of dead deliveries is false\. Give olderThan/);
  await expect(h.box.prune({ states: ['ready' as never] })).rejects.toThrow(/states/);
  await expect(h.box.prune({ olderThen: '7d' } as never)).rejects.toThrow(/Did you mean olderThan/);
  await h.box.close();
  await expect(h.box.prune({ states: ['dead'], olderThan: '7d' })).rejects.toMatchObject({ code: 'BoxClosed' });
});

test('it works on a pool of node-postgres, whose sessions are repeatable read by default', async () => {
  await using database = await createDatabase();
  const sql = database.connect();
  const receiver = await addReceiver(sql);
  await addSettled(sql, 8 * DAY, [[receiver, 'completed', 8 * DAY]]);
  const pool = new Pool({ connectionString: database.url, max: 1, options: '-c default_transaction_isolation=repeatable\\ read' });
  database.adopt(ofNodePostgres(pool));
  await using box = createSignalbox({ db: drizzlePg({ client: pool }), log: false });
  const isolations = new Set<string>();
  const { query } = Client.prototype;
  Client.prototype.query = function watched(this: Client, ...args: never[]) {
    const text = (args[0] as string | { text?: string } | undefined) ?? '';
    const sent = typeof text === 'string' ? text : (text.text ?? '');
    if (/isolation level/i.test(sent)) isolations.add(sent.toLowerCase());
    return Reflect.apply(query as never, this, args);
  } as never;
  try {
    expect(await box.prune()).toEqual({ emissions: 1, deliveries: 1, errors: 0 });
  } finally {
    Client.prototype.query = query;
  }
  expect([...isolations].join()).toContain('read committed');
  expect(await rowsLeft(sql)).toMatchObject({ emissions: [], settled: 0 });
});

test('it works on PGlite', { timeout: 120_000 }, async () => {
  const client = await PGlite.create();
  await client.exec(await readMigrations());
  await using box = createSignalbox({ db: drizzlePglite({ client }), log: false });
  await client.exec(`insert into signalbox.emission (id, signal, version, payload, emitted_at)
    values ('018f0000-0000-7000-8000-000000000001', 's', 1, '1', '2024-05-01')`);
  expect(await box.prune()).toEqual({ emissions: 1, deliveries: 0, errors: 0 });
  await box.close();
  await client.close();
});
