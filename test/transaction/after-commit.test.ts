// afterCommit: callbacks that run once the outermost transaction has committed.
import { sql } from 'drizzle-orm';
import { drizzle } from 'drizzle-orm/postgres-js';
import { expect, test } from 'vitest';
import { harness } from '../support/harness.ts';
import { recordingLogger } from '../support/log.ts';

test('callbacks run after the outermost commit, in their order, outside of any transaction', async () => {
  await using h = await harness();
  await h.sql`create table seen (id int)`;
  const ran: string[] = [];
  await h.db.transaction(async (tx) => {
    await tx.execute(sql`insert into seen values (1)`);
    h.box.afterCommit(async () => {
      ran.push(`ambient, sees ${(await h.sql`select from seen`).length}`);
      // There is no transaction any more: this is a plain query on the pool.
      await h.box.db.execute(sql`select 1`);
    });
    await tx.transaction(async (nested) => {
      h.box.afterCommit(nested, () => ran.push('of the savepoint'));
    });
    h.box.afterCommit(tx, () => ran.push('of the handle'));
    expect(ran).toEqual([]);
  });
  expect(ran).toEqual(['ambient, sees 1', 'of the savepoint', 'of the handle']);
});

test('callbacks are dropped with their savepoint or transaction', async () => {
  await using h = await harness();
  const ran: string[] = [];
  await h.db.transaction(async (tx) => {
    await tx
      .transaction(async () => {
        h.box.afterCommit(() => ran.push('of the lost savepoint'));
        throw new Error('lost');
      })
      .catch(() => {});
    h.box.afterCommit(() => ran.push('of the transaction'));
  });
  const attempt = h.db.transaction(async () => {
    h.box.afterCommit(() => ran.push('of the lost transaction'));
    throw new Error('lost');
  });
  await expect(attempt).rejects.toThrow('lost');
  expect(ran).toEqual(['of the transaction']);
});

test('a callback that throws is logged; the others run, and the transaction call succeeds', async () => {
  const { log, lines } = recordingLogger();
  await using h = await harness({ log });
  const ran: string[] = [];
  const result = await h.db.transaction(async () => {
    h.box.afterCommit(() => Promise.reject(new Error('mail is down')));
    h.box.afterCommit(() => ran.push('the next'));
    return 'committed';
  });
  expect(result).toBe('committed');
  expect(ran).toEqual(['the next']);
  expect(lines).toContainEqual(
    expect.objectContaining({ level: 'error', fields: { err: expect.objectContaining({ message: 'mail is down' }) as Error } }),
  );
});

test('a callback needs a transaction whose commit this box can notice', async () => {
  await using h = await harness();
  expect(() => h.box.afterCommit(() => {})).toThrow(expect.objectContaining({ code: 'NotInTransaction' }));
  const untracked = drizzle({ client: h.connect({ max: 1 }) });
  await untracked.transaction(async (tx) => {
    expect(() => h.box.afterCommit(tx, () => {})).toThrow(expect.objectContaining({ code: 'UntrackedTransaction' }));
  });
  let kept: object | undefined;
  await h.db.transaction(async (tx) => void (kept = tx));
  expect(() => h.box.afterCommit(kept as never, () => {})).toThrow(expect.objectContaining({ code: 'TransactionEnded' }));
});
