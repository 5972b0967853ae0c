// Renamed receivers, with real boxes that each have the code of one release, as their processes would: deployed
// forward, back, forward again, side by side and at the same time. Each emission has one delivery, which a live process
// runs once.
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, type Signalbox, type TransactionHandle } from '../../../src/index.ts';
import { findAll, readDeliveries } from '../../support/deliveries.ts';
import { type Database, harness, type Harness } from '../../support/harness.ts';

const happened = defineSignal('renames.happened', z.object({ value: z.number() }));

type Box = Signalbox<Database>;

/** A receiver in each release: its name and its former names. */
const RELEASES = {
  v1: { name: 'Order.onPaid' },
  v2: { name: 'Order.onPaymentCompleted', formerly: ['Order.onPaid'] },
  v3: { name: 'Orders.complete', formerly: ['Order.onPaid', 'Order.onPaymentCompleted'] },
  /** The former name is forgotten, or dropped. */
  'v2 without formerly': { name: 'Order.onPaymentCompleted' },
} as const;

type Release = keyof typeof RELEASES;

interface Deployment extends AsyncDisposable {
  readonly h: Harness;
  /** The runs, each as `release:value`. */
  readonly calls: string[];
  /** Starts a process of a release. */
  start(release: Release): Promise<Box>;
  /** Returns a process of a release before it has done anything. */
  open(release: Release): Box;
}

async function openDeployment(): Promise<Deployment> {
  const h = await harness();
  const calls: string[] = [];
  const open = (release: Release): Box => {
    const box = h.another({});
    box.receivers.connect(happened, ({ value }) => void calls.push(`${release}:${value}`), RELEASES[release]);
    return box;
  };
  const start = async (release: Release): Promise<Box> => {
    const box = open(release);
    await box.drain();
    return box;
  };
  return { h, calls, open, start, [Symbol.asyncDispose]: () => h[Symbol.asyncDispose]() };
}

/** Returns the number of deliveries. */
async function emit(box: Box, value: number): Promise<number> {
  return box.db.transaction(async (tx: TransactionHandle) => (await happened.emitReliable(tx, { value })).deliveries);
}

const states = async ({ h }: Deployment): Promise<string[]> => (await readDeliveries(h.sql)).map(({ state }) => state);

test('the renamed method runs deliveries of the old name, each once', async () => {
  await using deployment = await openDeployment();
  await emit(await deployment.start('v1'), 1);
  const renamed = await deployment.start('v2');
  expect(await renamed.drain()).toMatchObject({ completed: 0 });
  expect([deployment.calls, await states(deployment)]).toEqual([['v2:1'], ['completed']]);
});

describe.each([
  ['the old release first', ['v1', 'v2']],
  ['the new release first', ['v2', 'v1']],
] as const)('side by side, %s', (_order, [first, second]) => {
  test('an emission has one delivery, whichever release emits, and either release runs it', async () => {
    await using deployment = await openDeployment();
    const [one, other] = [await deployment.start(first), await deployment.start(second)];
    expect([await emit(one, 1), await emit(other, 2)]).toEqual([1, 1]);
    expect(await one.drain()).toMatchObject({ completed: 2 });
    expect([await emit(one, 3), await emit(other, 4)]).toEqual([1, 1]);
    expect(await other.drain()).toMatchObject({ completed: 2 });
    expect(deployment.calls.toSorted()).toEqual([`${first}:1`, `${first}:2`, `${second}:3`, `${second}:4`].toSorted());
  });
});

test('a process that was started before the rename and never restarted runs the deliveries that the new release left behind', async () => {
  await using deployment = await openDeployment();
  const old = await deployment.start('v1');
  const renamed = await deployment.start('v2');
  await emit(renamed, 1);
  await renamed.close();
  expect(await old.drain()).toMatchObject({ completed: 1 });
  expect(deployment.calls).toEqual(['v1:1']);
});

test('after a rollback, the old release runs new deliveries, and those that the new release left behind', async () => {
  await using deployment = await openDeployment();
  await (await deployment.start('v1')).close();
  const renamed = await deployment.start('v2');
  await emit(renamed, 1);
  await renamed.close();
  const back = await deployment.start('v1');
  expect(deployment.calls).toEqual(['v1:1']);
  expect(await emit(back, 2)).toBe(1);
  expect(await back.drain()).toMatchObject({ completed: 1 });
  expect([deployment.calls, await states(deployment)]).toEqual([
    ['v1:1', 'v1:2'],
    ['completed', 'completed'],
  ]);
});

test('the very first release is rolled back to one that had the old name', async () => {
  await using deployment = await openDeployment();
  const renamed = await deployment.start('v2');
  await emit(renamed, 1);
  const back = await deployment.start('v1');
  expect([await emit(back, 2), await back.drain(), deployment.calls]).toMatchObject([1, { completed: 1 }, ['v1:1', 'v1:2']]);
});

test('forward, back, forward again, on, and with the former names dropped: each emission has one delivery, run once by the live release', async () => {
  await using deployment = await openDeployment();
  const releases: Release[] = ['v1', 'v2', 'v1', 'v2', 'v3', 'v2 without formerly', 'v1', 'v3', 'v2 without formerly'];
  for (const [value, release] of releases.entries()) {
    const box = await deployment.start(release);
    expect(await emit(box, value)).toBe(1);
    // Every second one is left for the next release.
    if (value % 2 === 0) expect(await box.drain()).toMatchObject({ completed: 1 });
    await box.close();
  }
  const expected = releases.map((release, value) => `${value % 2 === 0 ? release : releases[value + 1]!}:${value}`);
  expect(deployment.calls).toEqual(expected);
  expect(new Set(await states(deployment))).toEqual(new Set(['completed']));
});

test('processes of three releases that all start at the same moment agree on one receiver', async () => {
  await using deployment = await openDeployment();
  const releases: Release[] = ['v2', 'v1', 'v3', 'v1', 'v3', 'v2'];
  const boxes = releases.map((release) => deployment.open(release));
  await Promise.all(boxes.map((box) => box.drain()));
  const emitted = await Promise.all(boxes.map((box, value) => emit(box, value)));
  expect(emitted).toEqual(boxes.map(() => 1));
  // Each process could run all deliveries.
  for (const [index, box] of boxes.entries()) {
    await box.drain();
    if (index < boxes.length - 1) await emit(box, 100 + index);
  }
  const values = deployment.calls.map((call) => Number(call.split(':')[1]));
  expect(values.toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 100, 101, 102, 103, 104]);
  expect(deployment.calls.slice(6)).toEqual(releases.slice(1).map((release, index) => `${release}:${100 + index}`));
});

test('processes that announce only within the transactions of their emits agree as well', async () => {
  await using deployment = await openDeployment();
  const [old, renamed] = [deployment.open('v1'), deployment.open('v2')];
  // No process could announce before.
  await deployment.h.sql`alter table signalbox.receiver rename to away`;
  for (const box of [old, renamed]) await box.db.transaction(async () => {});
  await deployment.h.sql`alter table signalbox.away rename to receiver`;
  expect([await emit(old, 1), await emit(renamed, 2), await emit(old, 3)]).toEqual([1, 1, 1]);
  expect(await old.drain()).toMatchObject({ completed: 3 });
});

test('when a forgotten former name is added later, each earlier emission has two deliveries, and each later one has one', async () => {
  await using deployment = await openDeployment();
  const old = await deployment.start('v1');
  const forgetful = await deployment.start('v2 without formerly');
  expect(await emit(old, 1)).toBe(2);
  const mended = await deployment.start('v2');
  expect(deployment.calls).toEqual(['v2:1', 'v2:1']);
  expect([await emit(old, 2), await emit(mended, 3)]).toEqual([1, 1]);
  expect(await old.drain()).toMatchObject({ completed: 2 });
  // Its own receiver now has another id than this process knows: its own emit reports that.
  expect(await emit(forgetful, 4)).toBe(1);
  expect(await forgetful.drain()).toMatchObject({ completed: 1 });
  expect(deployment.calls.slice(2).toSorted()).toEqual(['v1:2', 'v1:3', 'v2 without formerly:4']);
});

test('any release runs the deliveries that were stored under the joined name before the fix', async () => {
  await using deployment = await openDeployment();
  const old = await deployment.start('v1');
  await deployment.start('v2 without formerly');
  await emit(old, 1);
  await old.close();
  await (await deployment.start('v3')).close();
  expect(deployment.calls).toEqual(['v3:1', 'v3:1']);
});

test('a transaction whose snapshot is older than the fix behaves as before the fix', async () => {
  await using deployment = await openDeployment();
  const old = await deployment.start('v1');
  await deployment.start('v2 without formerly');
  const deliveries = await old.db.transaction(
    async (tx: TransactionHandle) => {
      await happened.emitReliable(tx, { value: 1 });
      await deployment.start('v2');
      return (await happened.emitReliable(tx, { value: 2 })).deliveries;
    },
    { isolationLevel: 'repeatable read' },
  );
  expect([deliveries, await emit(old, 3)]).toEqual([2, 1]);
});

test('when a name is reused for another receiver, both get each emission once, and a process of the old release keeps its own', async () => {
  await using deployment = await openDeployment();
  const renamed = await deployment.start('v2');
  await emit(renamed, 1);
  const reusing = deployment.h.another({});
  for (const name of ['Order.onPaid', 'Order.onPaymentCompleted'])
    reusing.receivers.connect(happened, ({ value }) => void deployment.calls.push(`${name}:${value}`), { name });
  expect(await reusing.drain()).toMatchObject({ completed: 1 });
  expect(deployment.calls).toEqual(['Order.onPaymentCompleted:1']);
  const buried = await deployment.h.sql`select name, id, root_id, last_seen_at from signalbox.receiver where name like '% %'`;
  expect([...buried]).toMatchObject([{ name: `Order.onPaid ${buried[0]!['id']}`, last_seen_at: null }]);
  expect([await emit(reusing, 2), await emit(renamed, 3)]).toEqual([2, 2]);
  // Here the former name means the earlier receiver.
  expect(await renamed.drain()).toMatchObject({ completed: 2 });
  const restarted = await deployment.start('v2');
  expect(await emit(restarted, 4)).toBe(2);
  await reusing.drain();
  expect(deployment.calls.slice(1).toSorted()).toEqual(
    ['v2:2', 'v2:3', 'Order.onPaid:2', 'Order.onPaid:3', 'Order.onPaid:4', 'Order.onPaymentCompleted:4'].toSorted(),
  );
});

test('operators find and end deliveries by any of the names, and see the one that was announced last', async () => {
  await using deployment = await openDeployment();
  const old = await deployment.start('v1');
  await emit(old, 1);
  const box = deployment.open('v2');
  await box.receivers.announce();
  const names = ['Order.onPaid', 'Order.onPaymentCompleted'];
  for (const receiver of names)
    expect(await findAll(box, { receiver })).toMatchObject([{ receiver: 'Order.onPaymentCompleted', state: 'ready' }]);
  const { emissionId } = (await findAll(box))[0]!;
  expect(await box.deliveries.cancel({ emissionId, receiver: 'Order.onPaid' })).toHaveLength(1);
  expect(await box.deliveries.retry({ emissionId, receiver: 'Order.onPaymentCompleted' })).toHaveLength(1);
  expect(await findAll(box, { receiver: 'Another.receiver' })).toEqual([]);
});

test('a receiver is retired by all of its names, and comes back when a process announces it', async () => {
  await using deployment = await openDeployment();
  const old = await deployment.start('v1');
  await deployment.start('v2');
  await deployment.h.sql`update signalbox.receiver set retired_at = now() where name = 'Order.onPaid'`;
  const emitter = deployment.h.another({});
  expect(await emit(emitter, 1)).toBe(1);
  await deployment.h.sql`update signalbox.receiver set retired_at = now() where coalesce(root_id, id) in
    (select coalesce(root_id, id) from signalbox.receiver where name = 'Order.onPaymentCompleted')`;
  expect(await emit(emitter, 2)).toBe(0);
  await old.receivers.announce();
  expect(await emit(emitter, 3)).toBe(1);
});

test('in immediate mode, a process whose receiver was joined to an older one runs its own emissions', async () => {
  await using deployment = await openDeployment();
  await deployment.start('v1');
  const immediate = deployment.h.another({ testing: 'immediate' });
  immediate.receivers.connect(happened, ({ value }) => void deployment.calls.push(`immediate:${value}`), RELEASES['v2 without formerly']);
  await emit(immediate, 1);
  await deployment.start('v2');
  deployment.calls.length = 0;
  await emit(immediate, 2);
  expect(deployment.calls).toEqual(['immediate:2']);
});

test('a former name that another receiver still has is refused', async () => {
  await using h = await harness();
  h.box.receivers.connect(happened, () => {}, RELEASES.v1);
  expect(() => h.box.receivers.connect(happened, () => {}, RELEASES.v2)).toThrow(
    expect.objectContaining({ code: 'ReceiverNameTaken', message: expect.stringContaining('Order.onPaid') as string }),
  );
});
