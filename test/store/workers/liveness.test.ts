// The lock of a worker's session: the conditions under which it counts, the workers that are found without it, and that
// one check is not enough.
import type postgres from 'postgres';
import { expect, test } from 'vitest';
import type { Run } from '../../../src/drivers/driver.ts';
import { statement } from '../../../src/drivers/statement.ts';
import type { UnlockedWorker } from '../../../src/store/workers/workers.ts';
import { addDelivery, addReceiver, addWorker, openStore, runOn, settleFirst, stateOf, type StoreHarness } from '../rows.ts';

const ANY = { known: false };
const KNOWN = { known: true };

interface OwnSession extends AsyncDisposable {
  readonly run: Run;
}

async function openSession(h: StoreHarness): Promise<OwnSession> {
  const session = await h.sql.reserve();
  return {
    run: runOn(session),
    [Symbol.asyncDispose]: async () => {
      await session`select pg_advisory_unlock_all()`;
      session.release();
    },
  };
}

/** A worker whose lock is trusted, and the session that has it, if any. */
async function addLocked(h: StoreHarness, session?: OwnSession): Promise<number> {
  const id = await addWorker(h.sql);
  await h.sql`update signalbox.worker set locked = true where id = ${id}`;
  if (session) await h.store.workers.lock(id, session.run);
  return id;
}

const isLocked = async (sql: postgres.Sql, id: number): Promise<unknown> =>
  (await sql<{ locked: boolean }[]>`select locked from signalbox.worker where id = ${id}`)[0]?.locked;

const ids = (freed: readonly UnlockedWorker[]): number[] => freed.map(({ id }) => id);

test('a lock is trusted when two renewals in a row have come from the session that took it', async () => {
  await using h = await openStore();
  await using session = await openSession(h);
  const id = await addWorker(h.sql);
  const pid = (await h.store.workers.lock(id, session.run))!;
  const renew = (from?: OwnSession, lockPid?: number): Promise<unknown> =>
    h.store.workers.renew(id, 60_000, { lock: from && { run: from.run, pid: lockPid } });
  await renew(session, pid);
  expect(await isLocked(h.sql, id)).toBe(false);
  await renew(session, pid);
  expect(await isLocked(h.sql, id)).toBe(true);
  await using other = await openSession(h);
  await renew(other, pid);
  expect(await isLocked(h.sql, id)).toBe(false);
  await renew(other, pid);
  expect(await isLocked(h.sql, id)).toBe(false);
  await renew(session, pid);
  await renew(session);
  expect(await isLocked(h.sql, id)).toBe(false);
});

test('one session at a time holds a lock', async () => {
  await using h = await openStore();
  await using session = await openSession(h);
  await using other = await openSession(h);
  const id = await addWorker(h.sql);
  const [pid] = await session.run(statement({ pid: 'int' })`select pg_backend_pid() as pid`, []);
  expect(await h.store.workers.lock(id, session.run)).toBe(pid!.pid);
  expect(await h.store.workers.lock(id, other.run)).toBeUndefined();
});

test('workers whose lock is free are found, except those whose lock is not trusted, those that are already dead, and the checking worker', async () => {
  await using h = await openStore();
  await using session = await openSession(h);
  const [looking, freed, holding] = [await addLocked(h), await addLocked(h), await addLocked(h, session)];
  const [untrusted, lost] = [await addWorker(h.sql), await addLocked(h)];
  await h.sql`update signalbox.worker set lost_at = now() where id = ${lost}`;
  expect(ids(await h.store.workers.findUnlocked(looking, ANY))).toEqual([freed]);
  expect([holding, untrusted]).not.toContain(freed);
});

test('two workers that check at the same time find the same workers', async () => {
  await using h = await openStore();
  const [looking, freed] = [await addLocked(h), await addLocked(h)];
  const first = await h.hold((_transaction, store) => store.workers.findUnlocked(looking, ANY));
  expect(ids(await h.store.workers.findUnlocked(looking, ANY))).toEqual([freed]);
  await first.commit();
});

test('each worker checks the workers that come after it in the ring', async () => {
  await using h = await openStore();
  const workers: number[] = [];
  for (let count = 0; count < 13; count++) workers.push(await addLocked(h));
  expect(ids(await h.store.workers.findUnlocked(workers[6]!, ANY)).toSorted((a, b) => a - b)).toEqual([
    ...workers.slice(0, 4),
    ...workers.slice(7),
  ]);
});

test('a worker whose lock is free at two checks is marked dead', async () => {
  await using h = await openStore();
  const [looking, freed] = [await addLocked(h), await addLocked(h)];
  expect(await h.store.workers.markUnlockedDead(await h.store.workers.findUnlocked(looking, ANY), ANY)).toBe(1);
  expect([...(await h.sql`select id, lost_at is not null as lost from signalbox.worker order by id`)]).toEqual([
    { id: looking, lost: false },
    { id: freed, lost: true },
  ]);
});

const signsOfLife: [sign: string, live: (h: StoreHarness, id: number) => Promise<AsyncDisposable | undefined>][] = [
  [
    'a renewal, although the lock is still free',
    async ({ sql }, id) => {
      await sql`update signalbox.worker set lease_until = lease_until + interval '1 second' where id = ${id}`;
      return undefined;
    },
  ],
  [
    'its lock, although it has not renewed',
    async (h, id) => {
      const session = await openSession(h);
      await h.store.workers.lock(id, session.run);
      return session;
    },
  ],
  [
    'a lock that is no longer trusted',
    async ({ sql }, id) => {
      await sql`update signalbox.worker set locked = false where id = ${id}`;
      return undefined;
    },
  ],
  [
    'a claim that is under way',
    async (h, id) => {
      const claim = await h.hold((transaction) => transaction`select from signalbox.worker where id = ${id} for key share`);
      return { [Symbol.asyncDispose]: () => claim.commit() };
    },
  ],
];

test.each(signsOfLife)('between the two checks, %s keeps a worker alive', async (_sign, live) => {
  await using h = await openStore();
  const [looking, freed] = [await addLocked(h), await addLocked(h)];
  const first = await h.store.workers.findUnlocked(looking, ANY);
  expect(ids(first)).toEqual([freed]);
  await using _sign_ = (await live(h, freed)) ?? { [Symbol.asyncDispose]: async () => {} };
  expect(await h.store.workers.markUnlockedDead(first, ANY)).toBe(0);
  expect(await h.sql`select from signalbox.worker where lost_at is not null`).toHaveLength(0);
});

test('if the incarnation of the server must be known, only workers that have renewed under it are found, as a restart frees locks', async () => {
  await using h = await openStore();
  const [looking, renewed, older, unknown] = [await addLocked(h), await addLocked(h), await addLocked(h), await addLocked(h)];
  await h.store.workers.renew(renewed, 60_000);
  await h.sql`update signalbox.worker set locked = true where id = ${renewed}`;
  await h.sql`update signalbox.worker set incarnation = 'another' where id = ${older}`;
  expect(ids(await h.store.workers.findUnlocked(looking, KNOWN))).toEqual([renewed]);
  const all = await h.store.workers.findUnlocked(looking, ANY);
  expect(ids(all)).toEqual([renewed, older, unknown]);
  // The server may have restarted between the two checks.
  expect(await h.store.workers.markUnlockedDead(all, KNOWN)).toBe(1);
  expect(await h.store.workers.markUnlockedDead(all, ANY)).toBe(2);
});

test('a worker that is already dead is not marked dead again', async () => {
  await using h = await openStore();
  const looking = await addLocked(h);
  await addLocked(h);
  const first = await h.store.workers.findUnlocked(looking, ANY);
  expect(await h.store.workers.markUnlockedDead(first, ANY)).toBe(1);
  expect(await h.store.workers.markUnlockedDead(first, ANY)).toBe(0);
});

test('the transactions of dead workers are ended, so that their deliveries can be rescued; those of others go on', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const [dead, alive] = [await addWorker(h.sql, { leaseSeconds: -1 }), await addWorker(h.sql)];
  const running = { state: 'running', epoch: 1, attempt: 1 } as const;
  const [held, other] = [
    await addDelivery(h.sql, receiver, { ...running, worker: dead }),
    await addDelivery(h.sql, receiver, { ...running, worker: alive }),
  ];
  await h.hold((transaction, store) => settleFirst(transaction, store, { id: held, epoch: 1, workerId: dead })).catch(() => {});
  const living = await h.hold((transaction, store) => settleFirst(transaction, store, { id: other, epoch: 1, workerId: alive }));
  expect(await h.store.workers.rescue()).toMatchObject([{ id: held }]);
  await living.commit();
  expect([await stateOf(h.sql, held), await stateOf(h.sql, other)]).toEqual(['ready 2/0/1', 'completed 1/1/0']);
});

test('a session of the same name in another database is not ended', async () => {
  await using h = await openStore();
  await using other = await openStore();
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  const session = await other.hold((transaction) => transaction.unsafe(`set local application_name = 'signalbox worker ${dead}'`));
  await h.store.workers.rescue();
  await session.commit();
  expect(await other.sql`select 1 as alive`).toHaveLength(1);
});

test('a session of another user, which may not be ended, is no error and lives on', async ({ skip }) => {
  await using h = await openStore();
  const [me] = await h.sql`select rolsuper from pg_catalog.pg_roles where rolname = current_user`;
  skip(me!['rolsuper'] !== true, 'the user of the tests cannot make another: it is no superuser');
  const receiver = await addReceiver(h.sql);
  const dead = await addWorker(h.sql, { leaseSeconds: -1 });
  const id = await addDelivery(h.sql, receiver, { state: 'running', epoch: 1, attempt: 1, worker: dead });
  const living = await h.hold((transaction, store) => settleFirst(transaction, store, { id, epoch: 1, workerId: dead }));
  const rescue = await h.hold(async (transaction, store) => {
    // Rolled back with all that it may: roles are the whole server's.
    await transaction.unsafe(`
      create role signalbox_test_other;
      grant usage on schema signalbox to signalbox_test_other;
      grant all on all tables in schema signalbox to signalbox_test_other;
      set local role signalbox_test_other`);
    expect(await store.workers.rescue()).toEqual([]);
  });
  await rescue.rollback();
  await living.commit();
  expect(await stateOf(h.sql, id)).toBe('completed 1/1/0');
});
