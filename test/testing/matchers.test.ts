// The matchers and the assertions that they stand on: each passes for what is so, fails for what is not, and says what is there instead.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal } from '../../src/index.ts';
import { assertDead, assertNoPending, assertReached, captured } from '../../src/testing.ts';
import { matchers } from '../../src/testing/vitest.ts';
import { harness, type Harness } from '../support/harness.ts';

expect.extend(matchers);

const paid = defineSignal('matched.paid', z.object({ order: z.int() }));
const shipped = defineSignal('matched.shipped', z.object({ order: z.int() }));

class Orders {
  @OnSignal(paid, { retry: { attempts: 2, delay: '1h' } })
  async onPaid({ order }: { order: number }): Promise<void> {
    if (order === 13) throw new Error('an unlucky order');
  }

  @OnSignal(paid)
  static count(): void {}
}

const open = (): Promise<Harness> => harness({ services: [Orders], testing: 'manual' });
const pay = (h: Harness, ...orders: number[]): Promise<unknown> =>
  h.db.transaction(async (tx) =>
    paid.emitMany(
      tx,
      orders.map((order) => ({ order })),
    ),
  );

/** The message of what rejects or throws. */
async function failureOf(work: () => unknown): Promise<string> {
  try {
    await work();
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('It holds.');
}

test('toHaveEmitted passes for what was emitted, and lists that in a failure', async () => {
  await using h = await open();
  const seen = await captured(() => pay(h, 1, 2));
  expect(seen).toHaveEmitted(paid);
  expect(seen).toHaveEmitted(paid, { times: 1, with: { order: 2 } });
  expect(seen).not.toHaveEmitted(shipped);
  expect(await failureOf(() => expect(seen).toHaveEmitted(shipped))).toBe(
    'matched.shipped was to be emitted at least once, and was so 0 times. Emitted were:\n  matched.paid { order: 1 }\n  matched.paid { order: 2 }',
  );
  expect(await failureOf(() => expect(seen).not.toHaveEmitted(paid))).toContain('matched.paid was not to be emitted at least once');
  const three: unknown = 3;
  expect(await failureOf(() => expect(three).toHaveEmitted(paid))).toContain('Give what captured resolves to');
});

test('toHaveReached passes for deliveries that are completed, those of a block as well, and lists what is there', async () => {
  await using h = await open();
  await pay(h, 1);
  expect(await failureOf(() => expect(h.box).toHaveReached(Orders, 'onPaid'))).toBe(
    'Orders.onPaid was to be reached at least once, and was so 0 times.\nIts deliveries:\n  Orders.onPaid of matched.paid {"order": 1}: ready after 0 attempts\nThose of other receivers:\n  Orders.count of matched.paid {"order": 1}: ready after 0 attempts',
  );
  const seen = await captured(() => pay(h, 2, 13));
  await h.box.drain();
  await expect(h.box).toHaveReached(Orders, 'onPaid');
  await expect(h.box).toHaveReached(Orders, 'count', { times: 3 });
  await expect(h.box).toHaveReached('Orders.count', { times: 2, of: seen });
  await expect(h.box).toHaveReached(Orders, 'onPaid', { with: { order: 1 }, times: 1 });
  await expect(h.box).not.toHaveReached(Orders, 'onPaid', { with: ({ order }) => order === 13 });
  await assertReached(h.box, Orders, 'onPaid', { times: 2 });
  const message = await failureOf(() => assertReached(h.box, Orders, 'onPaid', { times: 3 }));
  expect(message).toContain('was to be reached 3 times, and was so 2 times.');
  expect(message).toContain('{"order": 13}: ready: an unlucky order');
  expect(await failureOf(() => expect(h.box).not.toHaveReached(Orders, 'count'))).toContain('Orders.count was not to be reached');
});

test('toBeDead passes for deliveries that are dead', async () => {
  await using h = await open();
  await pay(h, 13, 1);
  await h.box.drain();
  await expect(h.box).not.toBeDead(Orders, 'onPaid');
  expect(await failureOf(() => assertDead(h.box, Orders, 'onPaid'))).toContain(
    'Orders.onPaid was to end dead at least once, and was so 0 times.',
  );
  await h.box.drain({ ahead: '1d' });
  await expect(h.box).toBeDead(Orders, 'onPaid', { times: 1, with: { order: 13 } });
  await assertDead(h.box, Orders, 'onPaid');
  expect(await failureOf(() => expect(h.box).toBeDead(Orders, 'count'))).toContain(
    '{"order": 13}: dead after 2 attempts: an unlucky order',
  );
});

test('toHaveNoPending fails for what waits, also for what is due later, and lists it', async () => {
  await using h = await open();
  await expect(h.box).toHaveNoPending();
  await h.db.transaction(async (tx) => paid.emitReliable(tx, { order: 5 }, { delay: '1h' }));
  expect(await failureOf(() => expect(h.box).toHaveNoPending())).toBe(
    'No delivery was to be left, and 2 are:\n  Orders.count of matched.paid {"order": 5}: ready after 0 attempts\n  Orders.onPaid of matched.paid {"order": 5}: ready after 0 attempts',
  );
  await h.box.drain({ receiver: 'Orders.count', ahead: '1d' });
  await expect(h.box).toHaveNoPending({ receiver: 'Orders.count' });
  await expect(h.box).not.toHaveNoPending({ receiver: 'Orders.onPaid' });
  expect(await failureOf(() => assertNoPending(h.box))).toContain('and 1 are');
  await h.box.drain({ ahead: '1d' });
  await assertNoPending(h.box);
});

test('what is no box, no receiver or no option is refused', async () => {
  await using h = await open();
  expect(await failureOf(() => expect({}).toHaveReached(Orders, 'onPaid'))).toContain('what was given is no box');
  expect(await failureOf(() => expect(h.box).toHaveReached('Orders.onPiad'))).toContain('Did you mean Orders.onPaid?');
  expect(await failureOf(() => expect(h.box).toBeDead(Orders, 'onPaid', { tmes: 1 } as never))).toContain('Did you mean times?');
  expect(await failureOf(() => expect(h.box).toHaveNoPending({ receiver: 'x' }))).toContain('x is no receiver of this box');
  // @ts-expect-error a method that the class has not
  expect(await failureOf(() => expect(h.box).toHaveReached(Orders, 'onPiad'))).toContain('Did you mean Orders.onPaid?');
});
