// What became of a COMMIT whose answer was lost: the statements, and the functions that read them. They run on another
// connection, after the fact, and write nothing (docs/design/unknown-commit.md).
import type { Driver, Run } from '../../drivers/driver.ts';
import { sqlState } from '../../drivers/error-kind.ts';
import { statement } from '../../drivers/statement.ts';
import { ownRun } from '../own-run.ts';

/** What a transaction is found by afterwards. */
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

/**
 * How far a transaction has come. $1 its id. Fails (22023) for an id that this server has not given out yet.
 * A standby is no judge: what it has not replayed is not therefore rolled back. Locks: none. Repeatable.
 */
export const transactionProgress = statement({ standby: 'bool', status: 'text?' })`
select pg_is_in_recovery() as standby, pg_xact_status($1::text::xid8) as status`;

/**
 * Whether an emission is stored. $1 its id. Locks: none. Repeatable. Index: the primary key.
 * A statement of its own, after the one above: its snapshot is taken when the transaction is known to have ended.
 */
export const isEmissionStored = statement({ stored: 'bool' })`
select exists (select from signalbox.emission where id = $1::text::uuid) as stored`;

/**
 * Which runs are recorded as completed. $1: [{id, epoch, worker_id, emission_id, receiver_id}] as JSON. Returns their
 * ids. Epoch and worker are of one claim only, so the row is that claimant's own. Locks: none. Repeatable.
 * Index: settled_emission_receiver.
 */
export const completedRuns = statement({ id: 'text' })`
select s.id::text as id
from jsonb_to_recordset($1::text::jsonb) as r(id bigint, epoch int, worker_id int, emission_id uuid, receiver_id int)
join signalbox.settled s on s.emission_id = r.emission_id and s.receiver_id = r.receiver_id
where s.id = r.id and s.epoch = r.epoch and s.worker_id = r.worker_id and s.state = 'completed'`;

const INVALID_PARAMETER = '22023';

export class Commits {
  readonly #pool: Run;

  constructor(driver: Driver) {
    this.#pool = ownRun(driver);
  }

  /**
   * Whether a transaction has committed. The id only tells that it has ended; the emission tells how. For an id may be
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
