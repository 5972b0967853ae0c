// A box whose logger and listeners fail at each line and each event still does its work: they decide nothing.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, type DeliveryContext, Discard, type Logger, OnSignal, type SignalboxOptions } from '../../src/index.ts';
import { harness, type Harness } from '../support/harness.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { effects, createEffects, readEffects } from '../support/effects.ts';

const happened = defineSignal('failing.happened', z.object({ value: z.string() }));
const unheard = defineSignal('failing.unheard', z.object({}));

class Receiving {
  @OnSignal(happened, { retry: { attempts: 1 } })
  static async receive({ value }: { value: string }, { tx, log }: DeliveryContext): Promise<void> {
    log.info({ value }, 'received');
    log.child({ part: 1 }).error({ value }, 'received');
    if (value === 'discard') throw new Discard('not mine');
    if (value === 'fail') throw new Error('refused');
    await tx.insert(effects).values({ receiver: value, value: 1 });
  }
}

const full = new Error('ENOSPC: no space left on device, write');
const fail = (): never => {
  throw full;
};
const reject = (): never => Promise.reject(full) as never;

const loggers: Record<string, Logger> = {
  throws: { debug: fail, info: fail, warn: fail, error: fail, child: fail },
  rejects: { debug: reject, info: reject, warn: reject, error: reject, child: () => loggers['rejects']! },
};

const EVENTS = [
  ...(['started', 'completed', 'retrying', 'dead', 'cancelled', 'released', 'stale', 'rescued'] as const).map(
    (end) => `delivery.${end}` as const,
  ),
  ...(['started', 'idle', 'lost', 'failing', 'recovered', 'stopping', 'stopped'] as const).map((end) => `worker.${end}` as const),
];

/** A thenable, such as a query of Drizzle. */
// oxlint-disable-next-line unicorn/no-thenable -- it is what is tested
const thenable = (then: () => unknown): object => Object.defineProperty({}, 'then', { get: then });

/** Listeners that fail at once, later, and in the way of a query of Drizzle. */
function listenBadly({ box }: Harness): void {
  for (const event of EVENTS) {
    box.on(event, fail);
    box.on(event, async () => fail());
    box.on(event, () => thenable(() => (_done: unknown, failed: (error: Error) => void) => failed(full)));
    box.on(event, () => thenable(fail));
  }
}

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);
beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});
afterEach(() => void process.off('unhandledRejection', note));

const emit = (h: Harness, ...values: string[]): Promise<void> =>
  h.db.transaction(async (tx) => {
    for (const value of values) await happened.emitReliable(tx, { value });
  });

async function open(log: Logger, options: Partial<SignalboxOptions> = {}): Promise<Harness> {
  const h = await harness({ services: [Receiving], log, onDead: fail, ...(options as object) });
  await createEffects(h.sql);
  listenBadly(h);
  return h;
}

test.each(Object.keys(loggers))('with a logger that %s a worker works as usual', async (name) => {
  await using h = await open(loggers[name]!);
  const worker = h.box.worker();
  await worker.start();
  // Their outcomes are asserted below.
  let running = 3;
  const ended = new Promise<void>((resolve) => {
    for (const outcome of ['completed', 'cancelled', 'dead'] as const)
      h.box.on(`delivery.${outcome}`, () => void (--running === 0 && resolve()));
  });
  await emit(h, 'one', 'discard', 'fail');
  await ended;
  await worker.stop();
  expect(await readEffects(h.sql)).toEqual(['one:1']);
  expect((await readDeliveries(h.sql)).map(({ state }) => state).toSorted()).toEqual(['cancelled', 'completed', 'dead']);
  expect(await h.sql`select from signalbox.worker`).toHaveLength(0);
  expect(unhandled).toEqual([]);
});

test.each(Object.keys(loggers))('with a logger that %s a warning in the middle of an emit costs no payment', async (name) => {
  await using h = await open(loggers[name]!);
  await h.db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'payment', value: 1 });
    await unheard.emitReliable(tx, {});
    h.box.afterCommit(tx, fail);
  });
  expect(await happened.emitRobust(h.db, { value: 'fail' })).toMatchObject([{ status: 'rejected', reason: { message: 'refused' } }]);
  expect(await readEffects(h.sql)).toEqual(['payment:1']);
  expect(unhandled).toEqual([]);
});

test.each(Object.keys(loggers))('with a logger that %s immediate mode, drain and tick work as usual', async (name) => {
  await using h = await open(loggers[name]!, { testing: 'immediate', onFailure: 'collect' });
  await emit(h, 'immediate', 'fail');
  await happened.emitRobust(h.db, { value: 'robust' });
  await using late = await open(loggers[name]!);
  await emit(late, 'drained', 'fail');
  expect(await late.box.drain()).toMatchObject({ completed: 1, dead: 1 });
  await emit(late, 'ticked');
  expect(await late.box.worker().tick()).toMatchObject({ completed: 1 });
  expect([await readEffects(h.sql), await readEffects(late.sql)]).toEqual([
    ['immediate:1', 'robust:1'],
    ['drained:1', 'ticked:1'],
  ]);
  expect(unhandled).toEqual([]);
});
