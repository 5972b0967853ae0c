// Temporary workers of this process, for a drain and for immediate runs: a lease and a runner for as long as the work takes.
import { inMode, type TestingMode } from '../dispatch/testing-mode.ts';
import type { Ambient } from '../transaction/ambient.ts';
import { currentCall } from '../transaction/call.ts';
import type { Follower } from '../transaction/transactions.ts';
import { Immediate, type OnFailure, type WithTemporaryWorker } from '../worker/immediate.ts';
import { type TemporaryWorkerParts, withTemporaryWorker } from '../worker/temporary-worker.ts';

/** The time that other workers wait for a drain, or an immediate run, whose process has died. */
const LEASE_MS = 30_000;

/** Announces the receivers, then lends a temporary worker. */
export const temporaryWorkersOf =
  (parts: TemporaryWorkerParts): WithTemporaryWorker =>
  async (work, only) => {
    await parts.catalogue.announce();
    return withTemporaryWorker(parts, { leaseMs: LEASE_MS, only }, work);
  };

/**
 * Runs what a transaction emitted right after its commit, in no context but that of the call in which it was committed; unless the mode of
 * that moment is another.
 */
export function immediately(
  { onFailure }: { readonly onFailure: OnFailure },
  mode: TestingMode,
  ambient: Ambient,
  withTemporaryWorker: WithTemporaryWorker,
): Follower {
  const immediate = new Immediate(
    (work) => ambient.neutrallyIn(currentCall(), () => inMode('immediate', () => withTemporaryWorker(work))),
    onFailure,
  );
  return (scope) => (mode.now === 'immediate' ? immediate.afterCommit(scope.emissions) : Promise.resolve());
}
