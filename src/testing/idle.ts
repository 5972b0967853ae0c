// idle: waits until nothing is left to do, read from rows. It never waits for quiet.
import { setTimeout as wait } from 'node:timers/promises';
import { AssertionError } from 'node:assert';
import type { Signalbox } from '../box/box.ts';
import { partsOf } from '../box/parts.ts';
import { type Duration, toMs } from '../core/duration.ts';
import { checkOptions, type OptionTable } from '../core/options.ts';
import { duration } from '../core/rules.ts';

/** Options of {@link idle}. */
export interface IdleOptions {
  /** The longest time to wait. Default `'30s'`. */
  within?: Duration;
}

const OPTIONS: OptionTable<IdleOptions> = { within: duration() };

const FIRST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 100;

/**
 * Waits until no delivery of the database runs and none is due, for tests with a running worker. What is due later does not count.
 * @throws AssertionError that names the receivers whose deliveries are left, after the time; SignalboxError `InvalidOption`,
 *   `IncompatibleCopy`, `BoxClosed`
 */
export async function idle(box: Signalbox, options: IdleOptions = {}): Promise<void> {
  checkOptions(options, OPTIONS, 'idle');
  const withinMs = toMs(options.within ?? '30s', 'idle: within');
  const until = performance.now() + withinMs;
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
    const left = await partsOf(box).store.testing.unfinished();
    if (left.length === 0) return;
    if (performance.now() >= until)
      throw new AssertionError({
        message: `Not idle after ${withinMs} ms: ${left.map(({ receiver, running, due }) => `${receiver} has ${running} running and ${due} due`).join(', ')}. Does a worker run that has these receivers?`,
        stackStartFn: idle,
      });
    await wait(waitMs);
  }
}
