// Statements in another schema: the parts that are rewritten, and the names that are refused. schemas.test.ts tests
// that two boxes side by side leave each other alone.
import { expect, test } from 'vitest';
import type { Statement } from '../../src/drivers/statement.ts';
import { signalboxTables } from '../../src/schema.ts';
import { Namespace, SLEEPING_LOCKS, WORKER_LOCKS } from '../../src/store/namespace.ts';
import { statements } from '../faults/statements.ts';
import { createDatabase } from '../support/database.ts';
import { migrationOf } from '../support/migrations.ts';

/** The statements around a migration belong to no schema. */
const all = [...(await statements())];
const classes = [WORKER_LOCKS, SLEEPING_LOCKS];

/** The first keys of the advisory locks that a statement takes, and the name that it gives to a session. */
const lockClasses = ({ text }: Statement): string[] => [...text.matchAll(/pg_(?:try_)?advisory_\w+\((\d+),/g)].map(([, key]) => key!);
const sessionName = ({ text }: Statement): string | undefined => /'([^']* worker )'/.exec(text)?.[1];

test('the default schema has the statements as they are written, and its locks and channel', () => {
  const namespace = new Namespace('signalbox');
  for (const [, statement] of all) expect(namespace.of(statement)).toBe(statement);
  expect([namespace.channel, classes]).toEqual(['signalbox_ready', [0x73_69_67_6e, 0x73_69_67_6f]]);
});

test.each(all)(
  '%s in another schema does not mention the default one, is otherwise unchanged, and is the same object each time',
  (_name, statement) => {
    const namespace = new Namespace('billing_signals');
    const rewritten = namespace.of(statement);
    expect(rewritten.text).not.toMatch(new RegExp(`signalbox|${classes.join('|')}`));
    expect(rewritten.columns).toBe(statement.columns);
    expect(namespace.of(statement)).toBe(rewritten);
    const locks = lockClasses(
      namespace.of({ columns: {}, text: `pg_advisory_lock(${WORKER_LOCKS}, 1), pg_advisory_lock(${SLEEPING_LOCKS}, 1)` }),
    );
    const back = rewritten.text
      .replaceAll('"billing_signals".', 'signalbox.')
      .replaceAll("'billing_signals worker '", "'signalbox worker '")
      .replaceAll(locks[0]!, String(WORKER_LOCKS))
      .replaceAll(locks[1]!, String(SLEEPING_LOCKS));
    expect(back).toBe(statement.text);
  },
);

test('the server accepts every statement in a schema whose name is a keyword of SQL', async () => {
  await using database = await createDatabase();
  const sql = database.connect({ max: 1 });
  await sql.unsafe(await migrationOf('order'));
  await sql`drop schema signalbox cascade`;
  const namespace = new Namespace('order');
  const refused: string[] = [];
  for (const [name, statement] of all)
    await sql
      .unsafe(namespace.of(statement).text)
      .describe()
      .catch((error: unknown) => refused.push(`${name}: ${String(error)}`));
  expect(refused).toEqual([]);
});

test('each schema has its own locks, channel and name of sessions, however long its name is', () => {
  const longest = 'a'.repeat(63);
  const found = ['signalbox', 'billing', 'billing_', 'order', longest, `${longest.slice(1)}b`].map((name) => {
    const namespace = new Namespace(name);
    const settleFirst = namespace.of(all.find(([own]) => own === 'settleFirst')![1]);
    const lockWorker = namespace.of(all.find(([own]) => own === 'lockWorker')![1]);
    const markSleeping = namespace.of(all.find(([own]) => own === 'markSleeping')![1]);
    const [worker, sleeping] = [lockClasses(lockWorker)[0]!, lockClasses(markSleeping)[0]!];
    for (const key of [worker, sleeping]) expect(Number(key)).toBeLessThan(2 ** 31);
    const session = sessionName(settleFirst)!;
    expect(`${session}${2 ** 31 - 1}`.length).toBeLessThan(64);
    expect(namespace.channel.length).toBeLessThan(64);
    return [worker, sleeping, session, namespace.channel];
  });
  const parts = found.flat();
  expect(new Set(parts).size).toBe(parts.length);
});

const REFUSED = [
  '',
  'Billing',
  'billing-signals',
  'billing.signals',
  '1st',
  'pg_signals',
  'public',
  'information_schema',
  'süß',
  'a'.repeat(64),
  'x"; drop schema signalbox; --',
  'a b',
  "a'",
  5,
  null,
];

test.each(REFUSED)('the name %j is refused when the tables are made', (name) => {
  expect(() => signalboxTables(name as string)).toThrow(expect.objectContaining({ code: 'InvalidOption' }));
  expect(() => signalboxTables(name as string)).toThrow(/^signalboxTables: the schema is .*\. Give the name of a PostgreSQL schema/);
});
