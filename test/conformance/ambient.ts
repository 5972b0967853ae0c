// Cases: Db, the ambient database, and callbacks after a commit.
import { eq, sql } from 'drizzle-orm';
import { expect } from 'vitest';
import { rootCode } from '../support/errors.ts';
import { type Case, effects, errorOf, isDrizzle1, openConformance, rowsOf } from './driver.ts';
import { happened } from './signals.ts';

export const ambientCases: readonly Case[] = [
  {
    name: 'outside of a transaction Db is the database, inside it is the transaction, and a savepoint in a savepoint',
    async run(driver) {
      await using h = await openConformance(driver);
      const { db } = h.box;
      const write = async (value: number): Promise<unknown> => db.insert(effects).values({ receiver: 'ambient', value });
      await write(1);
      await errorOf(
        h.db.transaction(async () => {
          await write(2);
          expect(await db.$count(effects)).toBe(2);
          throw new Error('undone');
        }),
      );
      await db.transaction(async () => {
        await write(3);
        await errorOf(
          db.transaction(async () => {
            await write(4);
            await happened.emitReliable(db, { value: 4 });
            throw new Error('only this one');
          }),
        );
        await write(5);
      });
      expect(await h.effects()).toEqual(['ambient:1', 'ambient:3', 'ambient:5']);
      expect(await h.count('select count(*)::int from signalbox.emission')).toBe(0);
    },
  },
  {
    name: 'a query that was built or prepared outside joins the transaction in which it is sent',
    async run(driver) {
      await using h = await openConformance(driver);
      const { db } = h.box;
      const byValue = eq(effects.value, sql.placeholder('value'));
      const prepared = db.select().from(effects).where(byValue).prepare('ambient_by_value');
      const relational = db.query.effects
        .findMany({ where: isDrizzle1 ? ({ value: sql.placeholder('value') } as never) : byValue })
        .prepare('ambient_relational');
      const insert = db.insert(effects).values({ receiver: 'built', value: 1 });
      const attempt = h.db.transaction(async () => {
        await insert;
        expect(await prepared.execute({ value: 1 })).toHaveLength(1);
        expect(await relational.execute({ value: 1 })).toHaveLength(1);
        expect(await db.query.effects.findFirst()).toEqual({ receiver: 'built', value: 1 });
        throw new Error('undone');
      });
      await expect(attempt).rejects.toThrow('undone');
      expect([await prepared.execute({ value: 1 }), await relational.execute({ value: 1 }), await h.effects()]).toEqual([[], [], []]);
    },
  },
  {
    name: 'code that outlives its transaction cannot write outside of it through Db',
    async run(driver) {
      await using h = await openConformance(driver, { max: 2 });
      const { db } = h.box;
      let end: (() => void) | undefined;
      const ended = new Promise<void>((resolve) => (end = resolve));
      const late = await h.db.transaction(async () => {
        const uses: (() => Promise<unknown>)[] = [
          async () => db.insert(effects).values({ receiver: 'late', value: 1 }),
          async () => db.transaction(async () => {}),
          async () => happened.emitReliable(db, { value: 1 }),
        ];
        return { errors: uses.map((use) => errorOf(ended.then(use))) };
      });
      end!();
      for (const error of await Promise.all(late.errors)) expect(rootCode(error)).toBe('TransactionEnded');
      expect(await h.effects()).toEqual([]);
    },
  },
  {
    name: 'concurrent transactions do not mix, even if they have to take turns',
    async run(driver) {
      await using h = await openConformance(driver);
      const whoAmI = async (): Promise<unknown> => rowsOf(await h.box.db.execute(sql`select pg_current_xact_id()::text as id`))[0]!['id'];
      const ids = await Promise.all(
        [1, 2, 3].map(() =>
          h.db.transaction(async () => {
            const before = await whoAmI();
            await h.box.db.execute(sql`select pg_sleep(0.02)`);
            expect(await whoAmI()).toBe(before);
            return before;
          }),
        ),
      );
      expect(new Set(ids).size).toBe(3);
    },
  },
  {
    name: 'Db outside of a transaction stays outside of another open one',
    async run(driver) {
      await using h = await openConformance(driver);
      let enter: (() => void) | undefined;
      const entered = new Promise<void>((resolve) => (enter = resolve));
      const beside = entered.then(() => h.box.db.insert(effects).values({ receiver: 'beside', value: 1 }));
      const attempt = h.db.transaction(async (tx) => {
        await tx.insert(effects).values({ receiver: 'inside', value: 2 });
        enter!();
        await tx.execute(sql`select pg_sleep(0.05)`);
        throw new Error('undone');
      });
      await expect(attempt).rejects.toThrow('undone');
      await beside;
      expect(await h.effects()).toEqual(['beside:1']);
    },
  },
  {
    name: 'afterCommit callbacks run after the outermost commit, in order, and are dropped by a rollback',
    async run(driver) {
      await using h = await openConformance(driver);
      const ran: unknown[] = [];
      await h.db.transaction(async (tx) => {
        h.box.afterCommit(async () => ran.push('first', await h.box.db.$count(effects)));
        await tx.insert(effects).values({ receiver: 'sender', value: 1 });
        await errorOf(
          tx.transaction(async (nested) => {
            h.box.afterCommit(nested, () => ran.push('never'));
            throw new Error('no');
          }),
        );
        await tx.transaction(async (nested) => h.box.afterCommit(nested, () => ran.push('second')));
        h.box.afterCommit(tx, () => ran.push('third'));
        expect(ran).toEqual([]);
      });
      expect(ran).toEqual(['first', 1, 'second', 'third']);
    },
  },
];
