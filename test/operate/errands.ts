// A box with receivers and rows for the tests of errands.
import { z } from 'zod';
import { defineSignal, type DetachedDeliveryContext, OnSignal } from '../../src/index.ts';
import { harness, type Harness } from '../support/harness.ts';

export const paid = defineSignal('errands.paid', z.object({ value: z.number(), customer: z.string().optional() }));

export interface Operated extends Harness {
  emit(...values: number[]): Promise<string[]>;
  /** `receiver state generation` of each delivery, sorted, with how many are alike. */
  rows(): Promise<Record<string, number>>;
  readonly control: {
    fails: boolean;
    readonly runs: { readonly receiver: string; readonly value: number; readonly replayed: boolean; readonly key: string }[];
  };
}

/** `Mails.onPaid`, which is not transactional, and `Books.onPaid`. Both fail while `control.fails`. */
export async function operated(): Promise<Operated> {
  const control: Operated['control'] = { fails: false, runs: [] };
  const run = (
    receiver: string,
    value: number,
    { replayed, idempotencyKey: key }: Pick<DetachedDeliveryContext, 'replayed' | 'idempotencyKey'>,
  ): void => {
    control.runs.push({ receiver, value, replayed, key });
    if (control.fails) throw new TypeError(`${receiver} cannot do ${value}`);
  };
  class Mails {
    @OnSignal(paid, { retry: { attempts: 1 }, transactional: false })
    static async onPaid({ value }: { value: number }, context: DetachedDeliveryContext): Promise<void> {
      run('Mails', value, context);
    }
  }
  class Books {
    @OnSignal(paid, { retry: { attempts: 1 } })
    static async onPaid({ value }: { value: number }, context: DetachedDeliveryContext): Promise<void> {
      run('Books', value, context);
    }
  }
  const h = await harness({ services: [Mails, Books] });
  const emit = async (...values: number[]): Promise<string[]> =>
    h.db.transaction(async (tx) => {
      const receipts = await paid.emitMany(
        tx,
        values.map((value) => ({ value, customer: `customer ${value}` })),
      );
      return receipts.map(({ emissionId }) => emissionId);
    });
  const rows = async (): Promise<Record<string, number>> => {
    const found = await h.sql<{ told: string; count: number }[]>`
      select r.name || ' ' || d.state || ' ' || d.generation as told, count(*)::int as count from (
        select receiver_id, state, generation from signalbox.delivery union all select receiver_id, state, generation from signalbox.settled
      ) d join signalbox.receiver r on r.id = d.receiver_id group by 1 order by 1`;
    return Object.fromEntries(found.map(({ told, count }) => [told, count]));
  };
  return { ...h, emit, rows, control };
}

export const upTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Dead, completed or waiting rows by the thousand, without running them. */
export async function fill(
  { sql }: Pick<Harness, 'sql'>,
  receiver: string,
  state: 'dead' | 'completed' | 'cancelled' | 'ready',
  count: number,
): Promise<void> {
  await sql.begin(async (tx) => {
    await tx`create temporary table made on commit drop as select gen_random_uuid() as id from generate_series(1, ${count})`;
    await tx`insert into signalbox.emission (id, signal, version, payload) select id, 'errands.paid', 1, '{"value":1}' from made`;
    if (state === 'ready')
      await tx`
        insert into signalbox.delivery (emission_id, receiver_id, version, run_at)
        select made.id, r.id, 1, now() + interval '1 day' from made, signalbox.receiver r where r.name = ${receiver}`;
    else
      await tx`
        insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
        select nextval(pg_get_serial_sequence('signalbox.delivery', 'id')), made.id, r.id, 1, 0, ${state}, 1, 1, 0, now()
        from made, signalbox.receiver r where r.name = ${receiver}`;
  });
}
