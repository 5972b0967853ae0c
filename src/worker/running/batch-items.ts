// The deliveries of one call of a receiver that takes batches: the items that the receiver is handed, and which of them it
// gave up.
import type { BatchItem, DetachedBatchContext } from '../../core/batch.ts';
import { type Settlement, settlementFor } from '../../core/delivery.ts';
import type { Logger } from '../../core/logger.ts';
import type { Receiver } from '../../core/receivers.ts';
import type { ClaimedDelivery, ClaimRef } from '../../store/deliveries/claim.ts';
import type { ReleaseItem, SettleItem } from '../../store/deliveries/deliveries.ts';
import type { Deadline } from './deadline.ts';
import { contextOf } from './delivery-context.ts';
import type { Member } from './run.ts';

/** Why a delivery was given up, and what is written for it. */
export interface Failure {
  readonly error: unknown;
  readonly settlement: Exclude<Settlement, { to: 'completed' }>;
}

export class Batch {
  readonly #receiver: Receiver;
  readonly #deadline: Deadline;
  readonly #log: Logger;
  readonly #failures = new Map<string, Failure>();
  #members: readonly Member[];
  #isOver = false;

  constructor(members: readonly Member[], receiver: Receiver, deadline: Deadline, log: Logger) {
    this.#members = members;
    this.#receiver = receiver;
    this.#deadline = deadline;
    this.#log = log;
  }

  /** Those that are this claim's, for all that is known. */
  get members(): readonly Member[] {
    return this.#members;
  }

  get claims(): ClaimRef[] {
    return this.#members.map(({ delivery: { id, epoch, workerId } }) => ({ id, epoch, workerId }));
  }

  /** Those that the receiver did not give up. */
  get returned(): ClaimRef[] {
    return this.claims.filter(({ id }) => !this.#failures.has(id));
  }

  /** Those that it did, and that leave an error. */
  get failed(): SettleItem[] {
    return this.claims.flatMap((claim) => {
      const settlement = this.#failures.get(claim.id)?.settlement;
      return settlement && settlement.to !== 'released' ? [{ ...claim, settlement }] : [];
    });
  }

  /** Those that it did, because what it calls is away. */
  get released(): ReleaseItem[] {
    return this.claims.flatMap((claim) => {
      const settlement = this.#failures.get(claim.id)?.settlement;
      return settlement?.to === 'released' ? [{ ...claim, delayMs: settlement.delayMs }] : [];
    });
  }

  failureOf({ id }: ClaimRef): Failure | undefined {
    return this.#failures.get(id);
  }

  /** Leaves out those whose ids are not among these. */
  keep(held: ReadonlySet<string>): void {
    this.#members = this.#members.filter(({ delivery }) => held.has(delivery.id));
  }

  items(): BatchItem<unknown>[] {
    return this.#members.map((member) => this.#item(member));
  }

  context(): DetachedBatchContext {
    const deadline = this.#deadline;
    const size = this.#members.length;
    const makeLog = (): Logger => this.#log.child({ receiver: this.#receiver.name, batch: size });
    let log: Logger | undefined;
    return {
      get abortSignal() {
        return deadline.signal;
      },
      get log() {
        return (log ??= makeLog());
      },
    };
  }

  /** Items that fail from now on come too late. */
  close(): void {
    this.#isOver = true;
  }

  #item({ delivery, payload }: Member): BatchItem<unknown> {
    const context = contextOf(delivery, this.#receiver, this.#deadline, this.#log);
    return {
      payload,
      get emission() {
        return context.emission;
      },
      attempt: context.attempt,
      replayed: context.replayed,
      idempotencyKey: context.idempotencyKey,
      get log() {
        return context.log;
      },
      fail: (error) => {
        if (this.#isOver) context.log.warn({ err: error }, 'fail() was called when its batch was over, and changes nothing');
        else if (!this.#failures.has(delivery.id)) this.#failures.set(delivery.id, failureOf(delivery, this.#receiver, error));
      },
    };
  }
}

function failureOf({ attempt }: ClaimedDelivery, { retry }: Receiver, error: unknown): Failure {
  const settlement: Settlement = settlementFor({ kind: 'threw', error }, attempt, retry, Math.random());
  return { error, settlement: settlement as Failure['settlement'] };
}
