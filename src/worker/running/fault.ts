// Decides whose fault it is that the transaction of a receiver failed. Only the receiver's own error, and what it did to its
// transaction, count against it: the network, the server, a deploy, another transaction and the statements of Signalbox never
// cost an attempt. Pure. docs/design/whose-fault.md gives the reasons, case by case.
import { outcomeKind } from '../../core/outcome.ts';
import { sqlState } from '../../drivers/error-kind.ts';
import { isSignalboxError } from '../../errors.ts';

/**
 * The progress of the transaction. `begin`: the receiver was not called. `call`: it threw. `end`: it returned, and the
 * last statements of Signalbox were under way. `commit`: all that was left was to commit.
 */
export type Phase = 'begin' | 'call' | 'end' | 'commit';

/**
 * - `receiver`: an attempt.
 * - `conflict`: another transaction was in the way; it runs again at once, and that costs nothing. `charged`: if that never
 *   ends, it is the receiver's conflict in the end.
 * - `passing`: a lock that was not to be had in time, or a statement that was cancelled.
 * - `surroundings`: the server or the network refuses; it may refuse everything that follows, too.
 */
export type Fault = { readonly kind: 'receiver' | 'passing' | 'surroundings' } | { readonly kind: 'conflict'; readonly charged: boolean };

export interface Failure {
  readonly phase: Phase;
  /** The error of the transaction call; in the phase `call`, the error of the receiver. */
  readonly error: unknown;
  /** The first query of the transaction that failed, whether the receiver let its error pass or not. */
  readonly query: unknown;
  /**
   * Whether the receiver asked for more isolation than `read committed`, or shares transactions: then conflicts are part of the bargain. One
   * that runs by itself meets those that share, which hold more locks for longer.
   */
  readonly isolated: boolean;
}

/** 40001: not serializable, 40P01: deadlock. */
const CONFLICT = /^40(001|P01)$/;
/** 22: data exceptions, 23: constraints, 54: limits. Before the call, these are about the row itself, which would be tried for ever. */
const OF_THE_ROW = /^(22|23|54)/;
/** 55P03: a lock was not granted in time, 57014: cancelled, by a timeout or by an operator. */
const PASSING = /^(55P03|57014)$/;
/** Codes that no receiver causes by its writes: 08 and 28 connections, 25006 read only, 26 prepared statements, 53 room, 57 the operator, 58 the system, XX and F0 the server. */
const OF_THE_SERVER = /^(08|28|25006|26|53|57|58|XX|F0)/;
/** A query of the transaction had failed, so the server took no other. */
const FAILED_BEFORE = '25P02';

export function faultOf({ phase, error, query, isolated }: Failure): Fault {
  const state = sqlState(error) ?? '';
  switch (phase) {
    case 'begin':
      return OF_THE_ROW.test(state) ? { kind: 'receiver' } : notItsOwn(state);
    case 'call':
      // The receiver was not called.
      if (isSignalboxError(error, 'ExtensionFailed')) return notItsOwn(state);
      return isolated && outcomeKind(error) === undefined && (CONFLICT.test(state) || CONFLICT.test(sqlState(query) ?? ''))
        ? { kind: 'conflict', charged: true }
        : { kind: 'receiver' };
    case 'end':
      // Without a code of the database it is no answer to a statement of ours.
      return state === '' || state === FAILED_BEFORE || OF_THE_ROW.test(state) ? { kind: 'receiver' } : notItsOwn(state);
    case 'commit':
      // A query of the receiver had failed, and it caught the error.
      if (isSignalboxError(error, 'TransactionFailed'))
        return isolated && CONFLICT.test(state) ? { kind: 'conflict', charged: true } : { kind: 'receiver' };
      // A deferred constraint or trigger judges what the receiver wrote.
      return CONFLICT.test(state) || OF_THE_SERVER.test(state) ? notItsOwn(state) : { kind: 'receiver' };
    default:
      return phase satisfies never;
  }
}

function notItsOwn(state: string): Fault {
  if (CONFLICT.test(state)) return { kind: 'conflict', charged: false };
  return { kind: PASSING.test(state) ? 'passing' : 'surroundings' };
}
