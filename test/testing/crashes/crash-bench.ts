// What the tests of simulated crashes and the corpus share: a table of accounts and one of notes, and lives on either driver.
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/node-postgres';
import { drizzle as drizzlePostgresJs, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import { integer, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import { Pool } from 'pg';
import postgres from 'postgres';
import { inject } from 'vitest';
import { createSignalbox, type Signalbox, type SignalboxOptions } from '../../../src/index.ts';
import type { LifeOpening } from '../../../src/testing.ts';
import { createDatabaseOn, databaseUrlOn, sealDatabaseOn } from '../../../src/testing/database/databases.ts';
import { nameDatabase } from '../../../src/testing/database/names.ts';
import { openDatabase, type OpenDatabase } from '../../../src/testing/database/open-database.ts';

export type Db = PostgresJsDatabase;

export const account = pgTable('account', { id: integer('id').primaryKey(), balance: integer('balance').notNull() });
export const note = pgTable('note', { about: text('about').notNull() });

/** Has a key, so a row of it can be there once. */
export const entry = pgTable('entry', { key: text('key').primaryKey(), n: integer('n').notNull(), at: timestamp('at') });

const serverUrl = inject('databaseUrl');
/** Databases of this run are dropped at its end. */
const newName = (): string => nameDatabase(inject('databaseRun'));
let bank: Promise<string> | undefined;

/** A database with these tables, and one account: a clone of one that is made once for each file of tests. */
export async function openBank(): Promise<OpenDatabase> {
  return openDatabase({ serverUrl, name: newName(), template: await (bank ??= makeBank()), schema: 'signalbox' });
}

async function makeBank(): Promise<string> {
  const name = newName();
  await createDatabaseOn(serverUrl, { name, template: inject('databaseTemplate')! });
  const client = postgres(databaseUrlOn(serverUrl, name), { max: 1, onnotice: () => {} });
  await client.unsafe(`
    create table account (id int primary key, balance int not null);
    create table note (about text not null);
    create table entry (key text primary key, n int not null, at timestamp);
    insert into account values (1, 0)`);
  await client.end();
  await sealDatabaseOn(serverUrl, name);
  return name;
}

export type BankBox = Signalbox<Db>;

export const lifeOf =
  (
    services: SignalboxOptions['services'],
    more: Partial<SignalboxOptions<Db>> = {},
    driver: 'postgres.js' | 'node-postgres' = 'postgres.js',
  ) =>
  ({ url, own }: Pick<LifeOpening, 'url' | 'own'>): BankBox => {
    const db =
      driver === 'postgres.js'
        ? drizzlePostgresJs({ client: own(postgres(url, { max: 4, fetch_types: false })) })
        : (drizzle({ client: own(new Pool({ connectionString: url, max: 4 })) }) as unknown as Db);
    return createSignalbox({ db, services: services ?? [], log: false, outsideWrites: 'allow', ...more });
  };

export const balanceOf = async (box: BankBox): Promise<number> => (await box.db.select().from(account))[0]!.balance;

export const countNotes = (box: BankBox): Promise<number> => box.db.$count(note);

export const plusOne = { balance: sql`${account.balance} + 1` };
