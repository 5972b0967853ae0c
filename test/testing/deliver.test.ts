// deliver: one receiver gets one payload, and nothing else of the signal runs.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { type DetachedDeliveryContext, defineSignal, type DeliveryContext, Discard, OnSignal } from '../../src/index.ts';
import { deliver } from '../../src/testing.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { harness } from '../support/harness.ts';

const paid = defineSignal('delivered.paid', z.object({ n: z.int() }));
const failed = defineSignal('delivered.failed', z.object({ n: z.int() }));

class Orders {
  static seen: unknown[] = [];

  @OnSignal(paid, { retry: { attempts: 2 } })
  @OnSignal(failed, { retry: { attempts: 2 } })
  async receive({ n }: { n: number }, { attempt, emission: { signal, headers } }: DeliveryContext): Promise<void> {
    Orders.seen.push([n, attempt, signal, headers]);
    if (n === 0) throw new Error('no order 0');
    if (n < 0) throw new Discard('not mine');
  }

  @OnSignal(paid, { transactional: false })
  static also(_payload: { n: number }, _context: DetachedDeliveryContext): void {
    Orders.seen.push('also');
  }
}

test('it runs one receiver of one signal, with the attempt and headers that it is given', async () => {
  await using h = await harness({ services: [Orders], testing: 'manual' });
  const options = { signal: failed, attempt: 2, headers: { tenant: 'acme' } };
  expect(await deliver(h.box, Orders, 'receive', { n: 3 }, options)).toMatchObject({ ended: 'completed', error: undefined });
  expect(Orders.seen.splice(0)).toEqual([[3, 2, 'delivered.failed', { tenant: 'acme' }]]);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed', attempt: 2 }]);
  await deliver(h.box, Orders, 'also', { n: 1 });
  expect(Orders.seen.splice(0)).toEqual(['also']);
});

test('a receiver that fails makes it throw, unless failures are collected; one that discards has not failed', async () => {
  await using h = await harness({ services: [Orders], testing: 'manual' });
  const failing = deliver(h.box, Orders, 'receive', { n: 0 }, { signal: paid });
  await expect(failing).rejects.toMatchObject({ code: 'ReceiverFailed', cause: { message: 'no order 0' } });
  const collecting = { signal: paid, onFailure: 'collect' } as const;
  expect(await deliver(h.box, Orders, 'receive', { n: 0 }, collecting)).toMatchObject({
    ended: 'retrying',
    error: { message: 'no order 0' },
  });
  expect(await deliver(h.box, Orders, 'receive', { n: 0 }, { ...collecting, attempt: 2 })).toMatchObject({ ended: 'dead' });
  expect(await deliver(h.box, Orders, 'receive', { n: -1 }, { signal: paid })).toMatchObject({ ended: 'cancelled' });
});

test('what is no receiver, a wrong signal and a wrong payload are refused', async () => {
  await using h = await harness({ services: [Orders], testing: 'manual' });
  await expect(deliver(h.box, Orders, 'recieve' as never, { n: 1 })).rejects.toThrow(
    'Orders.recieve is no receiver of this box. Did you mean Orders.receive?',
  );
  await expect(deliver(h.box, Orders, 'receive', { n: 1 })).rejects.toThrow(
    'Orders.receive receives delivered.failed, delivered.paid. Say which',
  );
  await expect(deliver(h.box, Orders, 'also', { n: 1 }, { signal: failed })).rejects.toThrow('and not delivered.failed');
  await expect(deliver(h.box, Orders, 'also', { n: 'x' } as never)).rejects.toMatchObject({ code: 'InvalidPayload' });
  await expect(deliver(h.box, Orders, 'also', { n: 1 }, { atempt: 1 } as never)).rejects.toThrow('Did you mean attempt?');
  // @ts-expect-error a payload of another type
  await expect(deliver(h.box, Orders, 'also', { other: 1 })).rejects.toMatchObject({ code: 'InvalidPayload' });
  expect(await readDeliveries(h.sql)).toEqual([]);
});
