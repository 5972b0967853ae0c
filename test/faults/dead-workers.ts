// Makes dead workers, as a rescuer finds them, and other states that a scenario needs at its start.
import { randomInt } from 'node:crypto';
import postgres from 'postgres';
import { settleFirst } from '../../src/store/deliveries/settle.sql.ts';
import type { FaultHarness } from './fault-harness.ts';

export interface DeadWorkers extends AsyncDisposable {
  /** The number of them that are still in the database. */
  left(): Promise<number>;
}

const LABEL = `dead:${process.pid}`;

/**
 * Makes three: one with a valid lease, but a free lock; one with an expired lease; and one with an expired lease that
 * has left the transaction of a receiver open, of the role of the box. Each holds the deliveries of one emission.
 */
export async function addDeadWorkers({ sql, url, login }: FaultHarness, emissions: readonly string[]): Promise<DeadWorkers> {
  const add = async (index: number, lease: string, locked: boolean): Promise<{ id: string; epoch: number; worker: number }[]> => {
    const [worker] = await sql<{ id: number }[]>`
      insert into signalbox.worker (id, label, started_at, lease_until, backend_pid, locked)
      values (${randomInt(1, 2 ** 31)}, ${LABEL}, now() - interval '1 hour', now() + ${lease}::text::interval, 0, ${locked}) returning id`;
    return sql<{ id: string; epoch: number; worker: number }[]>`
      update signalbox.delivery set state = 'running', epoch = epoch + 1, attempt = attempt + 1, worker_id = ${worker!.id}
      where emission_id = ${emissions[index]!}::text::uuid returning id::text as id, epoch, worker_id as worker`;
  };
  await add(0, '1 hour', true);
  await add(1, '-1 second', false);
  const [held] = await add(2, '-1 second', false);
  const session = postgres(url, { max: 1, onnotice: () => {}, ...login });
  await session.unsafe('begin');
  await session.unsafe(settleFirst.text, [held!.id, held!.epoch, '60000', 'false', held!.worker]);
  return {
    left: async () => (await sql`select from signalbox.worker where label = ${LABEL}`).length,
    [Symbol.asyncDispose]: () => session.end({ timeout: 0 }),
  };
}

/** Acts like an append that has not committed, for a worker that would sleep, until it is disposed of. */
export async function holdPendingAppend({ sql }: FaultHarness): Promise<AsyncDisposable> {
  const session = await sql.reserve();
  await session`select pg_advisory_lock_shared(${0x73_69_67_6f}::int, 2)`;
  return {
    [Symbol.asyncDispose]: async () => {
      await session`select pg_advisory_unlock_all()`;
      session.release();
    },
  };
}

/** Charges each waiting delivery with the death of one worker. */
export async function chargeCrash({ sql }: FaultHarness): Promise<void> {
  await sql`update signalbox.delivery set state = 'running', epoch = epoch + 1, attempt = attempt + 1, worker_id = 0`;
  await sql`update signalbox.delivery set state = 'ready', epoch = epoch + 1, attempt = attempt - 1, crashes = crashes + 1, worker_id = null`;
}
