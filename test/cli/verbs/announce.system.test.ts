// signalbox announce: the receivers are known before any worker has started.
import { expect, test } from 'vitest';
import { readDeliveries } from '../../support/deliveries.ts';
import { createCliProject } from '../support.ts';

/** A program that has no receivers: it only emits. */
const SENDER = `
import { createSignalbox } from 'signalbox';
import { client, db } from './database.js';
import { happened } from './signals.js';
const box = createSignalbox({ db });
const { deliveries } = await db.transaction((tx) => happened.emitReliable(tx, { value: 'hello' }));
console.log('deliveries:', deliveries);
await box.close();
await client.end();
`;

test('a process that only emits finds the receivers once they are announced, without a worker', async () => {
  await using project = await createCliProject();
  const sql = project.database.connect({ max: 1 });
  await project.write('sender.js', SENDER);
  await project.run('node sender.js', project.environment);
  expect(await readDeliveries(sql)).toEqual([]);
  const announce = project.start('announce');
  expect([await announce.exitCode, announce.output]).toEqual([
    0,
    [
      'added  Listener.receive  cli.happened  queue default',
      'added  Mail.send         cli.happened  queue mail',
      '2 receivers announced: 2 added, 0 changed, 0 unchanged.',
      '',
    ].join('\n'),
  ]);
  await project.run('node sender.js', project.environment);
  expect((await readDeliveries(sql)).map(({ receiver, state }) => `${receiver} ${state}`)).toEqual([
    'Listener.receive ready',
    'Mail.send ready',
  ]);
  expect(await sql`select from signalbox.worker`).toHaveLength(0);
});

test('a later announcement tells what changed, what stayed, former names, and what the box does not have', async () => {
  await using project = await createCliProject();
  const sql = project.database.connect({ max: 1 });
  await project.run('npx signalbox announce', project.environment);
  await sql`update signalbox.receiver set queue = 'post' where name = 'Mail.send'`;
  await sql`
    insert into signalbox.receiver (name, signal, queue, priority, retired_at, last_seen_at)
    values ('Gone.away', 'cli.happened', 'default', 0, now(), now()), ('Listener.old', 'cli.happened', 'default', 0, null, now())`;
  const services = `
    import { OnSignal, Service } from 'signalbox';
    import { happened } from './signals.js';
    @Service() export class Clock {}
    @Service() export class Listener { @OnSignal(happened, { formerly: ['Listener.old', 'Listener.receive'] }) async renamed() {} }
    @Service() export class Mail { @OnSignal(happened, { queue: 'mail' }) async send() {} }`;
  await project.write('services.ts', services);
  const first = project.start('announce');
  expect([await first.exitCode, first.output]).toEqual([
    0,
    [
      'added            Listener.renamed  cli.happened  queue default',
      'changed          Mail.send         cli.happened  queue mail',
      'former name      Listener.old      cli.happened  queue default',
      'former name      Listener.receive  cli.happened  queue default',
      'not in this box  Gone.away         cli.happened  queue default, gets no new ones',
      '2 receivers announced: 1 added, 1 changed, 0 unchanged.',
      '1 not in this box: of other programs, or of code that is gone.',
      '',
    ].join('\n'),
  ]);
  const again = project.start('announce');
  await again.exitCode;
  expect(again.output).toContain('2 receivers announced: 0 added, 0 changed, 2 unchanged.');
  await sql`update signalbox.receiver set retired_at = now() where name = 'Mail.send'`;
  const revived = project.start('announce');
  await revived.exitCode;
  expect(revived.output).toMatch(/^changed +Mail\.send .* mail$/m);
  expect(await sql`select from signalbox.receiver where name = 'Mail.send' and retired_at is null`).toHaveLength(1);
});

test('what waits for receivers that nobody has is counted, and a rename without its former name is guessed', async () => {
  await using project = await createCliProject();
  const sql = project.database.connect({ max: 1 });
  await project.write('sender.js', SENDER);
  await project.run('npx signalbox announce', project.environment);
  await sql`update signalbox.receiver set retired_at = now() where name = 'Mail.send'`;
  await project.run('node sender.js', project.environment);
  const services = `
    import { OnSignal, Service } from 'signalbox';
    import { happened } from './signals.js';
    @Service() export class Clock {}
    @Service() export class Mail {}
    @Service() export class Listener { @OnSignal(happened) async renamed() {} }`;
  await project.write('services.ts', services);
  const announce = project.start('announce');
  expect([await announce.exitCode, announce.output]).toEqual([
    0,
    [
      'added            Listener.renamed  cli.happened  queue default',
      'not in this box  Listener.receive  cli.happened  queue default, 1 waiting',
      'not in this box  Mail.send         cli.happened  queue mail, gets no new ones',
      '1 receiver announced: 1 added, 0 changed, 0 unchanged.',
      '2 not in this box: of other programs, or of code that is gone.',
      "Was Listener.receive renamed to Listener.renamed? Then add formerly: ['Listener.receive'] there (docs/guides/names-and-versions.md).",
      '',
    ].join('\n'),
  ]);
  const idle = project.start('worker', '--once');
  expect(await idle.exitCode).toBe(0);
  expect(JSON.parse(idle.output)).toMatchObject({
    msg: 'nothing was due; 1 delivery waits for Listener.receive, which this box does not have',
  });
  await project.run('node sender.js', project.environment);
  const busy = project.start('worker', '--once');
  expect(await busy.exitCode).toBe(0);
  expect(busy.output).toContain('"1 delivery run; 2 deliveries wait for Listener.receive, which this box does not have"');
});

test('without the tables it ends with code 1 and says which migration is missing; with a wrong option, with code 2', async () => {
  await using project = await createCliProject();
  await project.database.connect({ max: 1 })`drop schema signalbox cascade`;
  const missing = project.start('announce');
  const wrong = project.start('announce', '--folder', 'x');
  const help = project.start('announce', '--help');
  expect([await missing.exitCode, await wrong.exitCode, await help.exitCode]).toEqual([1, 2, 0]);
  expect(missing.output).toMatch(/^signalbox: The database has no signalbox\..*\[MigrationMissing\]\n$/);
  expect(wrong.output).toMatch(/Unknown option '--folder'\.\n\nUsage: signalbox announce \[options\]\nMore: signalbox announce --help\n$/);
  expect(help.output).toContain('--config <file>');
});

test('with --json it prints the lists of the catalogue', async () => {
  await using project = await createCliProject();
  const announce = project.start('announce', '--json');
  expect([await announce.exitCode, announce.errors]).toEqual([0, '']);
  expect(announce.document).toMatchObject({
    version: 1,
    added: [{ name: 'Listener.receive', queue: 'default' }, { name: 'Mail.send' }],
    elsewhere: [],
  });
});
