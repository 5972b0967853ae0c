// box.emissions.settled: waits until no delivery of an emission is live.
import { setTimeout as wait } from 'node:timers/promises';
import { SignalboxError } from '../errors.ts';
import type { OperationsStore } from '../store/operations/operations.ts';
import type { Openness } from './emissions.ts';

const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 500;

/** @throws SignalboxError `EmissionNotFound`, `BoxClosed`; the reason of `signal` when it is aborted */
export async function untilSettled(store: OperationsStore, emissionId: string, box: Openness, signal?: AbortSignal): Promise<void> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2)) {
    signal?.throwIfAborted();
    box.assertOpen();
    const live = await store.countLive(emissionId);
    if (live === undefined)
      throw new SignalboxError(
        'EmissionNotFound',
        `settled: there is no emission ${emissionId}. Its transaction has not committed yet or was rolled back, the id is of another database, or the row was pruned. Wait for an emission after its transaction has ended.`,
      );
    if (live === 0) return;
    await wait(waitMs, undefined, signal ? { signal, ref: true } : {}).catch(() => signal?.throwIfAborted());
  }
}
