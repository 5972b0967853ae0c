// One delivery and one emission with all that is known of them, by each of the names that people have for them.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, type DeliveryContext, OnSignal } from '../../src/index.ts';
import { addReceiver, addWorker } from '../store/rows.ts';
import { harness } from '../support/harness.ts';
import { addRow, nextEmissionId, noEmission } from './read-rows.ts';

const happened = defineSignal('details.happened', z.object({ value: z.number() }));

test('a delivery has its payload, its worker, its errors with their stacks, and its siblings', async () => {
  await using h = await harness();
  h.leaves('deliveries', 'rows of running deliveries are made by plain SQL');
  h.leaves('workers', 'so is that of their worker');
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  const workerId = await addWorker(h.sql);
  const at = new Date(Date.now() - 60_000);
  const errors = Array.from({ length: 7 }, (_, n) => ({
    name: 'Error',
    message: `no ${n + 1}`,
    stack: `Error: no ${n + 1}\n    at a (b.ts:1:1)`,
    code: 'E_NO',
  }));
  const one = await addRow(h.sql, {
    receiver: a,
    state: 'running',
    workerId,
    attempt: 8,
    at,
    payload: { a: { b: [1] } },
    headers: { trace: 't' },
    errors,
  });
  await h.sql`update signalbox.emission set payload = '{"large": 12345678901234567890.50}' where id = ${one.emissionId}`;
  const other = await addRow(h.sql, { receiver: b, state: 'completed', emissionId: one.emissionId });
  for (const { id } of [one, other]) expect((await h.box.deliveries.get(`${one.emissionId}:${id}:0`)).id).toBe(id);
  const found = await h.box.deliveries.get({ emissionId: one.emissionId, receiver: 'A.receive' });
  expect(found).toMatchObject({
    id: one.id,
    state: 'running',
    attempt: 8,
    payload: '{"large": 12345678901234567890.50}',
    headers: '{"trace": "t"}',
    queue: 'default',
    worker: { id: workerId, label: 'test' },
    moreErrors: false,
    siblings: [{ id: other.id, receiver: 'B.receive', state: 'completed' }],
    moreSiblings: false,
  });
  expect(found.lateMs).toBeGreaterThanOrEqual(60_000);
  expect(found.lateMs).toBeLessThan(3_600_000);
  expect(found.errors.map(({ message }) => message)).toEqual(errors.map(({ message }) => message));
  expect(found.errors[6]).toMatchObject({ stack: errors[6]!.stack, code: 'E_NO' });
  // On a page: the latest five, without stacks.
  const [short] = (await h.box.deliveries.page({ receiver: 'A.receive' })).deliveries;
  expect(short).toMatchObject({ moreErrors: true, errors: errors.slice(2).map(({ message }) => ({ message })) });
  expect(short!.errors.some((error) => 'stack' in error)).toBe(false);
});

test('of the settled deliveries of an emission, a key finds its own', async () => {
  await using h = await harness();
  const emissionId = nextEmissionId();
  for (const name of ['A.receive', 'B.receive', 'C.receive']) {
    const { id } = await addRow(h.sql, { receiver: await addReceiver(h.sql, name), state: 'completed', emissionId });
    expect((await h.box.deliveries.get(`${emissionId}:${id}:0`)).id).toBe(id);
  }
});

test('of many errors the latest 100 are read, and it says that there are more', async () => {
  await using h = await harness();
  const receiver = await addReceiver(h.sql);
  const { id } = await addRow(h.sql, { receiver, state: 'dead' });
  await h.sql`
    insert into signalbox.delivery_error (delivery_id, epoch, attempt, error, at)
    select ${id}, n, n, jsonb_build_object('name', 'Error', 'message', 'no ' || n), now() + n * interval '1 second' from generate_series(1, 150) n`;
  const { errors, moreErrors } = await h.box.deliveries.get(id);
  expect([errors.length, errors[0]!.message, errors.at(-1)!.message, moreErrors]).toEqual([100, 'no 51', 'no 150', true]);
});

test('a delivery is found by its own id in any state, and by the idempotency key that its receiver was given', async () => {
  const keys: string[] = [];
  class Keeper {
    @OnSignal(happened)
    static async receive(_payload: unknown, { idempotencyKey }: DeliveryContext): Promise<void> {
      keys.push(idempotencyKey);
    }
  }
  await using h = await harness({ services: [Keeper] });
  const emissionId = await h.db.transaction(async (tx) => (await happened.emitReliable(tx, { value: 1 })).emissionId);
  const [live] = (await h.box.deliveries.page()).deliveries;
  expect((await h.box.deliveries.get(live!.id)).state).toBe('ready');
  await h.box.drain();
  const done = await h.box.deliveries.get(keys[0]!);
  expect(done).toMatchObject({ id: live!.id, emissionId, state: 'completed', payload: '{"value": 1}', lateMs: undefined });
  expect(await h.box.deliveries.get(live!.id)).toEqual(done);
  const emission = await h.box.emissions.get(keys[0]!);
  expect(emission).toEqual(await h.box.emissions.get(emissionId.toUpperCase()));
  expect(emission).toMatchObject({
    id: emissionId,
    signal: 'details.happened',
    version: 1,
    payload: '{"value": 1}',
    headers: undefined,
    deliveries: [{ id: live!.id, receiver: 'Keeper.receive' }],
    moreDeliveries: false,
  });
});

test('one that has failed is found by its errors, however many were settled since; a completed one among the latest', async () => {
  await using h = await harness();
  const receiver = await addReceiver(h.sql);
  const failed = await addRow(h.sql, { receiver, state: 'completed', errors: [{ name: 'Error', message: 'once' }] });
  const done = await addRow(h.sql, { receiver, state: 'completed' });
  const dead = await addRow(h.sql, { receiver, state: 'dead' });
  const last = nextEmissionId();
  await h.sql.unsafe(`
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
    select 1000000 + n, ('${last.slice(0, 24)}' || lpad(to_hex(n), 12, '0'))::uuid, ${receiver}, 1, 0, 'completed', 0, 0, 0, now() from generate_series(1, 49999) n`);
  const states = async (ids: readonly string[]): Promise<string[]> =>
    Promise.all(ids.map(async (id) => (await h.box.deliveries.get(id)).state));
  // With the dead one, these are 50,000.
  expect(await states([failed.id, dead.id])).toEqual(['completed', 'dead']);
  await expect(h.box.deliveries.get(done.id)).rejects.toMatchObject({
    code: 'DeliveryNotFound',
    message: expect.stringMatching(/the 50,000 latest were looked at, back to 20\d\d-.*: name its emission and receiver/) as string,
  });
  await h.sql`delete from signalbox.settled where id = 1000001`;
  expect(await states([done.id])).toEqual(['completed']);
});

test('what is not there is refused by name', async () => {
  await using h = await harness();
  const receiver = await addReceiver(h.sql);
  const { emissionId } = await addRow(h.sql, { receiver });
  const missing = { code: 'DeliveryNotFound' };
  await expect(h.box.deliveries.get('77')).rejects.toMatchObject(missing);
  await expect(h.box.deliveries.get(`${emissionId}:77:0`)).rejects.toMatchObject(missing);
  await expect(h.box.deliveries.get({ emissionId, receiver: 'Nobody.here' })).rejects.toMatchObject(missing);
  await expect(h.box.deliveries.get({ emissionId: noEmission(), receiver: 'A.receive' })).rejects.toMatchObject(missing);
  await expect(h.box.emissions.get(noEmission())).rejects.toMatchObject({ code: 'EmissionNotFound' });
  for (const which of ['', 'x', '1 or 1', `${emissionId}:1`, 'x:1:0', null, 7, { emissionId }, { emissionId: 'x', receiver: 'A' }])
    await expect(h.box.deliveries.get(which as never)).rejects.toMatchObject({ code: 'InvalidOption' });
  for (const which of ['', '7', "' or 1", undefined, {}])
    await expect(h.box.emissions.get(which as never)).rejects.toMatchObject({ code: 'InvalidOption' });
});

test('a delivery whose emission or receiver was deleted is shown without them', async () => {
  await using h = await harness();
  const { id, emissionId } = await addRow(h.sql, { receiver: await addReceiver(h.sql), payload: { a: 1 } });
  await h.sql`delete from signalbox.emission`;
  const orphan = { id, emissionId, emittedAt: undefined, payload: undefined, headers: undefined, signal: 'store.happened' };
  expect(await h.box.deliveries.get(id)).toMatchObject(orphan);
  await h.sql`delete from signalbox.receiver`;
  expect(await h.box.deliveries.get(id)).toMatchObject({ ...orphan, signal: '', receiver: expect.stringMatching(/^#\d+$/) as string });
});
