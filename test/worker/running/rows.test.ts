// Rows that a worker cannot run: no text of a row is ever imported, looked up or called, except through the registry;
// and no such row stops a worker.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal, type SignalboxEvents } from '../../../src/index.ts';
import { findAll, readDeliveries } from '../../support/deliveries.ts';
import { readErrors } from '../../support/effects.ts';
import { harness, type Harness } from '../../support/harness.ts';

const happened = defineSignal('rows.happened', z.object({ value: z.number() }));
const newer = defineSignal('rows.happened', z.object({ value: z.number() }), { version: 2 });

const calls: string[] = [];

class Known {
  @OnSignal(happened, { retry: { attempts: 2 } })
  static async receive({ value }: { value: number }): Promise<void> {
    calls.push(`Known:${value}`);
  }

  static async notDecorated(): Promise<void> {
    calls.push('notDecorated');
  }
}

class Elsewhere {
  @OnSignal(happened)
  static async receive(): Promise<void> {
    calls.push('Elsewhere');
  }
}

class Newer {
  @OnSignal(newer, { name: 'Known.receive' })
  static async receive({ value }: { value: number }): Promise<void> {
    calls.push(`Newer:${value}`);
  }
}

const emit = async (h: Harness, value: number): Promise<string> =>
  h.db.transaction(async (tx) => (await happened.emitReliable(tx, { value })).emissionId);

test('a delivery whose receiver this worker does not know stays ready, and costs no attempt', async () => {
  calls.length = 0;
  await using h = await harness({ services: [Known] });
  await h.another({ services: [Elsewhere] }).drain();
  await emit(h, 1);
  await using worker = h.box.worker();
  const idle = h.box.next('worker.idle');
  await worker.start();
  await idle;
  await worker.stop();
  expect(calls).toEqual(['Known:1']);
  expect(await readDeliveries(h.sql)).toMatchObject([
    { receiver: 'Elsewhere.receive', state: 'ready', epoch: 0, attempt: 0, crashes: 0 },
    { receiver: 'Known.receive', state: 'completed' },
  ]);
  await h.another({ services: [Elsewhere] }).drain();
  expect(calls).toEqual(['Known:1', 'Elsewhere']);
});

test.each(['Known.notDecorated', 'Known.constructor', '__proto__.toString', 'node:child_process.execSync', '../../evil.js', 'Unheard.of'])(
  'a row that names %s, which the registry does not hold, is never executed',
  async (name) => {
    calls.length = 0;
    await using h = await harness({ services: [Known] });
    await h.box.drain();
    await h.sql`insert into signalbox.receiver (name, signal, queue, priority, last_seen_at)
      values (${name}, 'rows.happened', 'default', 0, now())`;
    await emit(h, 1);
    await h.box.drain();
    expect(calls).toEqual(['Known:1']);
    expect(await readDeliveries(h.sql)).toContainEqual(expect.objectContaining({ receiver: name, state: 'ready', epoch: 0, attempt: 0 }));
  },
);

test('an invalid stored payload ends dead with a clear error, while the worker lives on', async () => {
  calls.length = 0;
  await using h = await harness({ services: [Known] });
  const id = await emit(h, 1);
  await h.sql`update signalbox.emission set payload = '{"value": "seven"}' where id = ${id}`;
  await h.sql`update signalbox.delivery set attempt = 1`;
  await using worker = h.box.worker();
  const dead = h.box.next('delivery.dead');
  await worker.start();
  expect(await dead).toMatchObject({ attempt: 2, error: { code: 'StoredPayloadInvalid' } });
  const completed: Promise<SignalboxEvents['delivery.completed']> = h.box.next('delivery.completed');
  await emit(h, 2);
  await completed;
  expect(calls).toEqual(['Known:2']);
  expect(await readErrors(h.sql)).toMatchObject([
    { name: 'SignalboxError', message: expect.stringMatching(/rows\.happened.*value/) as string },
  ]);
  expect((await readDeliveries(h.sql)).map(({ state }) => state)).toEqual(['dead', 'completed']);
});

test.each([
  ['by itself', {}],
  ['in a batch', { batch: 5 }],
  ['outside of a transaction', { transactional: false }],
])('a delivery whose emission was deleted ends dead with an error that says so, once, %s', async (_how, options) => {
  await using h = await harness({ crashBudget: 3 });
  const ran: unknown[] = [];
  h.box.receivers.connect(happened, (given: unknown) => void ran.push(given), { name: 'Known.receive', ...options } as never);
  await h.box.drain();
  const [gone, there] = [await emit(h, 1), await emit(h, 2)];
  await h.sql`delete from signalbox.emission where id = ${gone}`;
  const dead = h.box.next('delivery.dead');
  expect(await h.box.drain()).toMatchObject({ completed: 1, dead: 1 });
  expect(await dead).toMatchObject({ emissionId: gone, attempt: 1, error: { code: 'EmissionMissing' } });
  expect(ran).toHaveLength(1);
  expect(await findAll(h.box)).toMatchObject([
    { emissionId: there, state: 'completed' },
    {
      emissionId: gone,
      state: 'dead',
      crashes: 0,
      emittedAt: undefined,
      signal: 'rows.happened',
      errors: [{ code: 'EmissionMissing', message: expect.stringContaining('was deleted') as string }],
    },
  ]);
  // An operator's replay has no payload either, and does not loop.
  expect(await h.box.deliveries.replay({ emissionId: gone })).toHaveLength(1);
  expect(await h.box.drain()).toMatchObject({ completed: 0, dead: 1 });
});

test('an unreadable stored payload is retried by policy first, because the next deploy may be able to read it', async () => {
  await using h = await harness({ services: [Known] });
  const id = await emit(h, 1);
  await h.sql`update signalbox.emission set payload = '{"value": "seven"}' where id = ${id}`;
  expect(await h.box.drain()).toMatchObject({ retrying: 1, dead: 0 });
});

test('a row newer than the worker waits for one that can read it', async () => {
  calls.length = 0;
  await using h = await harness({ services: [Known] });
  const box = h.another({ services: [Newer] });
  await box.drain();
  await box.db.transaction(async (tx) => void (await newer.emitReliable(tx as never, { value: 2 })));
  expect(await h.box.drain()).toMatchObject({ completed: 0 });
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'ready', attempt: 0 }]);
  expect(await box.drain()).toMatchObject({ completed: 1 });
  expect(calls).toEqual(['Newer:2']);
});
