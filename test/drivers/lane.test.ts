// A lane of postgres.js: transactions that follow one another on one connection. test/worker/claiming/slots.test.ts
// tests the worker's use of lanes.
import { expect, test } from 'vitest';
import { type LanePool, type LaneSession, openLane } from '../../src/drivers/postgres-js-lane.ts';
import { createDatabase } from '../support/database.ts';

type Work = (session: LaneSession) => Promise<unknown>;

async function openFixture() {
  const database = await createDatabase();
  const notices: unknown[] = [];
  const pool = database.connect({ max: 1, onnotice: (notice) => notices.push(notice) });
  const sql = database.connect({ max: 1 });
  await sql`create table effect (value int unique deferrable initially deferred)`;
  /** The next job on the lane: it begins when the COMMIT before it is sent. */
  const queue: { work: Work; result: (result: unknown) => void }[] = [];
  const start = (): void => {
    const next = queue.shift();
    if (next)
      void begin(next.work).then(next.result, (error: unknown) => next.result({ failed: (error as { code?: string }).code ?? error }));
  };
  const lane = openLane(pool, { isWanted: () => queue.length > 0, onCommitting: start });
  const begin = (lane.clientFor('read committed') as { begin(work: Work): Promise<unknown> }).begin;
  return {
    pool,
    sql,
    lane,
    begin,
    notices,
    /** Runs all jobs, one after the other, and returns the results. */
    follow: async (...works: Work[]): Promise<unknown[]> => {
      const results = works.map((work) => new Promise((result) => queue.push({ work, result })));
      start();
      return Promise.all(results);
    },
    effects: async () => (await sql`select value from effect order by value`).map(({ value }) => value as number),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  };
}

const insert =
  (value: number): Work =>
  async (session) => {
    await session.unsafe(`insert into effect values (${value})`);
    const [row] = (await session.unsafe(
      `select pg_current_xact_id()::text as xid, current_setting('transaction_deferrable') as marked`,
    )) as {
      xid: string;
      marked: string;
    }[];
    return row;
  };

test('jobs follow one another on one connection, each in a transaction of its own that carries the mark', async () => {
  await using fixture = await openFixture();
  const results = (await fixture.follow(insert(1), insert(2), insert(3))) as { xid: string; marked: string }[];
  expect(new Set(results.map(({ xid }) => xid)).size).toBe(3);
  expect(results.map(({ marked }) => marked)).toEqual(['on', 'on', 'on']);
  expect(await fixture.effects()).toEqual([1, 2, 3]);
  expect(fixture.notices).toEqual([]);
  // The one connection is back in the pool, and in no transaction.
  expect(await fixture.pool`select 1 as one`).toEqual([{ one: 1 }]);
});

test('each job begins when the previous one has ended, and a job that is reported done is committed', async () => {
  await using fixture = await openFixture();
  const order: string[] = [];
  const say =
    (work: Work, text: string): Work =>
    async (session) => {
      const value = await work(session);
      order.push(text);
      return value;
    };
  await fixture.follow(say(insert(1), 'one'), say(insert(2), 'two'));
  expect(order).toEqual(['one', 'two']);
  expect(await fixture.effects()).toEqual([1, 2]);
});

test('a job that fails is rolled back alone', async () => {
  await using fixture = await openFixture();
  const fail: Work = async (session) => {
    await session.unsafe('insert into effect values (2)');
    throw new Error('no');
  };
  expect(await fixture.follow(insert(1), fail)).toMatchObject([{ marked: 'on' }, { failed: { message: 'no' } }]);
  expect(await fixture.follow(insert(3))).toMatchObject([{ marked: 'on' }]);
  expect(await fixture.effects()).toEqual([1, 3]);
});

test('a COMMIT that is refused is the failure of its own job, and of no other', async () => {
  await using fixture = await openFixture();
  await fixture.sql`insert into effect values (2)`;
  const results = await fixture.follow(insert(1), insert(2), insert(3), insert(4));
  expect(results).toMatchObject([{ marked: 'on' }, { failed: '23505' }, { marked: 'on' }, { marked: 'on' }]);
  expect(await fixture.effects()).toEqual([1, 2, 3, 4]);
  expect(await fixture.follow(insert(5))).toMatchObject([{ marked: 'on' }]);
  expect(fixture.notices).toEqual([]);
});

test('a transaction without a job ends empty, and its connection is free', async () => {
  await using fixture = await openFixture();
  let wanted = true;
  const lane = openLane(fixture.pool, {
    isWanted: () => wanted,
    onCommitting: () => {
      wanted = false;
      lane.release();
    },
  });
  const begin = (lane.clientFor('read committed') as { begin(work: Work): Promise<unknown> }).begin;
  await begin(insert(1));
  expect(await fixture.pool`select 1 as one`).toEqual([{ one: 1 }]);
  await begin(insert(2));
  expect(await fixture.effects()).toEqual([1, 2]);
  expect(fixture.notices).toEqual([]);
});

test('a job whose connection is lost rejects, and the lane continues on another connection', async () => {
  await using fixture = await openFixture();
  // Like a transaction of Signalbox: on a lost connection it never ends, because the ROLLBACK would end the process.
  const die: Work = async (session) => {
    await session.unsafe('insert into effect values (2)');
    const [row] = (await session.unsafe('select pg_backend_pid() as pid')) as { pid: number }[];
    await fixture.sql`select pg_terminate_backend(${row!.pid})`;
    return new Promise(() => {});
  };
  const [first, second] = await fixture.follow(insert(1), die);
  expect(first).toMatchObject({ marked: 'on' });
  expect(second).toHaveProperty('failed');
  expect(await fixture.follow(insert(3), insert(4))).toMatchObject([{ marked: 'on' }, { marked: 'on' }]);
  expect(await fixture.effects()).toEqual([1, 3, 4]);
});

test('after a BEGIN that failed nothing more is sent on the connection, which is no longer the lane’s', async () => {
  const sent: string[] = [];
  const session: LaneSession = {
    unsafe: (text) => {
      sent.push(text);
      return text.startsWith('begin') ? Promise.reject(new Error('cancelled')) : Promise.resolve([]);
    },
  };
  const pool: LanePool = {
    begin: async (_options, work) => {
      sent.push('pool begin');
      const value = await (work(session) as Promise<unknown>).catch((error: unknown) => {
        sent.push('rollback');
        throw error;
      });
      sent.push('pool commit');
      return value;
    },
  };
  const results: Promise<unknown>[] = [];
  let times = 0;
  const lane = openLane(pool, {
    isWanted: () => times === 0,
    onCommitting: () => {
      times++;
      results.push(
        begin(async (own) => {
          await own.unsafe('settle');
          throw new Error('there is no transaction');
        }),
      );
    },
  });
  const begin = (lane.clientFor('read committed') as { begin(work: Work): Promise<unknown> }).begin;
  await begin(async () => 'first');
  await expect(results[0]).rejects.toThrow('there is no transaction');
  expect(sent).toEqual(['pool begin', 'commit', 'begin deferrable isolation level read committed', 'settle']);
  expect(await begin(async () => 'third')).toBe('third');
  expect(sent.slice(4)).toEqual(['pool begin', 'pool commit']);
});

test('each transaction has the requested isolation level, the first on the lane and the later ones', async () => {
  await using database = await createDatabase();
  const pool = database.connect({ max: 1 });
  await pool`set default_transaction_isolation = 'repeatable read'`;
  const levels = ['serializable', 'read committed', 'serializable', 'repeatable read', 'read committed'] as const;
  const seen: unknown[] = [];
  let next = 0;
  await new Promise<void>((done) => {
    const lane = openLane(pool, { isWanted: () => next < levels.length, onCommitting: () => start() });
    const start = (): void => {
      const client = lane.clientFor(levels[next++]!) as { begin(work: Work): Promise<unknown> };
      void client
        .begin(async (session) => {
          const [row] = (await session.unsafe(`select current_setting('transaction_isolation') as level`)) as { level: string }[];
          seen.push(row!.level);
        })
        .then(() => seen.length === levels.length && done());
    };
    start();
  });
  expect(seen).toEqual(levels);
});
