// The SQL around a migration. All of it runs in the transaction of the migration, or before it.
import { statement } from '../../drivers/statement.ts';

const KEY = `hashtextextended('signalbox.migrate', 0::int8)`;

/** Takes the lock of migrations if it is free. Held until the transaction ends. Database-wide; nothing else uses this key. */
export const tryMigrationLock = statement({ locked: 'bool' })`select pg_try_advisory_xact_lock(${KEY}) as locked`;

/** The same, and waits. */
export const migrationLock = statement({ locked: 'int' })`select 1 as locked from pg_advisory_xact_lock(${KEY})`;

/** Drizzle's `if not exists` gives two notices at each later run, which postgres.js prints as objects. Until the transaction ends. */
export const hushNotices = statement({ messages: 'text' })`select set_config('client_min_messages', 'warning', true) as messages`;

/** Tells whether there is a table. $1 schema, $2 name. Locks nothing. Repeatable. */
export const hasTable = statement({
  there: 'bool',
})`select to_regclass(pg_catalog.format('%I.%I', $1::text, $2::text)) is not null as there`;

export const countRows = (schema: string, table: string) =>
  statement({ count: 'int' })`select count(*)::int as count from ${quoted(schema)}.${quoted(table)}`;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
