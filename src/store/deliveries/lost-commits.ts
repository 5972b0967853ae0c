// Finds the outcome of a COMMIT whose answer was lost (docs/design/unknown-commit.md).
import type { Run } from '../../drivers/driver.ts';
import { sqlState } from '../../drivers/error-kind.ts';
import { completedRuns, isEmissionStored, transactionProgress } from './lost-commits.sql.ts';

/** Identifies a transaction afterwards. */
export interface CommitWitness {
  /** The id of the transaction, as `pg_current_xact_id` gave it. */
  readonly xid: string;
  /** An emission that it stored: there if and only if it committed. */
  readonly emissionId: string;
}

/** `open`: not ended, or this server cannot tell. */
export type CommitState = 'committed' | 'aborted' | 'open';

/** A run of a delivery, as settleFirst records it. */
export interface CompletedRun {
  readonly id: string;
  readonly epoch: number;
  readonly workerId: number;
  readonly emissionId: string;
  readonly receiverId: number;
}

const INVALID_PARAMETER = '22023';

export class LostCommitsStore {
  readonly #pool: Run;

  constructor(pool: Run) {
    this.#pool = pool;
  }

  /**
   * Finds out how a transaction ended. The id only tells that it has ended; the emission tells how. For an id may be
   * given out twice: after a crash, the server reuses those of which its log had nothing on disk.
   */
  async stateOf({ xid, emissionId }: CommitWitness): Promise<CommitState> {
    if (!(await this.#hasEnded(xid))) return 'open';
    const [row] = await this.#pool(isEmissionStored, [emissionId]);
    return row!.stored ? 'committed' : 'aborted';
  }

  /** The ids of those runs that are recorded as completed. */
  async completed(runs: readonly CompletedRun[]): Promise<Set<string>> {
    const items = runs.map(({ id, epoch, workerId, emissionId, receiverId }) => ({
      id,
      epoch,
      worker_id: workerId,
      emission_id: emissionId,
      receiver_id: receiverId,
    }));
    const rows = await this.#pool(completedRuns, [JSON.stringify(items)]);
    return new Set(rows.map((row) => row.id));
  }

  async #hasEnded(xid: string): Promise<boolean> {
    try {
      const [row] = await this.#pool(transactionProgress, [xid]);
      return !row!.standby && row!.status !== 'in progress';
    } catch (error) {
      // The server lost it in a crash, or is another one by now: here it does not run.
      if (sqlState(error) === INVALID_PARAMETER) return true;
      throw error;
    }
  }
}
