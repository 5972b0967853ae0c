// The receivers of the chaos runs: each writes one effect, and then follows the emission's script.
//   fine, slow   returns, at once or after a while
//   flaky        fails in its first attempts, and then returns
//   later        sometimes throws RetryAfter
//   discard      throws Discard
//   poison       fails in every attempt
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { defineSignals, type DeliveryContext, type DetachedDeliveryContext, Discard, OnSignal, RetryAfter } from '../../../src/index.ts';
import '../../support/register.ts';
import { causeOf, SCRIPTS, ON_PURPOSE, type Receiver } from '../../evidence/evidence.ts';
import type { Database } from './connect.ts';

const payload = z.object({ key: z.string(), script: z.enum(SCRIPTS), measure: z.number() });
type Payload = z.infer<typeof payload>;

export const chaos = defineSignals('chaos', { happened: payload, further: payload });

const BUDGET = 4;
const FLAKY_ATTEMPTS = 2;
const SLOWEST_MS = 1_500;
const LATER_SHARE = 0.5;
const retry = { attempts: BUDGET, delay: '150ms', factor: 2, maxDelay: '1s' } as const;
/** Beyond the longest freeze, so that a frozen receiver does not time out. */
const timeout = '12s';

/** The receivers, in the form that the checker needs. */
export const RECEIVERS: readonly Receiver[] = [
  { name: 'Effects.write', signal: 'chaos.happened', transactional: true, budget: BUDGET },
  { name: 'Effects.forward', signal: 'chaos.happened', transactional: true, budget: BUDGET, emits: 'chaos.further' },
  { name: 'Effects.call', signal: 'chaos.happened', transactional: false, budget: BUDGET },
  { name: 'Effects.end', signal: 'chaos.further', transactional: true, budget: BUDGET },
];

/** The claim of the run that is asking; set when the run starts. */
export const claim = new AsyncLocalStorage<{ readonly deliveryId: string; readonly epoch: number }>();

/** The database of the process, for the receiver that has no transaction. */
export const outside: { db?: Database } = {};

export class Effects {
  @OnSignal(chaos.happened, { retry, timeout, share: 25 })
  static async write(emitted: Payload, context: DeliveryContext): Promise<void> {
    await writeEffect(context);
    await undergo(emitted, context);
  }

  @OnSignal(chaos.happened, { retry, timeout, share: 25 })
  static async forward({ measure, ...emitted }: Payload, context: DeliveryContext): Promise<void> {
    await writeEffect(context);
    const further = { ...emitted, key: causeOf(claim.getStore()!.deliveryId), measure: (measure * 7) % 1 };
    await chaos.further.emitReliable(context.tx, further);
    await undergo({ ...emitted, measure }, context);
  }

  @OnSignal(chaos.happened, { retry, timeout, transactional: false })
  static async call(emitted: Payload, context: DetachedDeliveryContext): Promise<void> {
    await undergo(emitted, context);
    const { deliveryId, epoch } = claim.getStore()!;
    const generation = Number(context.idempotencyKey.split(':').at(-1));
    try {
      await outside.db!.execute(sql`
        insert into effect (delivery_id, generation, claimed_epoch, attempt, pid)
        values (${deliveryId}::bigint, ${generation}::int, ${epoch}::int, ${context.attempt}::int, ${process.pid}::int)`);
    } catch {
      // A failure of its own connection is tried again here.
      throw new RetryAfter('200ms', `${ON_PURPOSE} lost its own connection`);
    }
  }

  @OnSignal(chaos.further, { retry, timeout, share: 25 })
  static async end(emitted: Payload, context: DeliveryContext): Promise<void> {
    await writeEffect(context);
    await undergo(emitted, context);
  }
}

async function writeEffect({ tx, attempt, emission }: DeliveryContext): Promise<void> {
  const { deliveryId, epoch } = claim.getStore()!;
  // This same transaction has written the row of settled, or holds that of the delivery, if it shares it: either gives the epoch that is completed.
  await tx.execute(sql`
    insert into effect (delivery_id, generation, epoch, claimed_epoch, attempt, pid)
    select id, generation, epoch, ${epoch}::int, ${attempt}::int, ${process.pid}::int from (
      select id, emission_id, generation, epoch from signalbox.delivery where state = 'running'
      union all select id, emission_id, generation, epoch from signalbox.settled where xmin = pg_current_xact_id()::xid) own
    where emission_id = ${emission.id}::uuid and id = ${deliveryId}::bigint`);
}

async function undergo({ script, measure }: Payload, { attempt }: DetachedDeliveryContext): Promise<void> {
  switch (script) {
    case 'fine':
      return;
    case 'slow':
      await pause(measure * SLOWEST_MS);
      return;
    case 'flaky':
      if (attempt <= FLAKY_ATTEMPTS) throw new Error(`${ON_PURPOSE} attempt ${attempt} fails`);
      return;
    case 'later':
      if (Math.random() < LATER_SHARE) throw new RetryAfter('200ms', `${ON_PURPOSE} later`);
      return;
    case 'discard':
      throw new Discard(`${ON_PURPOSE} not wanted`);
    case 'poison':
      throw new Error(`${ON_PURPOSE} poison`);
    default:
      script satisfies never;
  }
}
