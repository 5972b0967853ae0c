// A receiver whose connection is lost has not failed: its delivery is released, and costs no attempt.
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { Db, defineSignal, type DeliveryContext, OnSignal, Service } from '../../../src/index.ts';
import { readDeliveries } from '../../support/deliveries.ts';
import { createEffects, effects, readEffects, readErrors } from '../../support/effects.ts';
import { harness } from '../../support/harness.ts';

const happened = defineSignal('connections.happened', z.object({ value: z.number() }));

test.each(['idle', 'in a query'] as const)(
  'a receiver whose backend is killed while it is %s runs again, with its attempt refunded',
  async (when) => {
    let runs = 0;
    class Killed {
      @OnSignal(happened)
      static async receive({ value }: { value: number }, { tx }: DeliveryContext): Promise<void> {
        await tx.insert(effects).values({ receiver: 'killed', value });
        if (++runs > 1) return;
        const [row] = await tx.execute<{ pid: number }>(sql`select pg_backend_pid() as pid`);
        const kill = h.sql`select pg_terminate_backend(${row!.pid})`;
        await (when === 'in a query' ? Promise.all([tx.execute(sql`select pg_sleep(30)`), kill]) : kill);
        await new Promise<void>(() => {});
      }
    }
    await using h = await harness({ services: [Killed] });
    await createEffects(h.sql);
    await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 1 })));
    const released = h.box.next('delivery.released');
    const completed = h.box.next('delivery.completed');
    await using worker = h.box.worker({ pollInterval: 50 });
    await worker.start();
    expect(await released).toMatchObject({ attempt: 1, epoch: 1 });
    expect(await completed).toMatchObject({ attempt: 1, epoch: 3 });
    expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed', attempt: 1, crashes: 0 }]);
    expect(await readErrors(h.sql)).toEqual([]);
    expect(await readEffects(h.sql)).toEqual(['killed:1']);
  },
);

test("a connection that the receiver itself made and lost elsewhere is the receiver's failure", async () => {
  class Caller {
    @OnSignal(happened)
    static async receive(): Promise<void> {
      throw Object.assign(new Error('the payment provider is away'), { code: 'ECONNREFUSED' });
    }
  }
  await using h = await harness({ services: [Caller] });
  await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 1 })));
  expect(await h.box.drain()).toMatchObject({ retrying: 1 });
  expect(await readErrors(h.sql)).toMatchObject([{ message: 'the payment provider is away' }]);
});

test('tx and the injected Db are one transaction in a receiver; both are fenced', async () => {
  @Service()
  class Both {
    constructor(private readonly db: Db) {}

    @OnSignal(happened)
    async receive({ value }: { value: number }, { tx, attempt }: DeliveryContext): Promise<void> {
      await this.db.insert(effects).values({ receiver: 'db', value });
      expect(await tx.$count(effects)).toBe(1);
      if (attempt === 1) throw new Error('undo both');
    }
  }
  await using h = await harness({ services: [Both] });
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 1 })));
  expect(await h.box.drain({ ahead: '1h' })).toMatchObject({ retrying: 1, completed: 1 });
  expect(await readEffects(h.sql)).toEqual(['db:1']);
});
