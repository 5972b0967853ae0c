// A worker and its phases: new, started, stopping, stopped. What works between start and stop is an ActiveWorker; a tick works by
// itself, with a TemporaryWorker.
//
// The race: start, stop, tick and close come in any order and in one turn. So each sets the phase before it waits for anything,
// and a stop waits for what began before it: for a start until it has worked or failed, for each tick until its end.
import { WAIT_OPTIONS, type WaitOptions } from '../core/abort.ts';
import { checkOptions } from '../core/options.ts';
import { SignalboxError } from '../errors.ts';
import { rescueDeliveries } from '../liveness/rescue.ts';
import { Watchdog } from '../liveness/watchdog.ts';
import type { WorkerHealth } from '../operate/health.ts';
import { reaching } from '../store/unreachable.ts';
import type { Ambient } from '../transaction/ambient.ts';
import { currentCall, refuseInside } from '../transaction/call.ts';
import { ActiveWorker, type ActiveWorkerParts } from './active-worker.ts';
import { type DrainResult, runOnce } from './drain.ts';
import { STOP_OPTIONS, type StopOptions, type WorkerSettings } from './options.ts';
import { runUntilSignal } from './process-signals.ts';
import { Runners } from './runners.ts';
import type { Runner } from './running/runner.ts';
import { type TemporaryWorker, withTemporaryWorker } from './temporary-worker.ts';

export interface WorkerParts extends ActiveWorkerParts {
  readonly ambient: Ambient;
  /** False for tests: a worker that is started claims nothing. */
  readonly claims: boolean;
  /** The workers of the box that have something to end. */
  readonly active: Set<Worker>;
  /** @throws SignalboxError `BoxClosed` */
  assertOpen(): void;
  /** @throws SignalboxError if a service with receivers cannot be made */
  checkServices(): void;
  /** Warns of deliveries that wait for receivers which this process does not have. */
  warnOfWaiting(): Promise<void>;
}

/**
 * Takes deliveries of one box and runs their receivers. Made by `box.worker()`; it works from `start` to `stop`, or
 * through `run`, once, or through `tick`. `await using` stops it at once.
 */
export class Worker {
  readonly #parts: WorkerParts;
  readonly #settings: WorkerSettings;
  #phase: 'new' | 'started' | 'stopping' | 'stopped' = 'new';
  #active: ActiveWorker | undefined;
  #starting: Promise<unknown> | undefined;
  #stopping: Promise<void> | undefined;
  readonly #ticks = new Set<Promise<unknown>>();
  /** The workers of the ticks. */
  readonly #temporary = new Set<TemporaryWorker>();
  readonly #runners = new Runners();
  #watchdog: Watchdog | undefined;

  /** @internal Made by `box.worker()`. */
  constructor(parts: WorkerParts, settings: WorkerSettings) {
    this.#settings = settings;
    this.#parts = { ...parts, newRunner: (...about) => this.#keep(parts.newRunner(...about)) };
  }

  /**
   * Starts to work: checks the services and the database, announces the receivers, claims. Returns when the worker is ready.
   * @throws SignalboxError `MissingProvider`, `CircularDependency`, `MissingMetadata`, `MigrationMissing`, `SequenceBehind`, `DatabaseUnreachable`, `WorkerBusy`, `BoxClosed`
   */
  async start(): Promise<void> {
    this.#parts.assertOpen();
    if (this.#phase !== 'new' || this.#ticks.size > 0)
      throw new SignalboxError(
        'WorkerBusy',
        `This worker ${this.#phase === 'new' ? 'ticks' : `was ${this.#phase}`} already. Make another one with box.worker().`,
      );
    this.#phase = 'started';
    this.#begin();
    const starting = this.#parts.ambient.neutrally(() => reaching(this.#parts.driver, () => this.#start()));
    this.#starting = starting;
    return starting;
  }

  /**
   * Stops: claims nothing more, waits for what runs, interrupts and releases it after the shutdown timeout.
   * @throws SignalboxError `InvalidOption`; `WaitsForItself` in a receiver that this worker runs
   */
  async stop(options: StopOptions = {}): Promise<void> {
    checkOptions(options, STOP_OPTIONS, 'worker.stop');
    this.assertOutside('worker.stop()');
    if (options.force) this.#parts.ambient.neutrally(() => this.#runners.interrupt());
    this.#stopping ??= this.#parts.ambient.neutrally(() => this.#stop());
    return this.#stopping;
  }

  /**
   * Starts, works until the process is told to end (SIGTERM, SIGINT), and stops; a second signal stops at once.
   * For worker scripts; close your connection pool afterwards, or it keeps the process alive. Signals of the process are
   * handled while this runs; `start` and `stop` handle none.
   * @param options `abortSignal`: aborted, it stops the worker as SIGTERM does; `run` then returns
   * @throws SignalboxError as {@link Worker.start}
   */
  async run(options: WaitOptions = {}): Promise<void> {
    checkOptions(options, WAIT_OPTIONS, 'worker.run');
    await runUntilSignal(this, this.#parts.log, options.abortSignal);
  }

  /**
   * Works once: rescues what dead workers held, claims up to `concurrency` due deliveries and runs them to their end.
   * For cron and tests, in place of `start`. Returns how many had which outcome. One may begin while another is under way.
   * @throws SignalboxError as {@link Worker.start}; the reason of `abortSignal` when that is aborted: what ran was interrupted and released
   */
  async tick(options: WaitOptions = {}): Promise<DrainResult> {
    this.#parts.assertOpen();
    checkOptions(options, WAIT_OPTIONS, 'worker.tick');
    if (this.#phase !== 'new')
      throw new SignalboxError('WorkerBusy', `tick() is for a worker that was not started; it was ${this.#phase}.`);
    this.#begin();
    const tick = this.#parts.ambient.neutrallyIn(currentCall(), async () => this.#tick(options.abortSignal));
    this.#ticks.add(tick);
    try {
      return await tick;
    } finally {
      this.#ticks.delete(tick);
      if (this.#ticks.size === 0 && this.#phase === 'new') this.#rest();
    }
  }

  /** @internal Its state for the health of the box; `undefined` unless it is started. */
  get health(): WorkerHealth | undefined {
    return this.#phase === 'started' ? this.#active?.health : undefined;
  }

  /** @internal @throws SignalboxError `WaitsForItself` */
  assertOutside(what: string): void {
    refuseInside(what, ({ runner }) => this.#runners.has(runner));
  }

  /** {@link Worker.stop} with `force`. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#phase !== 'new' || this.#ticks.size > 0) await this.stop({ force: true });
  }

  async #start(): Promise<void> {
    try {
      await this.#prepare();
      if (!this.#parts.claims) return this.#parts.log.info({}, 'this worker claims nothing, as `testing` of its box says');
      this.#active = await ActiveWorker.start(this.#parts, this.#settings, () => this.#parts.warnOfWaiting());
    } catch (error) {
      if (this.#phase === 'started') this.#end();
      throw error;
    }
  }

  async #prepare(): Promise<void> {
    const { store, catalogue } = this.#parts;
    this.#parts.checkServices();
    await store.checkForWork();
    await catalogue.announce();
  }

  async #tick(abortSignal: AbortSignal | undefined): Promise<DrainResult> {
    const { store, events, driver, tallies } = this.#parts;
    const { leaseMs, queues, concurrency } = this.#settings;
    await reaching(driver, () => this.#prepare());
    return withTemporaryWorker(this.#parts, { leaseMs, queues, openSession: driver.openSession }, async (worker, runner) => {
      this.#temporary.add(worker);
      if (this.#phase !== 'new') worker.stopping();
      try {
        await rescueDeliveries(store.workers, events, worker.workerId, (receiverId) => tallies?.died(worker.workerId, receiverId));
        return await runOnce(worker, runner, { free: concurrency, abortSignal });
      } finally {
        this.#temporary.delete(worker);
        this.#runners.delete(runner);
      }
    });
  }

  async #stop(): Promise<void> {
    // At once: a start in this very turn finds it stopping.
    this.#phase = 'stopping';
    for (const worker of this.#temporary) worker.stopping();
    const deadline = setTimeout(() => this.#runners.interrupt(), this.#settings.shutdownMs);
    const { gaveUp } = this.#runners;
    try {
      // The caller of start hears of its failure.
      await this.#starting?.catch(() => {});
      await Promise.all([this.#active?.end(gaveUp), Promise.race([Promise.allSettled(this.#ticks), gaveUp])]);
    } finally {
      clearTimeout(deadline);
      this.#runners.close();
      this.#end();
    }
  }

  #begin(): void {
    const { active, log, ambient } = this.#parts;
    active.add(this);
    if (this.#settings.watchdog) this.#watchdog ??= ambient.neutrally(() => Watchdog.start(this.#settings.leaseMs, log));
  }

  #rest(): void {
    this.#parts.active.delete(this);
    void this.#watchdog?.stop();
    this.#watchdog = undefined;
  }

  #end(): void {
    this.#phase = 'stopped';
    this.#rest();
  }

  #keep(runner: Runner): Runner {
    runner.watch = this.#watchdog;
    this.#runners.add(runner);
    return runner;
  }
}
