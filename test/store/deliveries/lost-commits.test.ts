// The outcome of a transaction, and of a run, as another connection finds it.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Run } from '../../../src/drivers/driver.ts';
import { transactionProgress } from '../../../src/store/deliveries/lost-commits.sql.ts';
import { LostCommitsStore } from '../../../src/store/deliveries/lost-commits.ts';
import { type AnySql, addDelivery, addReceiver, openStore, runOn, settleFirst, type StoreHarness, WORKER } from '../rows.ts';

const commitsOf = ({ store }: StoreHarness): LostCommitsStore => store.commits;

/** An emission in a transaction; the xid is that of the transaction, wherever inside it is asked for. */
async function emit(sql: AnySql): Promise<{ xid: string; emissionId: string }> {
  const [row] = await sql<{ xid: string; emissionId: string }[]>`
    insert into signalbox.emission (id, signal, version, payload) values (gen_random_uuid(), 'store.happened', 1, '1')
    returning id as "emissionId", pg_current_xact_id()::text as xid`;
  return { ...row! };
}

test('a transaction is open while it runs, then committed or aborted', async () => {
  await using h = await openStore();
  const commits = commitsOf(h);
  for (const [end, state] of [
    ['commit', 'committed'],
    ['rollback', 'aborted'],
  ] as const) {
    let witness = { xid: '', emissionId: '' };
    const held = await h.hold(async (transaction) => (witness = await emit(transaction)));
    expect(await commits.stateOf(witness)).toBe('open');
    await held[end]();
    expect(await commits.stateOf(witness)).toBe(state);
  }
});

test('the id of a committed transaction proves nothing without the emission, because an id may be assigned twice', async () => {
  await using h = await openStore();
  const { xid } = await emit(h.sql);
  expect(await commitsOf(h).stateOf({ xid, emissionId: randomUUID() })).toBe('aborted');
});

test('an id that the server has not assigned yet belongs to a transaction that does not run here, and the emission decides', async () => {
  await using h = await openStore();
  const { emissionId } = await emit(h.sql);
  expect(await commitsOf(h).stateOf({ xid: '999999999999', emissionId: randomUUID() })).toBe('aborted');
  expect(await commitsOf(h).stateOf({ xid: '999999999999', emissionId })).toBe('committed');
});

test('a standby cannot decide about a transaction, and a failed query is no answer', async () => {
  const answering = (rows: readonly object[]): LostCommitsStore => new LostCommitsStore((async () => rows) as unknown as Run);
  expect(await answering([{ standby: true, status: 'aborted', stored: false }]).stateOf({ xid: '1', emissionId: '' })).toBe('open');
  const refused = Object.assign(new Error('permission denied'), { code: '42501' });
  // The other query would be answered, and the transaction reported as aborted.
  const failing = new LostCommitsStore((async (statement: object) => {
    if (statement === transactionProgress) throw refused;
    return [{ stored: false }];
  }) as unknown as Run);
  await expect(failing.stateOf({ xid: '1', emissionId: randomUUID() })).rejects.toThrow('permission denied');
});

test('append returns the id of the outermost transaction, even in a savepoint', async () => {
  await using h = await openStore();
  const options = {
    signal: 'store.happened',
    version: 1,
    headers: null,
    runAt: undefined,
    delayMs: 0,
    headStartHours: 0,
    ownReceivers: [],
  };
  await h.sql.begin(async (transaction) => {
    const [row] = await transaction`select pg_current_xact_id()::text as xid`;
    await transaction.savepoint(async (savepoint) => {
      await savepoint`select pg_current_xact_id()`;
      const { xid } = await h.store.emissions.append(runOn(savepoint), [{ id: randomUUID(), payload: '1' }], options);
      expect(xid).toBe(row!['xid']);
    });
  });
});

test('a run is completed if that is recorded under its own epoch and worker', async () => {
  await using h = await openStore();
  const receiverId = await addReceiver(h.sql);
  const id = await addDelivery(h.sql, receiverId, { state: 'running', epoch: 3, attempt: 1 });
  const [delivery] = await h.sql<{ emissionId: string }[]>`select emission_id as "emissionId" from signalbox.delivery`;
  const run = { id, workerId: WORKER, epoch: 3, emissionId: delivery!.emissionId, receiverId };
  const completed = async (...runs: readonly (typeof run)[]): Promise<string[]> => [...(await commitsOf(h).completed(runs))];
  expect(await completed(run)).toEqual([]);
  expect(await settleFirst(h.sql, h.store, run)).toBe(true);
  expect(await completed(run)).toEqual([id]);
  expect(await completed({ ...run, epoch: 1 })).toEqual([]);
  expect(await completed({ ...run, workerId: 1 })).toEqual([]);
  expect(await completed({ ...run, id: '0' })).toEqual([]);
  await h.sql`update signalbox.settled set state = 'dead'`;
  expect(await completed(run)).toEqual([]);
});
