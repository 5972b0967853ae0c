// Quarantines suspects: a delivery that may have killed its workers runs only while nothing else does. A worker that is idle now and
// then takes a suspect with an ordinary claim. A busy one has to become idle for it: it claims nothing until its receivers have ended,
// runs the suspect, and goes on. Nothing else means nothing in the process (process-members.ts): its other workers wait as well.
//
// The race: while an idle worker claims, another one of the process begins to. Neither waits for the other, for next to no claim
// finds a suspect. A worker that does find one then releases it, and becomes idle for it.
import type { ProcessMembers } from '../../liveness/process-members.ts';
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';
import type { ClaimOptions, ClaimResult, Claims } from './claims.ts';

/** The period in which a worker that is never idle checks for suspects. */
const CHECK_EVERY_MS = 5_000;
/**
 * The first wait of a worker to become idle. After a wait in vain, it works for the same time, and then waits for twice
 * that time.
 */
const PATIENCE_MS = 30_000;

const isSuspect = (delivery: ClaimedDelivery): boolean => delivery.isSuspect;

export class Quarantine {
  readonly #claims: Pick<Claims, 'take' | 'hasSuspect' | 'release'>;
  readonly #members: Pick<ProcessMembers, 'mustWait' | 'othersAreIdle' | 'holdsLess' | 'quarantineEnded'>;
  #checkAt = performance.now() + CHECK_EVERY_MS;
  /** Set while the worker waits for the process to become idle: when it stops waiting. */
  #waitsUntil: number | undefined;
  #patienceMs = PATIENCE_MS;
  /** The worker took a suspect, and has not come back for more yet. */
  #hasSuspect = false;
  #isClaiming = false;

  constructor(
    claims: Pick<Claims, 'take' | 'hasSuspect' | 'release'>,
    members: Pick<ProcessMembers, 'mustWait' | 'othersAreIdle' | 'holdsLess' | 'quarantineEnded'>,
  ) {
    this.#claims = claims;
    this.#members = members;
  }

  /** Whether the others of this process have to wait. */
  get isWanted(): boolean {
    return this.#waitsUntil !== undefined || this.#hasSuspect;
  }

  /** Whether deliveries are on their way to the worker. */
  get isClaiming(): boolean {
    return this.#isClaiming;
  }

  /**
   * Claims up to `free` deliveries beside the `running` ones. `undefined` when the worker has to wait: for what it runs, for others of
   * this process, or for a suspect in quarantine. Claimed deliveries are on their way until `claimEnded` is called.
   */
  async take(free: number, running: number, aheadMs = 0): Promise<ClaimResult | undefined> {
    if (free <= 0) return undefined;
    if (this.#hasSuspect) this.#end();
    if (this.#members.mustWait) return undefined;
    if (this.#waitsUntil === undefined && performance.now() > this.#checkAt) await this.check(aheadMs);
    if (this.#waitsUntil !== undefined) {
      const found = await this.#takeSuspect(running, this.#waitsUntil, aheadMs);
      if (found !== 'none') return found;
    }
    const suspects = running === 0 && this.#members.othersAreIdle;
    const found = await this.#claim(free, { suspects, aheadMs });
    // A claim takes suspects only where nothing else is due. So a worker that finds more each time is not idle, even if it runs one
    // delivery at a time: its suspects would wait for ever.
    if (suspects && found.deliveries.every(isSuspect)) this.#checkAt = performance.now() + CHECK_EVERY_MS;
    if (!found.deliveries.some(isSuspect)) return found;
    if (this.#members.othersAreIdle) {
      this.#hasSuspect = true;
      return found;
    }
    this.#wait();
    await this.#claims.release(found.deliveries);
    return undefined;
  }

  /** The worker holds by now what was claimed, or has given up the claim. */
  claimEnded(): void {
    if (!this.#isClaiming) return;
    this.#isClaiming = false;
    this.#members.holdsLess();
  }

  /** Begins to wait for a quarantine if a suspect is due. Returns whether one is. */
  async check(aheadMs = 0): Promise<boolean> {
    const isDue = await this.#claims.hasSuspect(aheadMs);
    if (isDue) this.#wait();
    this.#checkAt = performance.now() + CHECK_EVERY_MS;
    return isDue;
  }

  /** The worker no longer waits for a quarantine. */
  cancel(): void {
    if (this.#waitsUntil !== undefined) this.#end();
  }

  #wait(): void {
    this.#waitsUntil = performance.now() + this.#patienceMs;
  }

  /** All of the process may go on. */
  #end(): void {
    this.#hasSuspect = false;
    this.#waitsUntil = undefined;
    this.#members.quarantineEnded();
  }

  async #claim(free: number, options: ClaimOptions): Promise<ClaimResult> {
    this.#isClaiming = true;
    return this.#claims.take(free, options);
  }

  /** `none`: no suspect is due any more, or the worker has waited for long enough. */
  async #takeSuspect(running: number, until: number, aheadMs: number): Promise<ClaimResult | 'none' | undefined> {
    if (running === 0 && this.#members.othersAreIdle) {
      const found = await this.#claim(0, { suspects: true, aheadMs });
      this.#patienceMs = PATIENCE_MS;
      this.#hasSuspect = found.deliveries.length > 0;
      if (this.#hasSuspect) this.#waitsUntil = undefined;
      else this.#end();
      return this.#hasSuspect ? found : 'none';
    }
    const now = performance.now();
    if (now < until) return undefined;
    this.#checkAt = now + this.#patienceMs;
    this.#patienceMs *= 2;
    this.#end();
    return 'none';
  }
}
