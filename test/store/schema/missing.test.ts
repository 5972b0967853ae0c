// A database without the tables of a statement: every call of the store names the command that creates them.
import { expect, test } from 'vitest';
import type { Run } from '../../../src/drivers/driver.ts';
import type { Store } from '../../../src/store/store.ts';
import { openStore, runOn } from '../rows.ts';

const id = '0190a000-0000-7000-8000-000000000000';
const claimable = [{ receiverId: 1, free: 1, version: 1 }];

const calls: [name: string, column: string, call: (store: Store, run: Run) => Promise<unknown>][] = [
  ['announce', 'receiver.queue', (store) => store.catalogue.announce([])],
  [
    'append',
    'delivery.version',
    (store, run) =>
      store.emissions.append(run, [{ id, payload: '1' }], {
        signal: 'a.b',
        version: 1,
        headers: null,
        runAt: undefined,
        delayMs: 0,
        headStartHours: 0,
        ownReceivers: [],
      }),
  ],
  ['claim', 'delivery.run_at', (store) => store.deliveries.claim(1, claimable, 1)],
  ['claimEmissions', 'delivery.run_at', (store) => store.deliveries.claimEmissions(1, claimable, [id])],
  [
    'settleFirst',
    'settled.finished_at',
    (store, run) => store.deliveries.settleFirst(run, { id: '1', epoch: 1, workerId: 1 }, { timeoutMs: 1_000 }),
  ],
  ['complete', 'settled.finished_at', (store) => store.deliveries.complete([{ id: '1', epoch: 1, workerId: 1 }])],
  ['settle', 'delivery_error.at', (store) => store.deliveries.settle([])],
  ['release', 'delivery.epoch', (store) => store.deliveries.release([])],
  ['enrolWorker', 'worker.backend_pid', (store) => store.workers.enrol({ label: 'host:1', leaseMs: 1_000, processId: id })],
  ['renewLease', 'worker.lost_at', (store) => store.workers.renew(1, 1_000)],
  ['resignWorker', 'worker.lost_at', (store) => store.workers.resign(1)],
  ['rescue', 'worker.lost_at', (store) => store.workers.rescue()],
];

const missing = (code: string): object => ({
  code: 'MigrationMissing',
  message: expect.stringContaining('npx drizzle-kit generate && npx drizzle-kit migrate') as string,
  cause: { code },
});

const refusal = (name: string, call: Promise<unknown>): Promise<object> =>
  call.then(
    () => ({ name, error: 'none' }),
    (error: unknown) => ({ name, error }),
  );

test('every call names the command when a column or a table is missing', async () => {
  await using h = await openStore();
  for (const [name, at, call] of calls) {
    const [table, column] = at.split('.');
    await call(h.store, runOn(h.sql));
    await h.sql.unsafe(`alter table signalbox.${table} rename column ${column} to other`);
    expect(await refusal(name, call(h.store, runOn(h.sql)))).toMatchObject({ name, error: missing('42703') });
    await h.sql.unsafe(`alter table signalbox.${table} rename column other to ${column}`);
    await h.sql.unsafe(`alter table signalbox.${table} rename to other`);
    expect(await refusal(name, call(h.store, runOn(h.sql)))).toMatchObject({ name, error: missing('42P01') });
    await h.sql.unsafe(`alter table signalbox.other rename to ${table}`);
  }
});

test('every call names the command when the database has no tables of Signalbox', async () => {
  await using h = await openStore();
  await h.sql`drop schema signalbox cascade`;
  for (const [name, , call] of calls)
    expect(await refusal(name, call(h.store, runOn(h.sql)))).toMatchObject({ name, error: missing('42P01') });
});

test('any other error of the database is passed on unchanged', async () => {
  await using h = await openStore();
  await expect(h.store.workers.enrol({ label: 'host:1', leaseMs: Number.NaN, processId: id })).rejects.toMatchObject({
    code: expect.stringMatching(/^22/) as string,
  });
});
