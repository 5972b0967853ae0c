// Filters of deliveries: each condition excludes by itself, all of them together find what matches them all, and nothing that a
// caller gives reaches the server as anything but a value.
import { expect, test } from 'vitest';
import { isSignalboxError } from '../../src/index.ts';
import type { DeliveryFilter } from '../../src/index.ts';
import { refuseUndefined } from '../../src/operate/filter.ts';
import { addReceiver } from '../store/rows.ts';
import { harness, type Harness } from '../support/harness.ts';
import { addRow, noEmission, type ReadDelivery } from './read-rows.ts';
import { findAll } from '../support/deliveries.ts';

const hour = (at: number): Date => new Date(Date.UTC(2026, 10, 1, at));

interface Found extends Harness {
  readonly rows: { readonly waits: ReadDelivery; readonly dead: ReadDelivery; readonly done: ReadDelivery };
  /** The rows that a filter finds, by name. */
  find(filter: DeliveryFilter): Promise<string[]>;
}

/** One that waits, one that is dead and one that is completed; no two have anything in common that a filter may ask for. */
async function openRows(): Promise<Found> {
  const h = await harness();
  const { sql } = h;
  const [orders, mail, stock] = [
    await addReceiver(sql, 'Orders.onPaid', 'payment.completed'),
    await addReceiver(sql, 'Mail.onPaid', 'payment.refunded'),
    await addReceiver(sql, 'Stock.onPaid', 'payment.failed'),
  ];
  const rows = {
    waits: await addRow(sql, { receiver: orders, at: hour(1), payload: { customer: { email: 'a@example.com' }, items: [{ id: 7 }] } }),
    dead: await addRow(sql, {
      receiver: mail,
      state: 'dead',
      at: hour(2),
      payload: { customer: { email: 'b@example.com' }, paid: true, total: 1.5, nothing: null },
      errors: [
        { name: 'Timeout', message: 'first it took too long' },
        { name: 'Refused', message: 'Mailbox {full}, "100%"' },
      ],
    }),
    done: await addRow(sql, {
      receiver: stock,
      state: 'completed',
      at: hour(3),
      payload: { customer: { email: "c'; drop table emission" }, 'a\\"{}': { '},{': 'quoted' } },
    }),
  };
  const names = new Map(Object.entries(rows).map(([name, { id }]) => [id, name]));
  const find = async (filter: DeliveryFilter): Promise<string[]> =>
    (await findAll(h.box, filter)).map(({ id }) => names.get(id)!).toSorted();
  return { ...h, rows, find };
}

const all = ['dead', 'done', 'waits'];

test('each condition excludes by itself', async () => {
  await using h = await openRows();
  const found = async (filter: DeliveryFilter, expected: string[]): Promise<void> =>
    expect([filter, await h.find(filter)]).toEqual([filter, expected]);
  await found({}, all);
  await found({ states: ['dead', 'completed'] }, ['dead', 'done']);
  await found({ states: ['completed'] }, ['done']);
  await found({ states: ['ready'] }, ['waits']);
  await found({ receiver: 'Mail.onPaid' }, ['dead']);
  await found({ receiver: 'Nobody.here' }, []);
  await found({ signal: 'payment.failed' }, ['done']);
  await found({ signal: 'payment.unheard' }, []);
  await found({ emissionId: h.rows.waits.emissionId }, ['waits']);
  await found({ emissionId: noEmission() }, []);
  // No bound of a walk stands in for the condition there.
  const grouped = async (emissionId: string): Promise<number> => (await h.box.deliveries.groups({ emissionId })).grouped;
  expect([await grouped(h.rows.dead.emissionId), await grouped(noEmission())]).toEqual([1, 0]);
  await found({ since: hour(2) }, ['dead', 'done']);
  await found({ until: hour(2) }, ['waits']);
  await found({ since: hour(1), until: hour(2) }, ['waits']);
  await found({ error: 'Refused' }, ['dead']);
  await found({ error: 'mailbox {FULL}, "100%"' }, ['dead']);
  await found({ error: '%' }, ['dead']);
  await found({ error: '_' }, []);
  // Only the latest error counts, its name as a whole.
  await found({ error: 'Timeout' }, []);
  await found({ error: 'took too long' }, []);
  await found({ error: 'Refuse' }, []);
});

test('a receiver is found by each of its names, whichever of its rows a delivery carries', async () => {
  await using h = await openRows();
  const before = await addReceiver(h.sql, 'Mail.before', 'payment.refunded');
  const [row] = await h.sql<{ id: number }[]>`select id from signalbox.receiver where name = 'Mail.onPaid'`;
  await h.sql`update signalbox.receiver set root_id = ${row!.id} where id = ${before}`;
  const { id } = await addRow(h.sql, { receiver: before });
  for (const receiver of ['Mail.onPaid', 'Mail.before'])
    expect((await findAll(h.box, { receiver })).map((delivery) => delivery.id).toSorted()).toEqual([h.rows.dead.id, id].toSorted());
});

test('a value in the payload is found by its path, as text', async () => {
  await using h = await openRows();
  const found = async (path: string, value: string): Promise<string[]> => h.find({ payload: { path, value } });
  expect(await found('customer.email', 'a@example.com')).toEqual(['waits']);
  expect(await found('customer.email', 'A@example.com')).toEqual([]);
  expect(await found('customer.email', "c'; drop table emission")).toEqual(['done']);
  expect(await found('items.0.id', '7')).toEqual(['waits']);
  expect(await found('items.1.id', '7')).toEqual([]);
  expect(await found('paid', 'true')).toEqual(['dead']);
  expect(await found('total', '1.5')).toEqual(['dead']);
  expect(await found('nothing', 'null')).toEqual([]);
  expect(await found('absent', '')).toEqual([]);
  expect(await found('a\\"{}.},{', 'quoted')).toEqual(['done']);
});

test('conditions together find what matches them all', async () => {
  await using h = await openRows();
  const whole: DeliveryFilter = {
    states: ['dead'],
    receiver: 'Mail.onPaid',
    signal: 'payment.refunded',
    emissionId: h.rows.dead.emissionId,
    since: hour(2),
    until: hour(3),
    error: 'mailbox',
    payload: { path: 'customer.email', value: 'b@example.com' },
  };
  expect(await h.find(whole)).toEqual(['dead']);
  const others: DeliveryFilter = {
    states: ['ready'],
    receiver: 'Orders.onPaid',
    signal: 'payment.failed',
    emissionId: h.rows.done.emissionId,
    since: hour(3),
    until: hour(2),
    error: 'Timeout',
    payload: { path: 'customer.email', value: 'a@example.com' },
  };
  for (const [member, value] of Object.entries(others)) expect([member, await h.find({ ...whole, [member]: value })]).toEqual([member, []]);
});

const invalid: [what: string, filter: object, says: RegExp][] = [
  ['no state', { states: [] }, /states is \[\]\. Give a list of .+, at least one of them/],
  ['a state that there is not', { states: ['dead', 'lost'] }, /states is \["dead","lost"\]/],
  ['no date', { since: '2026-11-01' }, /since is "2026-11-01"\. Give a valid Date/],
  ['a date that is none', { until: new Date(Number.NaN) }, /until is/],
  ['an emission that is no UUID', { emissionId: "1' or true" }, /emissionId is/],
  ['an empty text', { error: '' }, /error is ""/],
  ['a text with U+0000', { error: 'a\u0000' }, /error is/],
  ['half of a surrogate pair', { receiver: '\ud800' }, /receiver is/],
  ['a signal with U+0000', { signal: 'a\u0000' }, /signal is/],
  ['a long text', { error: 'x'.repeat(1_001) }, /error is/],
  ['a path with an empty step', { payload: { path: 'a..b', value: '' } }, /payload\.path is "a\.\.b"/],
  ['a deep path', { payload: { path: 'a.'.repeat(60) + 'a', value: '' } }, /payload\.path is/],
  ['no path', { payload: { value: '1' } }, /payload: path is missing/],
  ['no value', { payload: { path: 'a' } }, /payload: value is missing/],
  ['a number as the value', { payload: { path: 'a', value: 1 } }, /payload\.value is 1/],
];

test.each(invalid)('%s is refused', async (_what, filter, says) => {
  await using h = await harness();
  const error = await findAll(h.box, filter as DeliveryFilter).catch((thrown: unknown) => thrown);
  expect(isSignalboxError(error, 'InvalidOption')).toBe(true);
  expect((error as Error).message).toMatch(says);
});

test('an act refuses a member that is present but undefined, which would widen it', () => {
  const lacking = { receiver: undefined } as unknown as DeliveryFilter;
  expect(() => refuseUndefined(lacking, 'errands.begin')).toThrow('errands.begin: receiver is undefined. Give its value, or leave it out.');
  expect(() => refuseUndefined({ receiver: 'A.b' }, 'errands.begin')).not.toThrow();
});
