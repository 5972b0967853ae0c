// A prune between the lost answer to a COMMIT and the question how it ended: the rows that answer are there for an hour at least.
import { expect, test } from 'vitest';
import { addDelivery, addReceiver, openStore, settleFirst, WORKER } from '../rows.ts';
import { idAt, retentionOn, rowsLeft } from './support.ts';

/** As impatient as an option can be. */
const AT_ONCE = { completed: 0, cancelled: 0, dead: 0 };

test('a COMMIT of a sender whose answer was lost is known as committed, though a prune came first', async () => {
  await using h = await openStore();
  const emissionId = idAt(5);
  let xid = '';
  const sender = await h.hold(async (transaction) => {
    // Its clock is hours behind; it reached no receiver.
    const [row] = await transaction<{ xid: string }[]>`
      insert into signalbox.emission (id, signal, version, payload) values (${emissionId}, 'store.happened', 1, '1')
      returning pg_current_xact_id()::text as xid`;
    xid = row!.xid;
  });
  await sender.commit();
  expect(await retentionOn(h).prune(AT_ONCE, undefined)).toMatchObject({ emissions: 0, after: emissionId });
  expect(await h.store.commits.stateOf({ xid, emissionId })).toBe('committed');
});

test('a COMMIT of a receiver whose answer was lost is known as completed, though a prune came first', async () => {
  await using h = await openStore();
  const receiverId = await addReceiver(h.sql);
  const id = await addDelivery(h.sql, receiverId, { state: 'running', epoch: 1, attempt: 1 });
  const emissionId = idAt(5);
  await h.sql`update signalbox.delivery set emission_id = ${emissionId}`;
  await h.sql`update signalbox.emission set id = ${emissionId}, emitted_at = now() - interval '5 hours'`;
  const receiver = await h.hold((transaction, store) => settleFirst(transaction, store, { id, epoch: 1 }));
  await receiver.commit();
  expect(await retentionOn(h).prune(AT_ONCE, undefined)).toMatchObject({ emissions: 0, after: emissionId });
  expect(await h.store.commits.completed([{ id, epoch: 1, workerId: WORKER, emissionId, receiverId }])).toEqual(new Set([id]));
  await h.sql`update signalbox.settled set finished_at = now() - interval '61 minutes'`;
  expect(await retentionOn(h).prune(AT_ONCE, undefined)).toMatchObject({ emissions: 1 });
  expect(await rowsLeft(h.sql)).toMatchObject({ emissions: [], settled: 0 });
});
