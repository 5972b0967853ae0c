// Carries runs through their steps: decode, begin, call, end, settle, tell. The worker's loop, drain() and tick(), and immediate
// mode use it, so that all three do exactly the same with a delivery.
import type { Logger } from '../../core/logger.ts';
import type { Receiver } from '../../core/receivers.ts';
import type { Lane } from '../../drivers/driver.ts';
import { Setbacks } from '../../liveness/setbacks.ts';
import type { CallWatch } from '../../liveness/watchdog.ts';
import { contextOfNow } from '../../observe/async-context.ts';
import type { Events } from '../../observe/events.ts';
import type { Catalogue } from '../../store/catalogue/catalogue.ts';
import type { ClaimedDelivery, ClaimRef } from '../../store/deliveries/claim.ts';
import type { Tallies } from '../../tallies/tallies.ts';
import { inCall, newCall } from '../../transaction/call.ts';
import { performBatch } from './batch.ts';
import { Deadlines } from './deadline.ts';
import { decode } from './decode.ts';
import { interrupted } from './execution.ts';
import { lagMsOf, tellStarted } from './outcome-events.ts';
import { answerOf, type Pauses } from './pauses.ts';
import { Performer } from './perform.ts';
import type { TransactionParts } from './receiver-transaction.ts';
import { type Member, type Run, runOf } from './run.ts';
import { type RunResult, talliedAs, VOID } from './run-result.ts';
import { Settler } from './settler.ts';
import { performShared, type ShareParts } from './share.ts';
import { Sharing } from './sharing.ts';
import { performSingle } from './single.ts';
import { UnservedDeliveries } from './unserved-delivery.ts';

export interface RunnerParts extends TransactionParts {
  readonly catalogue: Catalogue;
  readonly events: Events;
  readonly log: Logger;
  /** Told of receivers that cannot be called; a worker reports them. */
  readonly setbacks?: Setbacks | undefined;
  /** Told of the answer of each call. */
  readonly pauses: Pauses;
  /** Counts the runs. */
  readonly tallies?: Tallies | undefined;
}

export interface RunOptions {
  /** Called when the receiver has returned and only the write remains. */
  readonly onReturned?: (() => void) | undefined;
  /** The lane for the transaction. */
  readonly lane?: Lane | undefined;
  /**
   * Takes back deliveries that a shared transaction did not come to, to be run later. Returns false if it cannot: they are released.
   */
  readonly takeBack?: ((deliveries: readonly ClaimedDelivery[]) => boolean) | undefined;
}

export class Runner {
  readonly #parts: RunnerParts;
  readonly #setbacks: Setbacks;
  readonly #deadlines = new Deadlines();
  readonly #performer: Performer;
  readonly #settler: Settler;
  readonly #unserved: UnservedDeliveries;
  readonly sharing: Sharing;
  readonly #shareParts: ShareParts;
  /** The claims whose runs have not ended. */
  readonly #runs = new Set<string>();
  readonly #onIdle: (() => void)[] = [];
  /** Told of each call. */
  watch: CallWatch | undefined;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
    const { events, log } = parts;
    const onFailing = (error: unknown): void => log.error({ err: error }, 'receivers cannot be called; their deliveries wait');
    this.#setbacks = parts.setbacks ?? new Setbacks({ onFailing, onRecovered: () => {} });
    this.#performer = new Performer(parts, this.#deadlines);
    this.#settler = new Settler({ ...parts, setbacks: this.#setbacks, deadlines: this.#deadlines });
    this.sharing = new Sharing(parts.share);
    const within: ShareParts['within'] = (member, receiver, work) => this.#within(member, receiver, work);
    this.#shareParts = { ...parts, deadlines: this.#deadlines, sharing: this.sharing, within };
    this.#unserved = new UnservedDeliveries({ log, events, release: (item) => this.#settler.release(item) });
  }

  /** The number of deliveries that it runs, up to their written outcome. */
  get running(): number {
    return this.#runs.size;
  }

  /** Whether the run of this claim has not ended. */
  isAt(claim: ClaimRef): boolean {
    return this.#runs.has(keyOf(claim));
  }

  /**
   * Runs claimed deliveries to their written outcome: one, or several of one receiver that takes batches, or whose deliveries share a
   * transaction. The results are in their order, without those that were taken back. Rejects only when an outcome cannot be written; the lease then decides.
   */
  async run(deliveries: readonly ClaimedDelivery[], { onReturned, lane, takeBack }: RunOptions = {}): Promise<RunResult[]> {
    let keys = deliveries.map(keyOf);
    // A failover has forgotten the claim that still runs. The release makes both void: one outcome could pass for the other's.
    for (const key of keys) if (this.#runs.has(key)) return together(deliveries.map((delivery) => this.#releaseBoth(delivery)));
    for (const key of keys) this.#runs.add(key);
    try {
      const receiver = this.#parts.catalogue.entries().get(deliveries[0]!.receiverId);
      if (!receiver) return await together(deliveries.map((delivery) => this.#unserved.putOff(delivery, performance.now(), Math.random())));
      const run = runOf(deliveries, receiver, lane);
      const isShared = deliveries.length > 1 && receiver.batch === undefined;
      if (!isShared) this.#started(run);
      const startedAt = performance.now();
      const call = newCall({ runner: this, receiver, deliveries, store: this.#parts.store });
      const ended = this.watch?.began(receiver.name);
      await inCall(call, () => this.#call(run));
      ended?.();
      call.isOver = true;
      const durationMs = performance.now() - startedAt;
      const begun = isShared ? run.members.filter(({ execution }) => execution !== undefined) : run.members;
      this.#answered(receiver, begun, startedAt + durationMs);
      const members = begun.length === run.members.length ? begun : this.#leave(run, begun, takeBack);
      // What was taken back may be under way again: it is another run's.
      if (members.length < deliveries.length) keys = members.map(({ delivery }) => keyOf(delivery));
      if (!isShared) this.sharing.took(receiver, durationMs / members.length);
      onReturned?.();
      const settle = (member: Member): RunResult | Promise<RunResult> =>
        this.#settler.settle(member, receiver, member.durationMs ?? durationMs);
      const results = members.length === 1 ? [await settle(members[0]!)] : await together(members.map(settle));
      if (this.#parts.tallies) tally(this.#parts.tallies, members, results, startedAt, durationMs);
      return results;
    } finally {
      for (const key of keys) this.#runs.delete(key);
      if (this.#runs.size === 0) for (const listener of this.#onIdle.splice(0)) listener();
    }
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    while (this.#runs.size > 0) await new Promise<void>((resolve) => this.#onIdle.push(resolve));
  }

  /** Interrupts the calls under way; their deliveries are released. */
  abort(): void {
    this.#deadlines.interrupt();
  }

  /** Gives up on writes that wait for the database. */
  giveUp(): void {
    this.#settler.giveUp();
  }

  #started({ members, receiver }: Run): void {
    const { events } = this.#parts;
    for (const { delivery } of members) tellStarted(events, delivery, receiver);
  }

  /** Decode, begin, call, end. Never rejects. */
  async #call(run: Run): Promise<void> {
    await decode(run);
    const { members, receiver } = run;
    const readable = members.filter(({ execution }) => execution === undefined);
    if (receiver.batch === undefined && members.length > 1) {
      for (const { delivery, execution } of members) if (execution) tellStarted(this.#parts.events, delivery, receiver);
      await performShared(this.#performer, this.#shareParts, readable, run);
    } else if (readable.length === 0) return;
    else if (receiver.batch !== undefined) await performBatch(this.#performer, this.#parts, readable, run);
    else readable[0]!.execution = await performSingle(this.#performer, this.#parts.store, readable[0]!, run);
  }

  /** The run of one delivery of several that share a transaction begins, or begins again. */
  #within<T>(member: Member, receiver: Receiver, work: () => T): T {
    const { delivery } = member;
    const { events, store } = this.#parts;
    const isAgain = member.startedAt !== undefined;
    member.startedAt = performance.now();
    if (!isAgain && events.has('delivery.started')) {
      tellStarted(events, delivery, receiver);
      member.inContext = contextOfNow();
    }
    const run = (): T => inCall(newCall({ runner: this, receiver, deliveries: [delivery], store }), work);
    return isAgain && member.inContext ? (member.inContext(run) as T) : run();
  }

  /** Gives back what a shared transaction did not come to; what cannot be given back is released. Returns those that are to be settled. */
  #leave({ members }: Run, begun: readonly Member[], takeBack: RunOptions['takeBack']): readonly Member[] {
    const left = members.filter(({ execution }) => execution === undefined);
    // One that is taken back may run again at once.
    for (const { delivery } of left) this.#runs.delete(keyOf(delivery));
    if (takeBack?.(left.map(({ delivery }) => delivery))) return begun;
    for (const member of left) {
      this.#runs.add(keyOf(member.delivery));
      member.execution = interrupted(0);
    }
    return members;
  }

  /** Called before the slot of the run is free for the next delivery. */
  #answered(receiver: Receiver, members: readonly Member[], now: number): void {
    this.#parts.pauses.ended(receiver, members, answerOf(members), now, Math.random());
    if (members.some(({ execution }) => execution!.kind !== 'prevented' && execution!.kind !== 'stale')) this.#setbacks.succeeded(now);
  }

  /** This process has claimed the delivery twice. The next claim has another epoch. */
  async #releaseBoth({ id, epoch, workerId }: ClaimedDelivery): Promise<RunResult> {
    await this.#settler.release({ id, epoch, workerId, delayMs: 0 });
    return VOID;
  }
}

/** @param startedAt by `performance.now` */
function tally(
  tallies: Tallies,
  members: readonly Member[],
  results: readonly RunResult[],
  runStartedAt: number,
  runDurationMs: number,
): void {
  const now = Date.now() - performance.now();
  for (let index = 0; index < members.length; index++) {
    const { delivery, startedAt = runStartedAt, durationMs = runDurationMs } = members[index]!;
    tallies.ran(delivery.workerId, delivery.receiverId, talliedAs(results[index]!.ended), durationMs, lagMsOf(delivery, now + startedAt));
  }
}

/** All results, or the first error when all have ended. */
async function together<T>(work: readonly (T | Promise<T>)[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** No two claims have the same. */
const keyOf = ({ id, epoch, workerId }: ClaimRef): string => `${id}:${epoch}:${workerId}`;
