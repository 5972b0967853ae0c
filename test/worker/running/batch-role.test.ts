// A receiver of batches that sets its own role, as row-level security by tenant requires: that role needs no rights on
// our tables, because the settlements of the batch are written with the role of the session.
import { randomBytes } from 'node:crypto';
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { addDelivery, addReceiver, openStore, runOn, stateOf, WORKER } from '../../store/rows.ts';
import { DRIVERS, openBehindProxy } from '../../support/behind-proxy.ts';
import { readEffects } from '../../support/effects.ts';
import { emit, ends, receiverThat, valueOf } from './batch-fixture.ts';

test.for(DRIVERS)(
  '%s: a batch completes, including its failed items, and the work at COMMIT has its role again',
  async (driver, { skip }) => {
    const role = `signalbox_tenant_${randomBytes(4).toString('hex')}`;
    const { Receiver, calls } = receiverThat(async (items, { tx }) => {
      await tx.execute(sql.raw(`set local role ${role}`));
      await tx.execute(sql.raw(`set local statement_timeout = '2s'`));
      await tx.execute(sql.raw('insert into touched values (1)'));
      for (const item of items) if (valueOf(item) === 2) item.fail(new Error('not this one'));
    });
    await using h = await openBehindProxy(driver, { services: [Receiver] });
    const [me] = await h.sql`select rolsuper from pg_catalog.pg_roles where rolname = current_user`;
    skip(me!['rolsuper'] !== true, 'the user of the tests cannot make another: it is no superuser');
    await h.sql
      .unsafe(`create role ${role}; create table touched (value int); create table at_commit (who text); grant all on touched, at_commit to ${role};
    create function note() returns trigger language plpgsql as $$ begin insert into at_commit values (current_user); return null; end $$;
    create constraint trigger note after insert on touched deferrable initially deferred for each row execute function note()`);
    try {
      await using worker = h.box.worker({ pollInterval: 50 });
      await worker.start();
      // The outcomes are asserted below.
      let running = 3;
      const done = new Promise<void>((resolve) => {
        for (const outcome of ['completed', 'retrying', 'dead', 'released'] as const)
          h.box.on(`delivery.${outcome}`, () => void (--running === 0 && resolve()));
      });
      await emit(h.direct, 3);
      await done;
      await worker.stop();
      expect([calls, await ends(h)]).toEqual([[[1, 2, 3]], ['completed 1', 'ready 1', 'completed 1']]);
      expect(await readEffects(h.sql)).toHaveLength(3);
      expect(new Set((await h.sql<{ who: string }[]>`select who from at_commit`).map(({ who }) => who))).toEqual(new Set([role]));
    } finally {
      await h.sql.unsafe(`drop owned by ${role}; drop role ${role}`);
    }
  },
);

test.each([true, false])("the end of a batch runs with the session's own settings (pipelined: %s)", async (pipelined) => {
  await using h = await openStore();
  const id = await addDelivery(h.sql, await addReceiver(h.sql), { state: 'running', epoch: 1, attempt: 1 });
  const claim = { id, epoch: 1, workerId: WORKER };
  const [me] = await h.sql<{ name: string }[]>`select current_user as name`;
  const settings: unknown[] = [];
  const note = async (of: typeof h.sql): Promise<void> => {
    const [row] = await of`select current_setting('role') as role, current_setting('statement_timeout') as timeout`;
    settings.push(row);
  };
  const session = await h.sql.reserve();
  await session.unsafe(`set role ${me!.name}; begin`);
  const run = runOn(session);
  const hold = await h.store.batches.hold(run, [claim], { timeoutMs: 7_000, inLane: false });
  if (hold === 'outside') throw new Error('There is a transaction.');
  await session.unsafe(`set local role none; set local statement_timeout = '2s'`);
  await h.store.batches.end(run, { returned: [claim], failed: [], released: [] }, { ...hold, pipelined });
  await note(session as never);
  await session.unsafe('commit');
  await note(session as never);
  await session.unsafe('reset role');
  session.release();
  expect([hold.role, settings]).toEqual([
    me!.name,
    [
      { role: 'none', timeout: '7s' },
      { role: me!.name, timeout: '5s' },
    ],
  ]);
  expect(await stateOf(h.sql, id)).toBe('completed 1/1/0');
});
