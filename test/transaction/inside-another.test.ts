// Code inside several transactions or savepoints at once: the one that a handle means, and the one whose commit counts.
import { expect, test } from 'vitest';
import { countEmissions } from '../support/effects.ts';
import { harness } from '../support/harness.ts';
import { Latch } from '../support/latch.ts';
import { happened, One } from './one.ts';

const undone = new Error('undone');

test('an emit on the handle of an outer transaction does not belong to an independent one inside it', async () => {
  await using h = await harness({ services: [One] });
  await h.db.transaction(async (tx) => {
    const inner = h.db.transaction(async () => {
      await happened.emitReliable(tx, { value: 1 });
      throw undone;
    });
    await expect(inner).rejects.toBe(undone);
  });
  expect(await countEmissions(h.sql)).toBe(1);
});

test('a callback after the commit of an independent transaction inside another runs in no transaction', async () => {
  await using h = await harness();
  const told: unknown[] = [];
  await h.db.transaction(async () => {
    await h.db.transaction(async (inner) => {
      h.box.afterCommit(inner, () => {
        try {
          h.box.afterCommit(() => {});
        } catch (error) {
          told.push((error as { code: unknown }).code);
        }
      });
    });
    expect(told).toEqual(['NotInTransaction']);
  });
});

test('a callback that is given with the outer handle inside a savepoint is dropped with the savepoint', async () => {
  await using h = await harness();
  const ran: string[] = [];
  await h.db.transaction(async (tx) => {
    await tx
      .transaction(async () => {
        h.box.afterCommit(tx, () => ran.push('of the savepoint'));
        throw undone;
      })
      .catch(() => {});
    h.box.afterCommit(tx, () => ran.push('of the transaction'));
  });
  expect(ran).toEqual(['of the transaction']);
});

test('code that a savepoint left running can emit on the outer handle when the savepoint has ended', async () => {
  await using h = await harness({ services: [One] });
  await h.db.transaction(async (tx) => {
    const ended = new Latch();
    let late: Promise<unknown> = Promise.resolve();
    await tx.transaction(async () => {
      late = ended.opened.then(() => happened.emitReliable(tx, { value: 1 }));
    });
    ended.open();
    await late;
  });
  expect(await countEmissions(h.sql)).toBe(1);
});
