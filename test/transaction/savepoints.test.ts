// Savepoints: the statements that belong to each, and the order of siblings.
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { countEmissions, createEffects, effects, readEffects } from '../support/effects.ts';
import { harness } from '../support/harness.ts';
import { happened, One } from './one.ts';

test('the rollback of a savepoint undoes its own emits and no others', async () => {
  await using h = await harness({ services: [One] });
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => {
    await happened.emitReliable(tx, { value: 1 });
    await tx
      .transaction(async (savepoint) => {
        await happened.emitReliable(savepoint, { value: 2 });
        throw new Error('only the savepoint');
      })
      .catch(() => {});
    await tx.transaction(async (savepoint) => {
      await happened.emitReliable(savepoint, { value: 3 });
    });
  });
  await h.box.drain();
  expect(await readEffects(h.sql)).toEqual(['One:1', 'One:3']);
});

test('an emit on the outer handle inside a savepoint belongs to the savepoint', async () => {
  await using h = await harness({ services: [One] });
  await h.db.transaction(async (tx) => {
    const savepoint = tx.transaction(async () => {
      await happened.emitReliable(tx, { value: 1 });
      throw new Error('only the savepoint');
    });
    await expect(savepoint).rejects.toThrow('only the savepoint');
  });
  expect(await countEmissions(h.sql)).toBe(0);
});

test('the rollback of a savepoint does not undo an emit beside it', async () => {
  await using h = await harness({ services: [One] });
  await h.db.transaction(async (tx) => {
    let insideSavepoint: (() => void) | undefined;
    const inside = new Promise<void>((resolve) => (insideSavepoint = resolve));
    const savepoint = tx.transaction(async (nested) => {
      await nested.execute(sql`select 1`);
      insideSavepoint!();
      await nested.execute(sql`select pg_sleep(0.05)`);
      throw new Error('only the savepoint');
    });
    const emitted = inside.then(() => happened.emitReliable(tx, { value: 1 }));
    await expect(savepoint).rejects.toThrow('only the savepoint');
    await emitted;
  });
  expect(await countEmissions(h.sql)).toBe(1);
});

test('sibling savepoints that start together run one after the other', async () => {
  await using h = await harness();
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => {
    const nest = async (value: number, fail: boolean): Promise<void> =>
      tx.transaction(async (nested) => {
        await nested.insert(effects).values({ receiver: 'sibling', value });
        await nested.execute(sql`select pg_sleep(0.02)`);
        if (fail) throw new Error('rolled back');
      });
    const results = await Promise.allSettled([nest(1, false), nest(2, true), nest(3, false)]);
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });
  expect(await readEffects(h.sql)).toEqual(['sibling:1', 'sibling:3']);
});

test('a savepoint that is opened on the outer handle inside another savepoint is nested, and does not wait for it', async () => {
  await using h = await harness();
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => {
    const savepoint = tx.transaction(async () => {
      await tx.transaction(async (inner) => {
        await inner.insert(effects).values({ receiver: 'inner', value: 1 });
      });
      throw new Error('takes the inner one along');
    });
    await expect(savepoint).rejects.toThrow('takes the inner one along');
    await tx.insert(effects).values({ receiver: 'outer', value: 2 });
  });
  expect(await readEffects(h.sql)).toEqual(['outer:2']);
});

test('a query error that stays within its savepoint has no other effect', async () => {
  await using h = await harness();
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'sender', value: 1 });
    await tx.transaction(async (nested) => nested.execute(sql`select 1 / 0`)).catch(() => {});
    await tx.insert(effects).values({ receiver: 'sender', value: 2 });
  });
  expect(await readEffects(h.sql)).toEqual(['sender:1', 'sender:2']);
});

test('a floating savepoint is awaited before the commit, and its failure fails the transaction', async () => {
  await using h = await harness();
  await createEffects(h.sql);
  await h.db.transaction(async (tx) => {
    // oxlint-disable-next-line typescript/no-floating-promises -- that it floats is what is tested
    tx.transaction(async (nested) => nested.insert(effects).values({ receiver: 'floating', value: 1 }));
  });
  const attempt = h.db.transaction(async (tx) => {
    await tx.insert(effects).values({ receiver: 'sender', value: 2 });
    // oxlint-disable-next-line typescript/no-floating-promises -- that it floats is what is tested
    tx.transaction(async () => {
      throw new Error('unseen');
    });
  });
  await expect(attempt).rejects.toThrow('unseen');
  expect(await readEffects(h.sql)).toEqual(['floating:1']);
});
