// Rows and stores for the tests of retention: emissions of any age, with deliveries that are settled in any state.
import { DEFAULT_SCHEMA } from '../../../src/core/rules.ts';
import { HOUR_MS } from '../../../src/core/duration.ts';
import { type Ages, KEPT_FOR_EVER } from '../../../src/core/retention.ts';
import type { Run } from '../../../src/drivers/driver.ts';
import { Namespace } from '../../../src/store/namespace.ts';
import { RetentionStore } from '../../../src/store/retention/retention.ts';
import { type AnySql, runOn, type StoreHarness } from '../rows.ts';

export const namespace = new Namespace(DEFAULT_SCHEMA);

/** Every state goes after an hour. */
export const AN_HOUR: Ages = { completed: HOUR_MS, cancelled: HOUR_MS, dead: HOUR_MS };

export const ages = (some: Partial<Ages>): Ages => ({ ...KEPT_FOR_EVER, ...some });

/** @param before what runs first in each transaction */
export const retentionOn = (
  { sql }: Pick<StoreHarness, 'sql'>,
  before: (tx: AnySql) => Promise<unknown> = async () => {},
): RetentionStore =>
  new RetentionStore(
    runOn(sql),
    namespace,
    async (work) =>
      (await sql.begin(async (tx) => {
        await before(tx);
        return work(runOn(tx), tx);
      })) as never,
  );

/** The same with statements that go through `wrap`. */
export const retentionThrough = ({ sql }: Pick<StoreHarness, 'sql'>, wrap: (run: Run) => Run): RetentionStore =>
  new RetentionStore(wrap(runOn(sql)), namespace, async (work) => (await sql.begin(async (tx) => work(wrap(runOn(tx)), tx))) as never);

export type Settled = readonly [receiver: number, state: 'completed' | 'cancelled' | 'dead', hoursAgo: number];

let sequence = 0;

/** The id of an emission of this time: later ones of the same time come later. */
export function idAt(hoursAgo: number): string {
  const ms = Math.round(Date.now() - hoursAgo * HOUR_MS)
    .toString(16)
    .padStart(12, '0');
  return `${ms.slice(0, 8)}-${ms.slice(8)}-7000-8000-${(++sequence).toString(16).padStart(12, '0')}`;
}

/** An emission with settled deliveries. Returns its id. */
export async function addSettled(sql: AnySql, hoursAgo: number, deliveries: readonly Settled[], id = idAt(hoursAgo)): Promise<string> {
  await sql`
    insert into signalbox.emission (id, signal, version, payload, emitted_at)
    values (${id}, 'store.happened', 1, '{"value": 1}', now() - ${hoursAgo} * interval '1 hour')`;
  for (const [receiver, state, ago] of deliveries)
    await sql`
      insert into signalbox.settled (id, emission_id, receiver_id, version, generation, state, epoch, attempt, crashes, finished_at)
      values (nextval(pg_get_serial_sequence('signalbox.delivery', 'id')), ${id}, ${receiver}, 1, 0, ${state}, 1, 1, 0, now() - ${ago} * interval '1 hour')`;
  return id;
}

export async function addError(sql: AnySql, emissionId: string): Promise<void> {
  await sql`
    insert into signalbox.delivery_error (delivery_id, epoch, attempt, error, at)
    select id, 1, 1, '{"name": "Error", "message": "no"}', now() from signalbox.settled where emission_id = ${emissionId}`;
}

/** Emissions, and rows of the other tables. */
export async function rowsLeft(sql: AnySql): Promise<{ emissions: string[]; settled: number; errors: number; live: number }> {
  const [row] = await sql<{ emissions: string[]; settled: number; errors: number; live: number }[]>`
    select coalesce((select array_agg(id::text order by id) from signalbox.emission), '{}') as emissions,
      (select count(*)::int from signalbox.settled) as settled, (select count(*)::int from signalbox.delivery_error) as errors,
      (select count(*)::int from signalbox.delivery) as live`;
  return { ...row! };
}
