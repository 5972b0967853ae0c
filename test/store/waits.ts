// Waiting in tests of races: until a statement of this database stands before a lock, seen on the server and not timed.
import type postgres from 'postgres';

const LIMIT_MS = 30_000;

/** Resolves when a statement waits for a lock, or so many do. Rejects when they do not come to wait. */
export async function untilBlocked(sql: postgres.Sql, statements = 1): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  for (;;) {
    const blocked = await sql`
      select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and state = 'active'`;
    if (blocked.length >= statements) return;
    if (performance.now() > deadline) throw new Error(`${blocked.length} statements wait for a lock, not ${statements}`);
  }
}
