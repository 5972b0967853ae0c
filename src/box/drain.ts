// box.drain: runs, in this process, what is due until nothing is left.
import { type Duration, toMs } from '../core/duration.ts';
import { checkOptions, nearest, type OptionTable } from '../core/options.ts';
import type { Receivers } from '../core/receivers.ts';
import { abortSignal, duration, text, whole } from '../core/rules.ts';
import { inMode, type TestingMode } from '../dispatch/testing-mode.ts';
import type { Driver } from '../drivers/driver.ts';
import { SignalboxError } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { reaching } from '../store/unreachable.ts';
import type { Ambient } from '../transaction/ambient.ts';
import { currentCall } from '../transaction/call.ts';
import { type DrainResult, runAll } from '../worker/drain.ts';
import type { WithTemporaryWorker } from '../worker/immediate.ts';
import { workerSettings } from '../worker/options.ts';
import type { Lifetime } from './lifetime.ts';
import type { Services } from './services.ts';

/** Options of `box.drain`. */
export interface DrainOptions {
  /**
   * Also run what is due within this time, as if the time passed while the drain runs: `'1d'` runs a delivery that waits for its retry.
   * Each delay counts, that of a retry, of `RetryAfter` and of what receivers emit, so the drain ends: a receiver that throws
   * `RetryAfter('1m')` each time is called 61 times within `'1h'`. Default 0.
   */
  ahead?: Duration;
  /** The stored name of the only receiver that is run: `'Orders.onPaid'`. What others have due is left. Default: all. */
  receiver?: string;
  /** The most deliveries that are run, 1 to 1,000,000. Default: all. */
  limit?: number;
  /** Ends the drain: receivers that run are interrupted and their deliveries released, nothing more is claimed, and `drain` rejects with the reason. */
  abortSignal?: AbortSignal;
}

export const DRAIN_OPTIONS: OptionTable<DrainOptions> = { ahead: duration(), receiver: text, limit: whole(1, 1_000_000), abortSignal };

/** Connections of a pool that a drain assumes at least: it takes the work that one worker of a small pool would. */
const LEAST_CONNECTIONS = 3;

export interface DrainParts {
  readonly lifetime: Lifetime;
  readonly services: Services;
  readonly receivers: Receivers;
  readonly driver: Driver;
  readonly store: Store;
  readonly ambient: Ambient;
  readonly withTemporaryWorker: WithTemporaryWorker;
  readonly mode: TestingMode | undefined;
}

export async function drain(parts: DrainParts, options: DrainOptions = {}): Promise<DrainResult> {
  const { lifetime, services, receivers, driver, store, ambient, withTemporaryWorker, mode } = parts;
  lifetime.beginWork();
  checkOptions(options, DRAIN_OPTIONS, 'box.drain');
  const maxConnections = driver.maxConnections && Math.max(driver.maxConnections, LEAST_CONNECTIONS);
  const { concurrency } = workerSettings({}, receivers.all, { maxConnections });
  const terms = {
    free: concurrency,
    aheadMs: toMs(options.ahead ?? 0, 'drain: ahead'),
    abortSignal: options.abortSignal,
    limit: options.limit,
  };
  const only = options.receiver;
  if (only !== undefined) refuseUnknown(only, receivers);
  services.check();
  await store.check();
  const run = (): Promise<DrainResult> =>
    reaching(driver, () => withTemporaryWorker((worker, runner) => runAll(worker, runner, terms), only));
  // The receivers are in no context of the caller's, but in its mode.
  const now = mode?.now;
  return ambient.neutrallyIn(currentCall(), now ? () => inMode(now, run) : run);
}

function refuseUnknown(name: string, receivers: Receivers): void {
  const names = receivers.all.map((receiver) => receiver.name);
  if (names.includes(name)) return;
  const meant = nearest(name, names);
  throw new SignalboxError(
    'InvalidOption',
    `box.drain: receiver is ${name}, and this box has no such receiver.${meant === undefined ? '' : ` Did you mean ${meant}?`}`,
  );
}
