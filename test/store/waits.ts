// Waits in tests of races until a statement of this database waits for a lock, as the server shows it, without timing.
import type postgres from 'postgres';

const LIMIT_MS = 30_000;

/** Resolves when a statement, or the given number of statements, waits for a lock. Rejects if that does not happen. */
export async function untilBlocked(sql: postgres.Sql, statements = 1): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const blocked = await sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and state = 'active'`;
    if (blocked.length >= statements) return;
    if (performance.now() > deadline) throw new Error(`${blocked.length} statements wait for a lock, not ${statements}`);
  }
}
