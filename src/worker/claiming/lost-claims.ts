// Releases lost claims: deliveries that a worker holds without knowing it. The database may carry out a claim whose connection is
// lost, even a little after the worker has heard of the failure; its deliveries would stay `running` for as long as the worker lives.
import type { Claims } from './claims.ts';
import type { Slots } from './slots.ts';

/** The time for which a failed claim may still wait at the server and then take effect. */
const LATE_CLAIM_MS = 10_000;
/** The check reads all deliveries, so it does not precede each claim. */
const CHECK_EVERY_MS = 500;

export class LostClaims {
  readonly #claims: Pick<Claims, 'held' | 'release'>;
  readonly #slots: Pick<Slots, 'holds'>;
  #failedAt: number | undefined;
  #checkAt = 0;

  constructor(claims: Pick<Claims, 'held' | 'release'>, slots: Pick<Slots, 'holds'>) {
    this.#claims = claims;
    this.#slots = slots;
  }

  /** A claim has failed. */
  claimFailed(): void {
    this.#failedAt = performance.now();
    this.#checkAt = 0;
  }

  /**
   * Releases what was lost; does nothing unless a claim has failed lately. Not to be called while a claim is under way. A delivery that
   * has ended since it was read, or that another worker has by now, keeps its state: the release is guarded by the claim.
   */
  async release(): Promise<void> {
    if (this.#failedAt === undefined || performance.now() < this.#checkAt) return;
    this.#checkAt = performance.now() + CHECK_EVERY_MS;
    const isOver = performance.now() - this.#failedAt > LATE_CLAIM_MS;
    const held = await this.#claims.held();
    await this.#claims.release(held.filter((claim) => !this.#slots.holds(claim)));
    if (isOver) this.#failedAt = undefined;
  }
}
