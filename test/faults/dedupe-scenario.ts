// The scenario of senders with a dedupe key: one after the other, and both at once, so that the second waits for the first.
import { randomUUID } from 'node:crypto';
import type postgres from 'postgres';
import { PLAIN } from '../store/rows.ts';
import { untilBlocked } from '../store/waits.ts';
import type { Scenario } from './matrix.ts';
import { storeOn } from './prune-turn.ts';
import { again } from './scenarios.ts';
import { forgetCaused } from './tally-scenario.ts';

const UNHEARD = { ...PLAIN, signal: 'faults.unreceived', cause: { emissionId: null, receiverId: 1 } };
const WITHIN_MS = 3_600_000;

/** Emits under two keys, each twice, and forgets the keys. @param sql without faults */
export async function dedupeOnce(
  db: object,
  sql: postgres.Sql,
  time: number,
  call: <T>(work: () => Promise<T>) => Promise<T> = async (work) => work(),
): Promise<void> {
  const { store, inTransaction } = storeOn(db);
  const items = (key: string) => [{ id: randomUUID(), key, payload: '{}' }];
  const emit = (key: string): Promise<unknown> => inTransaction((run) => store.dedupe.append(run, items(key), UNHEARD, WITHIN_MS));
  await call(() => emit(`one ${time}`));
  await call(() => emit(`one ${time}`));
  let second: Promise<unknown> | undefined;
  await call(async () => {
    await inTransaction(async (run) => {
      await store.dedupe.append(run, items(`both ${time}`), UNHEARD, WITHIN_MS);
      second = emit(`both ${time}`);
      const ended = second.catch(() => {});
      await Promise.race([ended, untilBlocked(sql)]);
    });
  });
  await second?.catch(() => call(() => emit(`both ${time}`)));
  await sql`update signalbox.dedupe set until = now() - interval '1 minute'`;
  await call(() => store.dedupe.forget(10));
}

export const deduping: Scenario = {
  role: 'senders with a dedupe key',
  only: ['appendDeduped', 'readDedupe', 'forgetDedupe'],
  run: async ({ db, sql }) => {
    for (let time = 1; time <= 2; time++) await dedupeOnce(db, sql, time, again);
    const [row] = await sql<{ emissions: number; keys: number }[]>`
      select (select count(*)::int from signalbox.emission where signal = ${UNHEARD.signal} and caused_by_receiver is not null) as emissions,
        (select count(*)::int from signalbox.dedupe) as keys`;
    // Whatever failed: one emission of each key, and no key is left.
    if (row!.emissions !== 4 || row!.keys !== 0)
      throw new Error(`What was stored is not one emission for each key: ${JSON.stringify(row)}`);
    await forgetCaused(sql);
  },
};
