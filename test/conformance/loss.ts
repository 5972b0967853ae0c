// Cases: lost connections. Each case needs a real server.
import { sql } from 'drizzle-orm';
import { expect, vi } from 'vitest';
import { type DeliveryContext, Discard } from '../../src/index.ts';
import { driverOf } from '../../src/drivers/detect.ts';
import { rootCode } from '../support/errors.ts';
import { type Case, type Conformance, effects, errorOf, openConformance, rowsOf } from './driver.ts';
import { emit, receiverThat } from './signals.ts';

interface Executing {
  execute(query: ReturnType<typeof sql>): PromiseLike<unknown>;
}

async function killBackendOf(h: Conformance, tx: Executing): Promise<void> {
  const [row] = rowsOf(await tx.execute(sql`select pg_backend_pid() as pid`));
  await h.sql(`select pg_terminate_backend(${String(row!['pid'])})`);
}

/** A new transaction; postgres.js reports the end of the old session once more, to the first query of the new one. */
async function writeNext(h: Conformance, value: number): Promise<void> {
  const next = async (): Promise<unknown> => h.db.transaction(async (tx) => tx.insert(effects).values({ receiver: 'next', value }));
  await next().catch(next);
}

function expectLoss(h: Conformance, error: unknown): void {
  expect(error).toSatisfy(driverOf(h.db).isConnectionLoss);
}

const listeners = `select pid from pg_stat_activity where query ilike 'listen %' and datname = current_database()`;

export const lossCases: readonly Case[] = [
  {
    name: 'a transaction whose backend is killed rejects with that, even if its callback never ends; its handle reaches no other session',
    needs: 'pool',
    async run(driver) {
      await using h = await openConformance(driver, { max: 1 });
      let late: Promise<unknown> = Promise.resolve();
      const attempt = h.db.transaction(async (tx) => {
        await tx.execute(sql`select 1`);
        // Before the kill: the attempt may end before the answer to the kill arrives.
        late = errorOf(attempt).then(() => tx.insert(effects).values({ receiver: 'late', value: 1 }));
        await killBackendOf(h, tx);
        await new Promise(() => {});
      });
      expectLoss(h, await errorOf(attempt));
      expect(rootCode(await errorOf(late))).toBe('TransactionEnded');
      await writeNext(h, 2);
      expect(await h.effects()).toEqual(['next:2']);
    },
  },
  {
    name: 'a transaction whose backend is killed during a query or a savepoint rejects with that, and the process and the pool live on',
    needs: 'pool',
    async run(driver) {
      await using h = await openConformance(driver, { max: 1 });
      for (const [value, within] of ['transaction', 'savepoint'].entries()) {
        const attempt = h.db.transaction(async (tx) => {
          const wait = async (handle: Executing): Promise<void> => {
            const kill = killBackendOf(h, handle);
            await Promise.all([kill, handle.execute(sql`select pg_sleep(30)`)]);
          };
          await (within === 'savepoint' ? tx.transaction(wait) : wait(tx));
        });
        expectLoss(h, await errorOf(attempt));
        await writeNext(h, value);
      }
      expect(await h.effects()).toEqual(['next:0', 'next:1']);
    },
  },
  {
    name: 'a receiver whose backend is killed runs again, with its attempt refunded',
    needs: 'pool',
    async run(driver) {
      const die = async ({ tx }: DeliveryContext): Promise<void> => {
        await killBackendOf(h, tx);
        await new Promise(() => {});
      };
      await using h = await openConformance(driver, { services: [receiverThat('Killed', die)] });
      await emit(h);
      const released = h.box.next('delivery.released');
      const completed = h.box.next('delivery.completed');
      await using worker = h.box.worker({ pollInterval: 50 });
      await worker.start();
      expect(await released).toMatchObject({ attempt: 1, epoch: 1 });
      expect(await completed).toMatchObject({ attempt: 1, epoch: 3 });
      expect(await h.effects()).toEqual(['Killed:1']);
      expect(await h.sql('select from signalbox.delivery_error')).toEqual([]);
    },
  },
  {
    name: 'a receiver whose backend is killed in its own query runs again, too, with its attempt refunded',
    needs: 'pool',
    async run(driver) {
      const die = async ({ tx }: DeliveryContext): Promise<void> => {
        await Promise.all([killBackendOf(h, tx), tx.execute(sql`select pg_sleep(30)`)]);
      };
      await using h = await openConformance(driver, { services: [receiverThat('Killed', die)] });
      await emit(h);
      const released: unknown[] = [];
      h.box.on('delivery.released', (event) => released.push(event));
      await h.box.drain();
      expect(released).toMatchObject([{ attempt: 1, epoch: 1 }]);
      expect(await h.deliveries()).toMatchObject([{ state: 'ready', attempt: 0 }]);
      expect(await h.sql('select from signalbox.delivery_error')).toEqual([]);
    },
  },
  {
    name: 'the error of a receiver counts, even if its backend is gone before the ROLLBACK',
    needs: 'pool',
    async run(driver) {
      const discard = async ({ tx }: DeliveryContext): Promise<void> => {
        await tx.execute(sql`set local idle_in_transaction_session_timeout = 1`);
        // The server ends the session while this process is busy, so no code has noticed it when the receiver throws.
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
        throw new Discard('not mine');
      };
      await using h = await openConformance(driver, { services: [receiverThat('Discards', discard)] });
      await emit(h);
      expect(await h.box.drain()).toMatchObject({ cancelled: 1 });
    },
  },
  {
    name: 'a worker whose listening connection is killed listens again',
    needs: 'pool',
    async run(driver) {
      await using h = await openConformance(driver, { services: [receiverThat('One')] });
      await using worker = h.box.worker({ pollInterval: '1h' });
      const idle = h.box.next('worker.idle');
      await worker.start();
      await idle;
      const [before] = await h.sql(listeners);
      await h.sql(`select pg_terminate_backend(${String(before!['pid'])})`);
      await vi.waitFor(async () => {
        const [now] = await h.sql(listeners);
        expect(now?.['pid'] ?? before!['pid']).not.toBe(before!['pid']);
      }, 10_000);
      const completed = h.box.next('delivery.completed');
      await emit(h);
      await completed;
    },
  },
  {
    name: 'a transaction that cannot begin costs the pool no connection',
    needs: 'pool',
    async run(driver) {
      await using h = await openConformance(driver, { max: 1 });
      for (let times = 0; times < 3; times++) {
        const attempt = h.db.transaction(async () => 'never', { isolationLevel: 'no such level' as 'serializable' });
        await errorOf(attempt);
      }
      await writeNext(h, 1);
      expect(await h.effects()).toEqual(['next:1']);
    },
  },
];
