// Lets suspects run alone: what may have killed its workers. A worker that is idle now and then takes one by itself; one
// that never is has to make room: it lets its receivers end, runs the delivery with nothing beside it, and goes on. Alone
// is meant of the process (process-members.ts): the other workers of it make room as well.
//
// The race: while an idle worker claims, another one of the process begins to. It is not kept waiting, for next to no claim
// finds a suspect. One that does gives the suspect back, and makes room for it.
import type { ClaimedDelivery } from '../../store/deliveries/claim.ts';
import type { Claims } from './claims.ts';
import type { Company } from '../../liveness/process-members.ts';

/** How often a worker that is never idle looks for suspects. */
const LOOK_EVERY_MS = 5_000;
/** How long it makes room at first; when that was in vain it works for as long, and then makes room for twice that time. */
const PATIENCE_MS = 30_000;

export class Solitude {
  readonly #claims: Claims;
  readonly #company: Company;
  #lookAt = performance.now() + LOOK_EVERY_MS;
  /** Until when it makes room. */
  #makesRoom: number | undefined;
  #patienceMs = PATIENCE_MS;
  /** It took a suspect, and has not come back for more yet. */
  #isAlone = false;
  #isClaiming = false;
  #wasAlone = false;

  constructor(claims: Claims, company: Company) {
    this.#claims = claims;
    this.#company = company;
  }

  /** Whether the others of this process have to wait. */
  get isWanted(): boolean {
    return this.#makesRoom !== undefined || this.#isAlone;
  }

  /** Whether deliveries are on their way to it. */
  get isClaiming(): boolean {
    return this.#isClaiming;
  }

  /** Whether the last claim would have taken a suspect. */
  get wasAlone(): boolean {
    return this.#wasAlone;
  }

  /**
   * Claims into `free` slots beside what is `running`; `undefined` when the worker has to wait: for these, for others of this
   * process, or for a suspect that runs alone. What it claims is on its way until `arrived` is called.
   */
  async take(free: number, running: number, aheadMs = 0): Promise<ClaimedDelivery[] | undefined> {
    if (free <= 0) return undefined;
    if (this.#isAlone) this.#goOn();
    if (this.#company.isPaused) return undefined;
    if (this.#makesRoom === undefined && performance.now() > this.#lookAt) await this.look(aheadMs);
    if (this.#makesRoom !== undefined) {
      const suspects = await this.#takeSuspect(running, this.#makesRoom, aheadMs);
      if (suspects?.length !== 0) return suspects;
    }
    const alone = running === 0 && this.#company.isAlone;
    const claimed = await this.#claim(free, { alone, aheadMs });
    // A claim takes suspects only where nothing else is due: else, also of a worker that runs one at a time, they would wait.
    if (alone && claimed.every((delivery) => delivery.alone)) this.#lookAt = performance.now() + LOOK_EVERY_MS;
    if (!claimed.some((delivery) => delivery.alone)) return claimed;
    if (this.#company.isAlone) {
      this.#isAlone = true;
      return claimed;
    }
    this.#makeRoom();
    await this.#claims.giveBack(claimed);
    return undefined;
  }

  /** What was claimed is held now, or given up. */
  arrived(): void {
    if (!this.#isClaiming) return;
    this.#isClaiming = false;
    this.#company.holdsLess();
  }

  /** Makes room if a suspect waits. Returns whether one does. */
  async look(aheadMs = 0): Promise<boolean> {
    const waits = await this.#claims.hasSuspect(aheadMs);
    if (waits) this.#makeRoom();
    this.#lookAt = performance.now() + LOOK_EVERY_MS;
    return waits;
  }

  /** It makes room no longer. */
  giveUp(): void {
    if (this.#makesRoom !== undefined) this.#goOn();
  }

  #makeRoom(): void {
    this.#makesRoom = performance.now() + this.#patienceMs;
  }

  /** All of the process may go on. */
  #goOn(): void {
    this.#isAlone = false;
    this.#makesRoom = undefined;
    this.#company.isThrough();
  }

  async #claim(free: number, options: { readonly alone: boolean; readonly aheadMs: number }): Promise<ClaimedDelivery[]> {
    this.#isClaiming = true;
    this.#wasAlone = options.alone;
    return this.#claims.take(free, options);
  }

  /** None: there is none any more, or it has been waited for long enough. */
  async #takeSuspect(running: number, until: number, aheadMs: number): Promise<ClaimedDelivery[] | undefined> {
    if (running === 0 && this.#company.isAlone) {
      const suspects = await this.#claim(0, { alone: true, aheadMs });
      this.#patienceMs = PATIENCE_MS;
      this.#isAlone = suspects.length > 0;
      if (this.#isAlone) this.#makesRoom = undefined;
      else this.#goOn();
      return suspects;
    }
    const now = performance.now();
    if (now < until) return undefined;
    this.#lookAt = now + this.#patienceMs;
    this.#patienceMs *= 2;
    this.#goOn();
    return [];
  }
}
