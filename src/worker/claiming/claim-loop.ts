// Claims deliveries for a worker's slots, again and again, until it stops.
// NOTIFY is a hint, polling is the truth: a lost notification costs at most one poll interval. Before the worker sleeps it sets its
// sleeping flag, and claims once more (sleeping-flag.ts).
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';
import type { Claims } from './claims.ts';
import { Company } from '../../liveness/process-members.ts';
import type { SleepingFlag } from '../waking/sleeping-flag.ts';
import type { Slots } from './slots.ts';
import { Solitude } from './quarantine.ts';
import { Strays } from './lost-claims.ts';
import { Wakeup } from '../waking/wakeup.ts';
import { within } from '../../liveness/call-timeout.ts';

export interface ClaimLoopParts {
  readonly claims: Claims;
  readonly slots: Slots;
  readonly sleepingFlag: SleepingFlag;
  readonly pollMs: number;
  /** How long a claim may take. */
  readonly answerMs: number;
  isRunning(): boolean;
  /** It looked, and found nothing. */
  onIdle(): void;
  onAnswer(): void;
  /** @param since when what failed began */
  onError(error: unknown, since: number): void;
}

/** Between two looks of a busy worker that found little: more comes meanwhile. */
const BUSY_NAP_MS = 2;
/** The shortest nap while an append is pending, or the sleeping flag cannot be set. */
const SHORTEST_NAP_MS = 4;
const FIRST_RETRY_MS = 250;
const LONGEST_RETRY_MS = 5_000;

export class ClaimLoop {
  readonly #parts: ClaimLoopParts;
  readonly #solitude: Solitude;
  readonly #company: Company;
  readonly #strays: Strays;
  readonly #wakeup = new Wakeup();
  #hungry = true;
  #retryMs = FIRST_RETRY_MS;
  /** When the sleeping flag was set. */
  #markedAt = 0;
  /** The next nap if it cannot be; each further one is twice as long. */
  #napMs = SHORTEST_NAP_MS;

  constructor(parts: ClaimLoopParts) {
    this.#parts = parts;
    this.#company = new Company({
      load: () => parts.slots.load + (this.#solitude.isClaiming ? 1 : 0),
      wantsSolitude: () => this.#solitude.isWanted,
      ring: () => this.#wakeup.wake(),
    });
    this.#solitude = new Solitude(parts.claims, this.#company);
    this.#strays = new Strays(parts.claims, parts.slots);
  }

  /** There may be something to take, or the worker stops. */
  ring(): void {
    this.#hungry = true;
    this.#wakeup.wake();
  }

  /** There is room for more. */
  makeRoom(): void {
    this.#wakeup.wake();
    this.#company.holdsLess();
  }

  /** Its worker holds nothing more: others of the process may run alone. */
  leave(): void {
    this.#company.leave();
  }

  async run(): Promise<void> {
    const { isRunning, onError, pollMs } = this.#parts;
    while (isRunning()) {
      if (!this.#hungry) {
        if (!(await this.#wakeup.sleep(Math.min(pollMs, this.#parts.claims.probeInMs)))) this.#hungry = true;
        continue;
      }
      const begun = performance.now();
      try {
        await this.#claim();
        this.#retryMs = FIRST_RETRY_MS;
      } catch (error) {
        this.#solitude.giveUp();
        this.#strays.doubt();
        onError(error, begun);
        await this.#wakeup.sleep(this.#retryMs);
        this.#retryMs = Math.min(LONGEST_RETRY_MS, this.#retryMs * 2);
        this.#hungry = true;
      }
    }
    this.#solitude.giveUp();
  }

  async #claim(): Promise<void> {
    const { claims, slots, sleepingFlag, answerMs, pollMs, isRunning, onAnswer, onIdle } = this.#parts;
    // Before the claim: a notification that comes during it must lead to another one.
    this.#hungry = false;
    const wasSafe = sleepingFlag.state === 'safe';
    await within(answerMs, 'a look at what this worker holds', this.#strays.giveBack());
    await within(answerMs, 'a release', claims.giveBack(slots.giveBack(performance.now())));
    const room = slots.room(performance.now());
    const claimed = await this.#fill(room);
    if (!isRunning()) return;
    if (claimed === undefined) {
      // No slot is free, or another of the process is to be alone: the end of a run rings.
      this.#hungry = true;
      await this.#wakeup.sleep(pollMs);
      return;
    }
    onAnswer();
    if (claimed.length === 0 && claims.lookedBack) onIdle();
    if (claimed.length > 0 && slots.isBusy) await this.#goOn();
    // Beside what runs alone nothing was looked for.
    else if (claims.leftSome || claimed.some(({ alone }) => alone)) this.#hungry = true;
    else if (!claims.lookedBack) await this.#waitToLookBack();
    else if (!wasSafe) await this.#prepareToSleep();
  }

  /** Claims into the slots. */
  async #fill(room: number): Promise<ClaimedDelivery[] | undefined> {
    const { claims, slots, answerMs, isRunning } = this.#parts;
    try {
      const claimed = await within(answerMs, 'a claim', this.#solitude.take(room, slots.load));
      if (!claimed) return undefined;
      if (isRunning()) slots.take(claimed, performance.now());
      else await within(answerMs, 'a release', claims.giveBack(claimed));
      return claimed;
    } finally {
      this.#solitude.arrived();
    }
  }

  /** So much comes that each claim finds something, and appends need not notify. */
  async #goOn(): Promise<void> {
    const { claims, sleepingFlag, answerMs } = this.#parts;
    this.#hungry = true;
    await within(answerMs, 'clearing the sleeping flag', sleepingFlag.clear());
    if (!claims.leftSome) await this.#wakeup.sleep(BUSY_NAP_MS);
  }

  /** There may be something that has been due for longer. */
  async #waitToLookBack(): Promise<void> {
    this.#hungry = true;
    await this.#wakeup.sleep(Math.min(this.#parts.pollMs, this.#parts.claims.lookBackInMs));
  }

  /** Nothing is due. After this the worker claims once more, or sleeps if no session can hold its sleeping flag. */
  async #prepareToSleep(): Promise<void> {
    const { sleepingFlag, answerMs, pollMs } = this.#parts;
    if (!sleepingFlag.isAvailable) return;
    this.#hungry = true;
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
    await this.#wakeup.sleep(Math.min(pollMs, nap));
  }
}
