// Carries runs through their steps: decode, begin, call, end, settle, tell. The worker's loop, drain() and tick(), and immediate
// mode use it, so that all three do exactly the same with a delivery.
import type { Logger } from '../../core/logger.ts';
import type { Lane } from '../../drivers/driver.ts';
import { Setbacks } from '../../liveness/setbacks.ts';
import type { CallWatch } from '../../liveness/watchdog.ts';
import type { Events } from '../../observe/events.ts';
import type { Catalogue } from '../../store/catalogue/catalogue.ts';
import type { ClaimedDelivery, ClaimRef } from '../../store/deliveries/claim.ts';
import type { Tallies } from '../../tallies/tallies.ts';
import { inCall, newCall } from '../../transaction/call.ts';
import { performBatch } from './batch.ts';
import { Deadlines } from './deadline.ts';
import { decode } from './decode.ts';
import { lagMsOf, tellStarted } from './outcome-events.ts';
import { answerOf, type Pauses } from './pauses.ts';
import { Performer } from './perform.ts';
import type { TransactionParts } from './receiver-transaction.ts';
import { type Member, type Run, runOf } from './run.ts';
import { type RunResult, talliedAs, VOID } from './run-result.ts';
import { Settler } from './settler.ts';
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
}

export class Runner {
  readonly #parts: RunnerParts;
  readonly #setbacks: Setbacks;
  readonly #deadlines = new Deadlines();
  readonly #performer: Performer;
  readonly #settler: Settler;
  readonly #unserved: UnservedDeliveries;
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
   * Runs claimed deliveries to their written outcome: one, or several of one receiver that takes batches. The results are in
   * their order. Rejects only when an outcome cannot be written; the lease then decides.
   */
  async run(deliveries: readonly ClaimedDelivery[], { onReturned, lane }: RunOptions = {}): Promise<RunResult[]> {
    const keys = deliveries.map(keyOf);
    // A failover has forgotten the claim that still runs. The release makes both void: one outcome could pass for the other's.
    for (const key of keys) if (this.#runs.has(key)) return together(deliveries.map((delivery) => this.#releaseBoth(delivery)));
    for (const key of keys) this.#runs.add(key);
    try {
      const receiver = this.#parts.catalogue.entries().get(deliveries[0]!.receiverId);
      if (!receiver) return await together(deliveries.map((delivery) => this.#unserved.putOff(delivery, performance.now(), Math.random())));
      const run = runOf(deliveries, receiver, lane);
      this.#started(run);
      const startedAt = performance.now();
      const call = newCall({ runner: this, receiver, deliveries, store: this.#parts.store });
      const ended = this.watch?.began(receiver.name);
      await inCall(call, () => this.#call(run));
      ended?.();
      call.isOver = true;
      const durationMs = performance.now() - startedAt;
      this.#answered(run, startedAt + durationMs);
      onReturned?.();
      const settle = (member: Member): RunResult | Promise<RunResult> => this.#settler.settle(member, receiver, durationMs);
      const results = run.members.length === 1 ? [await settle(run.members[0]!)] : await together(run.members.map(settle));
      if (this.#parts.tallies) tally(this.#parts.tallies, run, results, startedAt, durationMs);
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
    const readable = run.members.filter(({ execution }) => execution === undefined);
    if (readable.length === 0) return;
    if (run.receiver.batch !== undefined) await performBatch(this.#performer, this.#parts, readable, run);
    else readable[0]!.execution = await performSingle(this.#performer, this.#parts.store, readable[0]!, run);
  }

  /** Called before the slot of the run is free for the next delivery. */
  #answered({ receiver, members }: Run, now: number): void {
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
function tally(tallies: Tallies, { members }: Run, results: readonly RunResult[], startedAt: number, durationMs: number): void {
  const began = Date.now() - (performance.now() - startedAt);
  for (let index = 0; index < members.length; index++) {
    const { delivery } = members[index]!;
    tallies.ran(delivery.workerId, delivery.receiverId, talliedAs(results[index]!.ended), durationMs, lagMsOf(delivery, began));
  }
}

/** All results, or the first error when all have ended. */
async function together<T>(work: readonly (T | Promise<T>)[]): Promise<T[]> {
  await Promise.allSettled(work);
  return Promise.all(work);
}

/** No two claims have the same. */
const keyOf = ({ id, epoch, workerId }: ClaimRef): string => `${id}:${epoch}:${workerId}`;
