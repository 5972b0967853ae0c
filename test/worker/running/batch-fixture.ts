// The fixture of the tests of batches: a receiver that follows the script of a test, and functions that read the
// outcome.
import { z } from 'zod';
import { type BatchContext, type BatchItem, type BatchOptions, defineSignal, OnSignal } from '../../../src/index.ts';
import type { BehindProxy } from '../../support/behind-proxy.ts';
import { readDeliveries } from '../../support/deliveries.ts';
import { createEffects, effects } from '../../support/effects.ts';
import { type Database, harness, type Harness } from '../../support/harness.ts';
import type { Latch } from '../../support/latch.ts';

export type Item = BatchItem<{ value: number }>;
/** The script of the receiver for each call; the calls are counted from 1. */
export type Script = (items: Item[], context: BatchContext, call: number) => unknown;

/** If a latch is set, the check of a stored payload signals that a run has begun, and waits. */
export const runs: { held?: { readonly entered: Latch; readonly gate: Latch } | undefined } = {};

export const happened = defineSignal(
  'batch.happened',
  z.object({ value: z.number() }).refine(async () => {
    runs.held?.entered.open();
    await runs.held?.gate.opened;
    return true;
  }),
);

/** Writes an effect for each item, in one statement, and then follows the script. Records the values of each call. */
export function receiverThat(script: Script = () => {}, options: Partial<BatchOptions> & { transactional?: true } = {}) {
  const calls: number[][] = [];
  class Receiver {
    @OnSignal(happened, { name: 'Receiver.receive', batch: 50, retry: { delay: '1h' }, ...options })
    static async receive(items: Item[], context: BatchContext): Promise<void> {
      const call = calls.push(items.map(({ payload }) => payload.value));
      await context.tx.insert(effects).values(items.map(({ payload }) => ({ receiver: 'batch', value: payload.value })));
      await script(items, context, call);
    }
  }
  return { Receiver, calls };
}

export async function emit(db: Database, count: number, first = 1): Promise<string[]> {
  const payloads = Array.from({ length: count }, (_, index) => ({ value: first + index }));
  return db.transaction(async (tx) => (await happened.emitMany(tx, payloads)).map(({ emissionId: id }) => id));
}

export async function open(services: (new () => object)[], count: number): Promise<Harness> {
  const h = await harness({ services });
  await createEffects(h.sql);
  await emit(h.db, count);
  return h;
}

/** Returns state and attempt of each delivery, in the order of emission. */
export const ends = async (h: Pick<Harness, 'sql'>): Promise<string[]> =>
  (await readDeliveries(h.sql)).map(({ state, attempt }) => `${state} ${attempt}`);

export const times = <T>(count: number, what: T): T[] => Array.from({ length: count }, () => what);

export const xids = async (h: Pick<Harness, 'sql'>): Promise<number> => (await h.sql`select distinct xmin::text from effect`).length;

export const valueOf = ({ payload }: Item): number => payload.value;

/** Waits until this number of deliveries of a box have raised this event. */
export function ended(
  h: Pick<Harness, 'box'> | Pick<BehindProxy, 'box'>,
  count: number,
  event: 'delivery.completed' | 'delivery.released' = 'delivery.completed',
): Promise<unknown> {
  let left = count;
  return h.box.next(event, () => --left === 0);
}
