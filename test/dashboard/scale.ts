// Every page of the dashboard as an operator opens it on a database that has much, for the benchmark and for the test of their plans.
import type postgres from 'postgres';
import type { sampleOf } from '../reads/seed.ts';

/** Two days of tallies of the seeded receivers, by two workers, and a gauge of each. */
export async function seedTallies(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(`
    insert into signalbox.tally (seconds, minute, receiver_id, worker_id, outcome, n, total_ms, lag_ms, buckets, lag_buckets)
    select 60, date_trunc('minute', now()) - m * interval '1 minute', r.id, w, o, 100, 2000, 5000, array_fill(5, array[20]), array_fill(5, array[20])
    from generate_series(0, 2879) m cross join signalbox.receiver r cross join generate_series(1, 2) w cross join unnest(array['completed', 'retrying']) o`);
  await sql.unsafe(`
    insert into signalbox.emission_tally (seconds, minute, signal, caused_by_receiver, process_id, n)
    select 60, date_trunc('minute', now()) - m * interval '1 minute', s.signal, 0, '00000000-0000-7000-8000-000000000001', 50
    from generate_series(0, 2879) m cross join (select distinct signal from signalbox.receiver) s`);
  await sql.unsafe(`
    insert into signalbox.gauge (receiver_id, due, running, later, dead, oldest_due_at, sampled_at)
    select id, 10, 1, 5, 3, now() - interval '1 minute', now() from signalbox.receiver`);
}

const RECEIVER = 'Service3.receiver1';

/** The addresses, relative to the prefix. A new page is missing here until it is added: the test compares with the routes. */
export function addressesAtScale({ settled, dead }: Awaited<ReturnType<typeof sampleOf>>): readonly string[] {
  const of = (query: Readonly<Record<string, string>>): string => new URLSearchParams(query).toString();
  return [
    './',
    'flow',
    'deliveries',
    `deliveries?${of({ state: 'dead' })}`,
    `deliveries?${of({ state: 'ready', receiver: RECEIVER })}`,
    `deliveries?${of({ state: 'dead', receiver: RECEIVER })}`,
    `deliveries?${of({ signal: 'seed.signal4' })}`,
    `deliveries?${of({ state: 'dead', error: 'said 3' })}`,
    `deliveries?${of({ state: 'dead', path: 'customer.email', value: 'c77@example.com' })}`,
    `find?${of({ id: dead.emissionId })}`,
    `delivery?${of({ emission: dead.emissionId, receiver: RECEIVER })}`,
    `emission?${of({ id: settled.emissionId })}`,
    `payload?${of({ id: settled.emissionId })}`,
    `bulk?${of({ act: 'retry', state: 'dead' })}`,
    'errors',
    'receivers',
    `receiver?${of({ name: RECEIVER })}`,
    'workers',
    'errands',
    'errand?id=018f0000-0000-7000-8000-000000000001',
    'audit',
  ];
}
