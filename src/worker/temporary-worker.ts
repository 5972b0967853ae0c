// The worker of a drain, a tick or an immediate run, enrolled for as long as that takes. It is one member of its process: it waits
// while another has a quarantine, and takes a suspect only when nothing else runs in the process. Inside a receiver it waits for
// nothing, for the receiver waits for it; so it leaves suspects to others.
import type { Driver } from '../drivers/driver.ts';
import { Lease, workerLabel } from '../liveness/lease.ts';
import { processId, ProcessMembers } from '../liveness/process-members.ts';
import type { Events } from '../observe/events.ts';
import type { Catalogue } from '../store/catalogue/catalogue.ts';
import type { ClaimedDelivery } from '../store/deliveries/claim.ts';
import type { Store } from '../store/store.ts';
import type { Tallies } from '../tallies/tallies.ts';
import { currentCall } from '../transaction/call.ts';
import { Claims } from './claiming/claims.ts';
import { Quarantine } from './claiming/quarantine.ts';
import { tellingPauses } from './running/outcome-events.ts';
import { Pauses } from './running/pauses.ts';
import type { Runner } from './running/runner.ts';
import { Wakeup } from './waking/wakeup.ts';

/** Between two checks whether it may claim. It is woken when it may, also by another copy of this package. */
const CHECK_EVERY_MS = 1_000;

export interface TemporaryWorkerParts {
  readonly store: Store;
  readonly catalogue: Catalogue;
  readonly events: Events;
  /** Written at its end. */
  readonly tallies?: Tallies | undefined;
  newRunner(pauses: Pauses): Runner;
}

export interface TemporaryWorkerOptions {
  readonly leaseMs: number;
  /** Default: all. */
  readonly queues?: readonly string[] | undefined;
  /** The stored name of the only receiver to serve. Default: all. */
  readonly only?: string | undefined;
  readonly openSession?: Driver['openSession'] | undefined;
}

/** Enrols for as long as `work` takes. Each one has a lease of its own, so that none ends the lease of another. */
export async function withTemporaryWorker<T>(
  parts: TemporaryWorkerParts,
  options: TemporaryWorkerOptions,
  work: (worker: TemporaryWorker, runner: Runner) => Promise<T>,
): Promise<T> {
  const { store, catalogue, events, tallies } = parts;
  const { leaseMs, queues, only, openSession } = options;
  const lease = await Lease.enrol(store.workers, { label: workerLabel(), processId: processId(), leaseMs, openSession });
  tallies?.anchor(lease.enrolledAtUs);
  // It does not wait for the system behind a paused receiver to come back.
  const pauses = new Pauses({ probes: false, isHeld: () => false, ...tellingPauses(events, () => lease.workerId) });
  const worker = new TemporaryWorker(new Claims({ store: store.deliveries, catalogue, lease, pauses, queues, only }), lease);
  try {
    return await work(worker, parts.newRunner(pauses));
  } finally {
    worker.leave();
    await lease.resign();
    await tallies?.flush();
  }
}

export interface TakeOptions {
  readonly aheadMs?: number;
  readonly abortSignal?: AbortSignal | undefined;
}

export class TemporaryWorker {
  readonly claims: Claims;
  /** When it began, by the database's clock, in microseconds since 1970. */
  readonly begunAtUs: number;
  readonly #lease: Lease;
  readonly #members: ProcessMembers;
  readonly #quarantine: Quarantine;
  readonly #wakeup = new Wakeup();
  readonly #isNested = currentCall() !== undefined;
  #held = 0;

  constructor(claims: Claims, lease: Lease) {
    this.claims = claims;
    this.#lease = lease;
    this.begunAtUs = lease.enrolledAtUs;
    this.#members = new ProcessMembers({
      load: () => this.#held + (this.#quarantine.isClaiming ? 1 : 0),
      wantsQuarantine: () => this.#quarantine.isWanted,
      wake: () => this.#wakeup.wake(),
    });
    this.#quarantine = new Quarantine(claims, this.#members);
  }

  get workerId(): number {
    return this.#lease.workerId;
  }

  /**
   * Takes up to `free` due deliveries, or a suspect if no other is due. Those that it took before have ended.
   * @throws the reason of `abortSignal`, when that is aborted while it waits for its turn
   */
  async take(free: number, { aheadMs = 0, abortSignal }: TakeOptions = {}): Promise<readonly ClaimedDelivery[]> {
    this.#held = 0;
    if (this.#isNested) return this.#holding(async () => (await this.claims.take(free, { aheadMs })).deliveries);
    for (;;) {
      const found = await this.#quarantine.take(free, 0, aheadMs);
      this.#held = found?.deliveries.length ?? 0;
      this.#quarantine.claimEnded();
      if (!found) {
        await this.#wakeup.sleep(CHECK_EVERY_MS);
        abortSignal?.throwIfAborted();
      } else if (this.#held > 0 || found.allowedSuspects || !(await this.#quarantine.check(aheadMs))) return found.deliveries;
    }
  }

  /** Takes the due deliveries of given emissions, beside all that runs. */
  async takeOf(emissionIds: readonly string[]): Promise<readonly ClaimedDelivery[]> {
    return this.#holding(() => this.claims.takeOf(emissionIds));
  }

  /** Its process is to end: see {@link Lease.stopping}. */
  stopping(): void {
    this.#lease.stopping();
  }

  leave(): void {
    this.#members.leave();
  }

  async #holding(claim: () => Promise<readonly ClaimedDelivery[]>): Promise<readonly ClaimedDelivery[]> {
    this.#held = 1;
    const claimed = await claim();
    this.#held = claimed.length;
    return claimed;
  }
}
