// Tests that the guide to deploying is right: its grants suffice, and each is needed; and a worker that is the first
// process of a container lets its receivers finish.
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { drizzle } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, type DeliveryContext, defineSignal, OnSignal, type Signalbox } from '../../src/index.ts';
import { CliProcess, createCliProject } from '../cli/support.ts';
import { untilBlocked } from '../store/waits.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';
import { readDeliveries } from '../support/deliveries.ts';
import { createEffects, effects, readEffects } from '../support/effects.ts';

const guide = await readFile(new URL('../../docs/guides/deploying.md', import.meta.url), 'utf8');
const grantsTo = (role: string): string => new RegExp(`\`\`\`sql ${role}\n([^\`]*)\`\`\``).exec(guide)![1]!;

const happened = defineSignal('deploying.happened', z.object({ value: z.number() }));

class Receiver {
  @OnSignal(happened)
  static async receive({ value }: { value: number }, { tx }: DeliveryContext): Promise<void> {
    await tx.insert(effects).values({ receiver: 'Receiver', value });
  }
}

/**
 * A role with the grants of the guide, for one database. Roles belong to the whole server, so each has its own name.
 */
async function roleOf(database: TestDatabase, sql: postgres.Sql, kind: 'emitter' | 'worker', grants = grantsTo(kind)) {
  const role = `${kind}_${randomUUID().replaceAll('-', '')}`;
  await sql.unsafe(`create role ${role} login password 'x'; ${grants.replaceAll(`to ${kind}`, `to ${role}`)}`);
  const client = database.connect({ max: 12, user: role, password: 'x' });
  return {
    role,
    client,
    [Symbol.asyncDispose]: async () => {
      await client.end();
      await sql.unsafe(`drop owned by ${role}; drop role ${role}`);
    },
  };
}

function boxOn(client: postgres.Sql, services: (typeof Receiver)[] = []) {
  const db = drizzle({ client });
  return { db, box: createSignalbox({ db, services, log: false }) as Signalbox };
}

test('a role with the grants of the guide emits, another one works, and each grant is needed', async ({ skip }) => {
  await using database = await createDatabase();
  const sql = database.connect({ max: 2 });
  const [me] = await sql`select rolsuper from pg_catalog.pg_roles where rolname = current_user`;
  skip(me!['rolsuper'] !== true, 'the user of the tests cannot make another: it is no superuser');
  await createEffects(sql);
  await using worker = await roleOf(database, sql, 'worker');
  await sql.unsafe(`grant insert on effect to ${worker.role}`);
  await using emitter = await roleOf(database, sql, 'emitter');
  const working = boxOn(worker.client, [Receiver]);
  const emitting = boxOn(emitter.client);
  await working.box.receivers.announce();

  await using running = working.box.worker({ pollInterval: 50 });
  await running.start();
  const completed = working.box.next('delivery.completed');
  const emit = async (db: typeof emitting.db, value: number): Promise<unknown> =>
    db.transaction(async (tx) => happened.emitReliable(tx as never, { value }));
  expect(await emit(emitting.db, 1)).toMatchObject({ deliveries: 1 });
  await completed;
  await running.stop();
  expect(await emit(emitting.db, 2)).toMatchObject({ deliveries: 1 });
  expect(await working.box.drain()).toMatchObject({ completed: 1 });
  expect(await readEffects(sql)).toEqual(['Receiver:1', 'Receiver:2']);
  await emitting.box.close();
  await working.box.close();

  const grants = grantsTo('emitter').trim().split('\n');
  for (const without of grants) {
    await using lesser = await roleOf(database, sql, 'emitter', grants.filter((grant) => grant !== without).join('\n'));
    const { box, db } = boxOn(lesser.client);
    await expect(emit(db, 3)).rejects.toThrow();
    await box.close();
  }
});

/** Whether this process may make its own process namespace, like that of a container. */
const canUnshare = process.platform === 'linux' && spawnSync('unshare', ['--pid', '--fork', 'true']).status === 0;

// Elsewhere a process cannot be the first one of a namespace.
test.skipIf(!canUnshare)('a worker that is the first process of a container lets its receiver finish', async () => {
  const command = /^CMD (\[.*\])$/m.exec(guide)![1]!;
  await using project = await createCliProject();
  const sql = project.database.connect({ max: 2 });
  await createEffects(sql);
  const blocker = await sql.reserve();
  await blocker`select pg_advisory_lock(7)`;
  const script = `import { spawn } from 'node:child_process';
    const child = spawn('unshare', ['--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', 'echo first process: $$; exec "$@"', 'sh', ...${command}], { stdio: ['ignore', 'inherit', 'inherit'] });
    process.on('SIGTERM', () => {
      const [first] = readFileSync('/proc/' + child.pid + '/task/' + child.pid + '/children', 'utf8').split(' ');
      process.kill(Number(first), 'SIGTERM');
    });
    child.on('close', (code) => process.exit(code ?? 1));
    import { readFileSync } from 'node:fs';`;
  await project.write('container.mjs', script);
  const container: CliProcess = project.node('container.mjs');
  await container.says('first process: 1');
  await container.says('worker started');
  await project.emit('wait');
  await untilBlocked(sql);
  container.child.kill('SIGTERM');
  await container.says('finishing what runs');
  await blocker`select pg_advisory_unlock(7)`;
  blocker.release();
  expect(await container.exitCode).toBe(0);
  expect((await readDeliveries(sql)).filter(({ receiver }) => receiver === 'Listener.receive')).toMatchObject([
    { state: 'completed', attempt: 1 },
  ]);
});
