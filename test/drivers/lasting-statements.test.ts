// Which statements leave more in their transaction than rows.
import { expect, test } from 'vitest';
import { isLasting } from '../../src/drivers/lasting-statements.ts';

test.each([
  `set local role tenant`,
  `SET app.tenant = '1'`,
  `/* first */ set constraints all deferred`,
  `select set_config('app.tenant', $1, true)`,
  `select 1; reset role`,
  `do $$ begin null; end $$`,
  `call tenants.enter(1)`,
  `declare c cursor for select 1`,
  `create temp table t (id int)`,
  `create temporary table t (id int)`,
  `select 1 as id into temp t`,
  `release savepoint part_of_shared_transaction`,
  `rollback to part_of_shared_transaction`,
])('%s does', (text) => {
  expect([isLasting(text), isLasting({ text })]).toEqual([true, true]);
});

test.each([
  `update account set n = n + 1`,
  `insert into settings (reset) values ('set')`,
  `select ';set'`,
  `savepoint sp1`,
  `with a as (update account set n = 1 returning n) select n from a`,
  `select * from "call"`,
])('%s does not', (text) => {
  expect(isLasting(text)).toBe(false);
});
