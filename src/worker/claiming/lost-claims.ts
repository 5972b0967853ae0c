// Gives back what a worker holds and does not know of. A claim whose connection is lost may have been carried out all the
// same, even a little after its failure was heard of; its deliveries would be `running` as long as the worker lives.
import type { Claims } from './claims.ts';
import type { Slots } from './slots.ts';

/** How long after its failure a claim may still wait at the server to be carried out. */
const LATE_CLAIM_MS = 10_000;
/** It reads all deliveries, so not before each claim. */
const LOOK_EVERY_MS = 500;

export class Strays {
  readonly #claims: Claims;
  readonly #slots: Slots;
  #doubtedAt: number | undefined;
  #lookAt = 0;

  constructor(claims: Claims, slots: Slots) {
    this.#claims = claims;
    this.#slots = slots;
  }

  /** A claim has failed. */
  doubt(): void {
    this.#doubtedAt = performance.now();
    this.#lookAt = 0;
  }

  /** To be called when no claim is under way. Does nothing unless a claim has failed lately. */
  async giveBack(): Promise<void> {
    if (this.#doubtedAt === undefined || performance.now() < this.#lookAt) return;
    this.#lookAt = performance.now() + LOOK_EVERY_MS;
    const isOver = performance.now() - this.#doubtedAt > LATE_CLAIM_MS;
    await this.#claims.returnStrays((claim) => this.#slots.holds(claim));
    if (isOver) this.#doubtedAt = undefined;
  }
}
