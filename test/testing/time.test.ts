// travel and idle: time that passes in the rows of a test, and the end of all that is due.
import { setTimeout as wait } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal } from '../../src/index.ts';
import { idle, travel } from '../../src/testing.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { harness, type Harness } from '../support/harness.ts';
import { Latch } from '../support/latch.ts';

const happened = defineSignal('timed.happened', z.object({}));

const emit = (h: Pick<Harness, 'db'>, options: object = {}): Promise<unknown> =>
  h.db.transaction(async (tx) => happened.emitReliable(tx, {}, options));

test('what is due after a while is due when that has passed, and not before', async () => {
  let failures = 1;
  class Receiving {
    @OnSignal(happened, { retry: { attempts: 2, delay: '1h', jitter: 0 } })
    static receive(): void {
      if (failures-- > 0) throw new Error('once');
    }
  }
  await using h = await harness({ services: [Receiving], testing: 'manual' });
  await emit(h, { delay: '2h' });
  await travel(h.box, '119m');
  expect(await h.box.drain()).toMatchObject({ completed: 0, retrying: 0 });
  // An emission and its delivery.
  expect(await travel(h.box, '1m')).toBe(2);
  expect(await h.box.drain()).toMatchObject({ retrying: 1 });
  await travel(h.box, '59m');
  expect(await h.box.drain()).toMatchObject({ completed: 0 });
  await travel(h.box, '1m');
  expect(await h.box.drain()).toMatchObject({ completed: 1 });
  await travel(h.box, '2h');
  const hours = (time: string): string => `floor(extract(epoch from now() - ${time}) / 3600)::int`;
  const [ago] = await h.sql
    .unsafe(`select ${hours('s.finished_at')} as finished, ${hours('e.emitted_at')} as emitted, ${hours('x.at')} as failed
    from signalbox.settled s join signalbox.emission e on e.id = s.emission_id join signalbox.delivery_error x on x.delivery_id = s.id`);
  expect(ago).toEqual({ finished: 2, emitted: 5, failed: 3 });
});

test('a lease does not travel, so a worker goes on', async () => {
  class Receiving {
    @OnSignal(happened)
    static receive(): void {}
  }
  await using h = await harness({ services: [Receiving] });
  await using worker = h.box.worker();
  await worker.start();
  await travel(h.box, '1d');
  await emit(h);
  await idle(h.box);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed' }]);
  expect(await h.sql`select from signalbox.worker where lost_at is not null`).toHaveLength(0);
});

test('idle waits for what runs and what is due, and not for what is due later', async () => {
  const [begun, go] = [new Latch(), new Latch()];
  class Receiving {
    @OnSignal(happened)
    static async receive(): Promise<void> {
      begun.open();
      await go.opened;
    }
  }
  await using h = await harness({ services: [Receiving] });
  await emit(h, { delay: '1h' });
  await idle(h.box);
  await emit(h);
  await expect(idle(h.box, { within: 0 })).rejects.toThrow('Not idle after 0 ms: Receiving.receive has 0 running and 1 due.');
  await using worker = h.box.worker();
  await worker.start();
  await begun.opened;
  await expect(idle(h.box, { within: 20 })).rejects.toThrow('Receiving.receive has 1 running and 0 due');
  const waiting = idle(h.box);
  expect(await Promise.race([waiting.then(() => 'idle'), wait(50, 'waiting')])).toBe('waiting');
  go.open();
  await waiting;
  expect((await readDeliveries(h.sql)).map(({ state }) => state).toSorted()).toEqual(['completed', 'ready']);
});

test('what is no box, a closed box and a time that cannot be are refused', async () => {
  await using h = await harness();
  await expect(travel({} as never, '1h')).rejects.toMatchObject({ code: 'IncompatibleCopy' });
  await expect(travel(h.box, '1 fortnight' as never)).rejects.toMatchObject({ code: 'InvalidOption' });
  await expect(idle(h.box, { witin: '1s' } as never)).rejects.toThrow('Did you mean within?');
  await h.box.close();
  await expect(idle(h.box)).rejects.toMatchObject({ code: 'BoxClosed' });
});
