// Statements that end the transaction in which they are sent are refused; all others pass.
import { expect, test } from 'vitest';
import { refuseEnding } from '../../src/drivers/transaction-control.ts';

test.each([
  'commit',
  'COMMIT;',
  '  \n Commit work',
  'commit and chain',
  'end',
  'end transaction',
  'abort',
  'rollback',
  'rollback;',
  'ROLLBACK WORK',
  'rollback and chain',
  'rollback transaction',
  "prepare transaction 'x'",
  "PREPARE  TRANSACTION 'x'",
  "commit prepared 'x'",
  '-- why\ncommit',
  '/* why */ /* so */ rollback',
  ';;commit',
  'select 1; commit',
  "select ';'; rollback",
  'select 1;\n-- and\n  end;',
  `select E'it\\'s'; commit`,
  'select $$ a; b $$; commit',
])('%s is refused', (text) => {
  expect(() => refuseEnding(text)).toThrow(expect.objectContaining({ code: 'TransactionControl' }));
  expect(() => refuseEnding({ text, values: [] })).toThrow(/was sent inside a transaction/);
  expect(() => refuseEnding(Object.assign([text], { raw: [text] }))).toThrow(/was sent inside a transaction/);
});

test.each([
  'select 1',
  'begin',
  'savepoint sp1',
  'rollback to sp1',
  'rollback to savepoint sp1',
  'ROLLBACK WORK TO SAVEPOINT sp1',
  'rollback transaction to sp1',
  'release savepoint sp1',
  'prepare plan as select 1',
  'set transaction isolation level serializable',
  'select * from commits',
  'select case when true then 1 end',
  "insert into log values ('; commit')",
  "insert into log values ('it''s; commit')",
  `select E'\\'; commit'`,
  'select "; commit"',
  'do $$ begin perform 1; commit; end $$',
  'do $body$ begin perform $$;$$; rollback; end $body$;',
  'create function f() returns int language sql begin atomic select 1; end',
  'select 1 -- ; commit',
  'select 1 /* ; commit */;',
  'select 1; select 2',
  '',
])('%s passes', (text) => {
  expect(() => refuseEnding(text)).not.toThrow();
});

test.each([undefined, null, 7, ['commit'], {}])('a value that is no text passes: %o', (sent) => {
  expect(() => refuseEnding(sent)).not.toThrow();
});

test('a long text costs almost nothing', () => {
  expect(() => refuseEnding(`insert into log values ('${'x;'.repeat(1_000_000)}')`)).not.toThrow();
  expect(() => refuseEnding(`/*${'*'.repeat(1_000_000)}/ commit`)).toThrow(/COMMIT/);
});
