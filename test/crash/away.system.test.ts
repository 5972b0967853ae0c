// The database is killed, stays down for half a minute, and comes back: emits reject, the worker waits and continues,
// no delivery is lost or done twice, and the log has one line for each change of state.
import { setTimeout as pause } from 'node:timers/promises';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { readMigrations } from '../support/migrations.ts';
import { launchPostgres } from '../../src/testing/postgres/launch.ts';
import { Program, until } from '../processes/program.ts';

const AWAY_MS = 30_000;
/** Chance decides which of the two workers finds the other's lease expired. */
const OF_DELIVERIES = /^(completed|released|stale|rescued|the lease of this worker) /;
/**
 * A line for each change of state. A server that has just restarted may refuse one connection while it answers another.
 */
const AWAY = [
  'the worker cannot do its work: the database does not answer, or receivers cannot be called; trying again',
  'the worker can do its work again',
];
const NOT_HEARD = 'not listening for new deliveries; polling finds them';

test('emitters and workers of both drivers survive 30 s without their database', { timeout: 150_000 }, async () => {
  await using server = await launchPostgres();
  const sql = postgres(server.url, { max: 1, onnotice: () => {} });
  await sql.unsafe(await readMigrations());
  await sql`create table effect (delivery bigint not null, epoch int not null, value int not null, pid int not null)`;
  const programs = ['postgres.js', 'node-postgres'].map(
    (driver, index) =>
      new Program('crash/programs/away', {
        DRIVER: driver,
        DATABASE_URL: server.url,
        FIRST: String(index * 100_000),
        SIGNALBOX_LOG_LEVEL: 'info',
      }),
  );
  for (const program of programs) await program.says('worker.started');
  for (const program of programs) await until('it has emitted', () => program.all('emitted').length >= 5);

  process.kill(server.pid, 'SIGKILL');
  for (const program of programs) await program.says('1 worker.failing');
  const before = programs.map((program) => program.all('emitted').length);
  await pause(AWAY_MS);
  expect(programs.map((program) => program.all('emitted').length)).toEqual(before);
  for (const program of programs) expect(program.all('refused')).not.toEqual([]);
  await server.restart();

  for (const program of programs) await program.says('2 worker.recovered');
  for (const [index, program] of programs.entries())
    await until('it emits again', () => program.all('emitted').length >= before[index]! + 5);
  for (const program of programs) program.tell('end');
  for (const program of programs) await program.says('emits no more');

  const rows = async <T>(query: string): Promise<T[]> => [...(await sql.unsafe(query))] as T[];
  // The first query reports the end of the old session.
  await sql`select 1`.catch(() => {});
  await until('all is done', async () => (await rows('select from signalbox.delivery')).length === 0);
  const emissions = await rows<{ value: number }>(`select (payload ->> 'value')::int as value from signalbox.emission order by value`);
  const effects = await rows<{ value: number }>('select value from effect order by value');
  expect(effects).toEqual(emissions);
  const stored = new Set(emissions.map(({ value }) => `emitted ${value}`));
  for (const program of programs) expect(program.all('emitted').filter((message) => !stored.has(message))).toEqual([]);

  for (const program of programs) program.tell('stop');
  for (const program of programs) {
    expect(await program.ends()).toBe(0);
    const lines = program.errors.split('\n').filter((line) => line !== '');
    const messages = lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
    const states = messages.filter((message) => !OF_DELIVERIES.test(message) && message !== NOT_HEARD);
    const times = program.all('').filter((message) => message.endsWith(' worker.failing')).length;
    expect(states).toEqual(['worker started', ...Array.from({ length: times }, () => AWAY).flat(), 'worker stopping', 'worker stopped']);
    expect(times).toBeLessThanOrEqual(3);
    expect(messages.filter((message) => message === NOT_HEARD).length).toBeLessThanOrEqual(times);
  }
  await sql.end();
});
