// Resolves the COMMIT of a sender's transaction whose answer was lost, by asking the database on another connection. (That of a
// receiver: worker/running/lost-commit.ts.)
//
// The race: the driver has sent COMMIT, and the connection ends before the answer. The server may have committed, may
// have rolled back, or may still be committing (a deferred trigger, a wait for a standby, a dead connection that it has
// not noticed). So "not committed" is an answer only once the transaction has ended, and until then the question is
// repeated. docs/design/unknown-commit.md says what counts as a lost answer, and why the emission is the witness.
import { setTimeout as pause } from 'node:timers/promises';
import { SignalboxError } from '../errors.ts';
import type { CommitState, CommitWitness } from '../store/deliveries/lost-commits.ts';
import type { TransactionScope } from './scope.ts';

export interface Patience {
  /** The total time for which the query is repeated. */
  readonly totalMs: number;
  /** The time that one query may take: its connection may be dead without having noticed. */
  readonly askMs: number;
  /** The pause after the first question; each further one is twice as long. */
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

const PATIENCE: Patience = { totalMs: 10_000, askMs: 3_000, firstPauseMs: 50, longestPauseMs: 1_000 };
/** A single session that is lost is lost for good. */
const NO_PATIENCE: Patience = { ...PATIENCE, totalMs: 0 };

export type Ask = (witness: CommitWitness) => Promise<CommitState>;

/** The state of the transaction after its COMMIT; `open` if it cannot be learnt in time. Never rejects. */
export async function stateOfCommit(ask: () => Promise<CommitState>, patience: Patience): Promise<CommitState> {
  const deadline = performance.now() + patience.totalMs;
  for (let pauseMs = patience.firstPauseMs; ; pauseMs = Math.min(patience.longestPauseMs, pauseMs * 2)) {
    const state = await withinMs(patience.askMs, ask());
    const leftMs = deadline - performance.now();
    if (state !== 'open' || leftMs <= 0) return state;
    await pause(Math.min(pauseMs, leftMs));
  }
}

/**
 * Returns if the transaction of `scope` has committed. A transaction in which nothing was emitted reliably has no
 * witness, and its error stands.
 * @param singleSession there is no other connection to ask
 * @throws `error` if it was rolled back; SignalboxError `CommitUnknown`
 */
export async function assertCommitted(ask: Ask, scope: TransactionScope, error: unknown, singleSession: boolean): Promise<void> {
  const emissionId = scope.emissions[0];
  const { xid } = scope;
  if (xid === undefined || emissionId === undefined) throw error;
  const state = await stateOfCommit(() => ask({ xid, emissionId }), singleSession ? NO_PATIENCE : PATIENCE);
  if (state === 'committed') return;
  if (state === 'aborted') throw error;
  throw new SignalboxError(
    'CommitUnknown',
    `The connection was lost during the COMMIT of transaction ${xid}, and the database could not be asked in time whether it got through. ` +
      `Do not just repeat it. Once select pg_xact_status('${xid}') says anything but 'in progress', it has committed if the table emission has the id ${emissionId}.`,
    { cause: error, details: { xid, emissionId } },
  );
}

/** `open` if it fails or takes too long. */
async function withinMs(limitMs: number, question: Promise<CommitState>): Promise<CommitState> {
  const limit = new AbortController();
  const late = pause<CommitState>(limitMs, 'open', { signal: limit.signal }).catch((): CommitState => 'open');
  try {
    return await Promise.race([question.catch((): CommitState => 'open'), late]);
  } finally {
    limit.abort();
  }
}
