// Makes and drops whole databases of tests. template.ts and test-database.ts decide which there are, and their content.
import type { Run } from '../../drivers/driver.ts';
import { sqlState } from '../../drivers/error-kind.ts';
import {
  createDatabase,
  databaseNames,
  databaseNotes,
  dropDatabase,
  dropUnusedDatabase,
  noteDatabase,
  renameDatabase,
  sealDatabase,
} from '../../store/testing/databases.sql.ts';
import { withConnection } from './connection.ts';
import { isNoteOld, isUnused, noteOfUse } from './names.ts';

/** PostgreSQL itself waits 5 s for the sessions of a database to end before it refuses to copy or rename it. */
const ATTEMPTS = 3;
const OBJECT_IN_USE = '55006';
/** It belongs to another role. */
const INSUFFICIENT_PRIVILEGE = '42501';
const DUPLICATE_DATABASE = '42P04';

export interface NewDatabase {
  name: string;
  template: string;
}

export async function createDatabaseOn(serverUrl: string, { name, template }: NewDatabase): Promise<void> {
  await withConnection(serverUrl, (run) => patiently(() => run(createDatabase(name, template), [])));
}

/** Refuses connections to the template from now on, so that it can always be cloned and never changes. */
export async function sealDatabaseOn(serverUrl: string, name: string): Promise<void> {
  await withConnection(serverUrl, (run) => run(sealDatabase(name), []));
}

/** Renames a database. Returns false if another has the name. */
export async function renameDatabaseOn(serverUrl: string, name: string, to: string): Promise<boolean> {
  return withConnection(serverUrl, async (run) => {
    try {
      await patiently(() => run(renameDatabase(name, to), []));
      return true;
    } catch (error) {
      if (sqlState(error) === DUPLICATE_DATABASE) return false;
      throw error;
    }
  });
}

/** Ends the sessions that use them. */
export async function dropDatabasesOn(serverUrl: string, matches: (name: string) => boolean): Promise<void> {
  await withConnection(serverUrl, async (run) => {
    for (const { name } of (await run(databaseNames, [])).filter((database) => matches(database.name))) await run(dropDatabase(name), []);
  });
}

/** Drops one, and ends the sessions that use it. */
export async function dropDatabaseOn(serverUrl: string, name: string): Promise<void> {
  await withConnection(serverUrl, (run) => run(dropDatabase(name), []));
}

/** Drops those that no session uses. */
export async function dropUnusedOn(serverUrl: string, matches: (name: string) => boolean): Promise<void> {
  await withConnection(serverUrl, async (run) => {
    for (const { name } of (await run(databaseNames, [])).filter((database) => matches(database.name))) await dropIfPossible(run, name);
  });
}

/** Drops the templates that no process has used for a week. See template.ts for the race. */
export async function dropOldTemplatesOn(serverUrl: string): Promise<void> {
  await withConnection(serverUrl, async (run) => {
    for (const { name } of (await run(databaseNotes, [])).filter(isUnused)) await dropIfPossible(run, name);
  });
}

async function dropIfPossible(run: Run, name: string): Promise<void> {
  await run(dropUnusedDatabase(name), []).catch((error: unknown) => {
    if (![OBJECT_IN_USE, INSUFFICIENT_PRIVILEGE].includes(sqlState(error) ?? '')) throw error;
  });
}

/** Whether there is a database of this name; then its use is written down, once a day. */
export async function useDatabaseOn(serverUrl: string, name: string): Promise<boolean> {
  return withConnection(serverUrl, async (run) => {
    const found = (await run(databaseNotes, [])).find((database) => database.name === name);
    if (!found) return false;
    if (isNoteOld(found))
      await run(noteDatabase(name, noteOfUse(found.now)), []).catch((error: unknown) => {
        if (sqlState(error) !== INSUFFICIENT_PRIVILEGE) throw error;
      });
    return true;
  });
}

export function databaseUrlOn(serverUrl: string, name: string): string {
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return url.href;
}

async function patiently(work: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await work();
      return;
    } catch (error) {
      if (attempt === ATTEMPTS || sqlState(error) !== OBJECT_IN_USE) throw error;
    }
  }
}
