// Fills a database with deliveries as months of work leave them: many settled ones, a backlog, some dead. By plain SQL, in the order of
// time, so that the tables lie on disk as they would.
import type postgres from 'postgres';

export interface Size {
  /** Settled deliveries, the dead among them. */
  readonly settled: number;
  readonly live: number;
  readonly dead: number;
}

export const FULL: Size = { settled: 1_000_000, live: 120_000, dead: 6_000 };

/** A size in the same proportions. */
export const part = (of: number): Size => ({ settled: FULL.settled * of, live: FULL.live * of, dead: FULL.dead * of });

export const SIGNALS = 10;
/** Of each signal. */
const RECEIVERS = 2;
/** The one with nothing but a few old deliveries: a filter of it matches next to nothing. */
export const RARE = 'Rare.onSignal';

/** A version 7 id of a time in milliseconds, all of whose bits are given: the same for the same row. */
const idOf = (ms: string, row: string): string =>
  `overlay(overlay(rpad(lpad(to_hex((${ms})::int8), 12, '0') || md5((${row})::text), 32, '0') placing '7' from 13 for 1) placing '8' from 17 for 1)::uuid`;

/**
 * A million emissions an hour, of two receivers each; the last ones still wait. One of `settled / dead` is dead. Of the live ones one in
 * ten is for later, and the first 2,000 or fewer run.
 */
export async function seed(sql: postgres.Sql, { settled, live, dead }: Size): Promise<void> {
  await sql.unsafe(`
    insert into signalbox.receiver (name, signal, queue, priority, last_seen_at)
    select 'Service' || s || '.receiver' || r, 'seed.signal' || s, 'default', 0, now()
    from generate_series(1, ${SIGNALS}) s cross join generate_series(1, ${RECEIVERS}) r order by s, r`);
  await sql.unsafe(`
    insert into signalbox.receiver (name, signal, queue, priority, last_seen_at) values ('${RARE}', 'seed.signal1', 'default', 0, now())`);
  await sql.unsafe(`insert into signalbox.worker (id, label, process_id, started_at, lease_until, backend_pid)
    select n, 'host:' || n, gen_random_uuid(), now(), now() + interval '1 day', 0 from generate_series(1, 4) n`);
  const emissions = (settled + live) / RECEIVERS;
  const [row] = await sql<{ start: string }[]>`select (extract(epoch from now()) * 1000)::int8 - 3600000 as start`;
  const at = (n: string): string => `(${row!.start}::int8 + ${n}::int8 * 3600000 / ${emissions})`;
  const time = (n: string): string => `to_timestamp(${at(n)} / 1000.0)`;
  await sql.unsafe(`
    insert into signalbox.emission (id, signal, version, payload, headers, emitted_at)
    select ${idOf(at('n'), 'n')}, 'seed.signal' || (n % ${SIGNALS} + 1), 1,
      jsonb_build_object('orderId', n, 'customer', jsonb_build_object('email', 'c' || n % 50000 || '@example.com'), 'amount', 12.50), null, ${time('n')}
    from generate_series(0, ${emissions - 1}) n order by n`);
  const done = settled / RECEIVERS;
  const each = `from generate_series(0, ${done - 1}) n cross join generate_series(1, ${RECEIVERS}) r order by n, r`;
  const receiver = `(n % ${SIGNALS}) * ${RECEIVERS} + r`;
  const isDead = `(n * ${RECEIVERS} + r) % ${Math.floor(settled / dead) | 1} = 0`;
  await sql.unsafe(`
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, worker_id, attempt, crashes, finished_at)
    select n * ${RECEIVERS} + r, ${idOf(at('n'), 'n')}, ${receiver}, 1, 0, case when ${isDead} then 'dead' else 'completed' end, 1, 1,
      case when ${isDead} then 10 else 1 end, 0, ${time('n')} + interval '20 milliseconds' ${each}`);
  await sql.unsafe(`
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
    select ${settled} + 1 + n, ${idOf(at('n'), 'n')}, ${SIGNALS * RECEIVERS + 1}, 1, 0, 'completed', 1, 1, 0, ${time('n')} from generate_series(0, 20, 10) n`);
  await sql.unsafe(`
    insert into signalbox.delivery_error (delivery_id, emission_id, receiver_id, epoch, attempt, error, at)
    select s.id, s.emission_id, s.receiver_id, 1, a, jsonb_build_object('name', case when s.id % 3 = 0 then 'Timeout' else 'Refused' end,
      'message', 'the provider said ' || s.id % 7 || repeat(' and more', 20), 'stack', repeat('    at somewhere (file.ts:1:1)', 20)), s.finished_at - (4 - a) * interval '1 second'
    from signalbox.settled s cross join generate_series(1, 3) a where s.state = 'dead' order by s.finished_at, a`);
  await sql.unsafe(`
    insert into signalbox.delivery (id, emission_id, receiver_id, version, state, run_at, epoch, attempt, worker_id) overriding system value
    select ${settled} + 100 + n * ${RECEIVERS} + r, ${idOf(at(`(n + ${done})`), `n + ${done}`)}, ((n + ${done}) % ${SIGNALS}) * ${RECEIVERS} + r, 1,
      case when n < ${Math.min(1_000, live / 10)} then 'running' else 'ready' end,
      case when n % 10 = 9 then now() + interval '1 hour' else ${time(`(n + ${done})`)} end, 1, case when n % 100 = 7 then 1 else 0 end,
      case when n < ${Math.min(1_000, live / 10)} then n % 4 + 1 end
    from generate_series(0, ${live / RECEIVERS - 1}) n cross join generate_series(1, ${RECEIVERS}) r order by n, r`);
  await sql.unsafe(`select setval(pg_get_serial_sequence('signalbox.delivery', 'id'), (select max(id) + 1 from signalbox.delivery))`);
}

/** A settled delivery from the middle, a dead one and a live one. */
export async function sampleOf(
  sql: postgres.Sql,
): Promise<Record<'settled' | 'dead' | 'live', { readonly id: string; readonly emissionId: string }>> {
  const one = async (text: string): Promise<{ id: string; emissionId: string }> => {
    const [row] = await sql.unsafe<{ id: string; emissionId: string }[]>(text);
    return { id: row!.id, emissionId: row!.emissionId };
  };
  const columns = 'id::text as id, emission_id::text as "emissionId"';
  return {
    settled: await one(
      `select ${columns} from signalbox.settled where state = 'completed' order by emission_id offset (select count(*) / 2 from signalbox.settled) limit 1`,
    ),
    dead: await one(`select ${columns} from signalbox.settled where state = 'dead' order by finished_at limit 1`),
    live: await one(`select ${columns} from signalbox.delivery order by id limit 1`),
  };
}
