// The tables that record a run in its database: effects, changes of deliveries, and workers, filled by triggers. Also reads the
// evidence from them.
import type postgres from 'postgres';
import { readDeliveries } from '../support/deliveries.ts';
import { readMigrations } from '../support/migrations.ts';
import type { Change, Effect, Emission, Evidence, Failure, State } from './evidence.ts';

/**
 * A change is recorded when it is made, while its row is locked, and the record exists only if the transaction commits:
 * so
 * `seq` has the true order within a delivery. A delivery that ends leaves two halves, one for each table.
 */
export const RECORDING = `
create table effect (
  delivery_id bigint not null, generation int not null, epoch int, claimed_epoch int not null, attempt int not null,
  pid int not null, at timestamptz not null default clock_timestamp());
create table change (
  seq bigint primary key generated always as identity, xid xid8 not null default pg_current_xact_id(), delivery_id bigint not null,
  came_from text, went_to text, generation int not null, epoch int not null, attempt int not null, crashes int not null,
  held_by int, worker_id int, at timestamptz not null default clock_timestamp());
create table enrolled (worker_id int not null, pid int not null);

create function record_live() returns trigger language plpgsql as $$ begin
  if tg_op = 'INSERT' then
    insert into change (delivery_id, went_to, generation, epoch, attempt, crashes, worker_id)
    values (new.id, new.state, new.generation, new.epoch, new.attempt, new.crashes, new.worker_id);
  elsif tg_op = 'UPDATE' then
    insert into change (delivery_id, came_from, went_to, generation, epoch, attempt, crashes, held_by, worker_id)
    values (new.id, old.state, new.state, new.generation, new.epoch, new.attempt, new.crashes, old.worker_id, new.worker_id);
  else
    insert into change (delivery_id, came_from, generation, epoch, attempt, crashes, held_by)
    values (old.id, old.state, old.generation, old.epoch, old.attempt, old.crashes, old.worker_id);
  end if;
  return null;
end $$;
create function record_settled() returns trigger language plpgsql as $$ begin
  if tg_op = 'INSERT' then
    insert into change (delivery_id, went_to, generation, epoch, attempt, crashes)
    values (new.id, new.state, new.generation, new.epoch, new.attempt, new.crashes);
  elsif tg_op = 'UPDATE' then
    insert into change (delivery_id, came_from, went_to, generation, epoch, attempt, crashes)
    values (new.id, old.state, new.state, new.generation, new.epoch, new.attempt, new.crashes);
  else
    insert into change (delivery_id, came_from, generation, epoch, attempt, crashes)
    values (old.id, old.state, old.generation, old.epoch, old.attempt, old.crashes);
  end if;
  return null;
end $$;
create function record_worker() returns trigger language plpgsql as $$ begin
  insert into enrolled values (new.id, split_part(new.label, ':', 2)::int);
  return null;
end $$;
create trigger record after insert or update or delete on signalbox.delivery for each row execute function record_live();
create trigger record after insert or update or delete on signalbox.settled for each row execute function record_settled();
create trigger record after insert on signalbox.worker for each row execute function record_worker();`;

export async function prepareTables(sql: postgres.Sql): Promise<void> {
  await sql.unsafe(await readMigrations());
  await sql.unsafe(RECORDING);
}

/** The evidence that the tables hold. */
export type Recorded = Pick<Evidence, 'emissions' | 'deliveries' | 'effects' | 'changes' | 'failures' | 'pids'>;

export async function readTables(sql: postgres.Sql): Promise<Recorded> {
  const emissions = await sql<Emission[]>`
    select id::text as id, signal, payload ->> 'key' as key, payload ->> 'script' as script from signalbox.emission`;
  const deliveries = await readDeliveries(sql);
  const effects = await sql<Effect[]>`
    select delivery_id::text as "deliveryId", generation, epoch, claimed_epoch as "claimedEpoch", pid from effect order by at`;
  const failures = await sql<Failure[]>`
    select delivery_id::text as "deliveryId", epoch, error ->> 'name' as name, coalesce(error ->> 'stack', error ->> 'message') as trace,
      error ->> 'message' as message
    from signalbox.delivery_error`;
  const enrolled = await sql<{ worker_id: number; pid: number }[]>`select worker_id, pid from enrolled`;
  const pids = new Map(enrolled.map(({ worker_id, pid }) => [worker_id, pid]));
  const held = deliveries.map((delivery) => ({ ...delivery, workerId: delivery.workerId ?? undefined }));
  return { emissions, deliveries: held, effects, failures, changes: await readChanges(sql), pids };
}

interface ChangeRow {
  xid: string;
  delivery_id: string;
  came_from: State | null;
  went_to: State | null;
  generation: number;
  epoch: number;
  attempt: number;
  crashes: number;
  held_by: number | null;
  worker_id: number | null;
  at_ms: number;
}

export async function readChanges(sql: postgres.Sql): Promise<Change[]> {
  const rows = await sql<ChangeRow[]>`
    select xid::text as xid, delivery_id::text as delivery_id, came_from, went_to, generation, epoch, attempt, crashes, held_by, worker_id,
      (extract(epoch from at) * 1000)::float8 as at_ms
    from change order by seq`;
  return joinHalves(rows);
}

/** A row that left one table and entered the other in one transaction is one change, with the numbers of its arrival. */
function joinHalves(rows: readonly ChangeRow[]): Change[] {
  const changes: Change[] = [];
  const left = new Map<string, { readonly index: number; readonly xid: string }>();
  for (const row of rows) {
    const half = left.get(row.delivery_id);
    if (row.came_from === null && half?.xid === row.xid) {
      changes[half.index] = { ...changeOf(row), from: changes[half.index]!.from, heldBy: changes[half.index]!.heldBy };
      left.delete(row.delivery_id);
      continue;
    }
    if (row.went_to === null) left.set(row.delivery_id, { index: changes.length, xid: row.xid });
    changes.push(changeOf(row));
  }
  return changes;
}

const changeOf = (row: ChangeRow): Change => ({
  deliveryId: row.delivery_id,
  from: row.came_from ?? undefined,
  to: row.went_to ?? undefined,
  generation: row.generation,
  epoch: row.epoch,
  attempt: row.attempt,
  crashes: row.crashes,
  heldBy: row.held_by ?? undefined,
  workerId: row.worker_id ?? undefined,
  at: row.at_ms,
});
