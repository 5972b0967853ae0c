// Operators' statements, each by itself: what it leaves alone, whom it waits for, and whom it wakes.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { DEFAULT_SCHEMA } from '../../src/core/rules.ts';
import { Namespace } from '../../src/store/namespace.ts';
import { OperationsStore } from '../../src/store/operations/operations.ts';
import { type AnySql, addDelivery, addReceiver, type DeliveryOptions, openStore, runOn, stateOf } from '../store/rows.ts';
import { untilBlocked } from '../store/waits.ts';

const operationsOn = (sql: AnySql): OperationsStore => new OperationsStore(runOn(sql), new Namespace(DEFAULT_SCHEMA));

const reason = { name: 'Discard', message: 'no more' };

interface Emission {
  readonly emissionId: string;
  /** Of its deliveries, in the order of the receivers. */
  readonly ids: readonly string[];
}

/** An emission with a delivery for each of the receivers, stored in the opposite order. */
async function addEmission(sql: AnySql, receivers: readonly number[], options: DeliveryOptions = {}): Promise<Emission> {
  const ids = new Map<number, string>();
  let emissionId: string | undefined;
  for (const receiver of receivers.toReversed()) {
    const id = await addDelivery(sql, receiver, options);
    const [row] = await sql<{ emission: string }[]>`
      update signalbox.delivery set emission_id = coalesce(${emissionId ?? null}::uuid, emission_id) where id = ${id} returning emission_id as emission`;
    emissionId = row!.emission;
    ids.set(receiver, id);
  }
  return { emissionId: emissionId!, ids: receivers.map((receiver) => ids.get(receiver)!) };
}

async function settleAll(sql: AnySql, state = 'dead'): Promise<void> {
  await sql`
    with gone as (delete from signalbox.delivery returning *)
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
    select id, emission_id, receiver_id, version, generation, ${state}, epoch, attempt, crashes, now() from gone order by receiver_id desc`;
}

const idsOf = (rows: readonly { id: string }[]): string[] => rows.map(({ id }) => id);
test.each(['dead', 'ready', 'ready later'])('another try is for those that are meant, when they are %s', async (state) => {
  await using h = await openStore();
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  const dueInSeconds = state === 'ready later' ? 600 : -600;
  const one = await addEmission(h.sql, [a, b], { dueInSeconds });
  const other = await addEmission(h.sql, [a, b], { dueInSeconds });
  if (state === 'dead') await settleAll(h.sql);
  const operations = operationsOn(h.sql);
  const again = async (receiver?: string): Promise<string[]> => {
    const address = { emissionId: one.emissionId, ...(receiver === undefined ? {} : { receiver }) };
    return [...(await operations.requeue(address, ['dead'], 0)), ...(await operations.makeDue(address))];
  };
  const due = async (): Promise<string[]> =>
    idsOf(
      await h.sql<{ id: string }[]>`
      select id::text as id from signalbox.delivery where run_at between now() - interval '1 minute' and now() order by id`,
    );
  // What is due already keeps its place.
  expect(await again('B.receive')).toEqual(state === 'ready' ? [] : [one.ids[1]]);
  expect(await due()).toEqual(state === 'ready' ? [] : [one.ids[1]]);
  expect(await again()).toEqual(state === 'ready' ? [] : [one.ids[0]]);
  expect(await again()).toEqual([]);
  expect(await due()).toEqual(state === 'ready' ? [] : [...one.ids].toSorted());
  expect(await h.sql`select from signalbox.delivery where emission_id = ${other.emissionId}`).toHaveLength(state === 'dead' ? 0 : 2);
});

test('what was brought back is as new, but under its own id and a higher epoch; only a replay is a new generation', async () => {
  await using h = await openStore();
  const { emissionId, ids } = await addEmission(h.sql, [await addReceiver(h.sql)], { epoch: 4, attempt: 3 });
  await settleAll(h.sql, 'completed');
  const operations = operationsOn(h.sql);
  expect(await operations.requeue({ emissionId }, ['dead'], 0)).toEqual([]);
  expect(await operations.requeue({ emissionId }, ['completed'], 0)).toEqual(ids);
  expect(await stateOf(h.sql, ids[0]!)).toBe('ready 5/0/0');
  await settleAll(h.sql);
  expect(await operations.requeue({ emissionId }, ['dead'], 1)).toEqual(ids);
  expect([...(await h.sql`select id::text as id, epoch, generation from signalbox.delivery`)]).toEqual([
    { id: ids[0], epoch: 6, generation: 1 },
  ]);
});

test('a delivery that runs ahead of its time keeps its time', async () => {
  await using h = await openStore();
  const { emissionId } = await addEmission(h.sql, [await addReceiver(h.sql)], { state: 'running', epoch: 1, dueInSeconds: 600 });
  expect(await operationsOn(h.sql).makeDue({ emissionId })).toEqual([]);
  expect(await h.sql`select from signalbox.delivery where run_at > now()`).toHaveLength(1);
});

test('a cancel is for those that are meant, makes their runs stale, and keeps its reason', async () => {
  await using h = await openStore();
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  const one = await addEmission(h.sql, [a, b], { state: 'running', epoch: 3, attempt: 2 });
  const other = await addEmission(h.sql, [a]);
  const operations = operationsOn(h.sql);
  expect(await operations.cancel({ emissionId: one.emissionId, receiver: 'B.receive' }, reason)).toEqual([one.ids[1]]);
  expect(await operations.cancel({ emissionId: one.emissionId }, reason)).toEqual([one.ids[0]]);
  expect(await Promise.all([...one.ids, ...other.ids].map((id) => stateOf(h.sql, id)))).toEqual([
    'cancelled 4/2/0',
    'cancelled 4/2/0',
    'ready 0/0/0',
  ]);
  const errors = await h.sql`select delivery_id::text as id, epoch, attempt, error from signalbox.delivery_error order by id`;
  expect([...errors]).toEqual([one.ids[1], one.ids[0]].map((id) => ({ id, epoch: 4, attempt: 2, error: reason })));
});

test('workers are woken by another try of something, and not by one of nothing', async () => {
  await using h = await openStore();
  let rung = 0;
  await h.sql.listen('signalbox_ready', () => void rung++);
  const operations = operationsOn(h.sql);
  const heard = async (operate: () => Promise<unknown>): Promise<number> => {
    rung = 0;
    await operate();
    // A notification of our own, behind those: when it is here, they would be too.
    await new Promise<void>((resolve) => void h.sql.listen('last', () => resolve()).then(() => h.sql.notify('last', '')));
    return rung;
  };
  const { emissionId } = await addEmission(h.sql, [await addReceiver(h.sql)], { dueInSeconds: 600 });
  expect(await heard(() => operations.requeue({ emissionId }, ['dead'], 0))).toBe(0);
  expect(await heard(() => operations.makeDue({ emissionId }))).toBe(1);
  expect(await heard(() => operations.makeDue({ emissionId }))).toBe(0);
  await settleAll(h.sql);
  expect(await heard(() => operations.requeue({ emissionId }, ['dead'], 0))).toBe(1);
});

test('the catalogue and the count of what is left answer for what they are asked, and no more', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [one, other] = [await addEmission(h.sql, [receiver]), await addEmission(h.sql, [receiver])];
  const operations = operationsOn(h.sql);
  expect([await h.store.catalogue.hasReceivers('store.happened'), await h.store.catalogue.hasReceivers('store.otherwise')]).toEqual([
    true,
    false,
  ]);
  await h.sql`update signalbox.receiver set retired_at = now()`;
  expect(await h.store.catalogue.hasReceivers('store.happened')).toBe(false);
  // As in the append: what no process has announced for 400 days gets no deliveries.
  await h.sql`update signalbox.receiver set retired_at = null, last_seen_at = now() - interval '401 days'`;
  expect(await h.store.catalogue.hasReceivers('store.happened')).toBe(false);
  await operations.cancel({ emissionId: one.emissionId }, reason);
  expect([await operations.countLive(one.emissionId), await operations.countLive(other.emissionId)]).toEqual([0, 1]);
  expect(await operations.countLive(randomUUID())).toBeUndefined();
});

type Operation = (operations: OperationsStore, emissionId: string, receiver?: string) => Promise<string[]>;

const operated: [name: string, before: 'dead' | 'ready', after: string, operate: Operation][] = [
  ['retries', 'dead', 'ready 1/0/0', (operations, emissionId, receiver) => operations.requeue(address(emissionId, receiver), ['dead'], 0)],
  ['cancels', 'ready', 'cancelled 1/0/0', (operations, emissionId, receiver) => operations.cancel(address(emissionId, receiver), reason)],
];

const address = (emissionId: string, receiver: string | undefined): { emissionId: string; receiver?: string } => ({
  emissionId,
  ...(receiver === undefined ? {} : { receiver }),
});

test.each(operated)('%s at the same time lock in one order, and the later finds nothing left', async (_name, before, after, operate) => {
  await using h = await openStore();
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  const { emissionId, ids } = await addEmission(h.sql, [a, b]);
  if (before === 'dead') await settleAll(h.sql);
  // The statement locks by receiver or by id; both tables that it may go through lie in the opposite order.
  if (before === 'dead') await h.sql`update signalbox.receiver set last_seen_at = now() where id = ${a}`;
  const [first, second] = before === 'dead' ? ['A.receive', 'B.receive'] : ['B.receive', 'A.receive'];
  if (before === 'ready') await h.sql`update signalbox.delivery set version = 1 where receiver_id = ${b}`;
  let proceed: (() => Promise<unknown>) | undefined;
  const holder = await h.hold(async (transaction) => {
    const operations = operationsOn(transaction);
    await operate(operations, emissionId, first);
    proceed = () => operate(operations, emissionId, second);
  });
  // It must ask for the first row before it holds the second, also when it is planned to go through the table as it lies.
  let found: string[] | undefined;
  const later = h.hold(async (transaction) => {
    for (const plan of ['nestloop', 'mergejoin', 'indexscan', 'bitmapscan']) await transaction.unsafe(`set local enable_${plan} = off`);
    found = await operate(operationsOn(transaction), emissionId);
  });
  await untilBlocked(h.sql);
  await proceed!();
  await holder.commit();
  await (await later).commit();
  expect(found).toEqual([]);
  expect(await Promise.all(ids.map((id) => stateOf(h.sql, id)))).toEqual([after, after]);
});
