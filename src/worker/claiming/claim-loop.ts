// Claims deliveries into a worker's slots, again and again, until the worker stops.
// NOTIFY is a hint, polling is the truth: a lost notification costs at most one poll interval. Before the worker sleeps it sets its
// sleeping flag, and claims once more (sleeping-flag.ts).
import { within } from '../../liveness/call-timeout.ts';
import { ProcessMembers } from '../../liveness/process-members.ts';
import type { SleepingFlag } from '../waking/sleeping-flag.ts';
import type { ClaimWakeup } from './claim-wakeup.ts';
import type { ClaimResult, Claims } from './claims.ts';
import { LostClaims } from './lost-claims.ts';
import { Quarantine } from './quarantine.ts';
import type { Slots } from './slots.ts';

export interface ClaimLoopParts {
  readonly claims: Pick<Claims, 'take' | 'hasSuspect' | 'held' | 'release' | 'probeInMs'>;
  readonly slots: Pick<Slots, 'load' | 'isBusy' | 'holds' | 'demand' | 'accept' | 'takeReleasable'>;
  readonly sleepingFlag: Pick<SleepingFlag, 'state' | 'isAvailable' | 'mark' | 'clear'>;
  readonly wakeup: ClaimWakeup;
  readonly pollMs: number;
  /** The time that a claim may take. */
  readonly answerMs: number;
  /** A claim has looked for all that is due, and found nothing. */
  onIdle(): void;
  onAnswer(): void;
  /** A statement failed that began at `since`. */
  onError(error: unknown, since: number): void;
}

/** Between two claims of a busy worker that found little: more comes meanwhile. */
const BUSY_NAP_MS = 2;
/** The shortest nap while an append is pending, or the sleeping flag cannot be set. */
const SHORTEST_NAP_MS = 4;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;

export class ClaimLoop {
  readonly #parts: ClaimLoopParts;
  readonly #members: ProcessMembers;
  readonly #quarantine: Quarantine;
  readonly #lostClaims: LostClaims;
  #retryMs = FIRST_RETRY_MS;
  /** When the sleeping flag was set. */
  #markedAt = 0;
  /** The next nap if the flag cannot be set; each further one is twice as long. */
  #napMs = SHORTEST_NAP_MS;

  constructor(parts: ClaimLoopParts) {
    this.#parts = parts;
    this.#members = new ProcessMembers({
      load: () => parts.slots.load + (this.#quarantine.isClaiming ? 1 : 0),
      wantsQuarantine: () => this.#quarantine.isWanted,
      wake: () => parts.wakeup.wake(),
    });
    this.#quarantine = new Quarantine(parts.claims, this.#members);
    this.#lostClaims = new LostClaims(parts.claims, parts.slots);
  }

  /** The slots can take more. */
  capacityFreed(): void {
    this.#parts.wakeup.wake();
    this.#members.holdsLess();
  }

  /** Its worker holds nothing more: other members of the process may have their quarantine. */
  leave(): void {
    this.#members.leave();
  }

  /** Claims until the worker is told to stop, which also has to end the loop's sleep. */
  async run(stopping: AbortSignal): Promise<void> {
    const { wakeup, claims, pollMs, onError } = this.#parts;
    while (!stopping.aborted) {
      if (!wakeup.mayBeDue) {
        if (!(await wakeup.sleep(Math.min(pollMs, claims.probeInMs)))) wakeup.mayBeDue = true;
        continue;
      }
      const begun = performance.now();
      try {
        await this.#claim(stopping);
        this.#retryMs = FIRST_RETRY_MS;
      } catch (error) {
        this.#quarantine.cancel();
        this.#lostClaims.claimFailed();
        onError(error, begun);
        await wakeup.sleep(this.#retryMs);
        this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
        wakeup.mayBeDue = true;
      }
    }
    this.#quarantine.cancel();
  }

  async #claim(stopping: AbortSignal): Promise<void> {
    const { claims, slots, sleepingFlag, wakeup, answerMs, pollMs, onAnswer, onIdle } = this.#parts;
    // Before the claim: a notification that comes during the claim must lead to another one.
    wakeup.mayBeDue = false;
    const wasSafe = sleepingFlag.state === 'safe';
    await within(answerMs, 'a check for lost claims', this.#lostClaims.release());
    await within(answerMs, 'a release', claims.release(slots.takeReleasable(performance.now())));
    const found = await this.#fill(slots.demand(performance.now()), stopping);
    if (stopping.aborted) return;
    if (!found) {
      // No slot is free, or the worker waits for a quarantine: the end of a run wakes the loop.
      wakeup.mayBeDue = true;
      await wakeup.sleep(pollMs);
      return;
    }
    onAnswer();
    const isEmpty = found.deliveries.length === 0;
    if (isEmpty && found.scannedAll) onIdle();
    if (!isEmpty && slots.isBusy) await this.#stayAwake(found);
    else if (found.mayHaveMore) wakeup.mayBeDue = true;
    else if (!found.scannedAll) await this.#waitForFullScan(found);
    else if (!wasSafe) await this.#prepareToSleep();
  }

  /** Claims into the slots. */
  async #fill(demand: number, stopping: AbortSignal): Promise<ClaimResult | undefined> {
    const { claims, slots, answerMs } = this.#parts;
    try {
      const found = await within(answerMs, 'a claim', this.#quarantine.take(demand, slots.load));
      if (!found) return undefined;
      if (stopping.aborted) await within(answerMs, 'a release', claims.release(found.deliveries));
      else slots.accept(found.deliveries, performance.now());
      return found;
    } finally {
      this.#quarantine.claimEnded();
    }
  }

  /** So much comes that each claim finds something, and appends need not notify. */
  async #stayAwake({ mayHaveMore }: ClaimResult): Promise<void> {
    const { sleepingFlag, wakeup, answerMs } = this.#parts;
    wakeup.mayBeDue = true;
    await within(answerMs, 'clearing the sleeping flag', sleepingFlag.clear());
    if (!mayHaveMore) await wakeup.sleep(BUSY_NAP_MS);
  }

  /** A delivery that has been due for longer may have been left out. */
  async #waitForFullScan({ untilFullScanMs }: ClaimResult): Promise<void> {
    const { wakeup, pollMs } = this.#parts;
    wakeup.mayBeDue = true;
    await wakeup.sleep(Math.min(pollMs, untilFullScanMs));
  }

  /** Nothing is due. After this the worker claims once more, or sleeps if no session can hold its sleeping flag. */
  async #prepareToSleep(): Promise<void> {
    const { sleepingFlag, wakeup, answerMs, pollMs } = this.#parts;
    if (!sleepingFlag.isAvailable) return;
    wakeup.mayBeDue = true;
    const wasSet = sleepingFlag.state !== 'unset';
    const state = await within(answerMs, 'setting the sleeping flag', sleepingFlag.mark());
    const now = performance.now();
    if (!wasSet) this.#markedAt = now;
    if (state !== 'unset') this.#napMs = SHORTEST_NAP_MS;
    if (state === 'safe') return;
    // A pending append is older than the flag. A nap for as long as the flag has been set finds it within twice the time that its
    // transaction took, however often other appends notify and end the naps.
    const nap = state === 'pending' ? Math.max(SHORTEST_NAP_MS, now - this.#markedAt) : this.#napMs;
    if (state === 'unset') this.#napMs = Math.min(pollMs, this.#napMs * 2);
    await wakeup.sleep(Math.min(pollMs, nap));
  }
}
