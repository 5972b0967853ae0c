// A transaction that several deliveries of one receiver share: its first statement, a part for each delivery, its last statements.
//
// The race: any of the deliveries may be reclaimed before the transaction holds it, so the first statement locks those that still belong to
// their claims, and no other is run. Each runs behind a savepoint that goes out with its own first statement. A delivery that fails is
// undone to there before the next one begins, and the last statements complete the others, under the same guard. So what commits is the
// effects of just those deliveries that it completes. If it is not known that a savepoint stands, nothing is undone to it: an older one
// would be found in its place, and with it the effects of a neighbour lost. All is rolled back then.
import { sqlState } from '../../drivers/error-kind.ts';
import type { Lane, Run as Send } from '../../drivers/driver.ts';
import { isLasting } from '../../drivers/lasting-statements.ts';
import { contextOfNow } from '../../observe/async-context.ts';
import type { Call as Invoke } from '../../receivers/invoke.ts';
import type { Hold } from '../../store/deliveries/batch.ts';
import type { ClaimRef } from '../../store/deliveries/claim.ts';
import type { TransactionScope } from '../../transaction/scope.ts';
import type { Attempt } from '../../transaction/transactions.ts';
import type { Receiver } from '../../core/receivers.ts';
import type { Deadline, Deadlines } from './deadline.ts';
import type { Phase } from './fault.ts';
import { SERVER_MARGIN_MS, type TransactionParts } from './receiver-transaction.ts';

/** One delivery on its way through a shared transaction. */
export interface Part {
  readonly claim: ClaimRef;
  readonly invoke: Invoke;
  /** Runs the call of the receiver as the run of this delivery. */
  within<T>(work: () => T): T;
  payload(): unknown;
  context(deadline: Deadline): object;
  /** `stale`: it is another worker's. Unset: it was not begun. */
  end?: 'stale' | 'begun' | 'returned' | 'again' | { readonly error: unknown };
  durationMs?: number;
}

/** What keeps a shared transaction from committing, though no statement has failed. */
export type Obstacle = 'none held' | 'outside its lane' | 'leaves something behind';

export class Obstructed extends Error {
  readonly obstacle: Obstacle;

  constructor(obstacle: Obstacle) {
    super(obstacle);
    this.obstacle = obstacle;
  }
}

export interface Shared {
  readonly receiver: Receiver;
  readonly parts: readonly Part[];
  readonly lane: Lane | undefined;
  readonly deadlines: Deadlines;
  /** Whether no further part begins, this long after the first. */
  isFull(last: Part, elapsedMs: number): boolean;
}

/** 40001, 40P01: in another transaction's way. 55P03, 57014: it waited for too long. Its neighbours may be why, so it runs by itself. */
const OF_NEIGHBOURS = /^(40001|40P01|55P03|57014)$/;

/** One transaction, and what is known of it if it fails. */
export class SharedTransaction {
  readonly #parts: TransactionParts;
  readonly #shared: Shared;
  readonly #inRun = contextOfNow();
  phase: Phase = 'begin';
  scope: TransactionScope | undefined;
  /** The part whose own end ended all. */
  culprit: Part | undefined;
  /** Why it, or all, was ended before its time. */
  reason: unknown;
  /** A query of a part failed with the connection. */
  isLost = false;
  /** Of what is under way. */
  #deadline: Deadline | undefined;
  #send!: Send;
  #hold!: Hold;
  /** Why it is not known that a savepoint stands. */
  #unmarked: { readonly error: unknown } | undefined;
  #isSpoilt = false;

  constructor(parts: TransactionParts, shared: Shared) {
    this.#parts = parts;
    this.#shared = shared;
  }

  /** @throws Obstructed; the error of the transaction */
  async run(): Promise<Attempt<void>> {
    const { transactions, ambient } = this.#parts;
    const { receiver, lane } = this.#shared;
    const on = lane?.clientFor(receiver.isolation);
    try {
      return await ambient.outside(() =>
        transactions.attempt(async (_tx, scope) => this.#all(scope), { on, isolation: receiver.isolation }),
      );
    } finally {
      // What runs in it never ends if its connection is lost: the driver must not hear of it (transactions.ts).
      if (this.#deadline) this.#shared.deadlines.close(this.#deadline);
    }
  }

  async #all(scope: TransactionScope): Promise<void> {
    const shared = this.#shared;
    this.scope = scope;
    this.#send = this.#parts.driver.run(scope.client);
    const held = await this.#bounded(() => this.#begin());
    this.phase = 'call';
    const begun = performance.now();
    for (const part of held) {
      await this.#timed((deadline) => this.#run(part, deadline));
      if (shared.isFull(part, performance.now() - begun)) break;
    }
    this.phase = 'end';
    await this.#bounded(() => this.#end(held));
    this.phase = 'commit';
  }

  async #begin(): Promise<readonly Part[]> {
    const { receiver, parts, lane } = this.#shared;
    const timeoutMs = receiver.timeoutMs + SERVER_MARGIN_MS;
    const claims = parts.map(({ claim }) => claim);
    const hold = await this.#parts.store.batches.hold(this.#send, claims, { timeoutMs, inLane: lane !== undefined });
    if (hold === 'outside') throw new Obstructed('outside its lane');
    this.#hold = hold;
    const isHeld = ({ claim }: Part): boolean => hold.ids.has(claim.id);
    for (const part of parts) if (!isHeld(part)) part.end = 'stale';
    if (hold.ids.size === 0) throw new Obstructed('none held');
    return parts.filter(isHeld);
  }

  async #run(part: Part, deadline: Deadline): Promise<void> {
    // The worker can wait no longer, and has not called it.
    if ((this.reason = deadline.reason)) throw this.reason;
    const begun = performance.now();
    const scope = this.scope!;
    let within: TransactionScope | undefined;
    part.end = 'begun';
    const marked = this.#mark(this.#parts.store.batches.beginPart(this.#send));
    try {
      if (!this.#isPipelined) await marked;
      await this.#parts.transactions.part(scope, async (tx, inner) => {
        within = inner;
        inner.onSent = (sent) => (this.#isSpoilt ||= isLasting(sent));
        deadline.onEnd(() => inner.close());
        deadline.start();
        const call = (): unknown => part.invoke(part.payload(), Object.assign(part.context(deadline), { tx }));
        await this.#inRun(() => part.within(() => this.#parts.ambient.run(inner, call)));
      });
      part.end = 'returned';
    } catch (error) {
      if (deadline.reason) {
        [this.culprit, this.reason] = [part, deadline.reason];
        throw error;
      }
      this.isLost = scope.isLost || this.#parts.driver.isConnectionLoss(within?.failure);
      if (this.isLost) throw error;
      await marked;
      if (this.#unmarked) throw this.#unmarked.error;
      const isOfNeighbours = OF_NEIGHBOURS.test(sqlState(error) ?? '') || OF_NEIGHBOURS.test(sqlState(within?.failure) ?? '');
      part.end = isOfNeighbours ? 'again' : { error };
      this.#shared.lane?.survived();
      const undone = this.#mark(this.#parts.store.batches.undoPart(this.#send));
      if (!this.#isPipelined) await undone;
    } finally {
      part.durationMs = performance.now() - begun;
    }
    if (this.#isSpoilt) throw new Obstructed('leaves something behind');
  }

  /** Whether the driver sends a statement before the one before it is answered. */
  get #isPipelined(): boolean {
    return this.#shared.lane !== undefined;
  }

  /** Notes that a statement about savepoints has failed. On a lane it is not awaited: it goes out with the next one. */
  #mark(sent: Promise<void>): Promise<void> {
    return sent.catch((error: unknown) => void (this.#unmarked ??= { error }));
  }

  async #end(held: readonly Part[]): Promise<void> {
    const returned = held.filter(({ end }) => end === 'returned').map(({ claim }) => claim);
    const hold = { ...this.#hold, pipelined: this.#isPipelined };
    const surroundings = await this.#parts.store.batches.end(this.#send, { returned, failed: [], released: [] }, hold);
    if (this.#unmarked) throw this.#unmarked.error;
    if (surroundings !== hold.surroundings) throw new Obstructed('leaves something behind');
  }

  /** Our own statements take no longer than the receiver may. */
  #bounded<T>(work: () => Promise<T>): Promise<T> {
    return this.#timed((deadline) => {
      deadline.onEnd((reason) => {
        this.reason = reason;
        this.scope!.close();
      });
      return work();
    });
  }

  async #timed<T>(work: (deadline: Deadline) => Promise<T>): Promise<T> {
    const { deadlines, receiver } = this.#shared;
    const deadline = deadlines.open(receiver);
    this.#deadline = deadline;
    try {
      return await work(deadline);
    } finally {
      deadlines.close(deadline);
    }
  }
}
