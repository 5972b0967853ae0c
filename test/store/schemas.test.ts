// Two applications in one database, each with a schema of its own: neither claims, rescues, notifies, locks or lists
// the rows and workers of the other.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal, type Signalbox } from '../../src/index.ts';
import { Namespace } from '../../src/store/namespace.ts';
import { Store } from '../../src/store/store.ts';
import { postgresJs } from '../../src/drivers/postgres-js.ts';
import { harness, type Database, type Harness } from '../support/harness.ts';
import { migrationOf } from '../support/migrations.ts';
import { openStore, runOn, WORKER } from './rows.ts';

const SECOND = 'billing_signals';

const happened = defineSignal('schemas.happened', z.object({}));

class First {
  @OnSignal(happened)
  static async receive(): Promise<void> {}
}

class Second {
  @OnSignal(happened)
  static async receive(): Promise<void> {}
}

interface Both extends Harness {
  /** The application in the second schema, on a pool of its own. */
  readonly second: Signalbox<Database>;
}

async function both(): Promise<Both> {
  const h = await harness({ services: [First] });
  await h.sql.unsafe(await migrationOf(SECOND));
  return { ...h, second: h.another({ schema: SECOND, services: [Second] }) };
}

const emit = async (box: Signalbox<Database>): Promise<void> =>
  box.db.transaction(async (tx) => void (await happened.emitReliable(tx, {})));

/** The receivers of deliveries that are ready, and of those that are completed, in each schema. */
async function deliveries({ sql }: Harness): Promise<Record<string, unknown>> {
  const of = async (schema: string): Promise<unknown> => {
    const rows = await sql.unsafe(`
      select r.name, d.state from "${schema}".receiver r
      join (select receiver_id, state from "${schema}".delivery union all select receiver_id, state from "${schema}".settled) d on d.receiver_id = r.id`);
    return rows.map(({ name, state }) => `${name} ${state}`);
  };
  return { first: await of('signalbox'), second: await of(SECOND) };
}

test('each application emits for its own receivers, and a drain runs only its own deliveries', async () => {
  await using h = await both();
  await emit(h.box);
  await emit(h.second);
  expect(await deliveries(h)).toEqual({ first: ['First.receive ready'], second: ['Second.receive ready'] });
  expect(await h.box.drain()).toMatchObject({ completed: 1 });
  expect(await deliveries(h)).toEqual({ first: ['First.receive completed'], second: ['Second.receive ready'] });
  expect(await h.second.drain()).toMatchObject({ completed: 1 });
  expect(await deliveries(h)).toEqual({ first: ['First.receive completed'], second: ['Second.receive completed'] });
  expect([h.box.schema, h.second.schema]).toEqual(['signalbox', SECOND]);
});

test('each application knows its own catalogue', async () => {
  await using h = await both();
  await h.box.receivers.announce();
  const announcement = await h.second.receivers.announce();
  expect(announcement.added.map(({ name }) => name)).toEqual(['Second.receive']);
  expect(announcement.elsewhere).toEqual([]);
  const unannounced = h.another({ schema: SECOND, services: [] });
  expect(await unannounced.receivers.has(happened)).toBe(true);
  await h.sql.unsafe(`delete from ${SECOND}.receiver`);
  expect(await unannounced.receivers.has(happened)).toBe(false);
});

test('a sleeping worker is notified only of the emissions of its own application, and has its own locks', async () => {
  await using h = await both();
  const heard = { first: 0, second: 0 };
  const listener = h.connect({ max: 1 });
  const listening = [
    await listener.listen(new Namespace('signalbox').channel, () => void heard.first++),
    await listener.listen(new Namespace(SECOND).channel, () => void heard.second++),
  ];
  await using first = h.box.worker({ pollInterval: '60s' });
  await using second = h.second.worker({ pollInterval: '60s' });
  const locks = async (): Promise<readonly { classid: number; objid: number }[]> =>
    h.sql<{ classid: number; objid: number }[]>`
      select distinct l.classid::int8::int as classid, l.objid::int8::int as objid from pg_locks l
      join pg_database d on d.oid = l.database where d.datname = current_database() and l.locktype = 'advisory'`;
  const sleeping = async (): Promise<number> => (await locks()).filter(({ objid }) => objid === 1).length;
  await second.start();
  await expect.poll(sleeping).toBe(1);
  // It sleeps, and no worker of the first application does: an emit there notifies neither.
  await emit(h.box);
  expect(await deliveries(h)).toEqual({ first: ['First.receive ready'], second: [] });
  await h.sql`select pg_notify('signalbox_ready', 'last')`;
  await expect.poll(() => heard).toEqual({ first: 1, second: 0 });
  await first.start();
  await expect.poll(sleeping).toBe(2);
  // A class for the lock of each worker, and one for each flag.
  expect(new Set((await locks()).map(({ classid }) => classid)).size).toBe(4);
  const completed = h.second.next('delivery.completed');
  await emit(h.second);
  const { receiver, emissionId } = await completed;
  expect([receiver, heard]).toEqual(['Second.receive', { first: 1, second: 1 }]);
  expect(await h.second.deliveries.replay({ emissionId })).toHaveLength(1);
  await expect.poll(() => heard).toEqual({ first: 1, second: 2 });
  for (const { unlisten } of listening) await unlisten();
});

test('a dead worker is rescued by its own application, even if a worker of the other has the same id', async () => {
  await using h = await openStore();
  await h.sql.unsafe(await migrationOf(SECOND));
  const second = new Store(postgresJs(h.sql as never), 3, new Namespace(SECOND));
  for (const schema of ['signalbox', SECOND])
    await h.sql.unsafe(`
      insert into ${schema}.receiver (name, signal, queue, priority, last_seen_at) values ('A.receive', 'a.b', 'default', 0, now());
      insert into ${schema}.worker (id, label, started_at, lease_until, backend_pid) values (${WORKER}, 'dead', now(), now() - interval '1 minute', 0);
      insert into ${schema}.emission (id, signal, version, payload) values (gen_random_uuid(), 'a.b', 1, '1');
      insert into ${schema}.delivery (emission_id, receiver_id, version, state, run_at, epoch, attempt, worker_id)
        select id, 1, 1, 'running', now(), 1, 1, ${WORKER} from ${schema}.emission`);
  const stateOf = async (schema: string): Promise<unknown> => (await h.sql.unsafe(`select state from ${schema}.delivery`))[0]?.['state'];
  // The transaction that the second application's dead worker has left open.
  const claim = { id: '1', epoch: 1, workerId: WORKER };
  await h.hold((transaction) => second.deliveries.settleFirst(runOn(transaction), claim, { timeoutMs: 60_000 }));
  const sessions = async (): Promise<number> =>
    (await h.sql`select from pg_stat_activity where datname = current_database() and application_name = ${`${SECOND} worker ${WORKER}`}`)
      .length;
  expect(await sessions()).toBe(1);

  expect(await h.store.workers.rescue()).toMatchObject([{ id: '1', receiver: 'A.receive' }]);
  expect([await stateOf('signalbox'), await stateOf(SECOND)]).toEqual(['ready', 'running']);
  expect(await sessions()).toBe(1);

  expect(await second.workers.rescue()).toMatchObject([{ id: '1', receiver: 'A.receive' }]);
  expect(await stateOf(SECOND)).toBe('ready');
  expect(await sessions()).toBe(0);
});

test('a worker of one application does not take the lock of a worker of the other for its own', async () => {
  await using h = await openStore();
  await h.sql.unsafe(await migrationOf(SECOND));
  const second = new Store(postgresJs(h.sql as never), 3, new Namespace(SECOND));
  const [one, other] = [await h.sql.reserve(), await h.sql.reserve()];
  expect(await h.store.workers.lock(WORKER, runOn(one))).toBeTypeOf('number');
  expect(await second.workers.lock(WORKER, runOn(other))).toBeTypeOf('number');
  expect(await h.store.workers.lock(WORKER, runOn(other))).toBeUndefined();
  for (const session of [one, other]) {
    await session`select pg_advisory_unlock_all()`;
    session.release();
  }
});

test('the error for a missing schema names it, and says how to create the tables', async () => {
  await using h = await harness();
  const box = h.another({ schema: SECOND, services: [Second] });
  await expect(box.drain()).rejects.toMatchObject({
    code: 'MigrationMissing',
    details: { missing: expect.arrayContaining([`${SECOND}.delivery`]) },
  });
  await expect(box.drain()).rejects.toThrow(`signalboxTables('${SECOND}')`);
  await expect(emit(box)).rejects.toThrow(`in the schema ${SECOND}`);
  const { database } = await box.workers.health();
  expect(database).toMatchObject({ ok: false, error: { code: 'MigrationMissing' } });
});

test.each(['Billing', 'x"; drop schema signalbox; --', 'public', 'pg_x'])('a box with the schema %j is refused', async (schema) => {
  await using h = await harness();
  expect(() => h.another({ schema })).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
  expect(() => h.another({ schema })).toThrow('createSignalbox: schema is ');
});
