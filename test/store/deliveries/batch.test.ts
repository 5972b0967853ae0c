// holdBatch and the ends of a batch: several deliveries are locked in one transaction under (id, state, epoch), and end
// in it.
import { expect, test } from 'vitest';
import { errorRecord } from '../../../src/core/delivery.ts';
import type { ClaimRef } from '../../../src/store/deliveries/claim.ts';
import { type AnySql, addDelivery, addReceiver, addWorker, openStore, runOn, stateOf, type StoreHarness, WORKER } from '../rows.ts';
import { untilBlocked } from '../waits.ts';

const running = { state: 'running', epoch: 1, attempt: 1 } as const;

const hold = async (
  { store }: StoreHarness,
  sql: AnySql,
  claims: readonly ClaimRef[],
  inLane = false,
): Promise<ReadonlySet<string> | 'outside'> => {
  const held = await store.batches.hold(runOn(sql), claims, { timeoutMs: 7_000, inLane });
  return held === 'outside' ? held : held.ids;
};

const session = { role: 'none', timeoutMs: 7_000, pipelined: false } as const;

const first = (...ids: string[]): ClaimRef[] => ids.map((id) => ({ id, workerId: WORKER, epoch: 1 }));

test('holdBatch locks the deliveries that still belong to this claim, and returns their ids', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [one, taken, ready, two, other] = [
    await addDelivery(h.sql, receiver, running),
    await addDelivery(h.sql, receiver, { ...running, epoch: 3 }),
    await addDelivery(h.sql, receiver, { ...running, state: 'ready' }),
    await addDelivery(h.sql, receiver, running),
    await addDelivery(h.sql, receiver, running),
  ];
  const transaction = await h.hold(async (sql) => {
    expect(await hold(h, sql, first(two, taken, one, ready, '99'))).toEqual(new Set([one, two]));
  });
  const free = await h.sql`select id::text as id from signalbox.delivery order by id for update skip locked`;
  expect(free.map(({ id }) => id as string)).toEqual([taken, ready, other]);
  await transaction.rollback();
  expect(await stateOf(h.sql, one)).toBe('running 1/1/0');
});

test('holdBatch locks nothing, and reports that, when all deliveries were reclaimed', async () => {
  await using h = await openStore();
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { ...running, epoch: 2 });
  expect(await h.sql.begin((sql) => hold(h, sql, first(id)))).toEqual(new Set());
});

test('two calls with the same deliveries in opposite orders wait for each other without a deadlock', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const ids: string[] = [];
  for (let index = 0; index < 12; index++) ids.push(await addDelivery(h.sql, receiver, running));
  const transaction = await h.hold((sql) => hold(h, sql, first(...ids.toReversed())));
  const completed = h.store.deliveries.complete(first(...ids));
  await untilBlocked(h.sql);
  await transaction.rollback();
  expect((await completed).size).toBe(12);
});

test('ids of more digits are locked after those of fewer', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const nine = await addDelivery(h.sql, receiver, running);
  await h.sql`alter table signalbox.delivery alter column id restart with 10`;
  const ten = await addDelivery(h.sql, receiver, running);
  // Another transaction holds the first row: the statement that waits for it has not yet locked the second.
  const blocker = await h.hold((sql) => sql`select from signalbox.delivery where id = ${nine} for update`);
  const held = h.sql.begin((sql) => hold(h, sql, first(ten, nine)));
  await untilBlocked(h.sql);
  expect(await h.sql`select id::text as id from signalbox.delivery where id = ${ten} for update skip locked`).toHaveLength(1);
  await blocker.commit();
  expect(await held).toEqual(new Set([nine, ten]));
});

test('the transaction has the timeouts and the name of its worker, and the session has neither afterwards', async () => {
  await using h = await openStore();
  const worker = await addWorker(h.sql);
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { ...running, worker });
  const settings = (sql: AnySql) => sql`
    select current_setting('statement_timeout') as statement, current_setting('idle_in_transaction_session_timeout') as idle,
      current_setting('application_name') as name`;
  const session = await h.sql.reserve();
  const [before] = await settings(session);
  await session`begin`;
  await hold(h, session, [{ id, epoch: 1, workerId: worker }]);
  expect(await settings(session)).toEqual([{ statement: '7s', idle: '7s', name: `signalbox worker ${worker}` }]);
  await session`commit`;
  expect(await settings(session)).toEqual([before]);
  session.release();
});

test('after a failed BEGIN of a lane, holdBatch reports that it is outside', async () => {
  await using h = await openStore();
  const id = await addDelivery(h.sql, await addReceiver(h.sql), running);
  expect(await hold(h, h.sql, first(id), true)).toBe('outside');
  expect(await h.sql.begin((sql) => hold(h, sql, first(id), true))).toBe('outside');
  expect(await h.sql.begin('deferrable', (sql) => hold(h, sql, first(id), true))).toEqual(new Set([id]));
  expect(await h.sql.begin((sql) => hold(h, sql, first(id)))).toEqual(new Set([id]));
});

test('the locked deliveries end in their transaction: completed, or by the rule for their failure', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [good, bad] = [await addDelivery(h.sql, receiver, running), await addDelivery(h.sql, receiver, running)];
  const failed = [{ id: bad, workerId: WORKER, epoch: 1, settlement: { to: 'dead', error: errorRecord(new Error('no')) } }] as const;
  const end = async (sql: AnySql): Promise<void> => {
    await hold(h, sql, first(good, bad));
    await h.store.batches.end(runOn(sql), { returned: first(good), failed, released: [] }, session);
  };
  await (await h.hold(end)).rollback();
  expect([await stateOf(h.sql, good), await stateOf(h.sql, bad)]).toEqual(['running 1/1/0', 'running 1/1/0']);
  await (await h.hold(end)).commit();
  expect([await stateOf(h.sql, good), await stateOf(h.sql, bad)]).toEqual(['completed 1/1/0', 'dead 1/1/0']);
});

test.each(['completed', 'failed', 'released'] as const)(
  'a batch does not end if a delivery that should be %s was reclaimed',
  async (how) => {
    await using h = await openStore();
    const receiver = await addReceiver(h.sql);
    const [here, gone] = [await addDelivery(h.sql, receiver, running), await addDelivery(h.sql, receiver, { ...running, epoch: 2 })];
    const failed = first(gone).map((claim) => ({ ...claim, settlement: { to: 'dead', error: errorRecord('no') } }) as const);
    const end = (sql: AnySql) =>
      h.store.batches.end(
        runOn(sql),
        {
          returned: first(...(how === 'completed' ? [here, gone] : [here])),
          failed: how === 'failed' ? failed : [],
          released: how === 'released' ? first(gone).map((claim) => ({ ...claim, delayMs: 0 })) : [],
        },
        session,
      );
    await expect(h.sql.begin(end)).rejects.toThrow('was taken from its transaction');
    expect([await stateOf(h.sql, here), await stateOf(h.sql, gone)]).toEqual(['running 1/1/0', 'running 2/1/0']);
  },
);
