// The floor: the least SQL that could do the work, written by hand on postgres.js with prepared statements. It has no
// retries, no history, no leases and no types: the cost of a system is its distance from here.
import { sql } from 'drizzle-orm';
import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';
import {
  BATCH,
  DOMAIN,
  effect,
  INSERT_EFFECT,
  INSERT_PURCHASE,
  purchase,
  type Payload,
  type RunningWorker,
  type Sender,
  type System,
  TOPICS,
  type WorkerSetup,
} from './system.ts';

const TABLES = `
create schema floor;
create table floor.event (id uuid primary key default gen_random_uuid(), payload jsonb not null);
create table floor.job (
  id bigint generated always as identity primary key, event_id uuid not null, topic text not null, receiver int not null,
  payload jsonb not null
);
create index on floor.job (topic, id)`;

const EMIT = `
with event as (insert into floor.event (payload) values ($1::text::jsonb) returning id, payload),
told as (select pg_notify('floor', ''))
insert into floor.job (event_id, topic, receiver, payload)
select event.id, $2::text, receiver, event.payload from event, told, generate_series(1, $3::int) receiver`;

const EMIT_MANY = `
with event as (
  insert into floor.event (payload) select value from jsonb_array_elements($1::text::jsonb) returning id, payload
), told as (select pg_notify('floor', ''))
insert into floor.job (event_id, topic, receiver, payload)
select event.id, $2::text, receiver, event.payload from event, told, generate_series(1, $3::int) receiver`;

const TAKE = `
delete from floor.job where id in (
  select id from floor.job where topic = $1::text order by id limit $2::int for update skip locked
) returning payload`;

const CLAIM_BATCH = 500;
const NOOP_LOOPS = 2;
const ONCE_LOOPS = 8;
const POLL_MS = 1_000;

type Row = { payload: Payload };
const prepared = { prepare: true };

export const system: System = {
  setUp: async (url) => {
    const client = postgres(url, { max: 1, onnotice: () => {} });
    await client.unsafe(TABLES);
    await client.unsafe(DOMAIN);
    await client.end();
  },

  sender: async (url, connections): Promise<Sender> => {
    const client = postgres(url, { max: connections });
    const db = drizzle({ client });
    return {
      emit: async (topic, payload) => {
        await client.begin(async (tx) => {
          await tx.unsafe(INSERT_PURCHASE, [payload.value], prepared);
          await tx.unsafe(EMIT, [JSON.stringify(payload), topic, TOPICS[topic]], prepared);
        });
      },
      emitByDrizzle: async (topic, payload) => {
        await db.transaction(async (tx) => {
          await tx.insert(purchase).values({ value: payload.value, note: 'bought' });
          await tx.execute(sql`
            with event as (insert into floor.event (payload) values (${JSON.stringify(payload)}::text::jsonb) returning id, payload),
            told as (select pg_notify('floor', ''))
            insert into floor.job (event_id, topic, receiver, payload)
            select event.id, ${topic}::text, receiver, event.payload from event, told, generate_series(1, ${TOPICS[topic]}::int) receiver`);
        });
      },
      emitMany: async (topic, payloads) => {
        await client.begin(async (tx) => {
          await tx.unsafe(INSERT_PURCHASE, [payloads.length], prepared);
          await tx.unsafe(EMIT_MANY, [JSON.stringify(payloads), topic, TOPICS[topic]], prepared);
        });
      },
      close: () => client.end(),
    };
  },

  worker: async (url, setup): Promise<RunningWorker> => {
    const loops = setup.settings?.concurrency ?? (setup.work === 'noop' ? NOOP_LOOPS : ONCE_LOOPS);
    const client = postgres(url, { max: loops });
    const db = drizzle({ client });
    const wakeups = new Set<() => void>();
    const wakeAll = (): void => {
      for (const wake of wakeups) wake();
      wakeups.clear();
    };
    const { unlisten } = await client.listen('floor', wakeAll);
    const state = { stopped: false };
    const sleep = (): Promise<void> => new Promise((resolve) => void wakeups.add(resolve));
    const poll = setInterval(() => {
      // One loop polls for jobs without a notification; it wakes the others if it finds some.
      const [first] = wakeups;
      if (first) wakeups.delete(first);
      first?.();
    }, POLL_MS);
    const loop = async (): Promise<void> => {
      while (!state.stopped) {
        const taken = setup.work === 'drizzle' ? await takeByDrizzle(db, setup) : await take(client, setup);
        if (taken > 0) wakeAll();
        else if (!state.stopped) await sleep();
      }
    };
    const running = Promise.all(Array.from({ length: loops }, loop));
    return {
      stop: async () => {
        state.stopped = true;
        clearInterval(poll);
        wakeAll();
        await running;
        await unlisten();
        await client.end();
      },
    };
  },
};

/** Takes jobs and runs them to their end; returns their number. */
async function take(client: postgres.Sql, { work, hold, onRun }: WorkerSetup): Promise<number> {
  if (work === 'noop') {
    const rows = await client.unsafe<Row[]>(TAKE, ['noop', hold ?? CLAIM_BATCH], prepared);
    for (const { payload } of rows) await onRun(payload);
    return rows.length;
  }
  let taken = 0;
  await client.begin(async (tx) => {
    const rows = await tx.unsafe<Row[]>(TAKE, [work, work === 'once' ? 1 : BATCH], prepared);
    for (const { payload } of rows) await onRun(payload);
    const [first] = rows;
    if (first === undefined) return;
    taken = rows.length;
    if (work === 'once') await tx.unsafe(INSERT_EFFECT, [first.payload.value], prepared);
    else await tx`insert into effect ${tx(rows.map(({ payload: { value } }) => ({ value, note: 'done' })))}`;
  });
  return taken;
}

/** The same for one job, as an application on Drizzle would write it. */
async function takeByDrizzle(db: PostgresJsDatabase, { work, onRun }: WorkerSetup): Promise<number> {
  return db.transaction(async (tx) => {
    const rows: Row[] = await tx.execute<Row>(sql`
      delete from floor.job where id in (
        select id from floor.job where topic = ${work}::text order by id limit 1 for update skip locked
      ) returning payload`);
    for (const { payload } of rows) {
      await onRun(payload);
      await tx.insert(effect).values({ value: payload.value, note: sql`'done'` });
    }
    return rows.length;
  });
}
