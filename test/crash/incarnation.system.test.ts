// A server that restarts frees the locks of live workers. A worker that starts at that moment declares none of them
// dead, whatever the cause of the restart: an operator, the crash of one session, or the promotion of a standby.
import { appendFile } from 'node:fs/promises';
import path from 'node:path';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { expect, test } from 'vitest';
import { postgresJs } from '../../src/drivers/postgres-js.ts';
import { DEFAULT_SCHEMA } from '../../src/core/rules.ts';
import { Namespace } from '../../src/store/namespace.ts';
import { WorkersStore } from '../../src/store/workers/workers.ts';
import { launchPostgres, type RunningPostgres } from '../../src/testing/postgres/launch.ts';
import { until } from '../processes/program.ts';

const KNOWN = { known: true };

const connect = (server: RunningPostgres): postgres.Sql => postgres(server.url, { max: 2, connect_timeout: 5, onnotice: () => {} });

async function answers(sql: postgres.Sql): Promise<void> {
  await until('the server answers', () =>
    sql`select 1`.then(
      () => true,
      () => false,
    ),
  );
}

const ends: [how: string, restart: (server: RunningPostgres) => Promise<void>][] = [
  ['is restarted', (server) => server.restart()],
  [
    'ends all sessions because one of them crashed',
    async (server) => {
      const sql = connect(server);
      const [row] = await sql`select pg_backend_pid() as pid`;
      process.kill(row!['pid'] as number, 'SIGKILL');
      await until('its session has ended', () =>
        sql`select 1`.then(
          () => false,
          () => true,
        ),
      );
      await sql.end({ timeout: 0 });
    },
  ],
  [
    'was a standby, and is promoted',
    async (server) => {
      await appendFile(path.join(server.folder, 'data', 'standby.signal'), '');
      await server.restart();
      const sql = connect(server);
      const [row] = await sql`select pg_is_in_recovery() as standby`;
      expect(row).toEqual({ standby: true });
      await sql`select pg_promote()`;
      await sql.end({ timeout: 0 });
    },
  ],
];

test.concurrent.each(ends)(
  'when the server %s, a starting worker spares workers that have not renewed since, and buries one that has once it is killed',
  { timeout: 120_000 },
  async (_how, restart) => {
    await using server = await launchPostgres({ inMemory: true });
    const before = connect(server);
    await migrate(drizzle({ client: before }), { migrationsFolder: 'examples/shop/migrations' });
    const enrol = async (workers: WorkersStore): Promise<number> =>
      (await workers.enrol({ label: 'test', leaseMs: 3_600_000, processId: crypto.randomUUID() })).id;
    const early = new WorkersStore(postgresJs(before as never).run(), new Namespace(DEFAULT_SCHEMA), 3);
    // Its lock is free as far as other workers can see, because its session is gone.
    const live = await enrol(early);
    const trust = async (sql: postgres.Sql, workers: WorkersStore, id: number): Promise<void> => {
      await workers.renew(id, 3_600_000);
      await sql`update signalbox.worker set locked = true where id = ${id}`;
    };
    await trust(before, early, live);
    expect(await early.findUnlocked(await enrol(early), KNOWN)).toMatchObject([{ id: live }]);
    await before.end({ timeout: 0 });

    await restart(server);
    const after = connect(server);
    await answers(after);
    const late = new WorkersStore(postgresJs(after as never).run(), new Namespace(DEFAULT_SCHEMA), 3);
    const looking = await enrol(late);
    expect(await late.findUnlocked(looking, KNOWN)).toEqual([]);
    await trust(after, late, live);
    const freed = await late.findUnlocked(looking, KNOWN);
    expect(freed).toMatchObject([{ id: live }]);
    expect(await late.markUnlockedDead(freed, KNOWN)).toBe(1);
    await after.end({ timeout: 0 });
  },
);

test.concurrent('a standby accepts no renewal, so no worker on a standby could mislead others', { timeout: 120_000 }, async () => {
  await using server = await launchPostgres({ inMemory: true });
  const sql = connect(server);
  await migrate(drizzle({ client: sql }), { migrationsFolder: 'examples/shop/migrations' });
  await sql.end({ timeout: 0 });
  await appendFile(path.join(server.folder, 'data', 'standby.signal'), '');
  await server.restart();
  const standby = connect(server);
  const workers = new WorkersStore(postgresJs(standby as never).run(), new Namespace(DEFAULT_SCHEMA), 3);
  await expect(workers.renew(1, 1_000)).rejects.toMatchObject({ code: '25006' });
  await standby.end({ timeout: 0 });
});
