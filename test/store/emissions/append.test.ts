// append: the receivers that get a delivery, the time at which it is due, and that all deliveries are stored or none.
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { AppendOptions } from '../../../src/store/emissions/emissions.ts';
import { type AnySql, addReceiver, addWorker, openStore, runOn, type StoreHarness, PLAIN } from '../rows.ts';

interface Append extends Partial<AppendOptions> {
  readonly payload?: string;
  readonly sql?: AnySql;
}

/** Returns the number of deliveries. */
async function append(h: StoreHarness, { payload = '{"value":1}', sql = h.sql, ...options }: Append = {}): Promise<number> {
  const id = randomUUID();
  return (await h.store.emissions.append(runOn(sql), [{ id, payload }], { ...PLAIN, ...options })).deliveries;
}

test('receivers of the signal get a delivery, those of other signals do not', async () => {
  await using h = await openStore();
  await addReceiver(h.sql, 'A.receive');
  await addReceiver(h.sql, 'B.receive', 'store.otherwise');
  expect(await append(h)).toBe(1);
});

test('a retired receiver gets no delivery', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  await h.sql`update signalbox.receiver set retired_at = now()`;
  expect(await append(h)).toBe(0);
});

test('a receiver that was last announced 400 days ago gets no delivery, and one of a year ago still does', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  await h.sql`update signalbox.receiver set last_seen_at = now() - interval '399 days'`;
  expect(await append(h)).toBe(1);
  await h.sql`update signalbox.receiver set last_seen_at = now() - interval '401 days'`;
  expect(await append(h)).toBe(0);
});

test('a receiver that is both named and in the catalogue gets one delivery', async () => {
  await using h = await openStore();
  const id = await addReceiver(h.sql);
  expect(await append(h, { ownReceivers: [id] })).toBe(1);
});

test('if one delivery cannot be stored, nothing is stored', async () => {
  await using h = await openStore();
  await addReceiver(h.sql, 'A.receive');
  const second = await addReceiver(h.sql, 'B.receive');
  await h.sql.unsafe(`create function refuse() returns trigger language plpgsql as
    $$ begin if new.receiver_id = ${second} then raise exception 'refused'; end if; return new; end $$;
    create trigger refuse before insert on signalbox.delivery for each row execute function refuse()`);
  await expect(append(h)).rejects.toThrow('refused');
  expect(await h.sql`select from signalbox.emission`).toHaveLength(0);
  expect(await h.sql`select from signalbox.delivery`).toHaveLength(0);
});

test('times and priorities decide when a delivery is due', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  await append(h, { delayMs: 90_000 });
  await append(h, { runAt: new Date('2031-02-03T04:05:06.789Z') });
  await append(h, { headStartHours: 2 });
  const due = await h.sql`select to_char(run_at at time zone 'utc', 'YYYY-MM-DD HH24:MI:SS.MS') as at,
    round(extract(epoch from run_at - now()))::int as seconds from signalbox.delivery order by id`;
  expect(due[0]!['seconds']).toBeGreaterThan(85);
  expect(due[0]!['seconds']).toBeLessThan(91);
  expect(due[1]!['at']).toBe('2031-02-03 04:05:06.789');
  expect(due[2]!['seconds']).toBeLessThanOrEqual(-7_200);
  expect(due[2]!['seconds']).toBeGreaterThan(-7_210);
});

test('a given time alone decides when a delivery is due, not the delay or the head start', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  await append(h, { runAt: new Date('2031-02-03T04:05:06.789Z'), delayMs: 60_000, headStartHours: 9 });
  expect([...(await h.sql`select run_at from signalbox.delivery`)]).toEqual([{ run_at: new Date('2031-02-03T04:05:06.789Z') }]);
});

test('a transaction that began before an own receiver was announced reaches it', async () => {
  await using h = await openStore();
  await h.sql.begin('isolation level repeatable read', async (transaction) => {
    await transaction`select`;
    const own = await addReceiver(h.sql);
    expect(await append(h, { ownReceivers: [own], sql: transaction })).toBe(1);
    expect(await append(h, { sql: transaction })).toBe(0);
  });
  expect(await h.sql`select from signalbox.delivery`).toHaveLength(1);
});

test('all names of a receiver get one delivery, under its root, as long as one of the names is live', async () => {
  await using h = await openStore();
  const [root, name] = [await addReceiver(h.sql, 'Old.receive'), await addReceiver(h.sql, 'New.receive')];
  await h.sql`update signalbox.receiver set root_id = ${root} where id = ${name}`;
  const reached = async (ownReceivers: readonly number[]): Promise<number[]> => {
    await append(h, { ownReceivers });
    const rows = await h.sql<{ id: number }[]>`delete from signalbox.delivery returning receiver_id as id`;
    return rows.map(({ id }) => id);
  };
  expect(await reached([])).toEqual([root]);
  // The view of a process that was started before the two were joined.
  expect(await reached([name])).toEqual([root]);
  expect(await reached([root])).toEqual([root]);
  await h.sql`update signalbox.receiver set retired_at = now() where id = ${root}`;
  expect(await reached([])).toEqual([root]);
  await h.sql`update signalbox.receiver set last_seen_at = null where id = ${name}`;
  expect(await reached([])).toEqual([]);
});

test('append reports that a receiver of the process has another id by now', async () => {
  await using h = await openStore();
  const [root, name] = [await addReceiver(h.sql, 'Old.receive'), await addReceiver(h.sql, 'New.receive')];
  const moved = async (ownReceivers: readonly number[]): Promise<boolean> => {
    const run = runOn(h.sql);
    return (await h.store.emissions.append(run, [{ id: randomUUID(), payload: '1' }], { ...PLAIN, ownReceivers })).moved;
  };
  expect(await moved([root, name])).toBe(false);
  await h.sql`update signalbox.receiver set root_id = ${root} where id = ${name}`;
  expect([await moved([root]), await moved([name]), await moved([root, name])]).toEqual([false, true, true]);
});

test('payloads, headers and versions are delivered as they were sent', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const worker = await addWorker(h.sql);
  for (const payload of [
    'null',
    '0',
    '""',
    'false',
    '[]',
    '{}',
    '{"a":null}',
    '"\\u001f\\"\\ud83d\\ude00"',
    '1e300',
    '12345678901234.125',
  ]) {
    expect(await append(h, { headers: '{"trace":"1"}', version: 3, payload })).toBe(1);
    const [claimed] = await h.store.deliveries.claim(worker, [{ receiverId: receiver, free: 1, version: 3 }], 1);
    expect(JSON.parse(claimed!.payload!)).toEqual(JSON.parse(payload));
    expect(claimed).toMatchObject({ version: 3, headers: '{"trace": "1"}' });
  }
});

test('each of many emissions at once reaches each receiver', async () => {
  await using h = await openStore();
  for (const name of ['A.receive', 'B.receive', 'C.receive']) await addReceiver(h.sql, name);
  const emissions = Array.from({ length: 1_000 }, (_, value) => ({ id: randomUUID(), payload: `{"value":${value}}` }));
  expect((await h.store.emissions.append(runOn(h.sql), emissions, PLAIN)).deliveries).toBe(3);
  const [row] =
    await h.sql`select count(*)::int as count, count(distinct (emission_id, receiver_id))::int as pairs from signalbox.delivery`;
  expect(row).toEqual({ count: 3_000, pairs: 3_000 });
});

test('an emission that is stored twice is refused as a whole', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  const emission = { id: randomUUID(), payload: '1' };
  await h.store.emissions.append(runOn(h.sql), [emission], PLAIN);
  const again = h.store.emissions.append(runOn(h.sql), [{ id: randomUUID(), payload: '2' }, emission], PLAIN);
  await expect(again).rejects.toMatchObject({ code: '23505' });
  expect(await h.sql`select from signalbox.emission`).toHaveLength(1);
  expect(await h.sql`select from signalbox.delivery`).toHaveLength(1);
});

test('a payload that is too large for the table is refused, and leaves nothing', async () => {
  await using h = await openStore();
  await addReceiver(h.sql);
  await expect(append(h, { payload: `"${'x'.repeat(17 * 1024 * 1024)}"` })).rejects.toMatchObject({
    constraint_name: 'emission_payload_size',
  });
  expect(await h.sql`select from signalbox.delivery`).toHaveLength(0);
});
