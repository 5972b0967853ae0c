// What an erasure blanks, what it leaves, and whom it meets.
import { expect, test } from 'vitest';
import { Namespace } from '../../../src/store/namespace.ts';
import { DEFAULT_SCHEMA } from '../../../src/core/rules.ts';
import { ERASED_PAYLOAD } from '../../../src/core/erased.ts';
import type { Run } from '../../../src/drivers/driver.ts';
import { OperationsStore } from '../../../src/store/operations/operations.ts';
import { eraseHeld, holdErasable } from '../../../src/store/retention/erase.sql.ts';
import { EraseStore } from '../../../src/store/retention/erase.ts';
import { type AnySql, addReceiver, openStore, runOn, type StoreHarness } from '../rows.ts';
import { untilBlocked } from '../waits.ts';
import { addError, addSettled, namespace } from './support.ts';

const ANN = { path: ['customer', 'email'], value: 'ann@example.com' };

const eraseOn = ({ sql }: StoreHarness, wrap: (run: Run) => Run = (run) => run): EraseStore =>
  new EraseStore(namespace, async (work) => (await sql.begin(async (tx) => work(wrap(runOn(tx)), tx))) as never);

async function addOf(sql: AnySql, email: string, receiver: number): Promise<string> {
  const id = await addSettled(sql, 5, [[receiver, 'dead', 4]]);
  await sql`update signalbox.emission set payload = jsonb_build_object('customer', jsonb_build_object('email', ${email}::text)), headers = '{"tenant": "a"}' where id = ${id}`;
  await addError(sql, id);
  return id;
}

const payloadOf = async (sql: AnySql, id: string): Promise<string> =>
  (await sql<{ text: string }[]>`select payload::text || coalesce(headers::text, '') as text from signalbox.emission where id = ${id}`)[0]!
    .text;

const brings = (sql: AnySql, emissionId: string): Promise<string[]> =>
  new OperationsStore(runOn(sql), new Namespace(DEFAULT_SCHEMA)).requeue({ emissionId }, ['dead'], 0);

test('the emissions of one person lose their payload, their headers and the texts of their errors; those of others lose nothing', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const ann = [await addOf(h.sql, 'ann@example.com', receiver), await addOf(h.sql, 'ann@example.com', receiver)];
  const bob = await addOf(h.sql, 'bob@example.com', receiver);
  const before = await payloadOf(h.sql, bob);
  const erase = eraseOn(h);
  expect(await erase.erase(ANN, undefined, { dryRun: true })).toMatchObject({ emissions: 2, waiting: [], isLast: true });
  expect(await payloadOf(h.sql, ann[0]!)).toContain('ann@');
  expect(await erase.erase(ANN, undefined)).toEqual({ emissions: 2, errors: 2, waiting: [], after: bob, isLast: true });
  expect(await Promise.all(ann.map((id) => payloadOf(h.sql, id)))).toEqual([ERASED_PAYLOAD, ERASED_PAYLOAD]);
  expect(await payloadOf(h.sql, bob)).toBe(before);
  const errors =
    await h.sql`select error ->> 'name' as name, error ->> 'message' as message, count(*)::int from signalbox.delivery_error group by 1, 2 order by 1`;
  expect([...errors]).toEqual([
    { name: 'Erased', message: 'The text of this error was erased.', count: 2 },
    { name: 'Error', message: 'no', count: 1 },
  ]);
  // A second one finds nothing.
  expect(await erase.erase(ANN, undefined)).toMatchObject({ emissions: 0, errors: 0, waiting: [] });
});

test('a walk comes to every emission, batch by batch', async () => {
  await using h = await openStore();
  const receiver = await addReceiver(h.sql);
  const ids = [
    await addOf(h.sql, 'bob@example.com', receiver),
    await addOf(h.sql, 'ann@example.com', receiver),
    await addOf(h.sql, 'ann@example.com', receiver),
  ];
  const erase = eraseOn(h);
  const first = await erase.erase(ANN, undefined, { limit: 2 });
  expect(first).toMatchObject({ emissions: 1, after: ids[1], isLast: false });
  expect(await erase.erase(ANN, first.after, { limit: 2 })).toMatchObject({ emissions: 1, after: ids[2], isLast: true });
});

test('an emission of which a delivery waits is left, and named', async () => {
  await using h = await openStore();
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  const id = await addOf(h.sql, 'ann@example.com', a);
  const before = await payloadOf(h.sql, id);
  await h.sql`insert into signalbox.delivery (emission_id, receiver_id, version, run_at) values (${id}, ${b}, 1, now() + interval '1 day')`;
  expect(await eraseOn(h).erase(ANN, undefined)).toMatchObject({ emissions: 0, errors: 0, waiting: [id] });
  expect(await payloadOf(h.sql, id)).toBe(before);
});

test('an emission whose delivery is being retried is left, and named', async () => {
  await using h = await openStore();
  const id = await addOf(h.sql, 'ann@example.com', await addReceiver(h.sql));
  const retry = await h.hold((transaction) => brings(transaction, id));
  expect(await eraseOn(h).erase(ANN, undefined)).toMatchObject({ emissions: 0, waiting: [id] });
  await retry.commit();
  expect(await payloadOf(h.sql, id)).toContain('ann@');
});

test('a delivery that is added before the emission is locked, and committed then, keeps the payload', async () => {
  await using h = await openStore();
  const [a, b] = [await addReceiver(h.sql, 'A.receive'), await addReceiver(h.sql, 'B.receive')];
  const id = await addOf(h.sql, 'ann@example.com', a);
  const barrier = await h.hold((transaction) => transaction`select pg_advisory_xact_lock(78)`);
  const erased = eraseOn(h, (run) => (statement, params) => {
    if ((statement as object) !== holdErasable) return run(statement, params);
    const text = statement.text.replace(
      'from finished f\n',
      'from (select f.*, b from finished f cross join lateral (select pg_advisory_xact_lock_shared(78) as b) b offset 0) f\n',
    );
    expect(text).not.toBe(statement.text);
    return run({ ...statement, text }, params);
  }).erase(ANN, undefined);
  await untilBlocked(h.sql);
  await h.sql`insert into signalbox.delivery (emission_id, receiver_id, version, run_at) values (${id}, ${b}, 1, now())`;
  await barrier.commit();
  expect(await erased).toMatchObject({ emissions: 0, waiting: [id] });
  expect(await payloadOf(h.sql, id)).toContain('ann@');
});

test('a retry between the two steps waits, and then has the blank payload', async () => {
  await using h = await openStore();
  const id = await addOf(h.sql, 'ann@example.com', await addReceiver(h.sql));
  let retry: Promise<string[]> | undefined;
  const erase = eraseOn(h, (run) => async (statement, params) => {
    if ((statement as object) === eraseHeld) {
      retry = brings(h.sql, id);
      await untilBlocked(h.sql);
    }
    return run(statement, params);
  });
  expect(await erase.erase(ANN, undefined)).toMatchObject({ emissions: 1 });
  expect(await retry).toHaveLength(1);
  expect(await payloadOf(h.sql, id)).toBe(ERASED_PAYLOAD);
});
