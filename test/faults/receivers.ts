// The receivers of the matrix: one with a transaction, one without. Each writes one effect, and does what the fate of the
// emission says: `slow` goes on until its worker stops, the others are those of the chaos runs.
import { AsyncLocalStorage } from 'node:async_hooks';
import { sql as query } from 'drizzle-orm';
import type postgres from 'postgres';
import { z } from 'zod';
import { defineSignal, type DeliveryContext, type DetachedDeliveryContext, Discard, OnSignal, RetryAfter } from '../../src/index.ts';
import { FATES, ON_PURPOSE, type Receiver } from '../chaos/evidence.ts';
import '../support/register.ts';

const payload = z.object({ key: z.string(), fate: z.enum(FATES) });
type Payload = z.infer<typeof payload>;

export const happened = defineSignal('faults.happened', payload);

/** Nobody receives it. */
export const unheard = defineSignal('faults.unheard', payload);

const BUDGET = 3;
const about = { retry: { attempts: BUDGET, delay: '20ms', factor: 1 }, timeout: '10s' } as const;

/** What the checker expects of them. */
export const RECEIVERS: readonly Receiver[] = [
  { name: 'Effects.write', signal: 'faults.happened', transactional: true, budget: BUDGET },
  { name: 'Effects.call', signal: 'faults.happened', transactional: false, budget: BUDGET },
];

/** The claim that led to the run in whose course this is asked. */
export const claim = new AsyncLocalStorage<{ readonly deliveryId: string; readonly epoch: number }>();

export interface Course {
  /** For the receiver that has no transaction. */
  readonly sql: postgres.Sql;
  /** Nothing holds `slow` any more. */
  calm: boolean;
  /** Called in each run of `write`. */
  onRun: () => void;
}

/** The class of the receivers, for one stage. */
export function effectsOf(course: Course): abstract new () => unknown {
  class Effects {
    @OnSignal(happened, about)
    static async write(emitted: Payload, context: DeliveryContext): Promise<void> {
      const { deliveryId, epoch } = claim.getStore()!;
      // The row of settled is the one that this very transaction has written: it gives the epoch that was completed.
      await context.tx.execute(query`
        insert into effect (delivery_id, generation, epoch, claimed_epoch, attempt, pid)
        select id, generation, epoch, ${epoch}::int, ${context.attempt}::int, ${process.pid}::int
        from signalbox.settled where emission_id = ${context.emission.id}::uuid and id = ${deliveryId}::bigint and xmin = pg_current_xact_id()::xid`);
      course.onRun();
      await undergo(emitted, context, course);
    }

    @OnSignal(happened, { ...about, transactional: false })
    static async call(emitted: Payload, context: DetachedDeliveryContext): Promise<void> {
      await undergo(emitted, context, course);
      const { deliveryId, epoch } = claim.getStore()!;
      const generation = Number(context.idempotencyKey.split(':').at(-1));
      await course.sql`
        insert into effect (delivery_id, generation, claimed_epoch, attempt, pid)
        values (${deliveryId}::text::bigint, ${generation}::int, ${epoch}::int, ${context.attempt}::int, ${process.pid}::int)`;
    }
  }
  return Effects;
}

async function undergo({ fate }: Payload, { attempt, abortSignal }: DetachedDeliveryContext, course: Course): Promise<void> {
  switch (fate) {
    case 'fine':
      return;
    case 'slow':
      if (!course.calm) await interrupted(abortSignal);
      return;
    case 'flaky':
      if (attempt === 1) throw new Error(`${ON_PURPOSE} the first attempt fails`);
      return;
    case 'later':
      if (!course.calm) throw new RetryAfter('1h', `${ON_PURPOSE} later`);
      return;
    case 'discard':
      throw new Discard(`${ON_PURPOSE} not wanted`);
    case 'poison':
      throw new Error(`${ON_PURPOSE} poison`);
    default:
      fate satisfies never;
  }
}

const interrupted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
