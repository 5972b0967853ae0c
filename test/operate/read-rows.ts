// Rows for the tests of the read model: deliveries in any state, each by plain SQL, so that a test decides on every column.
import { randomUUID } from 'node:crypto';
import { v7 } from 'uuid';
import type { DeliveryState } from '../../src/index.ts';
import type { AnySql } from '../store/rows.ts';

export interface ReadRow {
  readonly receiver: number;
  readonly state?: DeliveryState;
  /** An emission that is there, or that is made with this id. Default: a new one, later than all before it. */
  readonly emissionId?: string;
  readonly payload?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** When it was settled, or is due. Default: a second ago. */
  readonly at?: Date;
  readonly attempt?: number;
  readonly workerId?: number;
  /** Oldest first. */
  readonly errors?: readonly { readonly name: string; readonly message: string; readonly stack?: string; readonly code?: string }[];
}

export interface ReadDelivery {
  readonly id: string;
  readonly emissionId: string;
}

/** Later ids sort behind earlier ones, also within a millisecond. */
export const nextEmissionId = (): string => v7();

export async function addRow(sql: AnySql, row: ReadRow): Promise<ReadDelivery> {
  const { receiver, state = 'ready', emissionId = nextEmissionId(), payload = {}, headers, at = new Date(Date.now() - 1_000) } = row;
  const { attempt = 0, workerId, errors = [] } = row;
  await sql`
    insert into signalbox.emission (id, signal, version, payload, headers)
    select ${emissionId}, r.signal, 1, ${JSON.stringify(payload)}::text::jsonb, ${headers ? JSON.stringify(headers) : null}::text::jsonb
    from signalbox.receiver r where r.id = ${receiver}
    on conflict do nothing`;
  const live = state === 'ready' || state === 'running';
  const [delivery] = await sql<{ id: string }[]>`
    insert into signalbox.delivery (emission_id, receiver_id, version, state, run_at, attempt, worker_id)
    values (${emissionId}, ${receiver}, 1, ${live ? state : 'ready'}, ${at}, ${attempt}, ${workerId ?? null}) returning id::text as id`;
  const { id } = delivery!;
  for (const error of errors)
    await sql`
    insert into signalbox.delivery_error (delivery_id, emission_id, receiver_id, epoch, attempt, error, at)
    values (${id}, ${emissionId}, ${receiver}, 1, 1, ${JSON.stringify(error)}::text::jsonb, ${at})`;
  if (!live) await settle(sql, id, state, at);
  return { id, emissionId };
}

/** Moves a live delivery to the settled ones. */
export async function settle(sql: AnySql, id: string, state: DeliveryState, at = new Date()): Promise<void> {
  await sql`
    with gone as (delete from signalbox.delivery where id = ${id} returning *)
    insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, worker_id, attempt, crashes, finished_at)
    select id, emission_id, receiver_id, version, generation, ${state}, epoch, worker_id, attempt, crashes, ${at} from gone`;
}

/** An id that no emission has. */
export const noEmission = (): string => randomUUID();
