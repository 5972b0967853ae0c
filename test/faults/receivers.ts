// The receivers of the matrix: one with a transaction, one without, and one of batches. Each writes one effect, and then follows
// the script of the emission: `slow` runs until its worker stops, the others are those of the chaos runs.
import { AsyncLocalStorage } from 'node:async_hooks';
import { sql as query } from 'drizzle-orm';
import type postgres from 'postgres';
import { z } from 'zod';
import {
  type BatchContext,
  type BatchItem,
  defineSignal,
  type DeliveryContext,
  type DetachedDeliveryContext,
  Discard,
  OnSignal,
  RetryAfter,
  type Signalbox,
} from '../../src/index.ts';
import { SCRIPTS, ON_PURPOSE, type Receiver } from '../evidence/evidence.ts';
import '../support/register.ts';

const payload = z.object({ key: z.string(), script: z.enum(SCRIPTS) });
type Payload = z.infer<typeof payload>;

export const happened = defineSignal('faults.happened', payload);

/** Received in batches. */
export const batched = defineSignal('faults.batched', payload);

/** Its deliveries share transactions. */
export const shared = defineSignal('faults.shared', payload);

/** The killed process announces its receiver, which no process has announced before. */
export const fresh = defineSignal('faults.fresh', payload);

/** Has no receiver. */
export const unreceived = defineSignal('faults.unreceived', payload);

const BUDGET = 3;
const about = { retry: { attempts: BUDGET, delay: '20ms', factor: 1 }, timeout: '10s' } as const;

/** The receivers, in the form that the checker needs. */
export const RECEIVERS: readonly Receiver[] = [
  { name: 'Effects.write', signal: 'faults.happened', transactional: true, budget: BUDGET },
  { name: 'Effects.call', signal: 'faults.happened', transactional: false, budget: BUDGET },
  { name: 'Effects.share', signal: 'faults.shared', transactional: true, budget: BUDGET },
  { name: 'Effects.emitBatch', signal: 'faults.batched', transactional: true, budget: BUDGET },
];

/** The claim that led to the run in whose async context this is read. */
export const claim = new AsyncLocalStorage<{ readonly deliveryId: string; readonly epoch: number }>();

export interface ReceiverControls {
  /** The database for the receiver that has no transaction. */
  readonly sql: postgres.Sql;
  /** The scenario is over: `slow` returns at once, and `later` no longer asks for a delay. */
  isEnding: boolean;
  /** Called in each run of `write`. */
  onRun: () => void;
  /** The epoch of the latest claim of each delivery. */
  readonly claims: Map<string, number>;
}

/** Gives each run of a box its claim. */
export function tellClaims(box: Pick<Signalbox, 'on'>, { claims }: ReceiverControls): void {
  box.on('delivery.started', ({ deliveryId, epoch }) => {
    claim.enterWith({ deliveryId, epoch });
    claims.set(deliveryId, epoch);
  });
}

/** The class of the receivers, for one harness. */
export function effectsOf(controls: ReceiverControls): abstract new () => unknown {
  class Effects {
    @OnSignal(happened, about)
    static async write(emitted: Payload, context: DeliveryContext): Promise<void> {
      const { deliveryId, epoch } = claim.getStore()!;
      // This same transaction has written the row of settled: it gives the epoch that was completed.
      await context.tx.execute(query`
        insert into effect (delivery_id, generation, epoch, claimed_epoch, attempt, pid)
        select id, generation, epoch, ${epoch}::int, ${context.attempt}::int, ${process.pid}::int
        from signalbox.settled where emission_id = ${context.emission.id}::uuid and id = ${deliveryId}::bigint and xmin = pg_current_xact_id()::xid`);
      controls.onRun();
      await undergo(emitted, context, controls);
    }

    @OnSignal(shared, { ...about, share: 4 })
    static async share(emitted: Payload, context: DeliveryContext): Promise<void> {
      const { deliveryId, epoch } = claim.getStore()!;
      // One that shares a transaction is completed at the end of it; one by itself at the beginning.
      await context.tx.execute(query`
        insert into effect (delivery_id, generation, epoch, claimed_epoch, attempt, pid)
        select id, generation, epoch, ${epoch}::int, ${context.attempt}::int, ${process.pid}::int from (
          select id, emission_id, generation, epoch from signalbox.delivery
          union all select id, emission_id, generation, epoch from signalbox.settled where xmin = pg_current_xact_id()::xid) own
        where emission_id = ${context.emission.id}::uuid and id = ${deliveryId}::bigint`);
      await undergo(emitted, context, controls);
    }

    @OnSignal(happened, { ...about, transactional: false })
    static async call(emitted: Payload, context: DetachedDeliveryContext): Promise<void> {
      await undergo(emitted, context, controls);
      const { deliveryId, epoch } = claim.getStore()!;
      const generation = Number(context.idempotencyKey.split(':').at(-1));
      await controls.sql`
        insert into effect (delivery_id, generation, claimed_epoch, attempt, pid)
        values (${deliveryId}::text::bigint, ${generation}::int, ${epoch}::int, ${context.attempt}::int, ${process.pid}::int)`;
    }

    /** Runs each item of the batch in its own savepoint; `poison` fails the whole batch. */
    @OnSignal(batched, { ...about, batch: 4 })
    static async emitBatch(items: BatchItem<Payload>[], { tx, abortSignal }: BatchContext): Promise<void> {
      for (const { payload: emitted, attempt, emission, idempotencyKey, fail } of items) {
        const id = idempotencyKey.split(':')[1]!;
        try {
          await tx.transaction(async (savepoint) => {
            await savepoint.execute(query`
              insert into effect (delivery_id, generation, epoch, claimed_epoch, attempt, pid)
              select id, generation, epoch, ${controls.claims.get(id)}::int, ${attempt}::int, ${process.pid}::int
              from signalbox.delivery where emission_id = ${emission.id}::uuid and id = ${id}::bigint`);
            await undergo(emitted, { attempt, abortSignal }, controls);
          });
        } catch (error) {
          if (!String((error as Error).message).startsWith(ON_PURPOSE) || emitted.script === 'poison') throw error;
          fail(error);
        }
      }
    }
  }
  return Effects;
}

async function undergo(
  { script }: Payload,
  { attempt, abortSignal }: Pick<DetachedDeliveryContext, 'attempt' | 'abortSignal'>,
  controls: ReceiverControls,
): Promise<void> {
  switch (script) {
    case 'fine':
      return;
    case 'slow':
      if (!controls.isEnding) await interrupted(abortSignal);
      return;
    case 'flaky':
      if (attempt === 1) throw new Error(`${ON_PURPOSE} the first attempt fails`);
      return;
    case 'later':
      if (!controls.isEnding) throw new RetryAfter('1h', `${ON_PURPOSE} later`);
      return;
    case 'discard':
      throw new Discard(`${ON_PURPOSE} not wanted`);
    case 'poison':
      throw new Error(`${ON_PURPOSE} poison`);
    default:
      script satisfies never;
  }
}

const interrupted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    const stop = (): void => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop);
  });
