// Unavailable: a service that a receiver calls is down. That costs no attempt and leaves no error, and the receiver is
// paused meanwhile.
import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  type BatchItem,
  defineSignal,
  type DetachedDeliveryContext,
  OnSignal,
  RetryAfter,
  type SignalboxEvents,
  Unavailable,
} from '../../../src/index.ts';
import { DRIVERS, openBehindProxy } from '../../support/behind-proxy.ts';
import { readDeliveries } from '../../support/deliveries.ts';
import { readErrors } from '../../support/effects.ts';
import { harness, type Harness } from '../../support/harness.ts';
import { inTime } from '../../support/in-time.ts';

const happened = defineSignal('unavailable.happened', z.object({ value: z.number() }));
const other = defineSignal('unavailable.other', z.object({}));

/** A service that a receiver calls, and that is up or down. */
class Provider {
  isAway = true;
  calls = 0;
  /** The calls while the service is down. */
  refused = 0;

  call(delay: number): void {
    this.calls++;
    if (!this.isAway) return;
    this.refused++;
    throw new Unavailable(delay, 'the provider is away');
  }
}

function calling(provider: Provider, delay: number) {
  class Caller {
    @OnSignal(happened, { retry: { attempts: 1 } })
    static async receive(): Promise<void> {
      provider.call(delay);
    }
  }
  return Caller;
}

/** Batches make a worker claim ahead from the start. */
class Other {
  @OnSignal(other, { batch: 50 })
  static receive(_items: BatchItem<object>[]): void {}
}

const emitMany = (h: Pick<Harness, 'db'>, count: number): Promise<unknown> =>
  h.db.transaction(
    async (tx) =>
      void (await happened.emitMany(
        tx,
        Array.from({ length: count }, (_, value) => ({ value })),
      )),
  );

const expectUntouched = async (h: Pick<Harness, 'sql'>, count: number): Promise<void> => {
  expect(await h.sql`select state, attempt, count(*)::int as count from signalbox.delivery group by 1, 2`).toEqual([
    { state: 'ready', attempt: 0, count },
  ]);
  expect(await readErrors(h.sql)).toEqual([]);
};

test.for(DRIVERS)('%s: during an outage one delivery probes now and then, which costs neither attempts nor errors', async (driver) => {
  const provider = new Provider();
  await using h = await openBehindProxy(driver, { services: [calling(provider, 200)] });
  const paused: SignalboxEvents['receiver.paused'][] = [];
  h.box.on('receiver.paused', (event) => paused.push(event));
  await emitMany(h, 300);
  await using worker = h.box.worker({ pollInterval: '1h', concurrency: 4 });
  let probes = 0;
  const probed = h.box.next('delivery.released', () => paused.length > 0 && ++probes === 6);
  await worker.start();
  await inTime(probed, 'six probes');
  // The calls that were running when the outage was noticed, and one at a time since.
  expect(provider.refused).toBeLessThan(15);
  expect(paused).toMatchObject([
    { receiver: 'Caller.receive', signal: 'unavailable.happened', delayMs: 200, error: { name: 'Unavailable' } },
  ]);
  expect((await h.box.workers.health()).workers).toMatchObject([{ failing: false, paused: ['Caller.receive'] }]);
  expect(await readErrors(h.sql)).toEqual([]);

  const resumed = h.box.next('receiver.resumed');
  let left = 300;
  const completed = h.box.next('delivery.completed', () => --left === 0);
  provider.isAway = false;
  await inTime(Promise.all([resumed, completed]), 'the end of the outage');
  expect((await h.box.workers.health()).workers).toMatchObject([{ paused: [] }]);
  const deliveries = await readDeliveries(h.sql);
  expect(new Set(deliveries.map(({ state, attempt }) => `${state} ${attempt}`))).toEqual(new Set(['completed 1']));
  expect([await readErrors(h.sql), paused.length]).toEqual([[], 1]);
});

test('deliveries that were claimed ahead are released at once, and other receivers continue', async () => {
  const provider = new Provider();
  await using h = await harness({ services: [calling(provider, 3_600_000), Other] });
  await emitMany(h, 50);
  await using worker = h.box.worker({ concurrency: 2, pollInterval: 50 });
  const paused = h.box.next('receiver.paused');
  await worker.start();
  await paused;
  const completed = h.box.next('delivery.completed');
  await h.db.transaction(async (tx) => void (await other.emitReliable(tx, {})));
  expect(await completed).toMatchObject({ receiver: 'Other.receive' });
  await expect.poll(async () => h.sql`select from signalbox.delivery where state = 'running'`, { timeout: 20_000 }).toEqual([]);
  await expectUntouched(h, 50);
  expect(provider.calls).toBeLessThanOrEqual(2);
});

test('drain and tick call the receiver once, leave the rest due, and end', async () => {
  const provider = new Provider();
  await using h = await harness({ services: [calling(provider, 3_600_000), Other] }, { max: 3 });
  await emitMany(h, 40);
  expect(await h.box.drain({ ahead: '1d' })).toEqual({ completed: 0, retrying: 0, dead: 0, cancelled: 0, released: 1 });
  await expectUntouched(h, 40);
  expect(provider.calls).toBe(1);
  await h.box.worker({ concurrency: 1 }).tick();
  await expectUntouched(h, 40);
  expect(provider.calls).toBe(2);
  provider.isAway = false;
  expect(await h.box.drain()).toMatchObject({ completed: 40 });
});

test('in immediate mode it is no failure of the transaction call, and drain runs the remaining deliveries', async () => {
  const provider = new Provider();
  await using h = await harness({ testing: 'immediate', services: [calling(provider, 1_000)] });
  await emitMany(h, 3);
  await expectUntouched(h, 3);
  expect(provider.calls).toBe(1);
  provider.isAway = false;
  expect(await h.box.drain()).toMatchObject({ completed: 3 });
});

test('a delivery that throws Unavailable goes behind the others, so that the next probe is another delivery', async () => {
  const calls: number[] = [];
  class Tenants {
    @OnSignal(happened)
    static receive({ value }: { value: number }): void {
      calls.push(value);
      if (value === 0) throw new Unavailable(50, 'this tenant only');
    }
  }
  await using h = await harness({ services: [Tenants] });
  await emitMany(h, 5);
  // This delivery has been due the longest, so it comes first as long as it keeps its place.
  await h.sql`update signalbox.delivery set run_at = run_at - interval '1 minute' where emission_id = (select id from signalbox.emission where payload ->> 'value' = '0')`;
  // Each worker begins its scan at the oldest delivery.
  await h.box.worker({ concurrency: 1 }).tick();
  expect(calls).toEqual([0]);
  await h.box.worker({ concurrency: 1 }).tick();
  expect(calls[1]).not.toBe(0);
  expect(await h.sql`select state from signalbox.delivery`).toHaveLength(4);
});

class Batches {
  static calls: number[] = [];
  static act: (items: BatchItem<{ value: number }>[]) => void = () => {};

  @OnSignal(happened, { batch: 10, retry: { attempts: 1 } })
  static async receive(items: BatchItem<{ value: number }>[]): Promise<void> {
    Batches.calls.push(items.length);
    Batches.act(items);
  }
}

class DetachedBatches {
  @OnSignal(happened, { batch: 10, transactional: false, retry: { attempts: 1 } })
  static async receive(items: BatchItem<{ value: number }>[]): Promise<void> {
    Batches.calls.push(items.length);
    Batches.act(items);
  }
}

test.each([Batches, DetachedBatches])('a batch that throws Unavailable does not run singly: %o', async (service) => {
  Batches.calls = [];
  Batches.act = () => {
    throw new Unavailable('1h');
  };
  await using h = await harness({ services: [service] });
  await emitMany(h, 10);
  await h.box.drain();
  expect(Batches.calls).toEqual([10]);
  await expectUntouched(h, 10);
});

test.each([Batches, DetachedBatches])(
  'an item that fails with Unavailable is released with its attempt, the others complete, and the receiver is paused: %o',
  async (service) => {
    Batches.calls = [];
    Batches.act = (items) => items.filter(({ payload }) => payload.value % 2 === 0).forEach((item) => item.fail(new Unavailable('1h')));
    await using h = await harness({ services: [service] });
    await emitMany(h, 10);
    const [paused, released] = [h.box.next('receiver.paused'), h.box.next('delivery.released')];
    expect(await inTime(h.box.drain(), 'the drain')).toMatchObject({ completed: 5, retrying: 0 });
    await inTime(Promise.all([paused, released]), 'the pause');
    expect(Batches.calls).toEqual([10]);
    await expectUntouched(h, 5);
  },
);

test('RetryAfter leaves an error if its text is new, and otherwise none', async () => {
  const reasons = ['busy', 'busy', 'closed', 'closed', 'busy'];
  class Later {
    @OnSignal(happened)
    static receive(_payload: unknown, { attempt }: DetachedDeliveryContext): void {
      const reason = reasons.shift();
      if (reason) throw new RetryAfter('1m', reason);
      if (attempt < 2) throw new Error('busy');
    }
  }
  await using h = await harness({ services: [Later] });
  await emitMany(h, 1);
  for (let round = 0; round < 7; round++) {
    await h.sql`update signalbox.delivery set run_at = now()`;
    await h.box.drain();
  }
  // A failure that costs an attempt is always recorded.
  expect((await readErrors(h.sql)).map(({ name, message }) => `${String(name)}: ${message}`)).toEqual([
    'RetryAfter: busy',
    'RetryAfter: closed',
    'RetryAfter: busy',
    'Error: busy',
  ]);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed', attempt: 2 }]);
});
