// Deliveries that leave something in a transaction that they share: no neighbour meets it.
import { sql } from 'drizzle-orm';
import { expect, test, vi } from 'vitest';
import { DRIVERS } from '../../support/behind-proxy.ts';
import { recordingLogger } from '../../support/log.ts';
import { effectsOf, exceptions, InCompany, openWith, receiverThat, timesOf, values, work } from './share-fixture.ts';

vi.mock('../../../src/worker/running/sharing.ts', async (original) => (await import('./patient-sharing.ts')).patient(await original()));

const SEEN = `create table seen (value int, tenant text, path text, who text);
  create function hidden() returns void language plpgsql as $$ begin perform set_config('search_path', 'elsewhere, public', true); end $$;`;

test.for(
  DRIVERS.flatMap((driver) =>
    [
      `set local app.tenant = 'another'`,
      `select 1; set local app.tenant = 'another'`,
      `select set_config('app.tenant', 'another', true)`,
      `do $$ begin perform set_config('app.tenant', 'another', true); end $$`,
      `set local search_path = 'elsewhere', public`,
      `set local role pg_monitor`,
      'select hidden()',
      `nested: set local app.tenant = 'another'`,
    ].map((text) => [driver, text] as const),
  ),
)('%s: what %s sets reaches no neighbour; from then on each has its own transaction', async ([driver, text]) => {
  const { log, lines } = recordingLogger();
  const one = new InCompany();
  const two = new InCompany();
  let [isOver, sharedAfter] = [false, false];
  const { Receiver, calls } = receiverThat(async (value, context, call) => {
    const { tx } = context;
    await tx.execute(
      sql`insert into public.seen values (${value}::int, current_setting('app.tenant', true), current_setting('search_path'), current_setting('role'))`,
    );
    if (one.value !== 0 && value !== one.value) sharedAfter ||= isOver && (await two.is(value, context, call));
    if (one.value === value) isOver = true;
    if ((await one.is(value, context, call)) || value === one.value) {
      if (text.startsWith('nested: ')) await tx.transaction(async (inner) => inner.execute(sql.raw(text.slice(8))));
      else await tx.execute(sql.raw(text));
    }
  });
  await using h = await openWith(driver, Receiver, 60, { log });
  await h.sql.unsafe(`${SEEN}; grant all on seen to pg_monitor`);
  await work(h, 60);
  const seen = await h.sql`select value from seen where coalesce(tenant, '') <> '' or path like '%elsewhere%' or who <> 'none'`;
  expect(seen).toEqual([]);
  expect(sharedAfter).toBe(false);
  expect(timesOf(calls, one.value - 1, one.value)).toEqual([2, 2]);
  expect([await effectsOf(h), await exceptions(h)]).toEqual([values(60), []]);
  expect(lines.filter(({ message }) => message?.includes('leaves a setting'))).toHaveLength(1);
});

test.for(DRIVERS)('%s: a receiver that meddles with the savepoint of its part undoes no neighbour', async (driver) => {
  const one = new InCompany();
  const { Receiver, calls } = receiverThat(async (value, context, call) => {
    if (!(await one.is(value, context, call))) return;
    await context.tx.execute(sql`release savepoint part_of_shared_transaction`);
    throw new Error('and then it fails');
  });
  await using h = await openWith(driver, Receiver, 40);
  await work(h, 40);
  expect(timesOf(calls, one.value - 1, one.value)).toEqual([2, 2]);
  expect([await effectsOf(h), await exceptions(h)]).toEqual([values(40), []]);
});
