// The cause of an emission: the receiver that emitted it, of the same tables; and the tree of what an emission has caused.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal } from '../../src/index.ts';
import { harness, type Harness } from '../support/harness.ts';

const counted = z.object({ n: z.number() });
const first = defineSignal('caused.first', counted);
const second = defineSignal('caused.second', counted);
const third = defineSignal('caused.third', counted);

const emit = async ({ db }: Pick<Harness, 'db'>, signal: typeof first | typeof second, n: number): Promise<string> =>
  db.transaction(async (tx) => (await signal.emitReliable(tx, { n })).emissionId);

const causesOf = async ({ sql }: Harness): Promise<unknown[][]> =>
  (
    await sql`select e.signal, e.caused_by as by, r.name as receiver from signalbox.emission e
      left join signalbox.receiver r on r.id = e.caused_by_receiver order by e.id`
  ).map((row) => Object.values(row));

const noReceiver = { name: 'Third.none' };

test('emits of a receiver, in its transaction or in one of its own, name the emission that it has; others name none', async () => {
  await using h = await harness();
  h.box.receivers.connect(first, async ({ n }, { tx }) => void (await second.emitReliable(tx, { n })), { name: 'One.inside' });
  h.box.receivers.connect(first, async ({ n }) => void (await emit(h, second, n)), { name: 'Two.detached', transactional: false });
  h.box.receivers.connect(second, async () => {}, noReceiver);
  const id = await emit(h, first, 1);
  await h.box.drain();
  expect(await causesOf(h)).toEqual([
    ['caused.first', null, null],
    ...['One.inside', 'Two.detached'].map((receiver) => ['caused.second', id, receiver]),
  ]);
});

test('a batch has no single cause, one item alone has', async () => {
  await using h = await harness();
  h.box.receivers.connect(first, async (items, { tx }) => void (await second.emitReliable(tx, { n: items.length })), {
    name: 'Many.take',
    batch: 5,
  });
  h.box.receivers.connect(second, async () => {}, noReceiver);
  await emit(h, first, 1);
  await emit(h, first, 2);
  await h.box.drain();
  const alone = await emit(h, first, 3);
  await h.box.drain();
  expect((await causesOf(h)).filter(([signal]) => signal === 'caused.second')).toEqual([
    ['caused.second', null, 'Many.take'],
    ['caused.second', alone, 'Many.take'],
  ]);
  const [caused] = await h.sql`select id from signalbox.emission where caused_by is null and caused_by_receiver is not null`;
  expect((await h.box.emissions.get(caused!['id'] as string)).causedBy).toEqual({ emissionId: undefined, receiver: 'Many.take' });
});

test('an emit into other tables has no cause in them', async () => {
  await using h = await harness();
  await using other = await harness();
  other.box.receivers.connect(second, async () => {}, noReceiver);
  h.box.receivers.connect(first, async ({ n }) => void (await emit(other, second, n)), { name: 'One.elsewhere', transactional: false });
  await emit(h, first, 1);
  await h.box.drain();
  expect(await causesOf(other)).toEqual([['caused.second', null, null]]);
});

test('work that a receiver left running when it returned is no part of it', async () => {
  await using h = await harness();
  let go = (): void => {};
  const returned = new Promise<void>((resolve) => (go = resolve));
  let left: Promise<unknown> = Promise.resolve();
  h.box.receivers.connect(first, async ({ n }) => void (left = returned.then(() => emit(h, second, n))), {
    name: 'One.leaves',
    transactional: false,
  });
  h.box.receivers.connect(second, async () => {}, noReceiver);
  await emit(h, first, 1);
  await h.box.drain();
  go();
  await left;
  expect(await causesOf(h)).toEqual([
    ['caused.first', null, null],
    ['caused.second', null, null],
  ]);
});

test('what an emission has caused is read level by level, ten deep and 200 in all', async () => {
  await using h = await harness();
  h.box.receivers.connect(
    first,
    async ({ n }, { tx }) =>
      void (await second.emitMany(
        tx,
        Array.from({ length: n }, (_, at) => ({ n: at })),
      )),
    { name: 'One.many' },
  );
  h.box.receivers.connect(second, async ({ n }, { tx }) => void (n < 2 && (await third.emitReliable(tx, { n: 20 }))), { name: 'Two.on' });
  h.box.receivers.connect(third, async ({ n }, { tx }) => void (n > 0 && (await third.emitReliable(tx, { n: n - 1 }))), {
    name: 'Three.on',
  });
  const few = await emit(h, first, 3);
  await h.box.drain();
  const { emissions, more } = await h.box.emissions.caused(few.toUpperCase());
  expect(emissions.filter(({ depth }) => depth <= 3).map(({ signal, receiver, depth }) => [depth, signal, receiver])).toEqual([
    ...Array.from({ length: 3 }, () => [1, 'caused.second', 'One.many']),
    ...Array.from({ length: 2 }, () => [2, 'caused.third', 'Two.on']),
    ...Array.from({ length: 2 }, () => [3, 'caused.third', 'Three.on']),
  ]);
  const ids = new Set([few, ...emissions.map(({ id }) => id)]);
  expect(emissions.every(({ causedBy }) => ids.has(causedBy))).toBe(true);
  expect([Math.max(...emissions.map(({ depth }) => depth)), more]).toEqual([10, true]);
  expect((await h.box.emissions.get(emissions.at(-1)!.id)).causedBy).toEqual({
    emissionId: emissions.at(-1)!.causedBy,
    receiver: 'Three.on',
  });
  expect((await h.box.emissions.get(few)).causedBy).toBeUndefined();

  const many = await emit(h, first, 300);
  await h.box.drain();
  const wide = await h.box.emissions.caused(many);
  expect([wide.emissions.length, wide.more]).toEqual([200, true]);
  expect(await h.box.emissions.caused('00000000-0000-7000-8000-000000000000')).toEqual({ emissions: [], more: false });
  await expect(h.box.emissions.caused('no id')).rejects.toMatchObject({ code: 'InvalidOption' });
});

test.each([
  [200, false],
  [201, true],
])('of %i emissions that cause nothing further it tells whether there are more: %s', async (count, more) => {
  await using h = await harness();
  const leaves = Array.from({ length: count }, (_, n) => ({ n }));
  h.box.receivers.connect(first, async (_, { tx }) => void (await second.emitMany(tx, leaves)), { name: 'One.leaves' });
  h.box.receivers.connect(second, async () => {}, { name: 'Two.leaf' });
  const id = await emit(h, first, 1);
  await h.box.drain();
  const caused = await h.box.emissions.caused(id);
  expect([caused.emissions.length, caused.more]).toEqual([200, more]);
});
