// @Transactional: a method runs as a transaction, or as a savepoint of the transaction in which it is called.
import { sql } from 'drizzle-orm';
import { expect, test } from 'vitest';
import { Db, Service, Transactional } from '../../src/index.ts';
import { createEffects, effects, readEffects } from '../support/effects.ts';
import { harness } from '../support/harness.ts';

@Service()
class Accounts {
  constructor(private readonly db: Db) {}

  @Transactional()
  async move(value: number, { fail }: { fail: boolean }): Promise<number> {
    await this.db.insert(effects).values({ receiver: 'debit', value });
    if (fail) throw new Error('refused');
    await this.db.insert(effects).values({ receiver: 'credit', value });
    return value;
  }

  @Transactional()
  async moveTwice(): Promise<void> {
    await this.move(1, { fail: false });
    await this.move(2, { fail: true }).catch(() => {});
  }

  @Transactional({ isolationLevel: 'serializable' })
  async isolation(): Promise<unknown> {
    const [row] = await this.db.execute(sql`select current_setting('transaction_isolation') as level`);
    return row!['level'];
  }
}

test('a transactional method happens wholly or not at all', async () => {
  await using h = await harness({ services: [Accounts] });
  await createEffects(h.sql);
  const accounts = h.box.get(Accounts);
  expect(await accounts.move(1, { fail: false })).toBe(1);
  await expect(accounts.move(2, { fail: true })).rejects.toThrow('refused');
  expect(await readEffects(h.sql)).toEqual(['debit:1', 'credit:1']);
});

test('a transactional method that fails inside another undoes only its own work, if the other catches the error', async () => {
  await using h = await harness({ services: [Accounts] });
  await createEffects(h.sql);
  await h.box.get(Accounts).moveTwice();
  expect(await readEffects(h.sql)).toEqual(['debit:1', 'credit:1']);
});

test('a transactional method joins the transaction in which it is called', async () => {
  await using h = await harness({ services: [Accounts] });
  await createEffects(h.sql);
  const attempt = h.db.transaction(async () => {
    await h.box.get(Accounts).move(1, { fail: false });
    throw new Error('all of it');
  });
  await expect(attempt).rejects.toThrow('all of it');
  expect(await readEffects(h.sql)).toEqual([]);
});

test('a transactional method passes its options on', async () => {
  await using h = await harness({ services: [Accounts] });
  expect(await h.box.get(Accounts).isolation()).toBe('serializable');
});

test('the error of a transactional method on an object that no box made says how to get one', async () => {
  await using h = await harness({ services: [Accounts] });
  await expect(new Accounts(h.box.db).move(1, { fail: false })).rejects.toMatchObject({
    code: 'NoInjectionContext',
    message: expect.stringContaining('box.get') as string,
  });
});

test.each<[what: string, decorated: unknown[]]>([
  ['a property', [{}, 'value', undefined]],
  ['a getter', [{}, 'value', { get: () => 1 }]],
  ['a field of a standard class', [undefined, { kind: 'field', name: 'value' }]],
  ['a standard class', [class {}, { kind: 'class', name: 'Accounts' }]],
])('@Transactional on %s is refused', (_what, decorated) => {
  const decorate = Transactional() as (...args: unknown[]) => unknown;
  expect(() => decorate(...decorated)).toThrow(expect.objectContaining({ code: 'InvalidDecorator' }) as Error);
});
