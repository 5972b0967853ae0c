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

const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
