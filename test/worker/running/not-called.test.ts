// An error that prevents the call of a receiver is never its failure: the delivery waits, costs no attempt, and the
// worker reports that.
import postgres from 'postgres';
import { expect, inject as provided, test } from 'vitest';
import { z } from 'zod';
import { type BatchItem, defineSignal, inject, OnSignal, provide, Service, type SignalboxEvents, Token } from '../../../src/index.ts';
import { DRIVERS, openBehindProxy } from '../../support/behind-proxy.ts';
import { readDeliveries } from '../../support/deliveries.ts';
import { createEffects, readErrors } from '../../support/effects.ts';
import { harness } from '../../support/harness.ts';
import { Latch } from '../../support/latch.ts';

const happened = defineSignal('notCalled.happened', z.object({ value: z.number() }));

test.for(DRIVERS)('%s: while the server accepts no new connections, deliveries that need one wait, and cost no attempt', async (driver) => {
  const gate = new Latch();
  let calls = 0;
  class Receiver {
    @OnSignal(happened, { retry: { attempts: 1 } })
    static async receive(): Promise<void> {
      calls++;
      await gate.opened;
    }
  }
  await using h = await openBehindProxy(driver, { services: [Receiver], max: 10 });
  const failing: SignalboxEvents['worker.failing'][] = [];
  h.box.on('worker.failing', (event) => failing.push(event));
  await using worker = h.box.worker({ pollInterval: 50, concurrency: 8 });
  const idle = h.box.next('worker.idle');
  await worker.start();
  await idle;
  const [{ name }] = await h.sql<[{ name: string }]>`select current_database() as name`;
  // Not by an error of the database itself.
  const admin = postgres(provided('databaseUrl'), { max: 1 });
  await admin.unsafe(`alter database "${name}" with allow_connections false`);
  let left = 8;
  const completed = h.box.next('delivery.completed', () => --left === 0);
  const released = h.box.next('delivery.released');
  const told = h.box.next('worker.failing');
  await h.direct.transaction(
    async (tx) =>
      void (await happened.emitMany(
        tx,
        Array.from({ length: 8 }, (_, value) => ({ value })),
      )),
  );
  await told;
  // Open connections continue to work.
  gate.open();
  await released;
  expect((await h.box.workers.health()).workers).toMatchObject([{ failing: true }]);
  const recovered = h.box.next('worker.recovered');
  await admin.unsafe(`alter database "${name}" with allow_connections true`);
  await admin.end();
  await Promise.all([completed, recovered]);
  expect(await readErrors(h.sql)).toEqual([]);
  expect((await readDeliveries(h.sql)).map(({ state, attempt }) => [state, attempt])).toEqual(
    Array.from({ length: 8 }, () => ['completed', 1]),
  );
  expect([calls, failing.length]).toEqual([8, 1]);
});

// Errors that a server, a pooler or a deploy causes.
test.for(['28P01', '25006', '26000', '58030', 'XX000', '53100', '42501', 'P0001'])(
  '%s: a refused first statement costs no attempt, and the delivery waits',
  async (code) => {
    class Receiver {
      @OnSignal(happened, { retry: { attempts: 1 } })
      static receive(): void {}
    }
    await using h = await harness({ services: [Receiver] });
    await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 1 })));
    await h.sql
      .unsafe(`create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no' using errcode = '${code}'; end $$;
      create trigger refuse after insert on signalbox.settled for each row when (new.state = 'completed') execute function refuse()`);
    const released = h.box.next('delivery.released');
    expect(await h.box.drain()).toEqual({ completed: 0, retrying: 0, dead: 0, cancelled: 0, released: 1 });
    await released;
    const [waits] = await h.sql`select run_at > now() as waits, attempt, state from signalbox.delivery`;
    expect(waits).toEqual({ waits: true, attempt: 0, state: 'ready' });
    expect(await readErrors(h.sql)).toEqual([]);
  },
);

const PROVIDER = new Token<object>('provider');

@Service()
class Single {
  readonly provider = inject(PROVIDER);
  @OnSignal(happened, { retry: { attempts: 1 } })
  receive(): void {}
}

@Service()
class Detached {
  readonly provider = inject(PROVIDER);
  @OnSignal(happened, { transactional: false, retry: { attempts: 1 } })
  receive(): void {}
}

@Service()
class Batched {
  readonly provider = inject(PROVIDER);
  @OnSignal(happened, { batch: 10, retry: { attempts: 1 } })
  receive(_items: BatchItem<{ value: number }>[]): void {}
}

test.each([Single, Detached, Batched])('a service that cannot be made is no failure of its deliveries: %o', async (service) => {
  let isAway = true;
  const connect = (): object => {
    if (isAway) throw Object.assign(new Error('away'), { code: 'ECONNREFUSED' });
    return {};
  };
  await using h = await harness({ services: [service], providers: [provide(PROVIDER, { useFactory: connect })] });
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => void (await happened.emitMany(tx, [{ value: 1 }, { value: 2 }])));
  await using worker = h.box.worker({ pollInterval: 50 });
  const failing = h.box.next('worker.failing');
  const ended = Promise.race([h.box.next('delivery.released'), h.box.next('delivery.dead')]);
  await worker.start();
  await ended;
  expect(await readErrors(h.sql)).toEqual([]);
  expect(await failing).toMatchObject({ error: { message: 'away' } });
  let left = 2;
  const completed = h.box.next('delivery.completed', () => --left === 0);
  isAway = false;
  await completed;
  expect((await readDeliveries(h.sql)).map(({ state, attempt }) => `${state} ${attempt}`)).toEqual(['completed 1', 'completed 1']);
  expect(await readErrors(h.sql)).toEqual([]);
});

test('in immediate mode the transaction call throws, because no worker would run the delivery later', async () => {
  const connect = (): object => {
    throw new Error('away');
  };
  await using h = await harness({ testing: 'immediate', services: [Single], providers: [provide(PROVIDER, { useFactory: connect })] });
  const emitting = h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 1 })));
  await expect(emitting).rejects.toMatchObject({ code: 'ReceiverFailed', details: { causes: [{ message: 'away' }] } });
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'ready', attempt: 0 }]);
});
