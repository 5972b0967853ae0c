// A worker between its start and its stop: all that works meanwhile, and how it ends. When it starts and stops is decided by worker.ts.
//
// The parts know each other in one direction. An event of an early part that concerns a later one goes through the wake-up of the claim
// loop, which is made first, or through the listener to the lease, which is given when all parts are there.
import { isSignalboxError } from '../errors.ts';
import { within } from '../liveness/call-timeout.ts';
import { DatabaseCondition } from '../liveness/database-condition.ts';
import { FailureDetector } from '../liveness/failure-detector.ts';
import { Lease, type LeaseListener, workerLabel } from '../liveness/lease.ts';
import { processId } from '../liveness/process-members.ts';
import { checkAndRescue } from '../liveness/recovery.ts';
import { maintain } from '../maintenance/maintenance.ts';
import type { MaintenanceTask } from '../maintenance/task.ts';
import type { Driver } from '../drivers/driver.ts';
import type { WorkerHealth } from '../operate/health.ts';
import type { Store } from '../store/store.ts';
import type { Tallies } from '../tallies/tallies.ts';
import { ClaimWakeup } from './claiming/claim-wakeup.ts';
import { Intake, type IntakeParts } from './intake.ts';
import { SIGN_OFF_MS, type WorkerSettings } from './options.ts';
import { Listener } from './waking/listener.ts';
import { SleepingFlag } from './waking/sleeping-flag.ts';
import { Wakeup } from './waking/wakeup.ts';

export interface ActiveWorkerParts extends IntakeParts {
  readonly store: Store;
  readonly driver: Driver;
  readonly tasks: readonly MaintenanceTask[];
  readonly tallies?: Tallies | undefined;
}

/** Other workers get this long to come back after a failure of the database: they try several times meanwhile. */
const GRACE_MS = 3_000;

export class ActiveWorker {
  readonly #parts: ActiveWorkerParts;
  readonly #settings: WorkerSettings;
  readonly #lease: Lease;
  readonly #stopping = new AbortController();
  readonly #wakeup = new ClaimWakeup();
  readonly #recoveryWakeup = new Wakeup();
  readonly #condition: DatabaseCondition;
  readonly #failureDetector: FailureDetector;
  readonly #sleepingFlag: SleepingFlag;
  readonly #listener: Listener;
  readonly #intake: Intake;
  #loops: Promise<unknown> = Promise.resolve();

  /** Enrols a worker, which then works until its `end`. @param prepare what may fail before it begins to work */
  static async start(parts: ActiveWorkerParts, settings: WorkerSettings, prepare: () => Promise<void>): Promise<ActiveWorker> {
    const { store, driver } = parts;
    const { leaseMs } = settings;
    const { openSession } = driver;
    const lease = await Lease.enrol(store.workers, { label: workerLabel(), processId: processId(), leaseMs, openSession });
    parts.tallies?.anchor(lease.enrolledAtUs);
    const worker = new ActiveWorker(parts, settings, lease);
    try {
      await prepare();
      await worker.#listener.start();
    } catch (error) {
      worker.#intake.loop.leave();
      await lease.resign().catch(() => {});
      throw error;
    }
    worker.#work();
    return worker;
  }

  private constructor(parts: ActiveWorkerParts, settings: WorkerSettings, lease: Lease) {
    this.#parts = parts;
    this.#settings = settings;
    this.#lease = lease;
    const { store, driver, events } = parts;
    this.#condition = new DatabaseCondition({
      onFailing: (error) => events.raise('worker.failing', { workerId: lease.workerId, error }),
      onRecovered: () => this.#recovered(),
    });
    this.#failureDetector = new FailureDetector(store.workers, Math.min(GRACE_MS, settings.leaseMs / 2));
    this.#sleepingFlag = new SleepingFlag(store.workers, () => (driver.openSession ? lease.session : driver.run()));
    this.#listener = new Listener(driver, store.namespace.channel, () => this.#wakeup.workMayBeDue());
    this.#intake = new Intake(parts, {
      settings,
      lease,
      setbacks: this.#condition.setbacks,
      sleepingFlag: this.#sleepingFlag,
      wakeup: this.#wakeup,
      onAnswer: () => this.#condition.answered(performance.now()),
      onError: (error, since) => this.#failed(error, since),
    });
    lease.reportTo(this.#leaseListener());
  }

  /** Its state for the health of the box. */
  get health(): WorkerHealth {
    const { runner, pauses } = this.#intake;
    return {
      id: this.#lease.workerId,
      running: runner.running,
      failing: this.#condition.isFailing,
      paused: pauses.receivers.map(({ name }) => name),
    };
  }

  /** Claims nothing more, waits for what runs until `patience` is over, and signs off. */
  async end(patience: Promise<unknown>): Promise<void> {
    const { events, log } = this.#parts;
    const { runner, loop } = this.#intake;
    this.#stopping.abort();
    this.#lease.stopping();
    const { workerId } = this.#lease;
    events.raise('worker.stopping', { workerId, running: runner.running });
    this.#wakeup.workMayBeDue();
    this.#recoveryWakeup.wake();
    const released = this.#releaseWaiting();
    await Promise.race([Promise.all([this.#loops, released]).then(() => runner.idle()), patience]);
    if (runner.running > 0)
      log.warn(
        { running: runner.running },
        'receivers are still running after being interrupted; other workers will take over their deliveries',
      );
    try {
      await within(SIGN_OFF_MS, 'the sign-off', this.#signOff());
    } catch (error) {
      log.warn({ err: error }, 'the worker could not sign off; its lease will expire');
    }
    // Receivers that do not end still run in this process.
    void runner.idle().then(() => loop.leave());
    events.raise('worker.stopped', { workerId });
  }

  #work(): void {
    const { catalogue, driver, events, tasks } = this.#parts;
    const { concurrency, queues = [] } = this.#settings;
    const { workerId } = this.#lease;
    const { signal } = this.#stopping;
    const receivers = catalogue.receivers.all.filter(({ queue }) => queues.length === 0 || queues.includes(queue)).map(({ name }) => name);
    events.raise('worker.started', { workerId, database: driver.place, concurrency, queues, receivers });
    const maintenance = maintain(tasks, {
      abortSignal: signal,
      onFailed: (failure) => events.raise('maintenance.failed', { workerId: this.#lease.workerId, ...failure }),
      isOutage: (error) => driver.isConnectionLoss(error) || isSignalboxError(error, 'DatabaseUnreachable'),
    });
    this.#loops = Promise.all([this.#intake.loop.run(signal), this.#recover(), maintenance]);
  }

  #recover(): Promise<void> {
    const { store, events, driver, tallies } = this.#parts;
    const lease = this.#lease;
    const options = {
      leaseMs: this.#settings.leaseMs,
      failureDetector: this.#failureDetector,
      hasOthers: () => driver.openSession !== undefined && lease.hasOthers,
      workerId: () => lease.workerId,
      sleep: (ms: number) => this.#recoveryWakeup.sleep(ms),
      onRescued: () => this.#wakeup.workMayBeDue(),
      onDead: (receiverId: number) => tallies?.died(lease.workerId, receiverId),
      onError: (error: unknown, since: number) => this.#failed(error, since),
    };
    return checkAndRescue({ workers: store.workers, events }, options, this.#stopping.signal);
  }

  #leaseListener(): LeaseListener {
    const { slots } = this.#intake;
    return {
      onLost: (workerId, newWorkerId) => {
        slots.drop(workerId);
        this.#parts.events.raise('worker.lost', { workerId, newWorkerId });
      },
      onError: (error, since) => {
        this.#failureDetector.holdOff();
        this.#failed(error, since);
      },
      onRenewed: () => {
        slots.fill();
        this.#condition.answered(performance.now());
        // The worker may have gone to sleep without its flag, while it had no session.
        if (this.#sleepingFlag.state === 'unset' && this.#sleepingFlag.isAvailable) this.#wakeup.workMayBeDue();
      },
      onSessionLost: () => {
        this.#sleepingFlag.lost();
        // The same cause may have taken the sessions of the others.
        this.#failureDetector.holdOff();
        this.#wakeup.workMayBeDue();
      },
    };
  }

  /** Releases what was not started. If that fails, other workers rescue it when this one has signed off. */
  async #releaseWaiting(): Promise<void> {
    const { claims, slots } = this.#intake;
    const released = within(SIGN_OFF_MS, 'a release', claims.release(slots.takeReleasable()));
    await released.catch((error: unknown) =>
      this.#parts.log.debug({ err: error }, 'deliveries that were not started could not be released'),
    );
  }

  async #signOff(): Promise<void> {
    await this.#listener.stop();
    await this.#sleepingFlag.clear();
    await this.#lease.resign();
    // Last: a write that hangs must not make others take this worker for lost.
    await this.#parts.tallies?.flush();
  }

  /** Not while the worker ends: the sign-off then reports what fails. */
  #failed(error: unknown, since: number): void {
    if (!this.#stopping.signal.aborted) this.#condition.failed(error, since);
  }

  #recovered(): void {
    const { events, log } = this.#parts;
    events.raise('worker.recovered', { workerId: this.#lease.workerId });
    // Notifications of the time in between have been missed.
    this.#wakeup.workMayBeDue();
    this.#listener.restart((error: unknown) => {
      if (!this.#stopping.signal.aborted) log.warn({ err: error }, 'not listening for new deliveries; polling finds them');
    });
  }
}
