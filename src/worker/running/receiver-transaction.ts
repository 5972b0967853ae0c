// The transaction of a receiver, for one delivery or for several: what it begins with, the call, and what its end means.
//
// The race: a stalled worker may wake up after its deliveries were given to others. So the first statement of the
// transaction takes them under (id, state, epoch). If that finds nothing, the receiver is not called. If it finds the
// row, its lock is held to the end, and nobody else can take the delivery meanwhile.
import type { TransactionHandle } from '../../core/handles.ts';
import type { Logger } from '../../core/logger.ts';
import type { Receiver } from '../../core/receivers.ts';
import type { Driver, Lane, Run } from '../../drivers/driver.ts';
import { contextOfNow } from '../../observe/async-context.ts';
import type { Registry } from '../../container/registry.ts';
import type { Store } from '../../store/store.ts';
import type { Ambient } from '../../transaction/ambient.ts';
import type { TransactionScope } from '../../transaction/scope.ts';
import type { Transactions } from '../../transaction/transactions.ts';
import type { Deadline } from './deadline.ts';
import { type Conflict, type Execution, interrupted, outcomeOf } from './execution.ts';
import { type Fault, faultOf, type Phase } from './fault.ts';

export interface ExecutorParts {
  readonly store: Store;
  readonly driver: Driver;
  readonly registry: Registry;
  readonly transactions: Transactions;
  readonly ambient: Ambient;
  readonly log: Logger;
}

/** What is done in the transaction. */
export interface TransactionWork {
  readonly receiver: Receiver;
  readonly deadline: Deadline;
  /** Where it is opened, if the driver has lanes. */
  readonly lane: Lane | undefined;
  /** What it is about, for the log. */
  readonly about: object;
  /** The first statement. The receiver is called only if it says so. */
  begin(run: Run, options: { readonly timeoutMs: number; readonly inLane: boolean }): Promise<'held' | 'stale' | 'outside'>;
  /** The receiver. What this throws is its failure. */
  call(tx: TransactionHandle): unknown;
  /** The last statements, if there are any. */
  end?(scope: TransactionScope): Promise<void>;
}

/** Time that the server gives a transaction beyond its receiver's timeout, so that the worker's own end comes first. */
const SERVER_MARGIN_MS = 5_000;
/** Wait before a delivery runs again whose connection was lost. */
const RECONNECT_MS = 1_000;

const STALE = Symbol('stale');
const OUTSIDE = Symbol('outside');

type Ended = Exclude<Execution, { kind: 'settled' }>;

/** Runs a receiver in a transaction of its own. Never rejects. */
export async function inTransaction(parts: ExecutorParts, work: TransactionWork): Promise<Ended | Conflict> {
  const { log, driver, transactions, ambient } = parts;
  const { deadline, receiver, lane, about } = work;
  // The driver calls back in a context of its own: on a lane, in that of the first delivery.
  const inRun = contextOfNow();
  let scopeOfRun: TransactionScope | undefined;
  let thrown: { readonly error: unknown } | undefined;
  let phase: Phase = 'begin';
  deadline.onEnd(() => scopeOfRun?.close());
  try {
    const { scope: ended, unanswered } = await ambient.outside(() =>
      transactions.attempt(
        async (tx, scope) => {
          scopeOfRun = scope;
          const timeoutMs = receiver.timeoutMs + SERVER_MARGIN_MS;
          const found = await work.begin(driver.run(scope.client), { timeoutMs, inLane: lane !== undefined });
          if (found !== 'held') throw found === 'stale' ? STALE : OUTSIDE;
          deadline.start();
          phase = 'call';
          try {
            await inRun(() => ambient.run(scope, () => work.call(tx)));
          } catch (error) {
            thrown = { error };
            throw error;
          }
          if (work.end) {
            phase = 'end';
            deadline.returned();
            await work.end(scope);
            deadline.start();
          }
          phase = 'commit';
        },
        { on: lane?.clientFor(receiver.isolation), isolation: receiver.isolation },
      ),
    );
    if (unanswered) return unansweredOf(parts, unanswered.error, ended, about);
    return { kind: 'committed', followed: followed(parts, ended, about) };
  } catch (error) {
    if (error === STALE) return { kind: 'stale' };
    // Where the default is what marks a lane's transaction, none on a lane is told from none at all. Once: not on a lane, no transaction
    // is told to be outside (UNMARKED).
    if (error === OUTSIDE) return inTransaction(parts, { ...work, lane: undefined });
    if (deadline.reason) return outcomeOf(deadline.reason);
    // Only the connection of this transaction counts as lost: a receiver whose own call elsewhere failed has failed.
    const lost = driver.isConnectionLoss(scopeOfRun?.failure) || (!thrown && driver.isConnectionLoss(error));
    if (lost) return phase === 'begin' ? { kind: 'prevented', error } : interrupted(RECONNECT_MS);
    // What the receiver threw counts, and not that the ROLLBACK after it failed: it may be a Discard or a RetryAfter.
    const cause = thrown ? thrown.error : error;
    const fault = faultOf({ phase, error: cause, query: scopeOfRun?.failure, isolated: receiver.isolation !== 'read committed' });
    if (fault.kind !== 'receiver')
      log.debug({ err: cause, phase, ...about }, `the transaction of ${receiver.name} came to nothing: ${fault.kind}`);
    return endedBy(fault, cause);
  }
}

function endedBy(fault: Fault, error: unknown): Ended | Conflict {
  switch (fault.kind) {
    case 'receiver':
      return outcomeOf(error);
    case 'conflict':
      return { kind: 'conflict', atLast: fault.charged ? outcomeOf(error) : interrupted(RECONNECT_MS) };
    case 'passing':
      return interrupted(RECONNECT_MS);
    case 'surroundings':
      return { kind: 'prevented', error };
    default:
      return fault satisfies never;
  }
}

/**
 * The receiver returned, and nobody knows whether its COMMIT got through: whatever ended the connection, it was not
 * the receiver. The release that is written for it waits for the transaction, and finds out.
 */
function unansweredOf(parts: ExecutorParts, error: unknown, scope: TransactionScope, about: object): Execution & { kind: 'outcome' } {
  parts.log.debug({ err: error, ...about }, 'the connection was lost during COMMIT');
  let following: Promise<void> | undefined;
  // Each delivery of a batch finds out.
  const ifCommitted = async (): Promise<void> => (following ??= followed(parts, scope, about));
  return { kind: 'outcome', outcome: { kind: 'interrupted', delayMs: RECONNECT_MS }, ifCommitted };
}

/** What is to follow the COMMIT, if anything is. The commit stands, whatever this comes to. */
function followed({ log, transactions }: ExecutorParts, scope: TransactionScope, about: object): Promise<void> | undefined {
  if (scope.afterCommit.length === 0 && scope.emissions.length === 0) return undefined;
  return transactions
    .committed(scope)
    .catch((error: unknown) => log.error({ err: error, ...about }, 'what was to follow the COMMIT of a receiver failed'));
}
