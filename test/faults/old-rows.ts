// Emissions of long ago for the prunes of the matrix: made past the triggers that record a run, and taken out of their record, for no
// process of the run has sent them.
import type postgres from 'postgres';

/** Ids of deliveries that no run reaches. */
const FIRST_ID = 900_000_000;
const EACH = 3;

/** Emissions with two deliveries each, one of them with an error, and one emission without any; and a worker that was lost long ago. */
export async function addOldRows(sql: postgres.Sql): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    await tx`
      insert into signalbox.emission (id, signal, version, payload, emitted_at)
      select ('018f0000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'faults.old', 1, '{"person": "Ann"}', '2024-05-01' from generate_series(0, ${EACH}::int) n`;
    await tx`
      insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
      select ${FIRST_ID}::int + 2 * n + r, ('018f0000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 900 + r, 1, 0, 'completed', 1, 1, 0, '2024-05-01'
      from generate_series(1, ${EACH}::int) n, generate_series(0, 1) r`;
    await tx`
      insert into signalbox.delivery_error (delivery_id, epoch, attempt, error, at)
      select id, 1, 1, '{"name": "Error", "message": "old"}', '2024-05-01' from signalbox.settled where receiver_id = 901`;
  });
}

/** Takes the prunes out of the record. Returns what is left of the old rows. */
export async function forgetOldRows(sql: postgres.Sql): Promise<number> {
  await sql`delete from change where delivery_id >= ${FIRST_ID}`;
  const [row] = await sql<{ left: number }[]>`
    select (select count(*)::int from signalbox.emission where signal = 'faults.old')
      + (select count(*)::int from signalbox.settled where id >= ${FIRST_ID})
      + (select count(*)::int from signalbox.delivery_error where delivery_id >= ${FIRST_ID}) as left`;
  return row!.left;
}
