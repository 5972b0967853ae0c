// Each statement that notes an error writes both keys of its delivery: the id, and the emission with the receiver, by which rows of
// `settled` are found.
import { expect, test } from 'vitest';
import { CRASH_BUDGET } from '../../../src/core/delivery.ts';
import { DEFAULT_SCHEMA } from '../../../src/core/rules.ts';
import { Namespace } from '../../../src/store/namespace.ts';
import { OperationsStore } from '../../../src/store/operations/operations.ts';
import { addDelivery, addReceiver, addWorker, openStore, runOn, type StoreHarness } from '../rows.ts';

const error = { name: 'Error', message: 'no' };
const RUNNING = { state: 'running', epoch: 1, attempt: 1 } as const;

/** Makes one error of a delivery, which is the second of two. */
type Fail = (h: StoreHarness, about: { id: string; emissionId: string; worker: number }) => Promise<unknown>;

const operations = (h: StoreHarness): OperationsStore => new OperationsStore(runOn(h.sql), new Namespace(DEFAULT_SCHEMA));

const failures: [name: string, fail: Fail][] = [
  [
    'settle',
    (h, { id, worker }) =>
      h.store.deliveries.settle([{ id, epoch: 1, workerId: worker, settlement: { to: 'ready', delayMs: 0, refund: false, error } }]),
  ],
  [
    'rescue',
    async (h, { id }) => {
      await h.sql`update signalbox.delivery set crashes = ${CRASH_BUDGET - 1} where id = ${id}`;
      await h.sql`update signalbox.worker set lease_until = now() - interval '1 second'`;
      await h.store.workers.rescue();
    },
  ],
  ['cancelDeliveries', (h, { emissionId }) => operations(h).cancel({ emissionId }, error)],
  [
    'cancelDead',
    async (h, { emissionId }) => {
      await h.sql`
        with gone as (delete from signalbox.delivery where emission_id = ${emissionId} returning *)
        insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
        select id, emission_id, receiver_id, version, generation, 'dead', epoch, attempt, crashes, now() from gone`;
      await operations(h).cancel({ emissionId }, error);
    },
  ],
];

test.each(failures)('an error that %s notes is found by its delivery, and by its emission and receiver', async (_name, fail) => {
  await using h = await openStore();
  const [first, second] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  const worker = await addWorker(h.sql);
  await addDelivery(h.sql, first);
  const id = await addDelivery(h.sql, second, { ...RUNNING, worker });
  const [{ emissionId } = { emissionId: '' }] = await h.sql<{ emissionId: string }[]>`
    select emission_id::text as "emissionId" from signalbox.delivery where id = ${id}`;
  await fail(h, { id, emissionId, worker });
  expect([
    ...(await h.sql`select delivery_id::text as id, emission_id as "emissionId", receiver_id as receiver from signalbox.delivery_error`),
  ]).toEqual([{ id, emissionId, receiver: second }]);
});

test('a worker from before these columns notes errors without them', async () => {
  await using h = await openStore();
  const id = await addDelivery(h.sql, await addReceiver(h.sql), RUNNING);
  await h.sql`insert into signalbox.delivery_error (delivery_id, epoch, attempt, error, at) values (${id}, 1, 1, ${h.sql.json(error)}, now())`;
  const [{ emissionId } = { emissionId: '' }] = await h.sql<{ emissionId: string }[]>`
    select emission_id::text as "emissionId" from signalbox.delivery`;
  expect(await operations(h).cancel({ emissionId }, error)).toEqual([id]);
  const [found] = (await h.store.pages.ofEmission(emissionId, ['cancelled'], 1)).found;
  expect(found!.errors.map(({ message }) => message)).toEqual(['no', 'no']);
});
