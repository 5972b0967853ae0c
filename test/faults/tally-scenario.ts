// The scenario of a worker that counts: what it writes of its counts, how these are folded, and an emission that a receiver causes.
import { randomUUID } from 'node:crypto';
import type postgres from 'postgres';
import { emptyBuckets } from '../../src/core/tally.ts';
import type { TallyRow } from '../../src/store/tallies/tallies.ts';
import { PLAIN } from '../store/rows.ts';
import type { Scenario } from './matrix.ts';
import { storeOn } from './prune-turn.ts';
import { again } from './scenarios.ts';

const row: TallyRow = {
  minute: 600,
  receiver: 1,
  worker: 1,
  outcome: 'completed',
  n: 1,
  total: 1,
  lag: 1,
  buckets: emptyBuckets(),
  lags: emptyBuckets(),
};

/** Writes and folds counts of long ago, samples, and appends an emission with a cause. */
export async function tallyOnce(
  db: object,
  time: number,
  call: <T>(work: () => Promise<T>) => Promise<T> = async (work) => work(),
): Promise<void> {
  const { store, inTransaction } = storeOn(db);
  const { tallies } = store;
  const process = randomUUID();
  await call(() => tallies.writeRuns([{ ...row, n: time }]));
  await call(() => tallies.writeEmits([{ minute: 600, signal: 'faults.happened', cause: 0, n: 1 }], process));
  await call(() => tallies.fold(3_600, 60_000));
  await call(() => tallies.sample());
  const causing = { ...PLAIN, signal: 'faults.unreceived', cause: { emissionId: null, receiverId: 1 } };
  await call(() => inTransaction((run) => store.emissions.append(run, [{ id: randomUUID(), payload: '{}' }], causing)));
}

/** Takes the emissions with a cause out of the record, for no sender has noted them. */
export async function forgetCaused(sql: postgres.Sql): Promise<void> {
  await sql`delete from signalbox.emission where caused_by_receiver is not null`;
}

export const tallying: Scenario = {
  role: 'a worker that counts',
  only: ['appendCaused', 'writeTallies', 'writeEmissionTallies', 'foldTallies', 'foldEmissionTallies', 'forgetTallies', 'sampleGauges'],
  run: async ({ db, sql, peer, emit }) => {
    await emit('one', 'fine', 'poison');
    await peer.drain();
    for (let time = 1; time <= 2; time++) await tallyOnce(db, time, again);
    // The second time the row was new again: whatever failed, each count is in the sums once.
    const sums =
      await sql`select (select sum(n)::int from signalbox.tally where minute < '1971-01-01') as runs, (select sum(n)::int from signalbox.emission_tally where minute < '1971-01-01') as emits`;
    if (sums[0]!['runs'] !== 3 || sums[0]!['emits'] !== 2)
      throw new Error(`What was counted is not what is there: ${JSON.stringify(sums)}`);
    await again(() => storeOn(db).store.tallies.forget(60_000));
    await forgetCaused(sql);
  },
};
