// The database is killed while the answer to a COMMIT is missing: sender and receiver learn the outcome from the
// restarted server. That server assigns the ids of transactions again of which nothing had reached the disk.
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { driverOf } from '../../src/drivers/detect.ts';
import { defineSignal, type DeliveryContext, isSignalboxError, OnSignal } from '../../src/index.ts';
import { type BehindProxy, DRIVERS, type DriverName, openBehindProxy } from '../support/behind-proxy.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { effects, readEffects, readErrors } from '../support/effects.ts';
import { readMigrations } from '../support/migrations.ts';
import { launchPostgres, type RunningPostgres } from '../../src/testing/postgres/launch.ts';
import type { ConnectionLoss } from '../processes/proxy.ts';
import { until } from '../processes/program.ts';

const happened = defineSignal('commit.crashed', z.object({ value: z.number() }));

class Receiver {
  @OnSignal(happened)
  static async receive({ value }: { value: number }, { tx }: DeliveryContext): Promise<void> {
    await tx.insert(effects).values({ receiver: 'receiver', value });
  }
}

interface CommitCrash extends AsyncDisposable {
  readonly h: BehindProxy;
  /** Kills the database at the next COMMIT, restarts it, and admits no connection before `meanwhile` is done. */
  crashAtCommit(loss: ConnectionLoss, meanwhile?: () => Promise<void>): Promise<void>;
}

async function openCommitCrash(driver: DriverName): Promise<CommitCrash> {
  // The server flushes only at a COMMIT.
  const server: RunningPostgres = await launchPostgres({ settings: { wal_writer_delay: '10s', autovacuum: 'off' } });
  const setUp = postgres(server.url, { max: 1, onnotice: () => {} });
  await setUp.unsafe(await readMigrations());
  await setUp.end();
  const h = await openBehindProxy(driver, { url: server.url, services: [Receiver] });
  const answers = async (): Promise<boolean> => (await h.sql`select`.catch(() => undefined)) !== undefined;
  return {
    h,
    crashAtCommit: async (loss, meanwhile = async () => {}) => {
      await h.proxy.nextCommit(loss, (client) => {
        h.proxy.park();
        client.destroy();
        process.kill(server.pid, 'SIGKILL');
      });
      await server.restart();
      // The first queries report the end of the old sessions.
      for (let times = 0; times < 6; times++) await until('the database answers', answers);
      await meanwhile();
      h.proxy.open();
    },
    [Symbol.asyncDispose]: async () => {
      await h[Symbol.asyncDispose]();
      await server.stop();
    },
  };
}

const send = async ({ db }: BehindProxy, value: number): Promise<string> =>
  db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'sender', value });
    await happened.emitReliable(tx, { value });
    return 'sent';
  });

test.for(DRIVERS)('%s: a sender learns that its COMMIT took effect before the crash', { timeout: 60_000 }, async (driver) => {
  await using crash = await openCommitCrash(driver);
  const crashed = crash.crashAtCommit('its answer is lost');
  expect(await send(crash.h, 1)).toBe('sent');
  await crashed;
  expect(await readEffects(crash.h.sql)).toEqual(['sender:1']);
});

test.for(DRIVERS)(
  '%s: a sender learns that its COMMIT took no effect, although another transaction with the same id has committed by then',
  // Repeated if the log was flushed by chance: then the id is not assigned again.
  { timeout: 60_000, retry: 2 },
  async (driver) => {
    await using crash = await openCommitCrash(driver);
    const { h } = crash;
    let xid = '';
    const crashed = crash.crashAtCommit('never sent, unnoticed', async () => {
      const next = async (): Promise<boolean> =>
        BigInt((await h.sql`select pg_current_xact_id()::text as xid`)[0]!['xid'] as string) >= BigInt(xid);
      await until('the id is given out again', next);
      expect(await h.sql`select pg_xact_status(${xid}::xid8) as status`).toEqual([{ status: 'committed' }]);
    });
    const sent = h.db.transaction(async (tx) => {
      await happened.emitReliable(tx, { value: 1 });
      const [row] = [...(await h.sql`select max(backend_xid::text::bigint)::text as xid from pg_stat_activity`)];
      xid = row!['xid'] as string;
    });
    const failure = await sent.then(
      () => undefined,
      (error: unknown) => error,
    );
    await crashed;
    expect(failure).toSatisfy((error) => driverOf(h.db).isConnectionLoss(error) && !isSignalboxError(error));
    expect(await h.sql`select from signalbox.emission`).toHaveLength(0);
  },
);

test.for(DRIVERS)(
  '%s: a receiver that committed before the crash is completed, and one that did not runs again',
  { timeout: 90_000 },
  async (driver) => {
    for (const loss of ['its answer is lost', 'never sent, unnoticed'] as const) {
      await using crash = await openCommitCrash(driver);
      const { h } = crash;
      await using worker = h.box.worker({ pollInterval: 50, concurrency: 2, lease: '60s' });
      const said: string[] = [];
      for (const event of ['delivery.released', 'delivery.stale', 'delivery.retrying'] as const) h.box.on(event, () => said.push(event));
      const completed = h.box.next('delivery.completed');
      await worker.start();
      const crashed = crash.crashAtCommit(loss);
      await h.direct.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 1 })));
      await crashed;
      await completed;
      expect(said).toEqual(loss === 'its answer is lost' ? [] : ['delivery.released']);
      expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed', attempt: 1, crashes: 0 }]);
      expect(await readEffects(h.sql)).toEqual(['receiver:1']);
      expect(await readErrors(h.sql)).toEqual([]);
    }
  },
);
