// The order in which a worker takes deliveries, and the receivers for which it does.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal } from '../../../src/index.ts';
import { readDeliveries } from '../../support/deliveries.ts';
import { harness, type Harness } from '../../support/harness.ts';

const happened = defineSignal('order.happened', z.object({ value: z.number() }));

let calls: string[] = [];

class Mail {
  @OnSignal(happened, { queue: 'mail' })
  static async send({ value }: { value: number }): Promise<void> {
    calls.push(`mail:${value}`);
  }
}

class Urgent {
  @OnSignal(happened, { priority: 10 })
  static async receive({ value }: { value: number }): Promise<void> {
    calls.push(`urgent:${value}`);
  }
}

class Usual {
  @OnSignal(happened)
  static async receive({ value }: { value: number }): Promise<void> {
    calls.push(`usual:${value}`);
  }
}

class Other {
  @OnSignal(happened)
  static async receive({ value }: { value: number }): Promise<void> {
    calls.push(`other:${value}`);
  }
}

async function emit(h: Harness, count: number): Promise<void> {
  calls = [];
  await h.db.transaction(async (tx) => {
    for (let value = 1; value <= count; value++) await happened.emitReliable(tx, { value });
  });
}

/** One delivery at a time, so that the order of the calls is the order of the claims. */
const tick = async (h: Harness): Promise<unknown> => h.box.worker({ concurrency: 1 }).tick();

test('a receiver of higher priority is served first', async () => {
  await using h = await harness({ services: [Usual, Urgent] });
  await emit(h, 2);
  for (let times = 0; times < 4; times++) await tick(h);
  expect(calls.slice(0, 2)).toEqual(['urgent:1', 'urgent:2']);
  expect(calls).toHaveLength(4);
});

test('among receivers of equal priority none waits until the backlog of another is done', async () => {
  await using h = await harness({ services: [Usual, Other] });
  await emit(h, 50);
  await using worker = h.box.worker({ concurrency: 1 });
  let seen = 0;
  const bothSeen = h.box.next('delivery.completed', () => ++seen === 20);
  await worker.start();
  await bothSeen;
  await worker.stop();
  // A claim for one slot and the prefetch may take ten of one receiver.
  const first = calls.slice(0, 20);
  for (const name of ['other', 'usual']) expect(first.filter((call) => call.startsWith(name)).length).toBeGreaterThanOrEqual(5);
});

test('within a receiver, the delivery that has waited longest is first', async () => {
  await using h = await harness({ services: [Usual] });
  await emit(h, 5);
  for (let times = 0; times < 5; times++) await tick(h);
  expect(calls).toEqual(['usual:1', 'usual:2', 'usual:3', 'usual:4', 'usual:5']);
});

test('a worker serves the queues that it is given, and no others', async () => {
  await using h = await harness({ services: [Mail, Usual] });
  await emit(h, 1);
  await using worker = h.box.worker({ queues: ['mail'] });
  const idle = h.box.next('delivery.completed').then(() => h.box.next('worker.idle'));
  await worker.start();
  await idle;
  await worker.stop();
  expect(calls).toEqual(['mail:1']);
  expect(await readDeliveries(h.sql)).toMatchObject([
    { receiver: 'Mail.send', state: 'completed' },
    { state: 'ready', attempt: 0 },
  ]);
});

test('a queue without receivers is refused with the names of those that have some', async () => {
  await using h = await harness({ services: [Mail, Usual] });
  expect(() => h.box.worker({ queues: ['mial'] })).toThrow(
    expect.objectContaining({ code: 'InvalidOption', message: expect.stringMatching(/mial.*mail, default/) as string }),
  );
  expect(() => h.box.worker({ queues: [] })).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
});

test('a pool that is too small for the receivers is refused with the numbers', async () => {
  await using h = await harness({ services: [Usual] }, { max: 5 });
  expect(() => h.box.worker({ concurrency: 4 })).toThrow(
    expect.objectContaining({ code: 'PoolTooSmall', message: expect.stringMatching(/4 .*6 connections.*5/) as string }),
  );
  expect(() => h.box.worker({ concurrency: 0 })).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
  expect(() => h.box.worker({ lease: '500ms' })).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
  h.box.worker({ concurrency: 3 });
});
