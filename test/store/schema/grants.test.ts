// The essential path under the roles that `signalbox grants` makes, with a search_path that has tables and functions of the same names: an
// emitter emits, a worker works, a viewer looks, an operator retries; each is refused what it does not need.
import { randomUUID } from 'node:crypto';
import { drizzle } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { createSignalbox, defineSignal, OnSignal, type Signalbox, Unrecoverable } from '../../../src/index.ts';
import { grantsFor, type RoleKind, ROLES } from '../../../src/store/schema/grants.ts';
import { createDatabase, type TestDatabase } from '../../support/database.ts';
import { HOSTILE } from '../../support/hostile.ts';
import { migrationOf } from '../../support/migrations.ts';
import { readDeliveries } from '../../support/deliveries.ts';

const happened = defineSignal('grants.happened', z.object({}));

let fails = true;

class Receiver {
  @OnSignal(happened)
  static async receive(): Promise<void> {
    if (fails) throw new Unrecoverable('refused');
  }
}

interface Role extends AsyncDisposable {
  readonly sql: postgres.Sql;
  readonly db: ReturnType<typeof drizzle>;
  readonly box: Signalbox;
}

async function roleOf(database: TestDatabase, owner: postgres.Sql, kind: RoleKind, services: (typeof Receiver)[] = []): Promise<Role> {
  // A name that has to be quoted.
  const role = `My "${kind}" ${randomUUID()}`;
  const name = `"${role.replaceAll('"', '""')}"`;
  await owner.unsafe(`create role ${name} login password 'x'`);
  await owner.unsafe(grantsFor(kind, { to: role }));
  await owner.unsafe(grantsFor(kind, { to: role }));
  const sql = database.connect({ max: 12, user: role, password: 'x', connection: { search_path: 'hostile' } });
  const db = drizzle({ client: sql });
  const box = createSignalbox({ db, services, log: false }) as Signalbox;
  return {
    sql,
    db,
    box,
    [Symbol.asyncDispose]: async () => {
      await box.close();
      await sql.end();
      await owner.unsafe(`drop owned by ${name}; drop role ${name}`);
    },
  };
}

const DENIED = '42501';

test('emitter, worker, viewer and operator do their work under their own rights, and nothing else', async ({ skip }) => {
  await using database = await createDatabase();
  const owner = database.connect({ max: 2 });
  const [me] = await owner`select rolsuper from pg_catalog.pg_roles where rolname = current_user`;
  skip(me!['rolsuper'] !== true, 'the user of the tests cannot make another: it is no superuser');
  await owner.unsafe(HOSTILE);
  await using emitter = await roleOf(database, owner, 'emitter');
  await using worker = await roleOf(database, owner, 'worker', [Receiver]);
  await using viewer = await roleOf(database, owner, 'viewer', [Receiver]);
  await using operator = await roleOf(database, owner, 'operator', [Receiver]);
  const states = async (): Promise<unknown> => (await readDeliveries(owner)).map(({ state }) => state);

  await worker.box.receivers.announce();
  const { emissionId } = await emitter.db.transaction(async (tx) => happened.emitReliable(tx as never, {}));
  await using running = worker.box.worker({ pollInterval: 50 });
  const died = worker.box.next('delivery.dead');
  await running.start();
  await died;
  expect(await states()).toEqual(['dead']);

  expect((await viewer.box.doctor()).filter(({ status }) => status === 'broken')).toEqual([]);
  expect((await viewer.box.doctor()).some(({ message }) => message.includes('could not be examined'))).toBe(false);
  expect(await viewer.box.receivers.has(happened)).toBe(true);
  await expect(viewer.box.deliveries.retry({ emissionId })).rejects.toThrow();

  fails = false;
  const completed = worker.box.next('delivery.completed');
  expect(await operator.box.deliveries.retry({ emissionId })).toHaveLength(1);
  await completed;
  await running.stop();
  expect(await states()).toEqual(['completed']);
  await operator.box.receivers.pause('Receiver.receive');
  await operator.box.receivers.resume('Receiver.receive');

  const refused: [Role, string][] = [
    [emitter, 'delete from signalbox.emission'],
    [emitter, 'update signalbox.delivery set run_at = run_at'],
    [emitter, 'select from signalbox.settled'],
    [emitter, 'select from signalbox.delivery_error'],
    [emitter, "insert into signalbox.receiver (name, signal, queue, priority) values ('a', 'b', 'c', 0)"],
    [worker, 'update signalbox.meta set database_id = database_id'],
    [worker, 'truncate signalbox.delivery'],
    [worker, 'delete from signalbox.receiver'],
    [worker, 'delete from signalbox.audit_entry'],
    [worker, "select setval('signalbox.delivery_id_seq', 1)"],
    [viewer, 'delete from signalbox.settled'],
    [viewer, 'update signalbox.delivery set run_at = run_at'],
    [viewer, "insert into signalbox.emission (id, signal, version, payload) values (gen_random_uuid(), 'a', 1, '1')"],
    [operator, "insert into signalbox.emission (id, signal, version, payload) values (gen_random_uuid(), 'a', 1, '1')"],
    [operator, 'delete from signalbox.audit_entry'],
    [operator, 'update signalbox.worker set lease_until = lease_until'],
    [operator, 'drop table signalbox.delivery'],
  ];
  const outcome = async ({ sql }: Role, statement: string): Promise<string> =>
    sql.unsafe(statement).then(
      () => 'allowed',
      (error: { code: string }) => error.code,
    );
  for (const [role, statement] of refused) expect([statement, await outcome(role, statement)]).toEqual([statement, DENIED]);
});

test.each(ROLES)('the rights of a role %s name the schema and the role as SQL takes them', async (kind) => {
  const sql = grantsFor(kind, { schema: 'order', to: 'x"; drop table y; --' });
  expect(sql).toContain('on "order".');
  expect(sql).toContain('to "x""; drop table y; --";');
  await using database = await createDatabase({ migrated: false });
  const owner = database.connect({ max: 1 });
  await owner.unsafe(await migrationOf('order'));
  const role = `grants_${kind}_${randomUUID()}`;
  await owner.unsafe(`create role "${role}"`);
  await owner.unsafe(grantsFor(kind, { schema: 'order', to: role }));
  await owner.unsafe(`drop owned by "${role}"; drop role "${role}"`);
});
