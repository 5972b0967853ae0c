// The last two steps of a run, settle and tell: writes each outcome that did not commit with the receiver's own transaction,
// and raises the event of each delivery once its outcome is durable. Writes that arrive together go out together.
import { settlementFor, type Settlement } from '../../core/delivery.ts';
import type { Logger } from '../../core/logger.ts';
import type { Receiver } from '../../core/receivers.ts';
import { sqlState } from '../../drivers/error-kind.ts';
import type { Setbacks } from '../../liveness/setbacks.ts';
import type { Events } from '../../observe/events.ts';
import type { ClaimedDelivery, ClaimRef } from '../../store/deliveries/claim.ts';
import type { ReleaseItem, SettleItem } from '../../store/deliveries/deliveries.ts';
import type { Store } from '../../store/store.ts';
import type { Deadlines } from './deadline.ts';
import { type Execution, interrupted } from './execution.ts';
import { LostCommits } from './lost-commit.ts';
import { eventOf, tell, tellCompleted } from './outcome-events.ts';
import type { Member } from './run.ts';
import { resultOf, type RunResult } from './run-result.ts';
import { WriteBatcher } from './write-batcher.ts';

type Unwritten = Execution & { readonly kind: 'outcome' };

export interface SettlerParts {
  readonly store: Store;
  readonly events: Events;
  readonly log: Logger;
  /** Told of receivers that could not be called; says how long their deliveries wait. */
  readonly setbacks: Setbacks;
  readonly deadlines: Deadlines;
}

export class Settler {
  readonly #parts: SettlerParts;
  readonly #completed: WriteBatcher<ClaimRef>;
  readonly #settles: WriteBatcher<SettleItem>;
  readonly #releases: WriteBatcher<ReleaseItem>;
  readonly #lostCommits: LostCommits;
  /** Waits for the callbacks that follow a commit: one for all deliveries of a batch. */
  readonly #following = new WeakMap<Promise<void>, Promise<void>>();

  constructor(parts: SettlerParts) {
    this.#parts = parts;
    const { store, log } = parts;
    const common = {
      isRefusal,
      onRetry: (error: unknown) => log.debug({ err: error }, 'an outcome could not be written yet'),
    };
    this.#completed = new WriteBatcher({ ...common, write: (items) => store.deliveries.complete(items) });
    this.#settles = new WriteBatcher({ ...common, write: (items) => store.deliveries.settle(items) });
    this.#releases = new WriteBatcher({ ...common, write: (items) => store.deliveries.release(items) });
    this.#lostCommits = new LostCommits(store.commits, common);
  }

  /** Settles one delivery and raises its event. Rejects only if its outcome cannot be written; the lease then decides. */
  settle({ delivery, execution }: Member, receiver: Receiver, durationMs: number): RunResult | Promise<RunResult> {
    const { events, setbacks } = this.#parts;
    // The steps before have given each member one.
    if (!execution) throw new Error('A delivery was not run.');
    switch (execution.kind) {
      case 'committed':
        tellCompleted(events, delivery, receiver, durationMs);
        return this.#follow(delivery, receiver, execution.followed);
      case 'settled': {
        const { settlement, error } = execution;
        tell(events, delivery, receiver, settlement, durationMs, error);
        return resultOf(receiver.name, settlement, error);
      }
      case 'stale':
        events.raise('delivery.stale', eventOf(delivery, receiver));
        return { receiver: receiver.name, ended: 'void' };
      case 'prevented': {
        const delayMs = setbacks.failed(execution.error, performance.now(), Math.random());
        return this.#write(delivery, receiver, interrupted(delayMs), durationMs, execution.error);
      }
      case 'outcome':
        return this.#write(delivery, receiver, execution, durationMs);
      default:
        return execution satisfies never;
    }
  }

  /** Releases a claim. Returns whether the delivery was still this claim's. */
  async release(item: ReleaseItem): Promise<boolean> {
    return this.#releases.add(item);
  }

  /** Gives up on writes that wait for the database. */
  giveUp(): void {
    this.#completed.giveUp();
    this.#settles.giveUp();
    this.#releases.giveUp();
    this.#lostCommits.giveUp();
  }

  /** @param prevented why the receiver could not be called */
  async #write(
    delivery: ClaimedDelivery,
    receiver: Receiver,
    execution: Unwritten,
    durationMs: number,
    prevented?: unknown,
  ): Promise<RunResult> {
    const { events } = this.#parts;
    const { outcome } = execution;
    const settlement = settlementFor(outcome, delivery.attempt, receiver.retry, Math.random());
    if (!(await this.#store(delivery, settlement))) {
      if (await this.#lostCommits.gotThrough(delivery)) {
        const followed = execution.ifCommitted?.();
        tellCompleted(events, delivery, receiver, durationMs);
        return this.#follow(delivery, receiver, followed);
      }
      events.raise('delivery.stale', eventOf(delivery, receiver));
      return { receiver: receiver.name, ended: 'void' };
    }
    const error = outcome.kind === 'threw' ? outcome.error : prevented;
    tell(events, delivery, receiver, settlement, durationMs, error);
    return resultOf(receiver.name, settlement, error);
  }

  #store({ id, epoch, workerId }: ClaimedDelivery, settlement: Settlement): Promise<boolean> {
    if (settlement.to === 'released') return this.#releases.add({ id, epoch, workerId, delayMs: settlement.delayMs });
    if (settlement.to === 'completed') return this.#completed.add({ id, epoch, workerId });
    return this.#storeFailure({ id, epoch, workerId, settlement });
  }

  async #storeFailure(item: SettleItem): Promise<boolean> {
    try {
      return await this.#settles.add(item);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      // The database refused the error's own text: an outcome without the text is better than none.
      this.#parts.log.error({ err: error, deliveryId: item.id }, 'the error of a delivery could not be stored');
      const unstorable = { name: 'Unstorable', message: 'The error of this run could not be stored; see the log of its worker.' };
      return this.#settles.add({ ...item, settlement: { ...item.settlement, error: unstorable } });
    }
  }

  /** The delivery is completed, and its slot free. The callbacks that follow the commit get as long as the receiver could have taken. */
  #follow(delivery: ClaimedDelivery, receiver: Receiver, followed: Promise<void> | undefined): RunResult | Promise<RunResult> {
    const result: RunResult = { receiver: receiver.name, ended: 'completed' };
    if (!followed) return result;
    return this.#untilFollowed(delivery, receiver, followed).then(() => result);
  }

  #untilFollowed({ id }: ClaimedDelivery, receiver: Receiver, followed: Promise<void>): Promise<void> {
    let wait = this.#following.get(followed);
    if (!wait) {
      wait = this.#inTime(receiver, followed).catch(() =>
        this.#parts.log.warn(
          { receiver: receiver.name, deliveryId: id },
          `an afterCommit callback of ${receiver.name} does not end, and the worker waits for it no longer; the transaction is committed`,
        ),
      );
      this.#following.set(followed, wait);
    }
    return wait;
  }

  async #inTime(receiver: Receiver, followed: Promise<void>): Promise<void> {
    const deadline = this.#parts.deadlines.open(receiver);
    try {
      await deadline.race(followed);
    } finally {
      this.#parts.deadlines.close(deadline);
    }
  }
}

/** 22: data exceptions, 23: constraints, 54: limits. */
const isRefusal = (error: unknown): boolean => /^(22|23|54)/.test(sqlState(error) ?? '');
