// The fixture of the tests of shared transactions: a receiver that follows the script of a test, behind a backlog, and functions that read
// the outcome. The first few deliveries of a worker have a transaction of their own each: nothing waits behind them yet.
import { sql } from 'drizzle-orm';
import { z } from 'zod';
import { defineSignal, type DeliveryContext, OnSignal, type OnSignalOptions } from '../../../src/index.ts';
import { type BehindProxy, type BehindProxyOptions, type DriverName, openBehindProxy } from '../../support/behind-proxy.ts';
import { effects } from '../../support/effects.ts';

/** Called while a stored payload is read: before the transaction that takes hold of its delivery. */
export const reading: { hook?: ((value: number) => Promise<void>) | undefined } = {};

export const happened = defineSignal(
  'share.happened',
  z.object({ value: z.number() }).refine(async ({ value }) => {
    await reading.hook?.(value);
    return true;
  }),
);

export const further = defineSignal('share.further', z.object({ value: z.number() }));

/** The script of the receiver. `call` counts the calls for this value from 1. */
export type Script = (value: number, context: DeliveryContext, call: number) => unknown;

/** Writes an effect, and then follows the script. Records the values of its calls. */
export function receiverThat(
  script: Script = () => {},
  options: OnSignalOptions & { batch?: undefined; transactional?: true } = { share: 25 },
) {
  const calls: number[] = [];
  class Receiver {
    @OnSignal(happened, { name: 'Receiver.receive', retry: { delay: '1h' }, ...options })
    static async receive({ value }: { value: number }, context: DeliveryContext): Promise<void> {
      calls.push(value);
      await context.tx.insert(effects).values({ receiver: 'share', value });
      await script(value, context, calls.filter((one) => one === value).length);
    }
  }
  return { Receiver, calls };
}

/** A box behind a proxy with this many deliveries, with the values from 1 on. */
export async function openWith(
  driver: DriverName,
  Receiver: object,
  count: number,
  options: BehindProxyOptions = {},
): Promise<BehindProxy> {
  const h = await openBehindProxy(driver, { services: [Receiver as never], ...options });
  await noteTransactions(h);
  await h.box.receivers.announce();
  await emit(h, count);
  return h;
}

export async function emit({ direct }: Pick<BehindProxy, 'direct'>, count: number, first = 1): Promise<void> {
  const payloads = Array.from({ length: count }, (_, index) => ({ value: first + index }));
  await direct.transaction(async (tx) => happened.emitMany(tx, payloads));
}

/** Works on one slot, until this many deliveries have an outcome. */
export async function work(h: BehindProxy, count: number, { concurrency = 1 } = {}): Promise<void> {
  await using worker = h.box.worker({ concurrency, pollInterval: 50 });
  let left = count;
  const all = new Promise<void>((resolve) => {
    for (const end of ['completed', 'retrying', 'dead', 'cancelled'] as const)
      h.box.on(`delivery.${end}`, () => void (--left === 0 && resolve()));
  });
  await worker.start();
  await all;
  await worker.stop();
}

/** The value, state and attempt of those deliveries that are not completed in their first attempt. */
export async function exceptions({ sql }: Pick<BehindProxy, 'sql'>): Promise<string[]> {
  const rows = await sql<{ text: string }[]>`
    select (e.payload ->> 'value') || ' ' || d.state || ' ' || d.attempt as text
    from (select emission_id, state, attempt from signalbox.delivery union all select emission_id, state, attempt from signalbox.settled) d
    join signalbox.emission e on e.id = d.emission_id
    where (d.state, d.attempt) is distinct from ('completed', 1) order by (e.payload ->> 'value')::int`;
  return rows.map(({ text }) => text);
}

/** The number of deliveries that each transaction has completed, by the writes of its receivers. */
export async function together({ sql }: Pick<BehindProxy, 'sql'>): Promise<number[]> {
  const rows = await sql<{ n: number }[]>`
    select count(*)::int as n from effect e join at_commit c on c.value = e.value group by c.xid order by min(e.value)`;
  return rows.map(({ n }) => n);
}

/** Notes the transaction of each effect: each has a subtransaction of its own in the tables. */
async function noteTransactions({ sql }: Pick<BehindProxy, 'sql'>): Promise<void> {
  await sql.unsafe(`create table at_commit (value int, xid text);
    create function note() returns trigger language plpgsql as $$ begin
      insert into at_commit values (new.value, pg_current_xact_id()::text); return null; end $$;
    create trigger note after insert on effect for each row execute function note()`);
}

/** The first value whose receiver is called behind another one's in the same transaction. */
export class InCompany {
  value = 0;

  /** Whether it is this value, in its first call. */
  async is(value: number, { tx }: Pick<DeliveryContext, 'tx'>, call: number): Promise<boolean> {
    if (this.value !== 0) return this.value === value && call === 1;
    const result = await tx.execute<{ n: number }>(sql`select count(*)::int as n from at_commit where xid = pg_current_xact_id()::text`);
    const [row] = Array.isArray(result) ? result : (result as unknown as { rows: { n: number }[] }).rows;
    if ((row as { n: number }).n > 1) this.value = value;
    return this.value === value;
  }
}

/** How often each of these values was called. */
export const timesOf = (calls: readonly number[], ...wanted: number[]): number[] =>
  wanted.map((value) => calls.filter((one) => one === value).length);

export const values = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** The values of the effects, in order: each exactly as often as it took effect. */
export async function effectsOf({ sql }: Pick<BehindProxy, 'sql'>): Promise<number[]> {
  const rows = await sql<{ value: number }[]>`select value from effect order by value`;
  return rows.map(({ value }) => value);
}
