// The answer to a receiver's COMMIT is lost: the delivery is reported with its true outcome, at no cost of an attempt.
// A proxy between the worker and its database drops the answers.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, type DeliveryContext, type EventName, OnSignal } from '../../../src/index.ts';
import { untilBlocked } from '../../store/waits.ts';
import { type BehindProxy, DRIVERS, openBehindProxy } from '../../support/behind-proxy.ts';
import { readDeliveries } from '../../support/deliveries.ts';
import { effects, readEffects, readErrors } from '../../support/effects.ts';

const happened = defineSignal('commit.received', z.object({ value: z.number() }));
const followed = defineSignal('commit.followed', z.object({}));

type Script = (context: DeliveryContext) => unknown;

/** A receiver that writes an effect, and then follows the script. */
function receiverThat(script: Script = () => {}, options: { timeout?: number } = {}): new () => object {
  class Receiver {
    @OnSignal(happened, { name: 'Receiver.receive', ...options })
    static async receive({ value }: { value: number }, context: DeliveryContext): Promise<void> {
      await context.tx.insert(effects).values({ receiver: 'receiver', value });
      await script(context);
    }
  }
  return Receiver;
}

const EVENTS = ['delivery.completed', 'delivery.released', 'delivery.stale', 'delivery.retrying', 'delivery.dead'] as const;

/** The events of the box for its deliveries, each with attempt and epoch. */
function listen({ box }: BehindProxy): string[] {
  const said: string[] = [];
  for (const event of EVENTS)
    box.on(event satisfies EventName, ({ attempt, epoch }) => said.push(`${event.replace('delivery.', '')} ${attempt}/${epoch}`));
  return said;
}

/** Starts a worker, emits without the proxy, and resolves when the delivery is done. */
async function work(h: BehindProxy, meanwhile: () => Promise<unknown> = async () => {}): Promise<string[]> {
  const said = listen(h);
  await using worker = h.box.worker({ pollInterval: 50, concurrency: 2 });
  await worker.start();
  const ended = Promise.race(EVENTS.filter((event) => event !== 'delivery.released').map(async (event) => h.box.next(event)));
  await h.direct.transaction(async (tx) => void (await happened.emitReliable(tx, { value: 1 })));
  await meanwhile();
  await ended;
  return said;
}

/** Ends the sessions that the proxy left behind in a transaction. */
async function endIdleTransactions(h: BehindProxy): Promise<void> {
  await h.sql`
    select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle in transaction' and datname = current_database()`;
}

test.for(DRIVERS)('%s: a COMMIT that took effect completes the delivery, and its afterCommit callbacks run', async (driver) => {
  const told: string[] = [];
  const script: Script = ({ tx }) => h.box.afterCommit(tx, () => told.push('afterCommit'));
  await using h = await openBehindProxy(driver, { services: [receiverThat(script)] });
  const cut = h.proxy.nextCommit('its answer is lost');
  expect(await work(h)).toEqual(['completed 1/1']);
  await cut;
  expect(told).toEqual(['afterCommit']);
  expect(await readEffects(h.sql)).toEqual(['receiver:1']);
  expect(await readDeliveries(h.sql)).toMatchObject([{ state: 'completed', epoch: 1, attempt: 1 }]);
});

test.for(DRIVERS)('%s: a receiver that emits is completed by its own delivery, not by its emission', async (driver) => {
  const script: Script = async ({ tx }) => void (await followed.emitReliable(tx, {}));
  await using h = await openBehindProxy(driver, { services: [receiverThat(script)] });
  const cut = h.proxy.nextCommit('its answer is lost');
  expect(await work(h)).toEqual(['completed 1/1']);
  await cut;
});

test.for(DRIVERS)(
  '%s: after a COMMIT that took no effect, the delivery is released, and runs again in the same attempt',
  async (driver) => {
    const told: string[] = [];
    const script: Script = ({ tx, attempt }) => h.box.afterCommit(tx, () => told.push(`afterCommit ${attempt}`));
    await using h = await openBehindProxy(driver, { services: [receiverThat(script)] });
    const cut = h.proxy.nextCommit('never sent');
    expect(await work(h)).toEqual(['released 1/1', 'completed 1/3']);
    await cut;
    expect(told).toEqual(['afterCommit 1']);
    expect(await readEffects(h.sql)).toEqual(['receiver:1']);
    expect(await readErrors(h.sql)).toEqual([]);
  },
);

test.for(DRIVERS)('%s: a transaction whose connection is lost at its BEGIN costs no attempt', async (driver) => {
  await using h = await openBehindProxy(driver, { services: [receiverThat()] });
  const cut = h.proxy.next(/^begin/i, 'never sent');
  expect(await work(h)).toEqual(['released 1/1', 'completed 1/3']);
  await cut;
  expect(await readErrors(h.sql)).toEqual([]);
});

test.for(DRIVERS)('%s: a COMMIT that still runs when its connection is lost is waited for', async (driver) => {
  await using h = await openBehindProxy(driver, { services: [receiverThat()] });
  const commits = await h.delayCommits();
  const cut = h.proxy.nextCommit('cut while under way');
  const said = await work(h, async () => {
    await cut;
    await h.proxy.seen(/returning d\.id::text as id$/);
    await untilBlocked(h.sql);
    await commits.let();
  });
  expect(said).toEqual(['completed 1/1']);
});

test.for(DRIVERS)('%s: a COMMIT that ends with an unknown error is not the failure of the receiver', async (driver) => {
  for (const [fate, said] of [
    ['its answer is lost', ['completed 1/1']],
    ['never sent, unnoticed', ['released 1/1', 'completed 1/3']],
  ] as const) {
    await using h = await openBehindProxy(driver, { services: [receiverThat()], tunnel: true });
    const cut = h.proxy.nextCommit(fate, h.breakTunnel);
    expect(await work(h, () => cut.then(() => endIdleTransactions(h)))).toEqual(said);
    expect(await readErrors(h.sql)).toEqual([]);
  }
});

test.for(DRIVERS)('%s: a COMMIT that ends after the timeout is not the failure of a receiver that returned in time', async (driver) => {
  let overtime: Promise<unknown> = Promise.resolve();
  const script: Script = ({ abortSignal }) => {
    overtime = new Promise((resolve) => abortSignal.addEventListener('abort', resolve));
  };
  await using h = await openBehindProxy(driver, { services: [receiverThat(script, { timeout: 500 })] });
  const cut = h.proxy.nextCommit('never sent, unnoticed', (client) => {
    void overtime.then(() => client.destroy()).then(() => endIdleTransactions(h));
  });
  expect(await work(h)).toEqual(['released 1/1', 'completed 1/3']);
  await cut;
  expect(await readErrors(h.sql)).toEqual([]);
});

test.for(DRIVERS)('%s: a COMMIT that the server refuses is the failure of the receiver', async (driver) => {
  await using h = await openBehindProxy(driver, { services: [receiverThat()] });
  await h.sql.unsafe(`
    create function refuse() returns trigger language plpgsql as $$ begin raise exception 'refused at the end'; end $$;
    create constraint trigger refuse after insert on effect deferrable initially deferred for each row execute function refuse()`);
  expect(await work(h)).toEqual(['retrying 1/1']);
  expect(await readErrors(h.sql)).toMatchObject([{ attempt: 1 }]);
});

test.for(DRIVERS)('%s: a completion outside a transaction whose answer is lost counts as completed', async (driver) => {
  class Remote {
    @OnSignal(happened, { transactional: false })
    static async receive(): Promise<void> {}
  }
  await using h = await openBehindProxy(driver, { services: [Remote] });
  const cut = h.proxy.next(/d\.id = any\(\$1::text::bigint\[\]\)/, 'cut while under way');
  expect(await work(h)).toEqual(['completed 1/1']);
  await cut;
});
