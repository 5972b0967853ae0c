// The answer to a sender's COMMIT is lost: the call has the outcome of the transaction. A proxy drops the answers.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { driverOf } from '../../src/drivers/detect.ts';
import { defineSignal, isSignalboxError, OnSignal } from '../../src/index.ts';
import { type BehindProxy, DRIVERS, openBehindProxy } from '../support/behind-proxy.ts';
import { countEmissions, effects, readEffects } from '../support/effects.ts';
import { untilBlocked } from '../store/waits.ts';

const happened = defineSignal('commit.happened', z.object({ value: z.number() }));

/** Writes and emits; the commit hook and the result show whether the call considers itself committed. */
async function send(h: BehindProxy, told: string[] = []): Promise<string> {
  return h.db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'sender', value: 1 });
    await happened.emitReliable(tx, { value: 1 });
    h.box.afterCommit(tx, () => told.push('afterCommit'));
    return 'sent';
  });
}

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  const outcome = await work.then(
    () => undefined,
    (error: unknown) => ({ error }),
  );
  if (!outcome) throw new Error('It was not rejected.');
  return outcome.error;
}

const isLoss = (h: BehindProxy, error: unknown): boolean => driverOf(h.db).isConnectionLoss(error) && !isSignalboxError(error);

test.for(DRIVERS)('%s: a COMMIT that took effect without its answer resolves, and its callbacks run', async (driver) => {
  await using h = await openBehindProxy(driver);
  const told: string[] = [];
  const cut = h.proxy.nextCommit('its answer is lost');
  expect(await send(h, told)).toBe('sent');
  await cut;
  expect(told).toEqual(['afterCommit']);
  expect(await readEffects(h.sql)).toEqual(['sender:1']);
});

test.for(DRIVERS)('%s: a COMMIT that took no effect rejects with the error of the connection', async (driver) => {
  await using h = await openBehindProxy(driver);
  const told: string[] = [];
  const cut = h.proxy.nextCommit('never sent');
  expect(await failureOf(send(h, told))).toSatisfy((error) => isLoss(h, error));
  await cut;
  expect(told).toEqual([]);
  expect(await countEmissions(h.sql)).toBe(0);
});

test.for(DRIVERS)('%s: a COMMIT that still runs when its connection is lost is waited for', async (driver) => {
  await using h = await openBehindProxy(driver);
  const commits = await h.delayCommits();
  let settled = false;
  const cut = h.proxy.nextCommit('cut while under way');
  const sent = send(h).finally(() => (settled = true));
  await cut;
  await untilBlocked(h.sql);
  // By the next question, the COMMIT has been answered.
  for (const statement of [/pg_xact_status/, /pg_xact_(status)/]) await h.proxy.seen(statement);
  expect(settled).toBe(false);
  await commits.let();
  expect(await sent).toBe('sent');
});

test.for(DRIVERS)('%s: a COMMIT that never reached the server rejects with the error of the connection', async (driver) => {
  await using h = await openBehindProxy(driver);
  await h.sql.unsafe(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused at the end'; end $$;
    create constraint trigger refuse after insert on effect deferrable initially deferred for each row execute function refuse()`);
  const cut = h.proxy.nextCommit('its answer is lost');
  expect(await failureOf(send(h))).toSatisfy((error) => isLoss(h, error));
  await cut;
  expect(await countEmissions(h.sql)).toBe(0);
});

test.for(DRIVERS)('%s: a COMMIT whose connection ends with an unknown error is resolved, too', async (driver) => {
  await using h = await openBehindProxy(driver, { tunnel: true });
  const lost = h.proxy.nextCommit('its answer is lost', h.breakTunnel);
  expect(await send(h)).toBe('sent');
  await lost;
  const never = h.proxy.nextCommit('never sent, unnoticed', (client) => {
    h.breakTunnel(client);
    void h.sql`select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction' and datname = current_database()`.execute();
  });
  const failure = await failureOf(send(h));
  expect(failure).toSatisfy((error) => [error, (error as Error).cause].some((at) => (at as Error)?.message === 'the tunnel broke'));
  await never;
  expect(await countEmissions(h.sql)).toBe(1);
});

test.for(DRIVERS)(
  '%s: the emission of a released savepoint proves the commit, that of a savepoint that was rolled back does not',
  async (driver) => {
    await using h = await openBehindProxy(driver);
    const lost = h.proxy.nextCommit('its answer is lost');
    const kept = h.db.transaction(async (tx) => {
      await tx.transaction(async (nested) => void (await happened.emitReliable(nested, { value: 1 })));
      return 'kept';
    });
    expect(await kept).toBe('kept');
    await lost;
    const undone = h.proxy.nextCommit('its answer is lost');
    const withoutWitness = h.db.transaction(async (tx) => {
      await tx.insert(effects).values({ receiver: 'sender', value: 2 });
      const savepoint = tx.transaction(async (nested) => {
        await happened.emitReliable(nested, { value: 2 });
        throw new Error('undo');
      });
      await savepoint.catch(() => {});
    });
    expect(await failureOf(withoutWitness)).toSatisfy((error) => isLoss(h, error));
    await undone;
    expect(await readEffects(h.sql)).toEqual(['sender:2']);
  },
);

test.for(DRIVERS)('%s: a COMMIT of a transaction that emitted nothing rejects with the error of the connection', async (driver) => {
  await using h = await openBehindProxy(driver);
  const cut = h.proxy.nextCommit('its answer is lost');
  const sent = h.db.transaction(async (tx) => void (await tx.insert(effects).values({ receiver: 'sender', value: 1 })));
  expect(await failureOf(sent)).toSatisfy((error) => isLoss(h, error));
  await cut;
  expect(await readEffects(h.sql)).toEqual(['sender:1']);
});

test.for(DRIVERS)('%s: in immediate mode the receivers run, although the answer to the COMMIT was lost', async (driver) => {
  const received: number[] = [];
  class Receiver {
    @OnSignal(happened)
    static async receive({ value }: { value: number }): Promise<void> {
      received.push(value);
    }
  }
  await using h = await openBehindProxy(driver, { services: [Receiver], testing: 'immediate' });
  const cut = h.proxy.nextCommit('its answer is lost');
  await send(h);
  await cut;
  expect(received).toEqual([1]);
});

test.for(DRIVERS)('%s: a COMMIT whose outcome cannot be found in time rejects with CommitUnknown', async (driver) => {
  await using h = await openBehindProxy(driver);
  const cut = h.proxy.nextCommit('its answer is lost', (client) => {
    h.proxy.close();
    client.destroy();
  });
  const failure = await failureOf(send(h));
  await cut;
  const [row] = await h.sql`select id, xmin::text as xid from signalbox.emission`;
  expect(failure).toMatchObject({ code: 'CommitUnknown', details: { xid: row!['xid'], emissionId: row!['id'] } });
  expect((failure as Error).cause).toSatisfy((error) => isLoss(h, error));
});
