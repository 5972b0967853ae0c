// One shift of a worker, from its enrolment to its signing off: what works meanwhile, and how it ends. When it begins and
// that it ends is the worker's affair (worker.ts).
import type { WorkerHealth } from '../operate/health.ts';
import type { Store } from '../store/store.ts';
import { maintain } from '../maintenance/maintenance.ts';
import type { MaintenanceTask } from '../maintenance/task.ts';
import { watchAndRescue } from '../liveness/recovery.ts';
import { Watch } from '../liveness/failure-detector.ts';
import { ClaimLoop } from './claiming/claim-loop.ts';
import { Claims } from './claiming/claims.ts';
import { processId } from '../liveness/process-members.ts';
import { Condition } from '../liveness/database-condition.ts';
import { SleepingFlag } from './waking/sleeping-flag.ts';
import { type HandsParts, handsOf } from './hands.ts';
import { Horizon } from './claiming/scan-window.ts';
import { Lease, workerLabel } from '../liveness/lease.ts';
import { Listener } from './waking/listener.ts';
import { SIGN_OFF_MS, type WorkerSettings } from './options.ts';
import type { Pauses } from './running/pauses.ts';
import type { Runner } from './running/runner.ts';
import type { Slots } from './claiming/slots.ts';
import { Wakeup } from './waking/wakeup.ts';
import { within } from '../liveness/call-timeout.ts';

export interface ShiftParts extends HandsParts {
  readonly store: Store;
  readonly tasks: readonly MaintenanceTask[];
}

/** Others get this long to come back after a failure of the database: several tries of theirs. */
const GRACE_MS = 3_000;
export class Shift {
  readonly runner: Runner;
  readonly #parts: ShiftParts;
  readonly #settings: WorkerSettings;
  readonly #condition: Condition;
  readonly #slots: Slots;
  readonly #pauses: Pauses;
  readonly #sleepingFlag: SleepingFlag;
  readonly #watch: Watch;
  readonly #listener: Listener;
  readonly #recovery = new Wakeup();
  readonly #maintenance = new AbortController();
  /** From `enrol` on. */
  #lease!: Lease;
  #claiming: ClaimLoop | undefined;
  #loops: Promise<unknown> = Promise.resolve();
  #isEnding = false;

  constructor(parts: ShiftParts, settings: WorkerSettings) {
    this.#parts = parts;
    this.#settings = settings;
    const { store, driver } = parts;
    this.#condition = new Condition({ onFailing: (error) => this.#failing(error), onRecovered: () => this.#recovered() });
    this.#listener = new Listener(driver, () => this.#claiming?.ring());
    this.#watch = new Watch(store.workers, Math.min(GRACE_MS, settings.leaseMs / 2));
    this.#sleepingFlag = new SleepingFlag(store.workers, () => (driver.openSession ? this.#lease.session : driver.run()));
    const hands = handsOf(parts, {
      ...settings,
      setbacks: this.#condition.setbacks,
      workerId: () => this.#lease.workerId,
      owns: (workerId) => this.#lease.owns(workerId),
      largestBatch: () => this.#claims().largestBatch,
      ring: () => this.#claiming?.ring(),
      onRoom: () => this.#claiming?.makeRoom(),
    });
    this.runner = hands.runner;
    this.#slots = hands.slots;
    this.#pauses = hands.pauses;
  }

  /** Its state for the health of the box. */
  get health(): WorkerHealth {
    return {
      id: this.#lease.workerId,
      running: this.runner.running,
      failing: this.#condition.isFailing,
      paused: this.#pauses.receivers.map(({ name }) => name),
    };
  }

  /** Takes its place among the workers, and does what may fail before it begins to work. */
  async enrol(prepare: () => Promise<void>): Promise<void> {
    this.#lease = await this.#enrolled();
    try {
      await prepare();
      await this.#listener.start();
    } catch (error) {
      await this.#lease.resign().catch(() => {});
      throw error;
    }
  }

  /** Works until `end`. */
  work(): void {
    const { catalogue, driver, events } = this.#parts;
    const { concurrency, queues = [], pollMs, leaseMs: answerMs } = this.#settings;
    const receivers = catalogue.receivers.all.filter(({ queue }) => queues.length === 0 || queues.includes(queue)).map(({ name }) => name);
    events.raise('worker.started', { workerId: this.#lease.workerId, database: driver.place, concurrency, queues, receivers });
    this.#claiming = new ClaimLoop({
      claims: this.#claims(),
      slots: this.#slots,
      sleepingFlag: this.#sleepingFlag,
      pollMs,
      answerMs,
      isRunning: () => !this.#isEnding,
      onIdle: () => events.raise('worker.idle', { workerId: this.#lease.workerId }),
      onAnswer: () => this.#condition.answered(performance.now()),
      onError: (error, since) => this.#failed(error, since),
    });
    this.#loops = Promise.all([this.#claiming.run(), this.#recover(), this.#maintain()]);
  }

  /** Claims nothing more, waits for what runs, until `patience` is over, and signs off. */
  async end(patience: Promise<unknown>): Promise<void> {
    const { events, log } = this.#parts;
    const { runner } = this;
    this.#isEnding = true;
    this.#lease.stopping();
    const { workerId } = this.#lease;
    events.raise('worker.stopping', { workerId, running: runner.running });
    this.#claiming?.ring();
    this.#recovery.wake();
    this.#maintenance.abort();
    const givenBack = this.#giveBack();
    await Promise.race([Promise.all([this.#loops, givenBack]).then(() => runner.idle()), patience]);
    if (runner.running > 0)
      log.warn({ running: runner.running }, 'receivers do not end, interrupted though they are; others take their deliveries over');
    try {
      await within(SIGN_OFF_MS, 'the sign-off', this.#signOff());
    } catch (error) {
      log.warn({ err: error }, 'the worker could not sign off; its lease will end');
    }
    // What does not end still runs in this process.
    void runner.idle().then(() => this.#claiming?.leave());
    events.raise('worker.stopped', { workerId });
  }

  async #enrolled(): Promise<Lease> {
    const { store, events, driver } = this.#parts;
    return Lease.enrol(store.workers, {
      label: workerLabel(),
      processId: processId(),
      leaseMs: this.#settings.leaseMs,
      openSession: driver.openSession,
      onLost: (workerId, newWorkerId) => {
        this.#slots.drop(workerId);
        events.raise('worker.lost', { workerId, newWorkerId });
      },
      onError: (error, since) => {
        this.#watch.unwell();
        this.#failed(error, since);
      },
      onRenewed: () => {
        this.#slots.fill();
        this.#condition.answered(performance.now());
        // It may have gone to sleep without one, while its session was not there.
        if (this.#sleepingFlag.state === 'unset' && this.#sleepingFlag.isAvailable) this.#claiming?.ring();
      },
      onSessionLost: () => {
        this.#sleepingFlag.lost();
        // The others may have lost theirs by the same cause.
        this.#watch.unwell();
        this.#claiming?.ring();
      },
    });
  }

  #claims(): Claims {
    return new Claims(this.#parts.store, this.#parts.catalogue, this.#lease, this.#pauses, this.#settings.queues, new Horizon());
  }

  #recover(): Promise<void> {
    const { store, events, driver } = this.#parts;
    return watchAndRescue(
      { workers: store.workers, events },
      {
        leaseMs: this.#settings.leaseMs,
        watch: this.#watch,
        isWatching: () => driver.openSession !== undefined && this.#lease.hasOthers,
        workerId: () => this.#lease.workerId,
        sleep: (ms) => this.#recovery.sleep(ms),
        isRunning: () => !this.#isEnding,
        onRescued: () => this.#claiming?.ring(),
        onError: (error, since) => this.#failed(error, since),
      },
    );
  }

  async #maintain(): Promise<void> {
    await maintain(this.#parts.tasks, {
      abortSignal: this.#maintenance.signal,
      onFailed: (failure) => this.#parts.events.raise('maintenance.failed', { workerId: this.#lease.workerId, ...failure }),
    });
  }

  /** What was not started. If that fails, others take it when the worker has signed off. */
  async #giveBack(): Promise<void> {
    const given = within(SIGN_OFF_MS, 'a release', this.#claims().giveBack(this.#slots.giveBack()));
    await given.catch((error: unknown) => this.#parts.log.debug({ err: error }, 'not given back'));
  }

  async #signOff(): Promise<void> {
    await this.#listener.stop();
    await this.#sleepingFlag.clear();
    await this.#lease.resign();
  }

  /** While it ends, the sign-off tells what is amiss. */
  #failed(error: unknown, since: number): void {
    if (!this.#isEnding) this.#condition.failed(error, since);
  }

  #failing(error: unknown): void {
    this.#parts.events.raise('worker.failing', { workerId: this.#lease.workerId, error });
  }

  #recovered(): void {
    this.#parts.events.raise('worker.recovered', { workerId: this.#lease.workerId });
    // What was said meanwhile was not heard.
    this.#claiming?.ring();
    this.#listener.restart((error: unknown) => {
      if (!this.#isEnding) this.#parts.log.warn({ err: error }, 'not listening for new deliveries; polling finds them');
    });
  }
}
