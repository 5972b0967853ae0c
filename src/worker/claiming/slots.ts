// A worker's slots. What it has claimed waits here, in its order, until one of the `concurrency` slots is free.
//
// The races: a worker that was frozen wakes up with its hands full, after others have found it dead and taken all of it.
// So nothing is started when the lease is over, and what was claimed under an id that was lost is dropped. And receivers
// may be slower than they were when this was claimed: what has waited for long is given back, for other workers may idle.
import type { Logger } from '../../core/logger.ts';
import type { Driver, Lane } from '../../drivers/driver.ts';
import { neutrally } from '../../observe/async-context.ts';
import { type ClaimedDelivery, type ClaimRef, isSameClaim } from '../../store/deliveries/claim.ts';
import { frontOf, type ReceiverOf } from './batching.ts';
import type { Pace } from './prefetch.ts';
import type { Runner } from '../running/runner.ts';

export interface SlotsParts {
  readonly runner: Runner;
  readonly pace: Pace;
  readonly log: Logger;
  readonly concurrency: number;
  /** Whether deliveries that were claimed under this id are still this worker's, for all that it knows. */
  owns(workerId: number): boolean;
  /** Makes lanes, where the driver has them. */
  readonly openLane: Driver['openLane'];
  readonly receiverOf: ReceiverOf;
  /** Whether a delivery is not to be started now, but to be given back. */
  holdsBack(delivery: ClaimedDelivery): boolean;
  /** There is room for more. */
  onRoom(): void;
}

interface Waiting {
  readonly delivery: ClaimedDelivery;
  readonly since: number;
}

/** A lane, and what it tells of the COMMIT of the delivery that is on it. */
interface Track {
  readonly lane: Lane;
  onCommitting: () => void;
}

/** From this many ahead on (a thousand starts a second) the worker looks for more by itself, and need not be rung. */
const BUSY_AHEAD = 100;
/** What has not been started after this time is given back. */
const PATIENCE_MS = 1_000;
/** Receivers that returned and wait for their write: beyond this, the next ones wait. */
const MOST_UNWRITTEN = 2_000;

export class Slots {
  readonly #parts: SlotsParts;
  #waiting: Waiting[] = [];
  /** To be given back at once. */
  #heldBack: ClaimedDelivery[] = [];
  /** Where `#waiting` begins: shifting a long array is slow. */
  #first = 0;
  #busy = 0;
  /** Deliveries whose receivers have not returned. */
  #called = 0;
  /** With fewer waiting than this, more are wanted. */
  #few = 0;
  /** Lanes on which nothing runs. */
  readonly #idle: Track[] = [];
  /** Something runs that must run alone. */
  #occupied = false;

  constructor(parts: SlotsParts) {
    this.#parts = parts;
  }

  /** How many it holds: those that wait and those that run, up to their written end. */
  get load(): number {
    return this.waiting + this.#heldBack.length + this.#parts.runner.running;
  }

  get waiting(): number {
    return this.#waiting.length - this.#first;
  }

  /** Whether so much comes that a look at any time finds something. */
  get isBusy(): boolean {
    return this.#few * 2 >= BUSY_AHEAD;
  }

  /** How many more it can use. 0 unless that is worth a claim. */
  room(now: number): number {
    const { concurrency, pace } = this.#parts;
    if (this.#occupied) return 0;
    const ahead = pace.ahead(now);
    this.#few = ahead / 2;
    return this.waiting > this.#few ? 0 : Math.max(0, concurrency - this.#busy + ahead - this.waiting);
  }

  /** Whether it holds the delivery of this claim. */
  holds(claim: ClaimRef): boolean {
    const isIt = ({ delivery }: Waiting): boolean => isSameClaim(delivery, claim);
    return (
      this.#parts.runner.isAt(claim) ||
      this.#waiting.slice(this.#first).some(isIt) ||
      this.#heldBack.some((delivery) => isSameClaim(delivery, claim))
    );
  }

  /** Takes what was claimed. */
  take(deliveries: readonly ClaimedDelivery[], now: number): void {
    for (const delivery of deliveries) {
      if (this.#parts.holdsBack(delivery)) this.#heldBack.push(delivery);
      else this.#waiting.push({ delivery, since: now });
    }
    this.fill();
  }

  /** Of what waits, nothing is started that is to be held back now. */
  holdBack(): void {
    const waiting = this.#waiting.slice(this.#first);
    const isHeldBack = ({ delivery }: Waiting): boolean => this.#parts.holdsBack(delivery);
    this.#heldBack.push(...waiting.filter(isHeldBack).map(({ delivery }) => delivery));
    this.#waiting = waiting.filter((one) => !isHeldBack(one));
    this.#first = 0;
  }

  /** Starts as many as there are free slots. */
  fill(): void {
    const { concurrency, runner, owns } = this.#parts;
    while (this.waiting > 0 && this.#busy < concurrency && runner.running - this.#called < MOST_UNWRITTEN) {
      if (!owns(this.#waiting[this.#first]!.delivery.workerId)) return;
      this.#start(this.#next());
    }
    if (this.#first > 1_000) {
      this.#waiting = this.#waiting.slice(this.#first);
      this.#first = 0;
    }
  }

  /** Forgets what was claimed under an id that is lost: it belongs to others. */
  drop(workerId: number): void {
    this.#waiting = this.#waiting.slice(this.#first).filter(({ delivery }) => delivery.workerId !== workerId);
    this.#heldBack = this.#heldBack.filter((delivery) => delivery.workerId !== workerId);
    this.#first = 0;
  }

  /** Hands out what is held back, and what has waited for too long; all of it if `now` is not given. */
  giveBack(now = Infinity): ClaimedDelivery[] {
    const given = this.#heldBack;
    this.#heldBack = [];
    if (this.waiting === 0 || now - this.#waiting[this.#first]!.since < PATIENCE_MS) return given;
    for (const { delivery } of this.#waiting.slice(this.#first)) given.push(delivery);
    this.#waiting = [];
    this.#first = 0;
    return given;
  }

  /** What waits first, with what its receiver takes together with it. */
  #next(): ClaimedDelivery[] {
    const isSame = (first: Waiting, other: Waiting): boolean => first.delivery.workerId === other.delivery.workerId;
    const { group, passed } = frontOf(this.#waiting, this.#first, this.#parts.receiverOf, isSame);
    this.#first += group.length;
    for (const [index, waiting] of passed.entries()) this.#waiting[this.#first + index] = waiting;
    return group.map(({ delivery }) => delivery);
  }

  #start(deliveries: readonly ClaimedDelivery[]): void {
    const { runner, pace, log } = this.#parts;
    const alone = deliveries.some((delivery) => delivery.alone);
    pace.started(deliveries.length);
    this.#busy++;
    this.#called += deliveries.length;
    this.#occupied ||= alone;
    const track = this.#idle.pop() ?? this.#openTrack();
    let isFree = false;
    const free = (): void => {
      if (isFree) return;
      isFree = true;
      this.#busy--;
      this.#called -= deliveries.length;
      if (track) this.#idle.push(track);
      this.fill();
      // Unless the next one is on it already.
      if (track && this.#idle.at(-1) === track) track.lane.release();
      this.#tellRoom();
    };
    if (track) track.onCommitting = free;
    const ended = (): void => {
      if (alone) this.#occupied = false;
      free();
      // Its write may have been what the next one waited for.
      this.fill();
      this.#tellRoom();
    };
    const options = { onReturned: free, lane: track?.lane };
    // It may be started by the end of another: of that one's context it is to see nothing.
    neutrally(() => runner.run(deliveries, options)).then(ended, (error: unknown) => {
      log.error({ err: error }, 'the outcome of a delivery could not be written; it is taken back when this worker ends');
      ended();
    });
  }

  #openTrack(): Track | undefined {
    const { openLane } = this.#parts;
    if (!openLane) return undefined;
    const lane = openLane({ isWanted: () => this.#followsTransaction(), onCommitting: () => track.onCommitting() });
    const track: Track = { lane, onCommitting: () => {} };
    return track;
  }

  /** Whether what is next can begin its transaction on the lane that is about to be free. */
  #followsTransaction(): boolean {
    const next = this.#waiting[this.#first];
    return (
      next !== undefined && this.#parts.owns(next.delivery.workerId) && (this.#parts.receiverOf(next.delivery)?.transactional ?? false)
    );
  }

  #tellRoom(): void {
    if (this.waiting <= this.#few) this.#parts.onRoom();
  }
}
