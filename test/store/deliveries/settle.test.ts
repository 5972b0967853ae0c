// settleFirst, settle and release: an outcome counts only under (id, state, epoch). fence.test.ts tests the worker's
// id.
import { expect, test } from 'vitest';
import { type ErrorRecord, errorRecord } from '../../../src/core/delivery.ts';
import type { SettleItem } from '../../../src/store/deliveries/deliveries.ts';
import type { Store } from '../../../src/store/store.ts';
import { type AnySql, addDelivery, addReceiver, addWorker, openStore, runOn, settleFirst, stateOf, WORKER } from '../rows.ts';
import { untilBlocked } from '../waits.ts';

const error: ErrorRecord = { name: 'Error', message: 'no', stack: '' };
const retry: SettleItem['settlement'] = { to: 'ready', delayMs: 60_000, refund: false, error };

test('settleFirst completes a delivery in the transaction of its receiver', async () => {
  await using h = await openStore();
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { state: 'running', epoch: 3, attempt: 2 });
  let settled: boolean | undefined;
  const receiver = await h.hold(async (transaction, store) => {
    settled = await settleFirst(transaction, store, { id, workerId: WORKER, epoch: 3 }, 7_000);
    const [timeouts] = await transaction`
      select current_setting('statement_timeout') as statement, current_setting('idle_in_transaction_session_timeout') as idle`;
    expect(timeouts).toEqual({ statement: '7s', idle: '7s' });
  });
  expect(settled).toBe(true);
  expect(await stateOf(h.sql, id)).toBe('running 3/2/0');
  await receiver.commit();
  expect(await stateOf(h.sql, id)).toBe('completed 3/2/0');
});

test.each([
  ['of another epoch', { state: 'running', epoch: 4 }],
  ['that is ready again, under the same epoch', { state: 'ready', epoch: 3, worker: WORKER }],
] as const)('settleFirst refuses a delivery %s', async (_what, row) => {
  await using h = await openStore();
  const id = await addDelivery(h.sql, await addReceiver(h.sql), row);
  let settled: boolean | undefined;
  const receiver = await h.hold(async (transaction, store) => {
    settled = await settleFirst(transaction, store, { id, workerId: WORKER, epoch: 3 }, 7_000);
  });
  await receiver.commit();
  expect(settled).toBe(false);
  expect(await stateOf(h.sql, id)).toBe(`${row.state} ${row.epoch}/0/0`);
});

test('settleFirst leaves other deliveries of the same epoch alone', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [id, other] = [
    await addDelivery(h.sql, receiver, { state: 'running', epoch: 1 }),
    await addDelivery(h.sql, receiver, { state: 'running', epoch: 1 }),
  ];
  await (await h.hold((transaction, store) => settleFirst(transaction, store, { id, workerId: WORKER, epoch: 1 }))).commit();
  expect([await stateOf(h.sql, id), await stateOf(h.sql, other)]).toEqual(['completed 1/0/0', 'running 1/0/0']);
});

test('settleFirst of a lane does not take a session default for the mark of its transaction', async () => {
  await using h = await openStore();
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { state: 'running', epoch: 1, attempt: 1 });
  const [{ name } = { name: '' }] = await h.sql<{ name: string }[]>`select current_database() as name`;
  await h.sql.unsafe(`alter database "${name}" set default_transaction_deferrable = on`);
  const sql = h.connect();
  const settle = (on: AnySql) =>
    h.store.deliveries.settleFirst(runOn(on), { id, workerId: WORKER, epoch: 1 }, { timeoutMs: 1_000, inLane: true });
  expect(await sql`show transaction_deferrable`).toMatchObject([{ transaction_deferrable: 'on' }]);
  expect(await settle(sql)).toBe('outside');
  expect(await sql.begin('deferrable', (tx) => settle(tx))).toBe('outside');
  expect(await stateOf(h.sql, id)).toBe('running 1/1/0');
  expect(await sql.begin('not deferrable', (tx) => settle(tx))).toBe('completed');
});

test('settleFirst of a lane does nothing outside of its transaction, and reports that', async () => {
  await using h = await openStore();
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { state: 'running', epoch: 1, attempt: 1 });
  const settle = (sql: AnySql) =>
    h.store.deliveries.settleFirst(runOn(sql), { id, workerId: WORKER, epoch: 1 }, { timeoutMs: 1_000, inLane: true });
  expect(await settle(h.sql)).toBe('outside');
  expect(await h.sql.begin((tx) => settle(tx))).toBe('outside');
  expect(await stateOf(h.sql, id)).toBe('running 1/1/0');
  expect(await h.sql.begin('deferrable', (tx) => settle(tx))).toBe('completed');
  expect(await stateOf(h.sql, id)).toBe('completed 1/1/0');
});

test('settle records each outcome of a batch, except for reclaimed deliveries', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const add = (epoch = 1, state: 'ready' | 'running' = 'running'): Promise<string> =>
    addDelivery(h.sql, receiver, { state, epoch, attempt: 2, worker: WORKER });
  const ids = [await add(), await add(), await add(), await add(), await add(), await add(2), await add(1, 'ready')];
  const [completed, retried, putOff, dead, cancelled, taken, ready] = ids as [string, string, string, string, string, string, string];
  expect(
    await h.store.deliveries.complete([
      { id: completed, workerId: WORKER, epoch: 1 },
      { id: taken, workerId: WORKER, epoch: 1 },
      { id: ready, workerId: WORKER, epoch: 1 },
    ]),
  ).toEqual(new Set([completed]));
  const recorded = await h.store.deliveries.settle([
    { id: retried, workerId: WORKER, epoch: 1, settlement: retry },
    { id: putOff, workerId: WORKER, epoch: 1, settlement: { to: 'ready', delayMs: 60_000, refund: true, error } },
    { id: dead, workerId: WORKER, epoch: 1, settlement: { to: 'dead', error } },
    { id: cancelled, workerId: WORKER, epoch: 1, settlement: { to: 'cancelled', error } },
    { id: taken, workerId: WORKER, epoch: 1, settlement: retry },
    { id: ready, workerId: WORKER, epoch: 1, settlement: { to: 'dead', error } },
  ]);
  expect(recorded).toEqual(new Set(ids.slice(1, 5)));
  expect(await Promise.all(ids.map((id) => stateOf(h.sql, id)))).toEqual([
    'completed 1/2/0',
    'ready 1/2/0',
    'ready 1/1/0',
    'dead 1/2/0',
    'cancelled 1/2/0',
    'running 2/2/0',
    'ready 1/2/0',
  ]);
  const errors =
    await h.sql`select delivery_id::text as id, epoch, attempt, error ->> 'message' as message from signalbox.delivery_error order by delivery_id`;
  expect([...errors]).toEqual([retried, putOff, dead, cancelled].map((id) => ({ id, epoch: 1, attempt: 2, message: 'no' })));
  const [waits] =
    await h.sql`select run_at > now() + interval '50 seconds' as later, worker_id from signalbox.delivery where id = ${retried}`;
  expect(waits).toEqual({ later: true, worker_id: null });
});

test('release makes claimed deliveries ready again: the epoch goes up, the attempt is refunded', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const running = { state: 'running', epoch: 1, attempt: 1, dueInSeconds: -100 } as const;
  const [now, later] = [await addDelivery(h.sql, receiver, running), await addDelivery(h.sql, receiver, running)];
  expect(
    await h.store.deliveries.release([
      { id: now, workerId: WORKER, epoch: 1, delayMs: 0 },
      { id: later, workerId: WORKER, epoch: 1, delayMs: 60_000 },
    ]),
  ).toEqual(new Set([now, later]));
  expect([await stateOf(h.sql, now), await stateOf(h.sql, later)]).toEqual(['ready 2/0/0', 'ready 2/0/0']);
  const due = await h.sql`select run_at <= now() - interval '90 seconds' as kept, run_at > now() + interval '50 seconds' as later, worker_id
    from signalbox.delivery order by id`;
  expect([...due]).toEqual([
    { kept: true, later: false, worker_id: null },
    { kept: false, later: true, worker_id: null },
  ]);
});

test.each([
  ['of another epoch', { state: 'running', epoch: 2 }],
  ['that is ready again', { state: 'ready', epoch: 1 }],
] as const)('release leaves a delivery %s', async (_what, row) => {
  await using h = await openStore();
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { ...row, attempt: 1 });
  expect(await h.store.deliveries.release([{ id, workerId: WORKER, epoch: 1, delayMs: 0 }])).toEqual(new Set());
  expect(await stateOf(h.sql, id)).toBe(`${row.state} ${row.epoch}/1/0`);
});

test('a settled row keeps the values of its delivery', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const running = { state: 'running', epoch: 5, attempt: 4, version: 3 } as const;
  const ids = [await addDelivery(h.sql, receiver, running), await addDelivery(h.sql, receiver, running)];
  await h.sql`update signalbox.delivery set generation = 2, crashes = 1`;
  const before = await h.sql`
    select id, emission_id, receiver_id, version, generation, epoch, attempt, crashes from signalbox.delivery order by id`;
  expect(before[0]).toMatchObject({ version: 3, generation: 2, epoch: 5, attempt: 4, crashes: 1 });
  await settleFirst(h.sql, h.store, { id: ids[0]!, epoch: 5 });
  await h.store.deliveries.settle([{ id: ids[1]!, workerId: WORKER, epoch: 5, settlement: { to: 'dead', error } }]);
  const after = await h.sql`
    select id, emission_id, receiver_id, version, generation, epoch, attempt, crashes from signalbox.settled order by id`;
  expect([...after]).toEqual([...before]);
  const [finished] =
    await h.sql`select bool_and(finished_at between now() - interval '1 minute' and now()) as lately from signalbox.settled`;
  expect(finished).toEqual({ lately: true });
});

test('the timeouts of settleFirst, and the name that it gives the session, end with its transaction', async () => {
  await using h = await openStore();
  const worker = await addWorker(h.sql);
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { state: 'running', epoch: 1, worker });
  const session = await h.sql.reserve();
  const named = async (): Promise<unknown> => (await session`show application_name`)[0]!['application_name'];
  const before = await named();
  await session`begin`;
  await settleFirst(session, h.store, { id, workerId: worker, epoch: 1 }, 7_000);
  expect(await named()).toBe(`signalbox worker ${worker}`);
  await session`commit`;
  expect(await named()).toBe(before);
  const [timeouts] = await session`
    select current_setting('statement_timeout') as statement, current_setting('idle_in_transaction_session_timeout') as idle`;
  session.release();
  expect(timeouts).toEqual({ statement: '5s', idle: '0' });
});

test('of two outcomes of one delivery in a batch, only the one of the current epoch counts', async () => {
  await using h = await openStore();
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { state: 'running', epoch: 3, attempt: 1 });
  const late = { name: 'Error', message: 'late' };
  const recorded = await h.store.deliveries.settle([
    { id, workerId: WORKER, epoch: 1, settlement: { to: 'dead', error: late } },
    { id, workerId: WORKER, epoch: 3, settlement: { to: 'cancelled', error } },
  ]);
  expect(recorded).toEqual(new Set([id]));
  expect(await stateOf(h.sql, id)).toBe('cancelled 3/1/0');
  expect(await h.sql`select epoch from signalbox.delivery_error`).toEqual([{ epoch: 3 }]);
});

test('the longest possible report of an error is bounded, and can be stored', async () => {
  await using h = await openStore();
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { state: 'running', epoch: 1, attempt: 1 });
  const thrown = new Error('\u{1f600}'.repeat(100_000));
  thrown.stack = '\u{1f600}\u0000'.repeat(100_000);
  thrown.cause = new Error('x'.repeat(100_000));
  await h.store.deliveries.settle([{ id, workerId: WORKER, epoch: 1, settlement: { to: 'dead', error: errorRecord(thrown) } }]);
  const [row] = await h.sql`select octet_length(error::text) < 100000 as bounded from signalbox.delivery_error`;
  expect(row).toEqual({ bounded: true });
});

test('an outcome whose error is too large is refused with its whole batch, and nothing is recorded', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const running = { state: 'running', epoch: 1, attempt: 1 } as const;
  const ids = [await addDelivery(h.sql, receiver, running), await addDelivery(h.sql, receiver, running)];
  const huge = { name: 'Error', message: 'x'.repeat(300_000) };
  const settled = h.store.deliveries.settle([
    { id: ids[0]!, workerId: WORKER, epoch: 1, settlement: retry },
    { id: ids[1]!, workerId: WORKER, epoch: 1, settlement: { to: 'dead', error: huge } },
  ]);
  await expect(settled).rejects.toMatchObject({ code: '23514', constraint_name: 'delivery_error_size' });
  expect(await Promise.all(ids.map((id) => stateOf(h.sql, id)))).toEqual(['running 1/1/0', 'running 1/1/0']);
});

type Write = (store: Store, ids: readonly string[]) => Promise<unknown>;

test.each<[name: string, write: Write]>([
  ['completions', (store, ids) => store.deliveries.complete(ids.map((id) => ({ id, workerId: WORKER, epoch: 1 })))],
  ['settles', (store, ids) => store.deliveries.settle(ids.map((id) => ({ id, workerId: WORKER, epoch: 1, settlement: retry })))],
  ['releases', (store, ids) => store.deliveries.release(ids.map((id) => ({ id, workerId: WORKER, epoch: 1, delayMs: 0 })))],
])('%s of overlapping batches lock in one order, so that no deadlock arises', async (_name, write) => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const running = { state: 'running', epoch: 1, attempt: 1 } as const;
  const [one, two] = [await addDelivery(h.sql, receiver, running), await addDelivery(h.sql, receiver, running)];
  let proceed: (() => Promise<unknown>) | undefined;
  const first = await h.hold(async (_transaction, store) => {
    await write(store, [one]);
    proceed = () => write(store, [two]);
  });
  // Given in reverse order: the statement must lock the first row before it holds the second.
  const second = write(h.store, [two, one]);
  await untilBlocked(h.sql);
  await proceed!();
  await first.commit();
  expect(await second).toEqual(new Set());
});
