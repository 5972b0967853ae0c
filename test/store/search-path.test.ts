// A role that may create objects in a schema of the search_path (often `public`) can make operators and functions
// there. Those of pg_catalog come first, but only where the types match exactly: pg_catalog has no `float8 * int4`, so
// an operator of that role would be called, with the rights of the worker's role. The same goes for functions that take
// any type. So every operator and function of our statements must match exactly.
//
// Here all the others exist: each operator for each pair of types, and each function that the statements call, for each
// type and pair. The role may not execute them, which the server checks as soon as it has a plan.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { statements } from '../faults/statements.ts';
import { createDatabase, type TestDatabase } from '../support/database.ts';

/** A lock and a savepoint call nothing, and cannot be prepared. */
const all = new Map([...(await statements())].filter(([, { text }]) => !/^(lock table|savepoint|rollback to) /.test(text)));

const COMMON = 'int2 int4 int8 float8 text name jsonb timestamptz int4[] text[]'.split(' ');
const TYPES = [...COMMON, ...`numeric varchar bool interval uuid tid xid8 "char" int8[] float8[] uuid[]`.split(' ')];
const OPERATORS = '+ - * / % || = <> < > <= >= -> ->>'.split(' ');

/** Functions with more than two arguments, as they are called. */
const LONGER = [
  'jsonb_build_object(text, int4, text, int8, text, text, text, text)',
  'jsonb_build_object(text, int2, text, int8, text, text, text, text)',
  'format(text, text, text)',
  'set_config(text, text, text)',
];

const list = (values: readonly string[]): string => `array[${values.map((value) => `'${value}'`).join(',')}]`;

/** Each signature that pg_catalog does not have with exactly these types is in the schema. */
const HOSTILE = `
create schema hostile;
do $$
declare l text; r text; op text; fn text;
begin
  foreach l in array ${list(TYPES)} loop
    foreach r in array ${list(TYPES)} loop
      execute format('create function hostile.hostile(%s, %s) returns int language sql as ''select 1/0''', l, r);
      foreach op in array ${list(OPERATORS)} loop
        if not exists (select from pg_operator where oprname = op and oprleft = l::regtype and oprright = r::regtype) then
          execute format('create operator hostile.%s (leftarg = %s, rightarg = %s, function = hostile.hostile)', op, l, r);
        end if;
      end loop;
    end loop;
  end loop;
  foreach fn in array (select array_agg(distinct proname::text) from pg_proc p join unnest($names$) as called(name) on p.proname = called.name) loop
    foreach l in array ${list(COMMON)} loop
      if not exists (select from pg_proc where proname = fn and proargtypes::oid[] = array[l::regtype::oid]) then
        execute format('create function hostile.%I(%s) returns %s language sql as ''select null::%s''', fn, l, l, l);
      end if;
      foreach r in array ${list(COMMON)} loop
        if not exists (select from pg_proc where proname = fn and proargtypes::oid[] = array[l::regtype::oid, r::regtype::oid]) then
          execute format('create function hostile.%I(%s, %s) returns %s language sql as ''select null::%s''', fn, l, r, l, l);
        end if;
      end loop;
    end loop;
  end loop;
end $$`;

const called = [...new Set([...all.values()].flatMap(({ text }) => [...text.matchAll(/\b([a-z_0-9]+)\(/g)].map(([, name]) => name!)))];

let database: TestDatabase;
const role = `hostile_${process.pid}_${Date.now()}`;

beforeAll(async () => {
  database = await createDatabase();
  const sql = database.connect({ max: 1 });
  await sql.unsafe(HOSTILE.replace('$names$', list(called)));
  for (const signature of LONGER) await sql.unsafe(`create function hostile.${signature} returns text language sql as 'select null::text'`);
  await sql.unsafe(`
    revoke execute on all functions in schema hostile from public;
    create role ${role};
    grant usage on schema signalbox, hostile to ${role};
    grant all on all tables in schema signalbox to ${role};
    grant all on all sequences in schema signalbox to ${role}`);
}, 120_000);

afterAll(async () => {
  await database.connect({ max: 1 }).unsafe(`drop owned by ${role}; drop role ${role}`);
  await database[Symbol.asyncDispose]();
});

const plan = async (text: string): Promise<unknown> =>
  database
    .connect({ max: 1, connection: { options: '-c search_path=hostile' } })
    .begin(async (sql) => {
      await sql.unsafe(`set local role ${role}`);
      const names = [...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number));
      const nulls = Array.from({ length: Math.max(0, ...names) }, () => 'null').join(', ');
      await sql.unsafe(`set local plan_cache_mode = force_generic_plan; prepare planned as ${text}`);
      return sql.unsafe(`explain execute planned${nulls === '' ? '' : `(${nulls})`}`);
    })
    .then(
      () => undefined,
      (error: Error) => error.message,
    );

test('an inexact call is found', async () => {
  expect(await plan('select 1::float8 * now()::text::int4')).toMatch(/permission denied for function hostile/);
  expect(await plan('select * from unnest($1::int[])')).toMatch(/permission denied for function unnest/);
  expect(await plan('select 1::float8 * $1::float8')).toBeUndefined();
});

test.each([...all].map(([name, { text }]) => [name, text]))('%s calls only operators and functions of pg_catalog', async (_name, text) => {
  expect(await plan(text)).toBeUndefined();
});
