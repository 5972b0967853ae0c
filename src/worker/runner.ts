// Runs claimed deliveries, writes what came of each, and tells the events. Used by the worker's loop, by drain() and
// tick(), and by immediate mode, so that all three do exactly the same with a delivery.
import { settlementFor, type Settlement } from '../core/delivery.ts';
import type { Logger } from '../core/logger.ts';
import type { Receiver } from '../core/receivers.ts';
import { sqlState } from '../drivers/error-kind.ts';
import type { DeliveryEvent, Events } from '../observe/events.ts';
import type { Catalogue } from '../store/catalogue.ts';
import type { Commits, CompletedRun } from '../store/commits.ts';
import type { ClaimedDelivery, ReleaseItem, SettleItem, Store } from '../store/store.ts';
import { Batcher } from './batcher.ts';
import type { Executor } from './executor.ts';

/** How one run ended, as it was written. `void`: the delivery belonged to somebody else by then. */
export type RunResult = { readonly receiver: string; readonly ended: Settlement['to'] | 'void'; readonly error?: unknown };

export interface RunnerParts {
  readonly store: Store;
  readonly commits: Commits;
  readonly catalogue: Catalogue;
  readonly executor: Executor;
  readonly events: Events;
  readonly log: Logger;
}

export class Runner {
  readonly #parts: RunnerParts;
  readonly #stop = new AbortController();
  readonly #running = new Map<Promise<unknown>, string>();
  readonly #settles: Batcher<SettleItem>;
  readonly #releases: Batcher<ReleaseItem>;
  /** Writes nothing: a question has the same needs, it must get through. */
  readonly #completions: Batcher<CompletedRun>;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    const { store, commits, log } = parts;
    const common = {
      isRefusal,
      onRetry: (error: unknown) => log.debug({ err: error }, 'an outcome could not be written yet'),
    };
    this.#settles = new Batcher({ ...common, write: (items) => store.settle(items) });
    this.#releases = new Batcher({ ...common, write: (items) => store.release(items) });
    this.#completions = new Batcher({ ...common, write: (items) => commits.completed(items) });
  }

  get running(): number {
    return this.#running.size;
  }

  /** Whether it is at this delivery, up to its written end. */
  isAt(deliveryId: string): boolean {
    return [...this.#running.values()].includes(deliveryId);
  }

  /** Runs a claimed delivery to its written end. Rejects only when the end cannot be written; the lease then decides. */
  run(delivery: ClaimedDelivery): Promise<RunResult> {
    const work = this.#run(delivery);
    this.#running.set(work, delivery.id);
    const done = (): void => void this.#running.delete(work);
    work.then(done, done);
    return work;
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#running.size > 0) await Promise.allSettled(this.#running.keys());
  }

  /** Interrupts what runs; it is released. */
  abort(): void {
    this.#stop.abort();
  }

  /** Gives up on writes that wait for the database. */
  giveUp(): void {
    this.#settles.giveUp();
    this.#releases.giveUp();
    this.#completions.giveUp();
  }

  async #run(delivery: ClaimedDelivery): Promise<RunResult> {
    const { catalogue, executor, events } = this.#parts;
    const receiver = catalogue.entries().get(delivery.receiverId);
    if (!receiver) return this.#giveBack(delivery);
    const about = eventOf(delivery, receiver);
    const startedAt = performance.now();
    events.raise('delivery.started', about);
    const execution = await executor.execute(delivery, receiver, this.#stop.signal);
    const durationMs = performance.now() - startedAt;

    switch (execution.kind) {
      case 'committed':
        events.raise('delivery.completed', { ...about, durationMs });
        return { receiver: receiver.name, ended: 'completed' };
      case 'stale':
        events.raise('delivery.stale', about);
        return { receiver: receiver.name, ended: 'void' };
      case 'outcome': {
        const { outcome } = execution;
        const settlement = settlementFor(outcome, delivery.attempt, receiver.retry, Math.random());
        if (!(await this.#write(delivery, settlement))) {
          // Not taken away, if it was completed under this very epoch: the answer to that COMMIT was lost.
          if (await this.#completions.add(delivery)) {
            await execution.ifCommitted?.();
            events.raise('delivery.completed', { ...about, durationMs });
            return { receiver: receiver.name, ended: 'completed' };
          }
          events.raise('delivery.stale', about);
          return { receiver: receiver.name, ended: 'void' };
        }
        const error = outcome.kind === 'threw' ? outcome.error : undefined;
        this.#tell(about, settlement, durationMs, error);
        return { receiver: receiver.name, ended: settlement.to, error };
      }
      default:
        return execution satisfies never;
    }
  }

  /** Its receiver was disconnected between the claim and now. */
  async #giveBack({ id, epoch }: ClaimedDelivery): Promise<RunResult> {
    await this.#releases.add({ id, epoch, delayMs: 0 });
    return { receiver: '', ended: 'void' };
  }

  async #write({ id, epoch }: ClaimedDelivery, settlement: Settlement): Promise<boolean> {
    if (settlement.to === 'released') return this.#releases.add({ id, epoch, delayMs: settlement.delayMs });
    try {
      return await this.#settles.add({ id, epoch, settlement });
    } catch (error) {
      if (!isRefusal(error) || settlement.to === 'completed') throw error;
      // The error's own text was refused: better its end without the text than no end.
      this.#parts.log.error({ err: error, deliveryId: id }, 'the error of a delivery could not be stored');
      const unstorable = { name: 'Unstorable', message: 'The error of this run could not be stored; see the log of its worker.' };
      return this.#settles.add({ id, epoch, settlement: { ...settlement, error: unstorable } });
    }
  }

  #tell(about: DeliveryEvent, settlement: Settlement, durationMs: number, error: unknown): void {
    const { events } = this.#parts;
    switch (settlement.to) {
      case 'completed':
        return events.raise('delivery.completed', { ...about, durationMs });
      case 'ready':
        return events.raise('delivery.retrying', { ...about, durationMs, error, delayMs: settlement.delayMs });
      case 'dead':
        return events.raise('delivery.dead', { ...about, durationMs, error });
      case 'cancelled':
        return events.raise('delivery.cancelled', { ...about, durationMs, error });
      case 'released':
        return events.raise('delivery.released', about);
      default:
        return settlement satisfies never;
    }
  }
}

/** 22: data exceptions, 23: constraints, 54: limits. */
const isRefusal = (error: unknown): boolean => /^(22|23|54)/.test(sqlState(error) ?? '');

function eventOf(delivery: ClaimedDelivery, receiver: Receiver): DeliveryEvent {
  const { id, emissionId, attempt, epoch } = delivery;
  return { deliveryId: id, emissionId, signal: receiver.signal.name, receiver: receiver.name, attempt, epoch };
}
