// PGlite (npm: @electric-sql/pglite) behind drizzle-orm/pglite: PostgreSQL in this process, with one session. Whatever
// runs at the same time queues up, so it is for tests of applications and for development.
import type { Driver, Row } from './driver.ts';
import { hasConnectionCode } from './error-kind.ts';
import { gated, passing } from './passing.ts';

/** What is needed of PGlite: the database and its transactions both have it. */
interface PgliteClient {
  query(text: string, params: readonly unknown[]): Promise<{ rows: readonly Row[] }>;
}

interface Pglite extends PgliteClient {
  listen(channel: string, onMessage: () => void): Promise<() => Promise<void>>;
  transaction: unknown;
  waitReady: Promise<void>;
}

/** Whether a Drizzle database's `$client` is a PGlite. */
export function isPglite(client: unknown): client is Pglite {
  return typeof client === 'object' && client !== null && 'waitReady' in client && 'listen' in client && 'transaction' in client;
}

/** Members of a client that send statements. */
const SENDING = new Set(['query', 'exec', 'sql']);

export function pglite(database: Pglite): Driver {
  return {
    name: 'pglite',
    maxConnections: undefined,
    rejectsWhenLost: false,
    run:
      (client = database) =>
      async (text, params) =>
        (await (client as PgliteClient).query(text, params)).rows,
    guard: (client, gate) => gated(client, SENDING, gate),
    redirect: (pick) => passing(pick),
    listen: (channel, onMessage) => database.listen(channel, onMessage),
    isConnectionLoss: hasConnectionCode,
  };
}
