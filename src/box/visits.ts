// Visits of this process for a drain and for immediate runs: a lease and a runner for as long as the work takes.
import type { Ambient } from '../transaction/ambient.ts';
import { currentCall } from '../transaction/call.ts';
import type { Follower } from '../transaction/transactions.ts';
import { Immediate, type OnFailure, type WithVisit } from '../worker/immediate.ts';
import { type VisitParts, withVisit } from '../worker/temporary-worker.ts';

/** How long other workers wait for a drain, or an immediate run, whose process has died. */
const LEASE_MS = 30_000;

/** Lends a visit; the receivers are announced by then. */
export const visitsOf =
  (parts: VisitParts): WithVisit =>
  async (work) => {
    await parts.catalogue.announce();
    return withVisit(parts, { leaseMs: LEASE_MS }, work);
  };

/** Runs what a transaction emitted right after its commit, in no context but that of the call in which it was committed. */
export function immediately({ onFailure }: { readonly onFailure: OnFailure }, ambient: Ambient, withVisit: WithVisit): Follower {
  const immediate = new Immediate((work) => ambient.neutrallyIn(currentCall(), () => withVisit(work)), onFailure);
  return (scope) => immediate.afterCommit(scope.emissions);
}
