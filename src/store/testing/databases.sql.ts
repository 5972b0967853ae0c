// Statements on whole databases, for the databases of tests. None of them belongs to production. Names are quoted; parameters cannot be
// names.
import { statement } from '../../drivers/statement.ts';

/** Copies `template`. Refused with 55006 while a session uses the template; PostgreSQL waits 5 s for these first. */
export const createDatabase = (name: string, template: string) =>
  statement({})`create database ${quoted(name)} template ${quoted(template)}`;

/** From now on nobody connects to it, so that it can always be copied and never changes. */
export const sealDatabase = (name: string) => statement({})`alter database ${quoted(name)} allow_connections false`;

/** Refused with 42P04 if the name is taken: of two processes at once one succeeds. */
export const renameDatabase = (name: string, to: string) => statement({})`alter database ${quoted(name)} rename to ${quoted(to)}`;

/** Ends the sessions that use it. */
export const dropDatabase = (name: string) => statement({})`drop database if exists ${quoted(name)} with (force)`;

/** Refused with 55006 while a session uses it. */
export const dropUnusedDatabase = (name: string) => statement({})`drop database if exists ${quoted(name)}`;

/** The names of all databases of the server. */
export const databaseNames = statement({ name: 'text' })`select datname::text as name from pg_catalog.pg_database order by datname`;

/** Databases with their comments, and the time of the server, in seconds since 1970. Locks nothing. */
export const databaseNotes = statement({ name: 'text', note: 'text?', now: 'int' })`
select datname::text as name, pg_catalog.shobj_description(oid, 'pg_database') as note, extract(epoch from statement_timestamp())::int as now
from pg_catalog.pg_database order by datname`;

/**
 * Writes the comment of a database. Waits for those that clone it, and they for this. Repeatable; of a database that is gone it only warns.
 */
export const noteDatabase = (name: string, note: string) =>
  statement({})`comment on database ${quoted(name)} is ${`'${note.replaceAll("'", "''")}'`}`;

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
