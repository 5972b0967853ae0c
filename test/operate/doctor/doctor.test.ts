// box.doctor on real databases: of a healthy one it finds nothing, and each fault makes exactly its check fail. Where a finding has SQL that
// mends it, that SQL is run, and nothing is found any more.
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal, type Finding, OnSignal } from '../../../src/index.ts';
import { tuningMigration } from '../../../src/store/schema/tuning.ts';
import { packageVersion } from '../../../src/version.ts';
import { harness, type Harness } from '../../support/harness.ts';
import { addDelivery, addReceiver, addWorker } from '../../store/rows.ts';

const happened = defineSignal('doctor.happened', z.object({}));

class Receiver {
  @OnSignal(happened)
  static async receive(): Promise<void> {}
}

/** A database of which nothing is to be said. */
async function healthy(): Promise<Harness> {
  const h = await harness({ services: [Receiver] });
  h.leaves('workers', 'the row of the worker is made by plain SQL');
  h.leaves('deliveries', 'so are those of deliveries');
  await h.sql.unsafe(tuningMigration().replaceAll('--> statement-breakpoint', ''));
  await addWorker(h.sql);
  await h.box.receivers.announce();
  return h;
}

const faults = (findings: readonly Finding[]): Finding[] => findings.filter(({ status }) => status !== 'ok');

const checksOf = (findings: readonly Finding[]): string[] => faults(findings).map(({ check, status }) => `${check} ${status}`);

test('of a healthy database nothing is found, and each check says so once', async () => {
  await using h = await healthy();
  const findings = await h.box.doctor();
  expect(faults(findings)).toEqual([]);
  expect(findings.map(({ check }) => check)).toEqual(
    'connection server writes clock pool connections pooler schema sequences tuning vacuum dead-rows size partitions workers receivers overdue dead'.split(
      ' ',
    ),
  );
  for (const { message } of findings) expect(message).toMatch(/^\S.*\.$/);
});

test.each<[string, string, RegExp]>([
  ['a column that is missing', 'alter table signalbox.settled drop column crashes', /settled\.crashes is missing/],
  [
    'a column of another type',
    'alter table signalbox.delivery_error alter column attempt type bigint',
    /attempt is bigint not null, and should be integer/,
  ],
  [
    'a default that is gone',
    'alter table signalbox.delivery alter column state drop default',
    /should be text not null default 'ready'::text/,
  ],
  [
    'a default that is another',
    'alter table signalbox.emission alter column emitted_at set default clock_timestamp()',
    /should be .* default now\(\)/,
  ],
  ['a column that takes null', 'alter table signalbox.emission alter column version drop not null', /should be integer not null/],
  ['a check that is gone', 'alter table signalbox.delivery drop constraint delivery_state', /constraint delivery_state .* is missing/],
  [
    'a check that is another',
    "alter table signalbox.settled drop constraint settled_state, add constraint settled_state check (state <> '')",
    /settled_state of signalbox\.settled is CHECK \(\(state <> ''::text\)\), and should be/,
  ],
  ['a unique constraint that is gone', 'alter table signalbox.receiver drop constraint receiver_signal_name', /UNIQUE \(signal, name\)/],
  ['an index that is missing', 'drop index signalbox.delivery_claim', /index delivery_claim .* is missing/],
  [
    'an index with other columns',
    'drop index signalbox.delivery_claim; create index delivery_claim on signalbox.delivery (receiver_id)',
    /is btree \(receiver_id\), and should be btree \(receiver_id, run_at\)/,
  ],
  [
    'an index without its condition',
    'drop index signalbox.settled_unfinished; create index settled_unfinished on signalbox.settled (finished_at)',
    /should be btree \(finished_at\) WHERE/,
  ],
  [
    'an index that is invalid',
    "update pg_catalog.pg_index set indisvalid = false where indexrelid = 'signalbox.delivery_claim'::regclass",
    /delivery_claim .* is invalid/,
  ],
  [
    'a column of theirs that refuses our rows',
    'alter table signalbox.emission add column tenant text not null',
    /emission\.tenant is not ours/,
  ],
])('%s is broken, and its remedy mends it', async (_what, fault, message) => {
  await using h = await healthy();
  await h.sql.unsafe(fault);
  const found = faults(await h.box.doctor());
  // A missing column hides the checks of the rows, which then cannot be read.
  const [finding] = found.filter(({ check }) => check === 'schema');
  expect(finding).toMatchObject({ check: 'schema', status: 'broken', message: expect.stringMatching(message) as string });
  for (const statement of finding!.remedy!.split('\n')) await h.sql.unsafe(statement);
  expect(faults(await h.box.doctor())).toEqual([]);
});

test.each<[string, string, string]>([
  ['an index of theirs', 'create index theirs on signalbox.emission (signal)', 'schema warning'],
  [
    'a foreign key of theirs',
    'alter table signalbox.delivery add foreign key (emission_id) references signalbox.emission (id)',
    'schema warning',
  ],
  ['a column of theirs', 'alter table signalbox.emission add column tenant text', ''],
  ['a table of theirs', 'create table signalbox.theirs (id int)', ''],
])('%s is no more than a warning', async (_what, change, expected) => {
  await using h = await healthy();
  await h.sql.unsafe(change);
  expect(checksOf(await h.box.doctor()).join()).toBe(expected);
});

test('tables that are missing are one finding, and the checks of rows are left out', async () => {
  await using h = await healthy();
  await h.sql`drop schema signalbox cascade`;
  const findings = await h.box.doctor();
  expect(checksOf(findings)).toEqual(['schema broken']);
  expect(faults(findings)[0]!.remedy).toContain('drizzle-kit migrate');
});

test('older tables are broken; newer ones may differ', async () => {
  await using h = await healthy();
  await h.sql`alter table signalbox.meta alter column schema_version set default 0`;
  expect(checksOf(await h.box.doctor())).toEqual(['schema broken']);
  await h.sql`alter table signalbox.meta alter column schema_version set default 99`;
  expect(checksOf(await h.box.doctor())).toEqual([]);
  await h.sql`alter table signalbox.delivery alter column state drop default`;
  expect(checksOf(await h.box.doctor())).toEqual(['schema warning']);
});

test('a sequence behind its table is broken', async () => {
  await using h = await healthy();
  await h.sql`alter sequence signalbox.receiver_id_seq restart with 1`;
  expect(checksOf(await h.box.doctor())).toEqual(['sequences broken']);
  await h.box.repairSequences();
  expect(checksOf(await h.box.doctor())).toEqual([]);
});

test('storage settings that are not applied, or are others, are a warning', async () => {
  await using h = await healthy();
  await h.sql`alter table signalbox.delivery set (fillfactor = 90)`;
  const findings = await h.box.doctor();
  expect(checksOf(findings)).toEqual(['tuning warning']);
  expect(faults(findings)[0]!.message).toContain('signalbox.delivery has other storage settings');
  await h.sql.unsafe(tuningMigration().replaceAll('--> statement-breakpoint', ''));
  await h.sql`alter table signalbox.settled reset (autovacuum_vacuum_insert_scale_factor, autovacuum_vacuum_insert_threshold, autovacuum_freeze_min_age, autovacuum_vacuum_scale_factor)`;
  expect(checksOf(await h.box.doctor())).toEqual(['tuning warning']);
});

test('a database that takes no writes is broken', async () => {
  await using h = await healthy();
  const [row] = await h.sql<{ name: string }[]>`select current_database() as name`;
  await h.sql.unsafe(`alter database ${row!.name} set default_transaction_read_only = on`);
  expect(checksOf(await h.another().doctor())).toEqual(['writes broken']);
  await h.sql.unsafe(`alter database ${row!.name} reset default_transaction_read_only`);
});

test('a database that does not answer is the only finding', async () => {
  const client = postgres('postgres://nobody:secret@127.0.0.1:1/none', { max: 1 });
  await using box = createSignalbox({ db: drizzle({ client }), log: false });
  const findings = await box.doctor();
  expect(checksOf(findings)).toEqual(['connection broken']);
  expect(JSON.stringify(findings)).not.toContain('secret');
  await client.end();
});

test('a replication slot that nobody reads holds vacuum back, and is named with the SQL that drops it', async () => {
  await using h = await healthy();
  const slot = `doctor_${process.pid}_${Date.now()}`;
  await h.sql`select pg_create_physical_replication_slot(${slot}, true)`;
  try {
    const finding = faults(await h.box.doctor()).find(({ message }) => message.includes(slot))!;
    expect(finding).toMatchObject({ check: 'vacuum', status: 'warning', message: expect.stringContaining('inactive') as string });
    await h.sql.unsafe(finding.remedy!);
    expect(faults(await h.box.doctor()).filter(({ message }) => message.includes(slot))).toEqual([]);
  } finally {
    await h.sql`select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name = ${slot}`;
  }
});

test('rows in a default partition are a warning', async () => {
  await using h = await healthy();
  await h.sql.unsafe(`create table signalbox.log (id int) partition by range (id);
    create table signalbox.log_default partition of signalbox.log default`);
  expect(checksOf(await h.box.doctor())).toEqual([]);
  await h.sql`insert into signalbox.log values (1)`;
  const findings = await h.box.doctor();
  expect(checksOf(findings)).toEqual(['partitions warning']);
  expect(faults(findings)[0]!.message).toContain('signalbox.log_default');
});

test('tables in partitions are as they should be', async () => {
  await using h = await healthy();
  const sql = h.box.partitions.migration({ every: 'week' });
  await h.sql.begin(async (tx) => void (await tx.unsafe(sql.replaceAll('--> statement-breakpoint', ''))));
  expect(faults(await h.box.doctor())).toEqual([]);
});

test('migrations of the folder that are not applied are broken', async () => {
  await using h = await healthy();
  const folder = await mkdtemp(path.join(os.tmpdir(), 'signalbox-doctor-'));
  await mkdir(path.join(folder, 'meta'));
  const entries = [{ idx: 0, version: '7', when: 1_700_000_000_000, tag: '0000_one', breakpoints: true }];
  await writeFile(path.join(folder, 'meta/_journal.json'), JSON.stringify({ version: '7', dialect: 'postgresql', entries }));
  await writeFile(path.join(folder, '0000_one.sql'), 'create table one (id int)');
  const options = { migrations: { folder, table: 'of_the_doctor' } };
  expect(checksOf(await h.box.doctor(options))).toEqual(['migrations broken']);
  await h.box.migrate(options.migrations);
  expect(checksOf(await h.box.doctor(options))).toEqual([]);
  await rm(folder, { recursive: true });
  expect(checksOf(await h.box.doctor(options))).toEqual(['migrations warning']);
});

test('no worker: a warning, and broken as soon as deliveries are late', async () => {
  await using h = await healthy();
  await h.sql`update signalbox.worker set lease_until = now() - interval '1 second'`;
  expect(checksOf(await h.box.doctor())).toEqual(['workers warning']);
  await addDelivery(h.sql, 1, { dueInSeconds: -120 });
  expect(checksOf(await h.box.doctor())).toEqual(['workers broken']);
});

test('workers of other versions are a warning that names them', async () => {
  await using h = await healthy();
  await h.sql`update signalbox.worker set version = ${packageVersion()}`;
  expect(checksOf(await h.box.doctor())).toEqual([]);
  const [older, lost] = [await addWorker(h.sql), await addWorker(h.sql, { lost: true })];
  await h.sql`update signalbox.worker set version = '0.0.9' where id = ${older}`;
  await h.sql`update signalbox.worker set version = '0.0.8' where id = ${lost}`;
  expect(faults(await h.box.doctor())).toEqual([
    {
      check: 'workers',
      status: 'warning',
      message: `Workers run other versions of Signalbox than this process, which has ${packageVersion()}: 0.0.9.`,
      remedy: expect.stringContaining('npx signalbox workers') as string,
    },
  ]);
});

test('deliveries of a receiver that the box does not have, and overdue ones, are warnings; paused ones are none', async () => {
  await using h = await healthy();
  await addDelivery(h.sql, 1, { dueInSeconds: -90 });
  expect(checksOf(await h.box.doctor())).toEqual([]);
  await addDelivery(h.sql, 1, { dueInSeconds: -400 });
  await addDelivery(h.sql, 1, { dueInSeconds: 600 });
  const overdue = await h.box.doctor();
  expect(checksOf(overdue)).toEqual(['overdue warning']);
  expect(faults(overdue)[0]!.message).toContain('2 for Receiver.receive (doctor.happened), the first for 6 min');
  await h.sql`update signalbox.receiver set paused_at = now()`;
  expect(checksOf(await h.box.doctor())).toEqual([]);
  await h.sql`delete from signalbox.delivery`;
  const gone = await addReceiver(h.sql, 'Gone.receive');
  await addDelivery(h.sql, gone, { dueInSeconds: -90 });
  const orphaned = await h.box.doctor();
  expect(checksOf(orphaned)).toEqual(['receivers warning']);
  expect(faults(orphaned)[0]!.remedy).toContain("formerly: ['Gone.receive']");
});

test('a former name of a receiver is no orphan', async () => {
  await using h = await healthy();
  await addReceiver(h.sql, 'Receiver.before', 'doctor.happened');
  await addDelivery(h.sql, 2, { dueInSeconds: -90 });
  class Renamed {
    @OnSignal(happened, { name: 'Receiver.receive', formerly: ['Receiver.before'] })
    static async receive(): Promise<void> {}
  }
  expect(checksOf(await h.box.doctor())).toEqual(['receivers warning']);
  expect(checksOf(await h.another({ services: [Renamed] }).doctor())).toEqual([]);
});

test('dead deliveries are a warning, with the age of the oldest', async () => {
  await using h = await healthy();
  await h.sql`
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
    select n, gen_random_uuid(), 1, 1, 0, case when n < 4 then 'dead' else 'cancelled' end, 0, 0, 0, now() - n * interval '1 hour' from generate_series(1, 5) n`;
  await h.sql`select setval('signalbox.delivery_id_seq', 10)`;
  const findings = await h.box.doctor();
  expect(checksOf(findings)).toEqual(['dead warning']);
  expect(faults(findings)[0]!.message).toBe('3 deliveries are dead, the first for 3 h.');
});

test('what a role may not read is a warning, and hides nothing else', async () => {
  await using h = await healthy();
  const role = `doctor_${process.pid}_${Date.now()}`;
  await h.sql.unsafe(`create role ${role} login password 'x'; grant usage on schema signalbox to ${role}`);
  const url = new URL(h.url);
  url.username = role;
  url.password = 'x';
  const client = postgres(url.href, { max: 12, onnotice: () => {} });
  await using box = createSignalbox({ db: drizzle({ client }), log: false });
  const checks = checksOf(await box.doctor());
  expect(checks).toContain('sequences warning');
  expect(checks).toContain('workers warning');
  expect((await box.doctor()).find(({ check }) => check === 'schema')).toMatchObject({ status: 'ok' });
  await box.close();
  await client.end();
  await h.sql.unsafe(`drop owned by ${role}; drop role ${role}`);
});
