// Runs claimed deliveries, writes what came of each, and tells the events. Used by the worker's loop, by drain() and
// tick(), and by immediate mode, so that all three do exactly the same with a delivery.
import { settlementFor, type Settlement } from '../../core/delivery.ts';
import type { Logger } from '../../core/logger.ts';
import type { Receiver } from '../../core/receivers.ts';
import type { Lane } from '../../drivers/driver.ts';
import { sqlState } from '../../drivers/error-kind.ts';
import type { CallWatch } from '../../liveness/watchdog.ts';
import type { Events } from '../../observe/events.ts';
import type { Catalogue } from '../../store/catalogue/catalogue.ts';
import type { CompletedRun } from '../../store/deliveries/commits.ts';
import type { ClaimedDelivery, ClaimRef } from '../../store/deliveries/claim.ts';
import type { ReleaseItem, SettleItem } from '../../store/deliveries/deliveries.ts';
import type { Store } from '../../store/store.ts';
import { Batcher } from './write-batcher.ts';
import { inCall, newCall } from '../../transaction/call.ts';
import { Deadline } from './deadline.ts';
import type { BatchExecutor } from './batch-executor.ts';
import { type Execution, interrupted } from './execution.ts';
import type { Executor } from './executor.ts';
import { Homeless } from './unserved-delivery.ts';
import { answerOf, type Pauses } from './pauses.ts';
import { resultOf, type RunResult, VOID } from './run-result.ts';
import { Setbacks } from '../../liveness/setbacks.ts';
import { eventOf, tell } from './outcome-events.ts';

type Unwritten = Execution & { readonly kind: 'outcome' };

export interface RunnerParts {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly executor: Executor;
  readonly batches: BatchExecutor;
  readonly events: Events;
  readonly log: Logger;
  /** Told when receivers cannot be called; a worker says so. */
  readonly setbacks?: Setbacks | undefined;
  /** Told what came of each call. */
  readonly pauses: Pauses;
}

export interface RunOptions {
  readonly onReturned?: (() => void) | undefined;
  readonly lane?: Lane | undefined;
}

export class Runner {
  readonly #parts: RunnerParts;
  /** The claims that it is at. */
  readonly #runs = new Set<string>();
  readonly #onIdle: (() => void)[] = [];
  /** Of the receivers that have not returned. */
  readonly #deadlines = new Set<Deadline>();
  #aborted = false;
  readonly #completed: Batcher<ClaimRef>;
  readonly #settles: Batcher<SettleItem>;
  readonly #releases: Batcher<ReleaseItem>;
  /** Writes nothing: a question has the same needs, it must get through. */
  readonly #completions: Batcher<CompletedRun>;
  readonly #setbacks: Setbacks;
  readonly #homeless: Homeless;
  /** Told of each call. */
  watch: CallWatch | undefined;
  /** Waits for what is to follow a commit. */
  readonly #following = new WeakMap<Promise<void>, Promise<void>>();

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    const { store, events, log } = parts;
    const onFailing = (error: unknown): void => log.error({ err: error }, 'receivers cannot be called; their deliveries wait');
    this.#setbacks = parts.setbacks ?? new Setbacks({ onFailing, onRecovered: () => {} });
    const common = {
      isRefusal,
      onRetry: (error: unknown) => log.debug({ err: error }, 'an outcome could not be written yet'),
    };
    this.#completed = new Batcher({ ...common, write: (items) => store.deliveries.complete(items) });
    this.#settles = new Batcher({ ...common, write: (items) => store.deliveries.settle(items) });
    this.#releases = new Batcher({ ...common, write: (items) => store.deliveries.release(items) });
    this.#homeless = new Homeless({ log, events, release: (item) => this.#releases.add(item) });
    this.#completions = new Batcher({ ...common, write: (items) => store.commits.completed(items) });
  }

  get running(): number {
    return this.#runs.size;
  }

  /** Whether it is at the delivery of this claim, up to its written end. */
  isAt(claim: ClaimRef): boolean {
    return this.#runs.has(keyOf(claim));
  }

  /**
   * Runs claimed deliveries to their written end: one, or several of one receiver, which takes batches. The results are in
   * their order. Rejects only when an end cannot be written; the lease then decides.
   * @param options `onReturned`: called when the receiver has ended and only the write remains; `lane`: for its transaction
   */
  async run(deliveries: readonly ClaimedDelivery[], { onReturned, lane }: RunOptions = {}): Promise<RunResult[]> {
    const { catalogue, events } = this.#parts;
    const keys = deliveries.map(keyOf);
    // A failover has forgotten the claim that still runs. The release makes both void: one outcome could pass for the other's.
    if (keys.some((key) => this.#runs.has(key))) return together(deliveries.map((delivery) => this.#giveBack(delivery)));
    for (const key of keys) this.#runs.add(key);
    try {
      const receiver = catalogue.entries().get(deliveries[0]!.receiverId);
      if (!receiver) return await together(deliveries.map((delivery) => this.#homeless.putOff(delivery, performance.now(), Math.random())));
      const startedAt = performance.now();
      for (const delivery of deliveries) events.raise('delivery.started', eventOf(delivery, receiver));
      const call = newCall({ runner: this, receiver, deliveries });
      const ended = this.watch?.began(receiver.name);
      const executions = await inCall(call, () => this.#execute(deliveries, receiver, lane));
      call.isOver = true;
      ended?.();
      const durationMs = performance.now() - startedAt;
      // Before its slot is free for what waits.
      this.#parts.pauses.ended(receiver, deliveries, answerOf(executions), startedAt + durationMs, Math.random());
      onReturned?.();
      if (executions.some(({ kind }) => kind !== 'prevented' && kind !== 'stale')) this.#setbacks.succeeded(startedAt + durationMs);
      return await together(deliveries.map((delivery, index) => this.#end(delivery, receiver, executions[index]!, durationMs)));
    } finally {
      for (const key of keys) this.#runs.delete(key);
      if (this.#runs.size === 0) for (const listener of this.#onIdle.splice(0)) listener();
    }
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#runs.size > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** Interrupts what runs; it is released. */
  abort(): void {
    this.#aborted = true;
    for (const deadline of this.#deadlines) deadline.interrupt();
  }

  /** Gives up on writes that wait for the database. */
  giveUp(): void {
    this.#completed.giveUp();
    this.#settles.giveUp();
    this.#releases.giveUp();
    this.#completions.giveUp();
  }

  /** Tells what came of a run, once it is written. */
  #end(delivery: ClaimedDelivery, receiver: Receiver, execution: Execution, durationMs: number): RunResult | Promise<RunResult> {
    const { events } = this.#parts;
    switch (execution.kind) {
      case 'committed':
        events.raise('delivery.completed', { ...eventOf(delivery, receiver), durationMs });
        return this.#follow(delivery, receiver, execution.followed);
      case 'settled': {
        const { settlement, error } = execution;
        tell(events, eventOf(delivery, receiver), settlement, durationMs, error);
        return resultOf(receiver.name, settlement, error);
      }
      case 'stale':
        events.raise('delivery.stale', eventOf(delivery, receiver));
        return { receiver: receiver.name, ended: 'void' };
      case 'prevented': {
        const delayMs = this.#setbacks.failed(execution.error, performance.now(), Math.random());
        return this.#write(delivery, receiver, interrupted(delayMs), durationMs, execution.error);
      }
      case 'outcome':
        return this.#write(delivery, receiver, execution, durationMs);
      default:
        return execution satisfies never;
    }
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
    const about = eventOf(delivery, receiver);
    const settlement = settlementFor(outcome, delivery.attempt, receiver.retry, Math.random());
    if (!(await this.#store(delivery, settlement))) {
      // Not taken away, if it was completed under this very epoch: the answer to that COMMIT was lost.
      if (await this.#completions.add(delivery)) {
        const followed = execution.ifCommitted?.();
        events.raise('delivery.completed', { ...about, durationMs });
        return this.#follow(delivery, receiver, followed);
      }
      events.raise('delivery.stale', about);
      return { receiver: receiver.name, ended: 'void' };
    }
    const error = outcome.kind === 'threw' ? outcome.error : prevented;
    tell(events, about, settlement, durationMs, error);
    return resultOf(receiver.name, settlement, error);
  }

  async #execute(deliveries: readonly ClaimedDelivery[], receiver: Receiver, lane: Lane | undefined): Promise<readonly Execution[]> {
    const { executor, batches } = this.#parts;
    if (receiver.batch !== undefined) return batches.execute(deliveries, receiver, (work) => this.#inTime(receiver, work), lane);
    return [await executor.execute(deliveries[0]!, receiver, (work) => this.#inTime(receiver, work), lane)];
  }

  /** The delivery is completed, and its slot free. What is to follow the commit is waited for as long as the receiver could have taken. */
  #follow(delivery: ClaimedDelivery, receiver: Receiver, followed: Promise<void> | undefined): RunResult | Promise<RunResult> {
    const result: RunResult = { receiver: receiver.name, ended: 'completed' };
    if (!followed) return result;
    return this.#untilFollowed(delivery, receiver, followed).then(() => result);
  }

  /** Once for all deliveries of a batch. */
  #untilFollowed({ id }: ClaimedDelivery, receiver: Receiver, followed: Promise<void>): Promise<void> {
    let wait = this.#following.get(followed);
    if (!wait) {
      const { name } = receiver;
      const tooLate = (): void =>
        this.#parts.log.warn(
          { receiver: name, deliveryId: id },
          `an afterCommit callback of ${name} does not end, and the worker waits for it no longer; the transaction is committed`,
        );
      wait = this.#inTime(receiver, async (deadline) => deadline.race(followed)).then(noop, tooLate);
      this.#following.set(followed, wait);
    }
    return wait;
  }

  /** One call of a receiver, which ends at its timeout, or when the worker can wait no longer. */
  async #inTime<T>(receiver: Receiver, work: (deadline: Deadline) => Promise<T>): Promise<T> {
    using deadline = new Deadline(receiver);
    this.#deadlines.add(deadline);
    if (this.#aborted) deadline.interrupt();
    try {
      return await work(deadline);
    } finally {
      this.#deadlines.delete(deadline);
    }
  }

  /** It is claimed twice. The next claim has another epoch. */
  async #giveBack({ id, epoch, workerId }: ClaimedDelivery): Promise<RunResult> {
    await this.#releases.add({ id, epoch, workerId, delayMs: 0 });
    return VOID;
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
      // The error's own text was refused: better its end without the text than no end.
      this.#parts.log.error({ err: error, deliveryId: item.id }, 'the error of a delivery could not be stored');
      const unstorable = { name: 'Unstorable', message: 'The error of this run could not be stored; see the log of its worker.' };
      return this.#settles.add({ ...item, settlement: { ...item.settlement, error: unstorable } });
    }
  }
}

const noop = (): void => {};

/** All results, or the first error when all have ended. */
async function together<T>(work: readonly (T | Promise<T>)[]): Promise<T[]> {
  if (work.length === 1) return [await work[0]!];
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** No two claims have the same. */
const keyOf = ({ id, epoch, workerId }: ClaimRef): string => `${id}:${epoch}:${workerId}`;

/** 22: data exceptions, 23: constraints, 54: limits. */
const isRefusal = (error: unknown): boolean => /^(22|23|54)/.test(sqlState(error) ?? '');
