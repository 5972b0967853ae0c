// A drain, a tick or an immediate run, in the company of the workers of this process: it waits while one of them is to be
// alone, and takes a suspect only when nothing else runs in the process. Inside a receiver it waits for nothing: the receiver
// waits for it, so it leaves suspects to others.
import type { Driver } from '../drivers/driver.ts';
import type { Events } from '../observe/events.ts';
import type { Catalogue } from '../store/catalogue/catalogue.ts';
import type { ClaimedDelivery } from '../store/deliveries/claim.ts';
import type { Store } from '../store/store.ts';
import { currentCall } from '../transaction/call.ts';
import { Claims } from './claiming/claims.ts';
import { Company, processId } from '../liveness/process-members.ts';
import { Lease, workerLabel } from '../liveness/lease.ts';
import { Pauses } from './running/pauses.ts';
import type { Runner } from './running/runner.ts';
import { Solitude } from './claiming/quarantine.ts';
import { tellingPauses } from './running/outcome-events.ts';
import { Wakeup } from './waking/wakeup.ts';

/** Between two looks for its turn. It is rung when that comes, also by another copy of this package. */
const LOOK_EVERY_MS = 1_000;

export interface VisitParts {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly events: Events;
  newRunner(pauses: Pauses): Runner;
}

export interface VisitOptions {
  readonly leaseMs: number;
  /** Default: all. */
  readonly queues?: readonly string[] | undefined;
  readonly openSession?: Driver['openSession'] | undefined;
}

/** Enrols for as long as `work` takes. Each visit has a lease of its own, so that several do not end each other's. */
export async function withVisit<T>(
  parts: VisitParts,
  options: VisitOptions,
  work: (visit: Visit, runner: Runner) => Promise<T>,
): Promise<T> {
  const { store, catalogue, events } = parts;
  const ignore = (): void => {};
  const lease = await Lease.enrol(store.workers, {
    label: workerLabel(),
    processId: processId(),
    leaseMs: options.leaseMs,
    openSession: options.openSession,
    onLost: ignore,
    onError: ignore,
    onRenewed: ignore,
    onSessionLost: ignore,
  });
  // What is away is not waited for.
  const pauses = new Pauses({ probes: false, isHeld: () => false, ...tellingPauses(events, () => lease.workerId) });
  const visit = new Visit(new Claims(store, catalogue, lease, pauses, options.queues), lease);
  try {
    return await work(visit, parts.newRunner(pauses));
  } finally {
    visit.leave();
    await lease.resign();
  }
}

export class Visit {
  readonly claims: Claims;
  /** When it began, by the database's clock, in microseconds since 1970. */
  readonly begunAtUs: number;
  readonly #lease: Lease;
  readonly #company: Company;
  readonly #solitude: Solitude;
  readonly #turn = new Wakeup();
  readonly #isNested = currentCall() !== undefined;
  #held = 0;

  constructor(claims: Claims, lease: Lease) {
    this.claims = claims;
    this.#lease = lease;
    this.begunAtUs = lease.enrolledAtUs;
    this.#company = new Company({
      load: () => this.#held + (this.#solitude.isClaiming ? 1 : 0),
      wantsSolitude: () => this.#solitude.isWanted,
      ring: () => this.#turn.wake(),
    });
    this.#solitude = new Solitude(claims, this.#company);
  }

  /** Takes up to `free` due deliveries, or a suspect if no other is due. What it took before has ended. */
  async take(free: number, aheadMs = 0): Promise<readonly ClaimedDelivery[]> {
    this.#held = 0;
    if (this.#isNested) return this.#hold(() => this.claims.take(free, { aheadMs }));
    for (;;) {
      const claimed = await this.#solitude.take(free, 0, aheadMs);
      this.#held = claimed?.length ?? 0;
      this.#solitude.arrived();
      if (!claimed) await this.#turn.sleep(LOOK_EVERY_MS);
      else if (claimed.length > 0 || this.#solitude.wasAlone || !(await this.#solitude.look(aheadMs))) return claimed;
    }
  }

  /** Takes the due deliveries of given emissions, beside whatever runs. */
  async takeOf(emissionIds: readonly string[]): Promise<readonly ClaimedDelivery[]> {
    return this.#hold(() => this.claims.takeOf(emissionIds));
  }

  /** Its process is to end: see {@link Lease.stopping}. */
  stopping(): void {
    this.#lease.stopping();
  }

  leave(): void {
    this.#company.leave();
  }

  async #hold(claim: () => Promise<readonly ClaimedDelivery[]>): Promise<readonly ClaimedDelivery[]> {
    this.#held = 1;
    const claimed = await claim();
    this.#held = claimed.length;
    return claimed;
  }
}
