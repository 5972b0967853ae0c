// The fields of the events of emissions, runs and operators, and the times at which these events are raised.
import { AsyncLocalStorage } from 'node:async_hooks';
import { drizzle } from 'drizzle-orm/postgres-js';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type AnyEvent, defineSignal, OnSignal } from '../../src/index.ts';
import { harness, type Harness } from '../support/harness.ts';

const happened = defineSignal('told.happened', z.object({}));
const tenants = new AsyncLocalStorage<string>();

class Listener {
  @OnSignal(happened, { queue: 'mail' })
  static async receive(): Promise<void> {}
}

/** Every event but those of workers, in their order. */
function listen({ box }: Harness): AnyEvent[] {
  const heard: AnyEvent[] = [];
  box.on('*', (raised) => heard.push(raised));
  return heard;
}

const emit = (h: Harness): Promise<string> => h.db.transaction(async (tx) => (await happened.emitReliable(tx, {})).emissionId);

test('the event of an emission comes once its sender has committed, and not after a rollback', async () => {
  await using h = await harness({ services: [Listener] });
  const heard: unknown[] = [];
  h.box.on('emission.stored', (event) => heard.push({ ...event, tenant: tenants.getStore() }));
  await tenants.run('acme', async () => {
    await h.db.transaction(async (tx) => {
      await happened.emitReliable(tx, {});
      await tx
        .transaction(async (savepoint) => {
          await happened.emitReliable(savepoint, {});
          throw new Error('not that one');
        })
        .catch(() => {});
      expect(heard).toEqual([]);
    });
    await h.db
      .transaction(async (tx) => {
        await happened.emitReliable(tx, {});
        throw new Error('none of it');
      })
      .catch(() => {});
  });
  const stored = await h.sql`select id from signalbox.emission`;
  expect(stored).toHaveLength(1);
  const at = expect.any(Date) as Date;
  expect(heard).toEqual([{ emissionId: stored[0]!['id'] as string, signal: 'told.happened', deliveries: 1, at, tenant: undefined }]);
});

test('each of many emissions raises an event; one in a transaction that the box does not know raises none', async () => {
  await using h = await harness({ services: [Listener] });
  const heard: string[] = [];
  h.box.on('emission.stored', ({ emissionId }) => heard.push(emissionId));
  const receipts = await h.db.transaction((tx) => happened.emitMany(tx, [{}, {}, {}]));
  expect(heard).toEqual(receipts.map(({ emissionId }) => emissionId));
  const { dialect } = h.db as unknown as { dialect: object };
  const untracked = Object.assign(drizzle({ client: h.connect({ max: 1 }) }), { dialect });
  (untracked as unknown as { session: { dialect: object } }).session.dialect = dialect;
  await untracked.transaction(async (tx) => void (await happened.emitReliable(tx, {})));
  expect(heard).toHaveLength(3);
});

test('the event of a run has its worker, its queue and its lateness; in immediate mode the event of the emission comes before', async () => {
  await using h = await harness({ services: [Listener], testing: 'immediate' });
  const heard = listen(h);
  await emit(h);
  expect(heard.map(({ name }) => name)).toEqual(['emission.stored', 'delivery.started', 'delivery.completed']);
  const started = heard.find((raised) => raised.name === 'delivery.started')!.event;
  expect(started).toMatchObject({ queue: 'mail', workerId: expect.any(Number) as number, at: expect.any(Date) as Date });
  expect(started.lagMs).toBeGreaterThanOrEqual(0);
});

test('a delivery is late from the end of its delay, and a head start makes it no later', async () => {
  await using h = await harness({ services: [Listener] });
  const lags = new Map<string, number>();
  h.box.on('delivery.started', ({ emissionId, lagMs }) => lags.set(emissionId, lagMs));
  const [ahead, late] = await h.db.transaction(async (tx) => [
    (await happened.emitReliable(tx, {}, { headStart: '9h' })).emissionId,
    (await happened.emitReliable(tx, {})).emissionId,
  ]);
  await h.sql`update signalbox.emission set emitted_at = emitted_at - interval '6 hours' where id = ${late}`;
  await h.sql`update signalbox.delivery set run_at = run_at - interval '2 hours' where emission_id = ${late}`;
  await h.box.drain();
  const hours = (emissionId: string | undefined): number => Math.floor(lags.get(emissionId!)! / 3_600_000);
  expect([hours(ahead), hours(late)]).toEqual([0, 2]);
});

test('the events of operators have the changes that they made', async () => {
  await using h = await harness({ services: [Listener] });
  const emissionId = await emit(h);
  const heard = listen(h);
  const { box } = h;
  const cancelled = await box.deliveries.cancel({ emissionId, receiver: 'Listener.receive' }, 'sold out');
  const retried = await box.deliveries.retry({ emissionId });
  await box.drain();
  heard.length = 0;
  const replayed = await box.deliveries.replay({ emissionId });
  await box.deliveries.cancel({ emissionId, receiver: 'Nothing.receive' });
  const at = expect.any(Date) as Date;
  expect([cancelled, retried, replayed].map(({ length }) => length)).toEqual([1, 1, 1]);
  expect(heard).toEqual([
    { name: 'operator.replayed', event: { emissionId, receiver: '', deliveryIds: replayed, by: 'code', at } },
    {
      name: 'operator.cancelled',
      event: { emissionId, receiver: 'Nothing.receive', deliveryIds: [], reason: 'Cancelled by an operator.', by: 'code', at },
    },
  ]);
});

test('the event of a cancel has its reason, that of a retry has its deliveries', async () => {
  await using h = await harness({ services: [Listener] });
  const emissionId = await emit(h);
  const heard = listen(h);
  const deliveryIds = await h.box.deliveries.cancel({ emissionId, receiver: 'Listener.receive' }, 'sold out');
  await h.box.deliveries.retry({ emissionId });
  expect(heard).toMatchObject([
    { name: 'operator.cancelled', event: { emissionId, receiver: 'Listener.receive', deliveryIds, reason: 'sold out' } },
    { name: 'operator.retried', event: { emissionId, receiver: '', deliveryIds } },
  ]);
});
