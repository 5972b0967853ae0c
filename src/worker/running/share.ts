// Deliveries of one receiver that share a transaction: what each of them has come to when that has ended.
//
// If it does not commit, none of them has failed and none is done, but for one that was itself the end of it: they run again at once, one by
// one, in the same claim. That holds for those that had failed in it, too: they may have failed by what a neighbour wrote, which never was.
// One that was not begun is given back.
import { outcomeKind } from '../../core/outcome.ts';
import type { Receiver } from '../../core/receivers.ts';
import { callOf } from '../../receivers/invoke.ts';
import type { Lane } from '../../drivers/driver.ts';
import { contextOf } from './delivery-context.ts';
import type { Deadlines } from './deadline.ts';
import { type Execution, interrupted, outcomeOf } from './execution.ts';
import { faultOf } from './fault.ts';
import type { Performer } from './perform.ts';
import { followed, RECONNECT_MS, type TransactionParts, unansweredOf } from './receiver-transaction.ts';
import type { Member, Run } from './run.ts';
import { Obstructed, type Part, SharedTransaction } from './shared-transaction.ts';
import type { Sharing } from './sharing.ts';
import { performSingle } from './single.ts';

export interface ShareParts extends TransactionParts {
  readonly deadlines: Deadlines;
  readonly sharing: Sharing;
  /** The run of a delivery begins: runs `work` as a part of it. */
  within<T>(member: Member, receiver: Receiver, work: () => T): T;
}

interface Taken extends Part {
  readonly member: Member;
}

/** Begins, calls and ends the runs of deliveries. Those without a result then were not begun. Never rejects. */
export async function performShared(performer: Performer, parts: ShareParts, readable: readonly Member[], run: Run): Promise<void> {
  const { receiver, lane } = run;
  const taken = await take(parts, receiver, readable);
  if (taken.length === 0) return;
  const again = await together(parts, receiver, taken, lane);
  for (const { member } of again) {
    // Not on the lane, which the deliveries behind these may be waiting for.
    const alone = { ...run, lane: undefined };
    const execution = await parts.within(member, receiver, () => performSingle(performer, parts.store, member, alone));
    member.execution = execution;
    member.durationMs = performance.now() - member.startedAt!;
    // It is away for the others as well.
    if (isAway(execution)) return;
  }
}

/** Makes the service of each, before the transaction: one that cannot be made is no failure of its delivery. */
async function take(parts: ShareParts, receiver: Receiver, readable: readonly Member[]): Promise<Taken[]> {
  const { registry, aroundReceive, deadlines, log } = parts;
  const taken: Taken[] = [];
  const deadline = deadlines.open(receiver);
  try {
    for (const member of readable) {
      const made = callOf(receiver, registry, aroundReceive);
      const invoke = made instanceof Promise ? ((await deadline.race(made)) as Taken['invoke']) : made;
      const { delivery } = member;
      taken.push({
        member,
        claim: delivery,
        invoke,
        within: (work) => parts.within(member, receiver, work),
        payload: () => member.payload,
        context: (own) => contextOf(delivery, receiver, own, log),
      });
    }
    return taken;
  } catch (error) {
    log.debug({ err: error, receiver: receiver.name }, `the service of ${receiver.name} could not be made`);
    const execution: Execution = deadline.reason ? outcomeOf(deadline.reason) : { kind: 'prevented', error };
    for (const member of readable) member.execution = execution;
    return [];
  } finally {
    deadlines.close(deadline);
  }
}

/** Runs them in one transaction. Returns those that are to run by themselves. */
async function together(parts: ShareParts, receiver: Receiver, taken: readonly Taken[], lane: Lane | undefined): Promise<readonly Taken[]> {
  const { deadlines, driver, sharing } = parts;
  const isFull = ({ end }: Part, elapsedMs: number): boolean =>
    elapsedMs >= sharing.groupMs || end === 'again' || (typeof end === 'object' && outcomeKind(end.error) === 'unavailable');
  // After a query that failed, a driver with lanes can commit on those alone.
  if (driver.openLane && !lane) return taken;
  const shared = new SharedTransaction(parts, { receiver, parts: taken, lane, deadlines, isFull });
  const about = { about: () => ({ deliveryIds: taken.map(({ claim }) => claim.id) }), receiver };
  try {
    const { scope, unanswered } = await shared.run();
    const after = unanswered ? unansweredOf(parts, unanswered.error, scope, about) : undefined;
    const committed: Execution = after ?? { kind: 'committed', followed: followed(parts, scope, about) };
    return settleAll(parts, receiver, taken, ({ end }) => {
      if (end === 'returned') return committed;
      // What a neighbour wrote may be why it failed, and it is not known whether that is kept.
      if (after) return interrupted(RECONNECT_MS);
      return typeof end === 'object' ? outcomeOf(end.error) : 'again';
    });
  } catch (error) {
    // Where no part could begin, that holds for all.
    if (shared.phase === 'begin') for (const part of taken) part.end ??= 'begun';
    return settleAll(parts, receiver, taken, verdictOn(parts, shared, receiver, error));
  }
}

type Verdict = (part: Taken) => Execution | 'again';

/** What each comes to that was begun, if the transaction came to nothing. */
function verdictOn(parts: ShareParts, shared: SharedTransaction, receiver: Receiver, error: unknown): Verdict {
  const { driver, log, sharing } = parts;
  const { culprit, phase, scope, reason } = shared;
  if (error instanceof Obstructed) {
    if (error.obstacle === 'leaves something behind' && sharing.refuse(receiver))
      log.warn(
        { receiver: receiver.name },
        `${receiver.name} leaves a setting, a role, a cursor or a temporary table in its transaction, which would reach the next delivery there. ` +
          'So its deliveries no longer share transactions in this process. Let it leave nothing, or leave out share.',
      );
    return () => 'again';
  }
  if (culprit) {
    // A stopping worker interrupts the others as well, before they are called.
    return (part) => (part === culprit ? outcomeOf(reason) : 'again');
  }
  if (reason) return () => outcomeOf(reason);
  const isLost = shared.isLost || driver.isConnectionLoss(scope?.failure) || driver.isConnectionLoss(error);
  if (isLost) return () => (phase === 'begin' ? { kind: 'prevented', error } : interrupted(RECONNECT_MS));
  const { kind } = faultOf({ phase, error, query: scope?.failure, isolated: false });
  log.debug({ err: error, phase, receiver: receiver.name }, `a shared transaction of ${receiver.name} came to nothing: ${kind}`);
  if (kind === 'surroundings') return () => ({ kind: 'prevented', error });
  return kind === 'passing' ? () => interrupted(RECONNECT_MS) : () => 'again';
}

function settleAll({ sharing }: ShareParts, receiver: Receiver, taken: readonly Taken[], verdict: Verdict): Taken[] {
  const again: Taken[] = [];
  for (const part of taken) {
    const { member, end, durationMs } = part;
    if (durationMs !== undefined) {
      member.durationMs = durationMs;
      sharing.took(receiver, durationMs);
    }
    if (end === 'stale') member.execution = { kind: 'stale' };
    else if (end !== undefined) {
      const execution = verdict(part);
      if (execution === 'again') again.push(part);
      else member.execution = execution;
    }
  }
  return again;
}

const isAway = (execution: Execution): boolean =>
  execution.kind === 'outcome' && execution.outcome.kind === 'threw' && outcomeKind(execution.outcome.error) === 'unavailable';
