// The transaction of a receiver: its first statement, the call, its last statements, and the meaning of its end.
//
// The race: a stalled worker may wake up after its deliveries were given to other workers. So the first statement of the
// transaction takes them under (id, state, epoch). If it finds no row, the receiver is not called. If it finds the row, its lock
// is held to the end, and no other worker can take the delivery meanwhile.
import type { ComposedReceive } from '../../core/compose.ts';
import { mostShared } from '../../core/share.ts';
import type { Logger } from '../../core/logger.ts';
import type { Driver, Lane } from '../../drivers/driver.ts';
import { contextOfNow } from '../../observe/async-context.ts';
import type { Registry } from '../../container/registry.ts';
import type { Call } from '../../receivers/invoke.ts';
import type { Store } from '../../store/store.ts';
import type { Ambient } from '../../transaction/ambient.ts';
import type { TransactionScope } from '../../transaction/scope.ts';
import type { Transactions } from '../../transaction/transactions.ts';
import type { Deadline } from './deadline.ts';
import { type Conflict, type Execution, interrupted, outcomeOf } from './execution.ts';
import { type Fault, faultOf, type Phase } from './fault.ts';
import type { ReceiverCall } from './receiver-call.ts';

export interface TransactionParts {
  readonly store: Store;
  readonly driver: Driver;
  readonly registry: Registry;
  /** The hooks of the extensions around the call of a receiver, if there are any. */
  readonly aroundReceive?: ComposedReceive | undefined;
  readonly transactions: Transactions;
  readonly ambient: Ambient;
  /** The `share` of receivers that do not say their own. */
  readonly share?: number | undefined;
  readonly log: Logger;
}

export interface CallOptions {
  /** Calls the receiver. What it throws is the receiver's failure. */
  readonly invoke: Call;
  readonly deadline: Deadline;
  /** The lane on which the transaction is opened, if the driver has lanes. */
  readonly lane: Lane | undefined;
}

/** Time that the server gives a transaction beyond its receiver's timeout, so that the worker's own end comes first. */
export const SERVER_MARGIN_MS = 5_000;
/** Wait before a delivery runs again whose connection was lost. */
export const RECONNECT_MS = 1_000;

const STALE = Symbol('stale');
const OUTSIDE = Symbol('outside');

type Ended = Exclude<Execution, { kind: 'settled' }>;

/** Calls a receiver in a transaction of its own. Never rejects. */
export async function inTransaction(parts: TransactionParts, call: ReceiverCall, options: CallOptions): Promise<Ended | Conflict> {
  const { log, driver, transactions, ambient } = parts;
  const { receiver } = call;
  const { invoke, deadline, lane } = options;
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
          const found = await call.begin(driver.run(scope.client), { timeoutMs, inLane: lane !== undefined });
          if (found !== 'held') throw found === 'stale' ? STALE : OUTSIDE;
          deadline.start();
          phase = 'call';
          try {
            await inRun(() => ambient.run(scope, () => invoke(call.payload(), Object.assign(call.context(), { tx }))));
          } catch (error) {
            thrown = { error };
            throw error;
          }
          if (call.end) {
            phase = 'end';
            deadline.returned();
            await call.end(scope);
            deadline.start();
          }
          phase = 'commit';
        },
        { on: lane?.clientFor(receiver.isolation), isolation: receiver.isolation },
      ),
    );
    if (unanswered) return unansweredOf(parts, unanswered.error, ended, call);
    return { kind: 'committed', followed: followed(parts, ended, call) };
  } catch (error) {
    if (error === STALE) return { kind: 'stale' };
    // If the session's default equals the mark of a lane's transaction, a transaction on a lane cannot be distinguished
    // from none. This is tried once: off the lane, no transaction counts as outside (OUTSIDE_LANE).
    if (error === OUTSIDE) return inTransaction(parts, call, { ...options, lane: undefined });
    if (deadline.reason) return outcomeOf(deadline.reason);
    // Only the connection of this transaction counts as lost: a receiver whose own call elsewhere failed has failed.
    const lost = driver.isConnectionLoss(scopeOfRun?.failure) || (!thrown && driver.isConnectionLoss(error));
    if (lost) return phase === 'begin' ? { kind: 'prevented', error } : interrupted(RECONNECT_MS);
    // The receiver's error counts, and not a failure of the ROLLBACK after it: the error may be a Discard or a RetryAfter.
    const cause = thrown ? thrown.error : error;
    const isolated = receiver.isolation !== 'read committed' || mostShared(receiver, parts.share) > 1;
    const fault = faultOf({ phase, error: cause, query: scopeOfRun?.failure, isolated });
    if (fault.kind !== 'receiver')
      log.debug({ err: cause, phase, ...call.about() }, `the transaction of ${receiver.name} came to nothing: ${fault.kind}`);
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
 * The receiver returned, and it is not known whether its COMMIT got through: whatever ended the connection, it was not the
 * receiver. The release that is written for the delivery waits for the transaction, and finds out.
 */
export function unansweredOf(
  parts: TransactionParts,
  error: unknown,
  scope: TransactionScope,
  call: Pick<ReceiverCall, 'about'>,
): Execution & { kind: 'outcome' } {
  parts.log.debug({ err: error, ...call.about() }, 'the connection was lost during COMMIT');
  let following: Promise<void> | undefined;
  // Each delivery of a batch finds out.
  const ifCommitted = async (): Promise<void> => (following ??= followed(parts, scope, call));
  return { kind: 'outcome', outcome: { kind: 'interrupted', delayMs: RECONNECT_MS }, ifCommitted };
}

/** Runs the callbacks that follow the COMMIT, if there are any. The commit stands, whatever they do. */
export function followed(
  { log, transactions }: TransactionParts,
  scope: TransactionScope,
  call: Pick<ReceiverCall, 'about'>,
): Promise<void> | undefined {
  if (scope.afterCommit.length === 0 && scope.emissions.length === 0) return undefined;
  return transactions
    .committed(scope)
    .catch((error: unknown) => log.error({ err: error, ...call.about() }, 'what was to follow the COMMIT of a receiver failed'));
}
