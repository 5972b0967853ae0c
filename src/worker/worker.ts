// The worker: its life from start to stop. What it does meanwhile is in claim-loop.ts and in upkeep/.
import { SignalboxError } from '../errors.ts';
import type { WorkerHealth } from '../operate/health.ts';
import type { Store } from '../store/store.ts';
import { reaching } from '../store/unreachable.ts';
import { rescueDeliveries } from '../upkeep/rescue.ts';
import { keepUp } from '../upkeep/upkeep.ts';
import { Watch } from '../upkeep/watch.ts';
import type { Ambient } from '../transaction/ambient.ts';
import { ClaimLoop } from './claim-loop.ts';
import { Doorbell } from './doorbell.ts';
import { Claims } from './claims.ts';
import { Condition } from './condition.ts';
import { runOnce } from './drain.ts';
import { type HandsParts, handsOf } from './hands.ts';
import { Horizon } from './horizon.ts';
import { Lease, workerLabel } from './lease.ts';
import { Listening } from './listening.ts';
import type { WorkerSettings } from './options.ts';
import type { Pauses } from './pauses.ts';
import { runUntilSignal } from './run.ts';
import type { Runner } from './runner.ts';
import type { Slots } from './slots.ts';
import { Wakeup } from './wakeup.ts';
import { within } from './within.ts';

export interface WorkerParts extends HandsParts {
  readonly store: Store;
  readonly ambient: Ambient;
  /** @throws SignalboxError if a service with receivers cannot be made */
  checkServices(): void;
  /** Tells of deliveries that wait for receivers of which this process has no code. */
  warnOfWaiting(): Promise<void>;
}

/** Others get this long to come back after a failure of the database: several tries of theirs. */
const GRACE_MS = 3_000;
/** How long interrupted receivers may take to end. */
const INTERRUPTION_MS = 3_000;
/** How long signing off may take: the lease ends by itself. */
const SIGN_OFF_MS = 5_000;

/**
 * Takes deliveries of one box and runs their receivers. Made by `box.worker()`; it works from `start` to `stop`, or
 * through `run` or `tick`, once. `await using` stops it at once.
 */
export class Worker {
  readonly #parts: WorkerParts;
  readonly #settings: WorkerSettings;
  readonly #runner: Runner;
  readonly #slots: Slots;
  readonly #pauses: Pauses;
  readonly #doorbell: Doorbell;
  #claiming: ClaimLoop | undefined;
  readonly #upkeep = new Wakeup();
  readonly #watch: Watch;
  #phase: 'new' | 'started' | 'stopping' | 'stopped' = 'new';
  #lease: Lease | undefined;
  readonly #listening: Listening;
  #starting: Promise<void> | undefined;
  #loops: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | undefined;
  #patience: NodeJS.Timeout | undefined;
  #giveUp: () => void = () => {};
  readonly #gaveUp = new Promise<void>((resolve) => (this.#giveUp = resolve));
  readonly #condition = new Condition({ onFailing: (error) => this.#failing(error), onRecovered: () => this.#recovered() });

  /** @internal Made by `box.worker()`. */
  constructor(parts: WorkerParts, settings: WorkerSettings) {
    this.#parts = parts;
    this.#settings = settings;
    const { store, driver } = parts;
    this.#listening = new Listening(driver, () => this.#claiming?.ring());
    this.#watch = new Watch(store.workers, Math.min(GRACE_MS, settings.leaseMs / 2));
    this.#doorbell = new Doorbell(store.workers, () => (driver.openSession ? this.#lease?.session : driver.run()));
    const { runner, slots, pauses } = handsOf(parts, {
      ...settings,
      setbacks: this.#condition.setbacks,
      workerId: () => this.#lease?.workerId ?? 0,
      owns: (workerId) => this.#lease!.owns(workerId),
      largestBatch: () => this.#claims().largestBatch,
      ring: () => this.#claiming?.ring(),
      onRoom: () => this.#claiming?.makeRoom(),
    });
    this.#runner = runner;
    this.#slots = slots;
    this.#pauses = pauses;
  }

  /**
   * Starts to work: checks the services and the database, announces the receivers, claims. Returns when the worker is ready.
   * @throws SignalboxError `MissingProvider`, `CircularDependency`, `MissingMetadata`, `MigrationMissing`, `DatabaseUnreachable`, `WorkerBusy`
   */
  async start(): Promise<void> {
    if (this.#phase !== 'new')
      throw new SignalboxError('WorkerBusy', `This worker was ${this.#phase} already. Make another one with box.worker().`);
    this.#phase = 'started';
    this.#starting = this.#parts.ambient.neutrally(() => reaching(this.#parts.driver, () => this.#start()));
    return this.#starting;
  }

  /**
   * Stops: claims nothing more, waits for what runs, interrupts it after the shutdown timeout and gives it back.
   * @param force interrupt at once
   */
  async stop({ force = false }: { force?: boolean } = {}): Promise<void> {
    if (force) this.#parts.ambient.neutrally(() => this.#interrupt());
    this.#stopping ??= this.#parts.ambient.neutrally(() => this.#stop());
    return this.#stopping;
  }

  /**
   * Starts, works until the process is told to end (SIGTERM, SIGINT), and stops; a second signal stops at once.
   * For worker scripts; close your connection pool afterwards, or it keeps the process alive. Signals of the process are
   * handled while this runs; `start` and `stop` handle none.
   * @throws SignalboxError as {@link Worker.start}
   */
  async run(): Promise<void> {
    await runUntilSignal(this, this.#parts.log);
  }

  /**
   * Looks once: takes back what dead workers held, claims up to `concurrency` due deliveries and runs them to their end.
   * For cron and tests, in place of `start`. Returns the number of deliveries run.
   * @throws SignalboxError as {@link Worker.start}
   */
  async tick(): Promise<number> {
    if (this.#phase !== 'new') throw new SignalboxError('WorkerBusy', 'tick() is for a worker that was not started.');
    return this.#parts.ambient.neutrally(async () => {
      await reaching(this.#parts.driver, () => this.#prepare());
      try {
        await rescueDeliveries(this.#parts.store.workers, this.#parts.events);
        return (await runOnce(this.#claims(), this.#runner, this.#settings.concurrency)).length;
      } finally {
        await this.#lease!.resign();
      }
    });
  }

  /** @internal Its state for the health of the box; `undefined` unless it is started. */
  get health(): WorkerHealth | undefined {
    if (this.#phase !== 'started' || !this.#lease) return undefined;
    return {
      id: this.#lease.workerId,
      running: this.#runner.running,
      failing: this.#condition.isFailing,
      paused: this.#pauses.receivers.map(({ name }) => name),
    };
  }

  /** {@link Worker.stop} with `force`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#phase !== 'new') await this.stop({ force: true });
  }

  async #start(): Promise<void> {
    try {
      await this.#prepare();
      await this.#parts.warnOfWaiting();
      await this.#listening.start();
    } catch (error) {
      this.#phase = 'stopped';
      await this.#lease?.resign().catch(() => {});
      throw error;
    }
    const { catalogue, events } = this.#parts;
    const { concurrency, queues = [], pollMs, leaseMs: answerMs } = this.#settings;
    const receivers = catalogue.receivers.all.filter(({ queue }) => queues.length === 0 || queues.includes(queue)).map(({ name }) => name);
    events.raise('worker.started', { workerId: this.#lease!.workerId, concurrency, queues, receivers });
    this.#claiming = new ClaimLoop({
      claims: this.#claims(),
      slots: this.#slots,
      doorbell: this.#doorbell,
      pollMs,
      answerMs,
      isRunning: () => this.#phase === 'started',
      onIdle: () => events.raise('worker.idle', { workerId: this.#lease!.workerId }),
      onAnswer: () => this.#condition.answered(performance.now()),
      onError: (error, since) => this.#failed(error, since),
    });
    this.#loops = Promise.all([this.#claiming.run(), this.#upkeepLoop()]);
  }

  async #prepare(): Promise<void> {
    const { store, catalogue, events, driver } = this.#parts;
    this.#parts.checkServices();
    await store.check();
    await catalogue.announce();
    this.#lease = await Lease.enrol(store.workers, {
      label: workerLabel(),
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
        if (this.#doorbell.state === 'none' && this.#doorbell.isThere) this.#claiming?.ring();
      },
      onSessionLost: () => {
        this.#doorbell.lost();
        // The others may have lost theirs by the same cause.
        this.#watch.unwell();
        this.#claiming?.ring();
      },
    });
  }

  #claims(): Claims {
    return new Claims(this.#parts.store, this.#parts.catalogue, this.#lease!, this.#pauses, this.#settings.queues, new Horizon());
  }

  #upkeepLoop(): Promise<void> {
    const { store, catalogue, events, driver } = this.#parts;
    return keepUp(
      { workers: store.workers, catalogue, events },
      {
        leaseMs: this.#settings.leaseMs,
        watch: this.#watch,
        isWatching: () => driver.openSession !== undefined && this.#lease!.hasOthers,
        workerId: () => this.#lease!.workerId,
        sleep: (ms) => this.#upkeep.sleep(ms),
        isRunning: () => this.#phase === 'started',
        onRescued: () => this.#claiming?.ring(),
        onError: (error, since) => this.#failed(error, since),
      },
    );
  }

  async #stop(): Promise<void> {
    const { events, log } = this.#parts;
    // Who started it hears of a failure.
    await this.#starting?.catch(() => {});
    if (this.#phase === 'new' || this.#phase === 'stopped') return void (this.#phase = 'stopped');
    this.#phase = 'stopping';
    const workerId = this.#lease!.workerId;
    events.raise('worker.stopping', { workerId, running: this.#runner.running });
    this.#claiming?.ring();
    this.#upkeep.ring();
    const deadline = setTimeout(() => this.#interrupt(), this.#settings.shutdownMs);
    const givenBack = this.#giveBack();
    await Promise.race([Promise.all([this.#loops, givenBack]).then(() => this.#runner.idle()), this.#gaveUp]);
    clearTimeout(deadline);
    clearTimeout(this.#patience);
    if (this.#runner.running > 0)
      log.warn({ running: this.#runner.running }, 'receivers do not end, interrupted though they are; others take their deliveries over');
    try {
      await within(SIGN_OFF_MS, 'the sign-off', this.#signOff());
    } catch (error) {
      log.warn({ err: error }, 'the worker could not sign off; its lease will end');
    }
    this.#phase = 'stopped';
    events.raise('worker.stopped', { workerId });
  }

  /** What was not started. If that fails, others take it when the worker has signed off. */
  async #giveBack(): Promise<void> {
    const given = within(SIGN_OFF_MS, 'a release', this.#claims().giveBack(this.#slots.giveBack()));
    await given.catch((error: unknown) => this.#parts.log.debug({ err: error }, 'not given back'));
  }

  async #signOff(): Promise<void> {
    await this.#listening.stop();
    await this.#doorbell.takeDown();
    await this.#lease!.resign();
  }

  /** A query that does not end keeps its transaction, and so its delivery, for a while yet; it does not keep the worker. */
  #interrupt(): void {
    this.#runner.abort();
    this.#runner.giveUp();
    this.#patience ??= setTimeout(this.#giveUp, INTERRUPTION_MS);
  }

  /** While it stops, the sign-off tells what is amiss. */
  #failed(error: unknown, since: number): void {
    if (this.#phase !== 'stopping' && this.#phase !== 'stopped') this.#condition.failed(error, since);
  }

  #failing(error: unknown): void {
    this.#parts.events.raise('worker.failing', { workerId: this.#lease?.workerId ?? 0, error });
  }

  #recovered(): void {
    this.#parts.events.raise('worker.recovered', { workerId: this.#lease!.workerId });
    // What was said meanwhile was not heard.
    this.#claiming?.ring();
    this.#listening.startAgain((error: unknown) => {
      if (this.#phase === 'started') this.#parts.log.warn({ err: error }, 'not listening for new deliveries; polling finds them');
    });
  }
}
