// Cases: a worker from its start to its stop, and its notifications.
import { expect, vi } from 'vitest';
import { z } from 'zod';
import { Db, defineSignal, type DeliveryContext, type DetachedDeliveryContext, OnSignal, Service } from '../../src/index.ts';
import { type Case, type Conformance, effects, openConformance } from './driver.ts';
import { emit, fail, happened, receiverThat } from './signals.ts';

const asked = defineSignal('conformance.asked', z.object({ value: z.number() }));

const LISTENERS = `select count(*)::int from pg_stat_activity where query ilike 'listen %' and datname = current_database()`;
const WORKERS = 'select count(*)::int from signalbox.worker';

/** Resolves when this number of deliveries have completed. */
function completions(h: Conformance, wanted: number): Promise<void> {
  let count = 0;
  return new Promise((resolve) => {
    h.box.on('delivery.completed', () => {
      if (++count === wanted) resolve();
    });
  });
}

export const workerCases: readonly Case[] = [
  {
    name: 'an emit wakes a sleeping worker long before its next poll; a stopped worker leaves nothing behind',
    async run(driver) {
      await using h = await openConformance(driver, { services: [receiverThat('One')] });
      const worker = h.box.worker({ pollInterval: '1h' });
      const idle = h.box.next('worker.idle');
      await worker.start();
      await idle;
      const completed = h.box.next('delivery.completed');
      await emit(h, 7);
      expect(await completed).toMatchObject({ receiver: 'One.receive', attempt: 1 });
      expect(await h.count(WORKERS)).toBe(1);
      await worker.stop();
      expect(await h.count(WORKERS)).toBe(0);
      expect(await h.effects()).toEqual(['One:7']);
    },
  },
  {
    name: 'a stopped worker no longer listens',
    needs: 'pool',
    async run(driver) {
      await using h = await openConformance(driver, { services: [receiverThat('One')] });
      const worker = h.box.worker();
      await worker.start();
      expect(await h.count(LISTENERS)).toBe(1);
      await worker.stop();
      await vi.waitFor(async () => expect(await h.count(LISTENERS)).toBe(0), 15_000);
    },
  },
  {
    name: 'a worker runs the emissions of receivers, with and without a transaction, and retries',
    async run(driver) {
      @Service()
      class Detached {
        constructor(private readonly db: Db) {}

        @OnSignal(asked, { transactional: false })
        async receive({ value }: { value: number }, { abortSignal }: DetachedDeliveryContext): Promise<void> {
          abortSignal.throwIfAborted();
          await this.db.insert(effects).values({ receiver: 'detached', value });
        }
      }
      class Asking {
        @OnSignal(happened)
        static async receive({ value }: { value: number }, { tx }: DeliveryContext): Promise<void> {
          await asked.emitReliable(tx, { value });
        }
      }
      const services = [Detached, Asking, receiverThat('Twice', fail('once'))];
      await using h = await openConformance(driver, { services });
      await using worker = h.box.worker({ pollInterval: 100 });
      const done = completions(h, 60);
      await worker.start();
      await h.db.transaction(async (tx) => {
        await happened.emitMany(
          tx,
          Array.from({ length: 20 }, (_, value) => ({ value })),
        );
      });
      await done;
      await worker.stop();
      expect(await h.effects()).toHaveLength(40);
    },
  },
  {
    name: 'a receiver that runs for longer than the lease neither blocks the worker for good nor runs twice',
    async run(driver) {
      let runs = 0;
      const long = async (): Promise<void> => {
        runs++;
        await new Promise((resolve) => setTimeout(resolve, 1_600));
      };
      await using h = await openConformance(driver, { services: [receiverThat('Long', long, long)] });
      await using worker = h.box.worker({ pollInterval: 50, lease: '1s' });
      const done = completions(h, 2);
      await worker.start();
      await emit(h, 1);
      await emit(h, 2);
      await done;
      await worker.stop();
      expect([runs, new Set(await h.effects())]).toEqual([2, new Set(['Long:1', 'Long:2'])]);
      expect(await h.deliveries()).toMatchObject([
        { state: 'completed', attempt: 1 },
        { state: 'completed', attempt: 1 },
      ]);
    },
  },
  {
    name: 'tick claims once',
    async run(driver) {
      await using h = await openConformance(driver, { services: [receiverThat('One')] });
      await emit(h);
      const { completed: ran } = await h.box.worker().tick();
      expect([ran, await h.effects(), await h.count(WORKERS)]).toEqual([1, ['One:1'], 0]);
    },
  },
];
