// Reads deliveries from both of their tables, live and settled.

import type { Delivery, DeliveryFilter, PageOptions, Signalbox } from '../../src/index.ts';

export type DeliveryState = 'ready' | 'running' | 'completed' | 'dead' | 'cancelled';

export interface DeliveryRow {
  readonly id: string;
  readonly emissionId: string;
  readonly receiver: string;
  readonly state: DeliveryState;
  readonly generation: number;
  readonly epoch: number;
  readonly attempt: number;
  readonly crashes: number;
  /** The worker that holds it, or null. */
  readonly workerId: number | null;
}

/** A client of any driver: postgres.js as it is. */
export interface Queryable {
  unsafe(text: string): PromiseLike<readonly object[]>;
}

/** Every delivery, live or settled, by receiver and id. */
export async function readDeliveries(client: Queryable): Promise<DeliveryRow[]> {
  const rows = await client.unsafe(`
    select d.id::text as id, d.emission_id::text as "emissionId", coalesce(r.name, d.receiver_id::text) as receiver, d.state, d.generation,
      d.epoch, d.attempt, d.crashes, d.worker_id as "workerId"
    from (
      select id, emission_id, receiver_id, state, generation, epoch, attempt, crashes, worker_id from signalbox.delivery
      union all select id, emission_id, receiver_id, state, generation, epoch, attempt, crashes, null from signalbox.settled
    ) d left join signalbox.receiver r on r.id = d.receiver_id
    order by r.name, d.id`);
  return [...rows] as DeliveryRow[];
}

/** A delivery in one word and three numbers: `state epoch/attempt/crashes`. */
export const inShort = ({ state, epoch, attempt, crashes }: DeliveryRow): string => `${state} ${epoch}/${attempt}/${crashes}`;

/** What `box.deliveries.page` finds, on its first page. */
export const findAll = async (
  box: Pick<Signalbox, 'deliveries'>,
  filter?: DeliveryFilter,
  options?: PageOptions,
): Promise<readonly Delivery[]> => (await box.deliveries.page(filter, options)).deliveries;
