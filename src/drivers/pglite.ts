// PGlite (npm: @electric-sql/pglite) behind drizzle-orm/pglite: PostgreSQL in this process, with one session.
// Concurrent work queues up, so PGlite is for tests of applications and for development.
import type { Driver } from './driver.ts';
import { hasConnectionCode } from './error-kind.ts';
import { gated, passing } from './client-proxy.ts';
import { type Cell, rowsOf } from './statement.ts';

/** The members that a PGlite database and its transactions share and our statements need. */
interface PgliteClient {
  query(text: string, params: readonly unknown[], options: object): Promise<{ rows: readonly (readonly Cell[])[] }>;
}

interface Pglite extends PgliteClient {
  listen(channel: string, onMessage: () => void): Promise<() => Promise<void>>;
  transaction: unknown;
  waitReady: Promise<void>;
  readonly dataDir?: string | undefined;
}

/** Whether a Drizzle database's `$client` is a PGlite. */
export function isPglite(client: unknown): client is Pglite {
  return typeof client === 'object' && client !== null && 'waitReady' in client && 'listen' in client && 'transaction' in client;
}

/** Members of a client that send statements. */
const SENDING = new Set(['query', 'exec', 'sql']);

/**
 * The types of our columns and parameters: bool, int8, int4, text, float8. Settings of a query take precedence over
 * those of the database.
 */
const TYPES = [16, 20, 23, 25, 701];
const of = <T>(value: T): Record<number, T> => Object.fromEntries(TYPES.map((type) => [type, value]));
/** Rows by position, all as text, and parameters as they are. */
const AS_TEXT = { rowMode: 'array', parsers: of((text: string) => text), serializers: of(String) };

export function pglite(database: Pglite): Driver {
  return {
    name: 'pglite',
    place: `pglite:${database.dataDir ?? 'memory://'}`,
    maxConnections: undefined,
    rejectsWhenLost: false,
    isolatesByConfig: true,
    run:
      (client = database) =>
      async (statement, params) =>
        rowsOf(statement, (await (client as PgliteClient).query(statement.text, params, AS_TEXT)).rows),
    guard: (client, gate) => gated(client, SENDING, gate),
    redirect: (pick) => passing(pick),
    listen: (channel, onMessage) => database.listen(channel, onMessage),
    isConnectionLoss: hasConnectionCode,
  };
}
