// box.deliveries: what operators see, and what they can do.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, type DeliveryContext, Discard, OnSignal, Unrecoverable } from '../../src/index.ts';
import { findAll, readDeliveries } from '../support/deliveries.ts';
import { createEffects, effects, readEffects } from '../support/effects.ts';
import { harness, type Harness } from '../support/harness.ts';
import { Latch } from '../support/latch.ts';
import { untilBlocked } from '../store/waits.ts';

const happened = defineSignal('operate.happened', z.object({ value: z.number() }));
const unheard = defineSignal('operate.unheard', z.object({}));

interface Operated extends Harness {
  emit(value?: number): Promise<string>;
  /** How `Moody` behaves, and the idempotency keys that it has seen. */
  readonly receiver: { mood: 'well' | 'badly' | 'not at all'; keys: string[] };
}

async function openBox(): Promise<Operated> {
  const receiver: Operated['receiver'] = { mood: 'well', keys: [] };
  class Moody {
    @OnSignal(happened, { retry: { attempts: 2 } })
    static async receive({ value }: { value: number }, { tx, idempotencyKey }: DeliveryContext): Promise<void> {
      receiver.keys.push(idempotencyKey);
      await tx.insert(effects).values({ receiver: 'Moody', value });
      if (receiver.mood === 'badly') throw new Error('in a bad mood');
      if (receiver.mood === 'not at all') throw new Discard('not today');
    }

    @OnSignal(happened, { name: 'Steady.receive' })
    static async steady(): Promise<void> {}
  }
  const h = await harness({ services: [Moody] });
  await createEffects(h.sql);
  const emit = async (value = 1): Promise<string> =>
    h.db.transaction(async (tx) => (await happened.emitReliable(tx, { value })).emissionId);
  return { ...h, emit, receiver };
}

test('a dead delivery is found with the history of its errors, and without its payload', async () => {
  await using h = await openBox();
  h.receiver.mood = 'badly';
  const emissionId = await h.emit();
  await h.box.drain({ ahead: '1h' });
  const found = await findAll(h.box, { states: ['dead'] });
  expect(await findAll(h.box, { signal: happened })).toEqual(await findAll(h.box, { signal: 'operate.happened' }));
  expect(await findAll(h.box, { signal: unheard })).toEqual([]);
  expect(found).toEqual([
    {
      id: expect.stringMatching(/^\d+$/) as string,
      emissionId,
      signal: 'operate.happened',
      receiver: 'Moody.receive',
      state: 'dead',
      version: 1,
      generation: 0,
      epoch: 2,
      attempt: 2,
      crashes: 0,
      emittedAt: expect.any(Date) as Date,
      runAt: undefined,
      finishedAt: expect.any(Date) as Date,
      errors: [1, 2].map((attempt) => ({
        attempt,
        at: expect.any(Date) as Date,
        name: 'Error',
        message: 'in a bad mood',
        code: undefined,
      })),
      moreErrors: false,
    },
  ]);
  expect(Math.abs(found[0]!.finishedAt!.getTime() - Date.now())).toBeLessThan(60_000);
});

test('deliveries are found by state, emission, receiver and signal, a page at a time', async () => {
  await using h = await openBox();
  const ids = [await h.emit(1), await h.emit(2), await h.emit(3)];
  await h.box.drain();
  const waiting = await h.emit(4);
  const { deliveries } = h.box;
  expect((await findAll(h.box, { emissionId: ids[1]! })).map(({ receiver, state }) => `${receiver} ${state}`)).toEqual([
    'Steady.receive completed',
    'Moody.receive completed',
  ]);
  expect((await findAll(h.box, { states: ['ready'] })).map(({ emissionId }) => emissionId)).toEqual([waiting, waiting]);
  expect(await findAll(h.box, { receiver: 'Steady.receive' })).toHaveLength(4);
  expect(await findAll(h.box, { signal: 'operate.otherwise' })).toEqual([]);
  const first = await deliveries.page({}, { limit: 5 });
  const second = await deliveries.page({}, { limit: 5, cursor: first.cursor! });
  const seen = [...first.deliveries, ...second.deliveries].map(({ id }) => id);
  expect([first.deliveries.length, second.deliveries.length, new Set(seen).size, second.cursor]).toEqual([5, 3, 8, undefined]);
});

test('retry gives a dead or cancelled delivery a fresh budget, under the same idempotency key, and leaves its sibling alone', async () => {
  await using h = await openBox();
  for (const [wrong, state] of [
    ['badly', 'dead'],
    ['not at all', 'cancelled'],
  ] as const) {
    h.receiver.keys = [];
    h.receiver.mood = wrong;
    const emissionId = await h.emit();
    await h.box.drain({ ahead: '1h' });
    expect(await findAll(h.box, { emissionId, states: [state] })).toHaveLength(1);
    h.receiver.mood = 'well';
    expect(await h.box.deliveries.retry({ emissionId })).toHaveLength(1);
    const [again] = await findAll(h.box, { emissionId, states: ['ready'] });
    expect(again).toMatchObject({ attempt: 0, crashes: 0, generation: 0 });
    expect(await h.box.drain()).toMatchObject({ completed: 1 });
    expect(new Set(h.receiver.keys).size).toBe(1);
    expect(await h.box.deliveries.retry({ emissionId })).toEqual([]);
  }
  expect(await readEffects(h.sql)).toEqual(['Moody:1', 'Moody:1']);
});

test('retry makes a delivery that waits for its retry due now', async () => {
  await using h = await openBox();
  h.receiver.mood = 'badly';
  const emissionId = await h.emit();
  await h.box.drain();
  h.receiver.mood = 'well';
  expect(await h.box.drain()).toMatchObject({ completed: 0 });
  expect(await h.box.deliveries.retry({ emissionId, receiver: 'Moody.receive' })).toHaveLength(1);
  expect(await h.box.drain()).toMatchObject({ completed: 1 });
});

test('replay runs what is completed once more, as a new generation with a new key', async () => {
  await using h = await openBox();
  const emissionId = await h.emit();
  await h.box.drain();
  expect(await h.box.deliveries.replay({ emissionId, receiver: 'Moody.receive' })).toHaveLength(1);
  expect(await h.box.drain()).toMatchObject({ completed: 1 });
  expect(await readEffects(h.sql)).toEqual(['Moody:1', 'Moody:1']);
  expect(new Set(h.receiver.keys).size).toBe(2);
  expect(await readDeliveries(h.sql)).toMatchObject([
    { receiver: 'Moody.receive', state: 'completed', epoch: 3, attempt: 1 },
    { receiver: 'Steady.receive', state: 'completed', epoch: 1 },
  ]);
});

test('cancel ends what waits, with its reason, and wakes nobody for it', async () => {
  await using h = await openBox();
  const emissionId = await h.emit();
  expect(await h.box.deliveries.cancel({ emissionId, receiver: 'Moody.receive' }, 'wrong customer')).toHaveLength(1);
  expect(await h.box.drain()).toMatchObject({ completed: 1 });
  const [cancelled] = await findAll(h.box, { emissionId, states: ['cancelled'] });
  expect(cancelled).toMatchObject({ receiver: 'Moody.receive', epoch: 1, errors: [{ name: 'Discard', message: 'wrong customer' }] });
  expect(await readEffects(h.sql)).toEqual([]);
});

test('cancel lays a dead delivery to rest, keeps its errors, and leaves what is completed alone', async () => {
  await using h = await openBox();
  h.receiver.mood = 'badly';
  const [emissionId, other] = [await h.emit(), await h.emit()];
  await h.box.drain({ ahead: '1h' });
  const cancel = async (receiver?: string): Promise<string[]> =>
    h.box.deliveries.cancel({ emissionId, ...(receiver === undefined ? {} : { receiver }) }, 'refunded by hand');
  expect(await cancel('Steady.receive')).toEqual([]);
  const [dead] = await findAll(h.box, { emissionId, states: ['dead'] });
  expect(await cancel()).toEqual([dead!.id]);
  expect(await cancel()).toEqual([]);
  expect(await findAll(h.box, { emissionId })).toMatchObject([
    { receiver: 'Steady.receive', state: 'completed', epoch: 1 },
    {
      receiver: 'Moody.receive',
      state: 'cancelled',
      epoch: 3,
      attempt: 2,
      errors: [{ message: 'in a bad mood' }, { message: 'in a bad mood' }, { name: 'Discard', message: 'refunded by hand' }],
    },
  ]);
  expect(await findAll(h.box, { states: ['dead'] })).toMatchObject([{ emissionId: other }]);
});

test('of two cancels that meet at a dead delivery, one gets it', async () => {
  await using h = await openBox();
  h.receiver.mood = 'badly';
  const emissionId = await h.emit();
  await h.box.drain({ ahead: '1h' });
  let both: Promise<string[]>[] = [];
  await h.sql.begin(async (tx) => {
    await tx`select from signalbox.settled for update`;
    both = ['one', 'other'].map(async (reason) => h.box.deliveries.cancel({ emissionId }, reason));
    await untilBlocked(h.sql, 2);
  });
  expect((await Promise.all(both)).flat()).toHaveLength(1);
  expect(await findAll(h.box, { emissionId, states: ['cancelled'] })).toMatchObject([{ epoch: 3, errors: { length: 3 } }]);
});

test('a delivery that is cancelled while it runs detached is void for its worker', async () => {
  const [entered, gate] = [new Latch(), new Latch()];
  class Slow {
    @OnSignal(happened, { transactional: false })
    static async receive(): Promise<void> {
      entered.open();
      await gate.opened;
      throw new Unrecoverable('too late');
    }
  }
  await using h = await harness({ services: [Slow] });
  const id = await h.db.transaction(async (tx) => (await happened.emitReliable(tx, { value: 1 })).emissionId);
  const stale = h.box.next('delivery.stale');
  const drained = h.box.drain();
  await entered.opened;
  expect(await h.box.deliveries.cancel({ emissionId: id })).toHaveLength(1);
  gate.open();
  await stale;
  expect(await drained).toMatchObject({ dead: 0 });
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'cancelled', epoch: 2 }]);
});

test('a cancel waits for a receiver that is about to commit, which wins', async () => {
  const [entered, gate] = [new Latch(), new Latch()];
  class Committing {
    @OnSignal(happened)
    static async receive(): Promise<void> {
      entered.open();
      await gate.opened;
    }
  }
  await using h = await harness({ services: [Committing] });
  const id = await h.db.transaction(async (tx) => (await happened.emitReliable(tx, { value: 1 })).emissionId);
  const drained = h.box.drain();
  await entered.opened;
  const cancelled = h.box.deliveries.cancel({ emissionId: id });
  await untilBlocked(h.sql);
  gate.open();
  expect(await cancelled).toEqual([]);
  expect(await drained).toMatchObject({ completed: 1 });
});

test.each([
  ['page', { emissionId: 'x' }],
  ['page', { states: ['done'] }],
  ['page', { emissionId: '1; drop table' }],
  ['count', { states: 'dead' }],
  ['groups', { since: 1 }],
  ['get', { emissionId: undefined }],
  ['retry', { emissionId: undefined }],
  ['replay', { emissionId: "' or 1" }],
  ['cancel', {}],
] as const)('%s refuses %j', async (act, argument) => {
  await using h = await openBox();
  await expect((h.box.deliveries[act] as (argument: unknown) => Promise<unknown>).call(h.box.deliveries, argument)).rejects.toMatchObject({
    code: 'InvalidOption',
  });
});

test('settled waits until nothing of an emission is left to do', async () => {
  await using h = await openBox();
  const emissionId = await h.emit();
  const settled = h.box.emissions.settled(emissionId);
  await h.box.drain();
  expect((await settled).map(({ receiver, state }) => `${receiver} ${state}`)).toEqual([
    'Steady.receive completed',
    'Moody.receive completed',
  ]);
  const impatient = h.box.emissions.settled(await h.emit(), { abortSignal: AbortSignal.timeout(30) });
  await expect(impatient).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('settled of an emission that is not there says so, also while its transaction is open', async () => {
  await using h = await openBox();
  const nowhere = { code: 'EmissionNotFound', message: expect.stringContaining('has not committed yet') as string };
  await expect(h.box.emissions.settled('01a1fccc-6efa-71fa-ab0a-f7d04a773c61')).rejects.toMatchObject(nowhere);
  const id = await h.db.transaction(async (tx) => {
    const receipt = await happened.emitReliable(tx, { value: 1 });
    await expect(h.box.emissions.settled(receipt.emissionId)).rejects.toMatchObject(nowhere);
    return receipt.emissionId;
  });
  await h.box.drain();
  expect(await h.box.emissions.settled(id)).toHaveLength(2);
});

test('an emission that reaches nobody is settled at once', async () => {
  await using h = await openBox();
  const { emissionId: id } = await h.db.transaction(async (tx) => unheard.emitReliable(tx, {}));
  expect(await h.box.emissions.settled(id)).toEqual([]);
});
