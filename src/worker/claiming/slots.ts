// A worker's slots. Claimed deliveries wait here, in their order, until one of the `concurrency` slots is free.
//
// The races: a worker that was frozen continues with deliveries waiting, after other workers have marked it dead and rescued them. So
// nothing is started when the lease has expired, and deliveries that were claimed under an id that was lost are dropped. And receivers
// may have become slower since the claim: deliveries that have waited for long are released, for other workers may be idle. And an
// operator may have paused a receiver since the claim, of which a worker without LISTEN is not notified: what has waited for long is not
// started either, so that a pause holds after that time wherever the worker is.
import type { Logger } from '../../core/logger.ts';
import type { Receiver } from '../../core/receivers.ts';
import type { Driver, Lane } from '../../drivers/driver.ts';
import { neutrally } from '../../observe/async-context.ts';
import { type ClaimedDelivery, type ClaimRef, isSameClaim } from '../../store/deliveries/claim.ts';
import { frontOf, type ReceiverOf } from './batching.ts';
import type { Lease } from '../../liveness/lease.ts';
import type { Claims } from './claims.ts';
import type { Prefetch } from './prefetch.ts';
import type { Runner } from '../running/runner.ts';

export interface SlotsParts {
  readonly runner: Pick<Runner, 'run' | 'running' | 'isAt'>;
  readonly prefetch: Pick<Prefetch, 'started' | 'target'>;
  readonly lease: Pick<Lease, 'owns'>;
  readonly claims: Pick<Claims, 'holdsBack'>;
  /** How many deliveries of a receiver may share a transaction now. */
  shareOf?(receiver: Receiver, waiting: number): number;
  readonly log: Logger;
  readonly concurrency: number;
  /** Makes lanes, where the driver has them. */
  readonly openLane: Driver['openLane'];
  readonly receiverOf: ReceiverOf;
  /** The slots can take more. */
  onCapacity(): void;
  /** Called when deliveries have waited for too long and must be released. */
  onGivenUp(): void;
  /** The time, as it is given with deliveries. */
  now(): number;
}

interface Waiting {
  readonly delivery: ClaimedDelivery;
  readonly since: number;
}

/** A lane, and the listener to the COMMIT of the delivery that is on it. */
interface SlotLane {
  readonly lane: Lane;
  onCommitting: () => void;
}

/** With a prefetch of at least this many (a thousand starts a second) the worker polls so often that it need not be notified. */
const BUSY_AHEAD = 100;
/** A delivery that has not been started after this time is released: with the time of a claim that is under way, less than a second. */
const PATIENCE_MS = 800;
/** With more receivers than this that have returned and wait for their write, the next ones wait. */
const MOST_UNWRITTEN = 2_000;

export class Slots {
  readonly #parts: SlotsParts;
  #waiting: Waiting[] = [];
  /** To be released at once. */
  #heldBack: ClaimedDelivery[] = [];
  /** The index at which `#waiting` begins: shifting a long array is slow. */
  #first = 0;
  #busy = 0;
  /** Deliveries whose receivers have not returned. */
  #called = 0;
  /** With no more than this waiting, the slots want more: half of the prefetch. */
  #lowWater = 0;
  /** Lanes on which nothing runs. */
  readonly #idle: SlotLane[] = [];
  /** A suspect runs, beside which nothing may run. */
  #hasSuspect = false;
  /** The worker ends: nothing waits any more. */
  #isClosed = false;

  constructor(parts: SlotsParts) {
    this.#parts = parts;
  }

  /** The number of held deliveries: those that wait and those that run, until their outcome is written. */
  get load(): number {
    return this.waiting + this.#heldBack.length + this.#parts.runner.running;
  }

  get waiting(): number {
    return this.#waiting.length - this.#first;
  }

  /** Whether so much comes that a claim at any time finds something. */
  get isBusy(): boolean {
    return this.#lowWater * 2 >= BUSY_AHEAD;
  }

  /** The number of further deliveries that they can use. 0 unless that is worth a claim. */
  demand(now: number): number {
    const { concurrency, prefetch } = this.#parts;
    if (this.#hasSuspect) return 0;
    const ahead = prefetch.target(now);
    this.#lowWater = ahead / 2;
    return this.waiting > this.#lowWater ? 0 : Math.max(0, concurrency - this.#busy + ahead - this.waiting);
  }

  /** Whether they hold the delivery of this claim. */
  holds(claim: ClaimRef): boolean {
    const isIt = ({ delivery }: Waiting): boolean => isSameClaim(delivery, claim);
    return (
      this.#parts.runner.isAt(claim) ||
      this.#waiting.slice(this.#first).some(isIt) ||
      this.#heldBack.some((delivery) => isSameClaim(delivery, claim))
    );
  }

  /** Takes claimed deliveries. */
  accept(deliveries: readonly ClaimedDelivery[], now: number): void {
    for (const delivery of deliveries) {
      if (this.#parts.claims.holdsBack(delivery)) this.#heldBack.push(delivery);
      else this.#waiting.push({ delivery, since: now });
    }
    this.fill();
  }

  /** A receiver was paused: none of its waiting deliveries is started. */
  holdBack(): void {
    const waiting = this.#waiting.slice(this.#first);
    const isHeldBack = ({ delivery }: Waiting): boolean => this.#parts.claims.holdsBack(delivery);
    this.#heldBack.push(...waiting.filter(isHeldBack).map(({ delivery }) => delivery));
    this.#waiting = waiting.filter((one) => !isHeldBack(one));
    this.#first = 0;
  }

  /** Starts as many as there are free slots. */
  fill(): void {
    const { concurrency, runner, lease, now } = this.#parts;
    while (this.waiting > 0 && this.#busy < concurrency && runner.running - this.#called < MOST_UNWRITTEN) {
      const { delivery, since } = this.#waiting[this.#first]!;
      if (!lease.owns(delivery.workerId)) return;
      if (now() - since >= PATIENCE_MS) return this.#giveUpWaiting();
      this.#start(this.#next());
    }
    if (this.#first > 1_000) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Forgets deliveries that were claimed under an id that is lost: other workers rescue them. */
  drop(workerId: number): void {
    this.#waiting = this.#waiting.slice(this.#first).filter(({ delivery }) => delivery.workerId !== workerId);
    this.#heldBack = this.#heldBack.filter((delivery) => delivery.workerId !== workerId);
    this.#first = 0;
  }

  /** Hands out deliveries to be released: those held back, and all that wait if they have waited for too long or `now` is not given. */
  takeReleasable(now = Infinity): ClaimedDelivery[] {
    const released = this.#heldBack;
    this.#heldBack = [];
    this.#isClosed ||= now === Infinity;
    if (this.waiting === 0 || now - this.#waiting[this.#first]!.since < PATIENCE_MS) return released;
    for (const { delivery } of this.#waiting.slice(this.#first)) released.push(delivery);
    this.#waiting = [];
    this.#first = 0;
    return released;
  }

  /** The first has waited for too long, so all are released. */
  #giveUpWaiting(): void {
    for (const { delivery } of this.#waiting.slice(this.#first)) this.#heldBack.push(delivery);
    this.#waiting = [];
    this.#first = 0;
    this.#parts.onGivenUp();
  }

  /** The first delivery that waits, with those that its receiver takes in the same call. */
  #next(): readonly Waiting[] {
    const isSame = (first: Waiting, other: Waiting): boolean => first.delivery.workerId === other.delivery.workerId;
    const shareOf = (receiver: Receiver): number => this.#parts.shareOf?.(receiver, this.waiting) ?? 1;
    const { group, passed } = frontOf(this.#waiting, this.#first, this.#parts.receiverOf, isSame, shareOf);
    this.#first += group.length;
    for (const [index, waiting] of passed.entries()) this.#waiting[this.#first + index] = waiting;
    return group;
  }

  /** What was not begun waits again, since when it did. Returns false if another worker may have it by now, or the worker ends. */
  #takeBack(group: readonly Waiting[], left: readonly ClaimedDelivery[]): boolean {
    if (this.#isClosed || !this.#parts.lease.owns(left[0]!.workerId)) return false;
    this.#parts.prefetch.started(-left.length);
    this.#waiting = [...group.filter(({ delivery }) => left.includes(delivery)), ...this.#waiting.slice(this.#first)];
    this.#first = 0;
    if (this.#parts.claims.holdsBack(left[0]!)) this.holdBack();
    this.fill();
    return true;
  }

  #start(group: readonly Waiting[]): void {
    const { runner, prefetch, log } = this.#parts;
    const deliveries = group.map(({ delivery }) => delivery);
    const isSuspect = deliveries.some((delivery) => delivery.isSuspect);
    prefetch.started(deliveries.length);
    this.#busy++;
    this.#called += deliveries.length;
    this.#hasSuspect ||= isSuspect;
    const slotLane = this.#idle.pop() ?? this.#openSlotLane();
    const takeBack = group.length === 1 ? undefined : (left: readonly ClaimedDelivery[]): boolean => this.#takeBack(group, left);
    let isFree = false;
    const free = (): void => {
      if (isFree) return;
      isFree = true;
      this.#busy--;
      this.#called -= deliveries.length;
      if (slotLane) this.#idle.push(slotLane);
      this.fill();
      // Unless the next one is on it already.
      if (slotLane && this.#idle.at(-1) === slotLane) slotLane.lane.release();
      this.#reportCapacity();
    };
    if (slotLane) slotLane.onCommitting = free;
    const ended = (): void => {
      if (isSuspect) this.#hasSuspect = false;
      free();
      // The next one may have waited for this write.
      this.fill();
      this.#reportCapacity();
    };
    const options = { onReturned: free, lane: slotLane?.lane, takeBack };
    // The end of another run may start it: it must see nothing of that run's async context.
    neutrally(() => runner.run(deliveries, options)).then(ended, (error: unknown) => {
      log.error({ err: error }, 'the outcome of a delivery could not be written; the delivery is rescued when this worker ends');
      ended();
    });
  }

  #openSlotLane(): SlotLane | undefined {
    const { openLane } = this.#parts;
    if (!openLane) return undefined;
    const lane = openLane({ isWanted: () => this.#followsTransaction(), onCommitting: () => slotLane.onCommitting() });
    const slotLane: SlotLane = { lane, onCommitting: () => {} };
    return slotLane;
  }

  /** Whether the next delivery can begin its transaction on the lane that is about to be free. */
  #followsTransaction(): boolean {
    const next = this.#waiting[this.#first]?.delivery;
    if (next === undefined || !this.#parts.lease.owns(next.workerId)) return false;
    return this.#parts.receiverOf(next)?.transactional ?? false;
  }

  #reportCapacity(): void {
    if (this.waiting <= this.#lowWater) this.#parts.onCapacity();
  }
}
