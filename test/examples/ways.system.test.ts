// Each way for a payment to complete an order, run as a reader runs it, on a real database: the output of the program,
// and the state of the database afterwards.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { createDatabase } from '../support/database.ts';

/** Each starts processes of its own, up to three, on a machine that may be busy. */
vi.setConfig({ testTimeout: 60_000 });

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Seen {
  readonly said: string[];
  /** One line for each payment, in their order: its status, and that of its order. */
  readonly fates: string[];
  readonly emissions: number;
  /** Deliveries that wait, and those that are settled, by state. */
  readonly deliveries: string[];
}

async function run(way: string): Promise<Seen> {
  await using database = await createDatabase();
  const child = spawn(process.execPath, ['--import', '@oxc-node/core/register', `examples/ways/${way}.ts`], {
    cwd: root,
    env: { ...process.env, NODE_ENV: '', VITEST: '', NODE_OPTIONS: '', DATABASE_URL: database.url },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [output, errors, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect({ output, errors, code: code as number | null }).toEqual({ output, errors: '', code: 0 });
  const sql = database.connect();
  const fates = await sql<{ value: string }[]>`
    select p.status || ' ' || o.status as value from payment_process p join orders o on o.payment_process_id = p.id order by p.id`;
  const deliveries = await sql<{ value: string }[]>`
    select state as value from signalbox.delivery union all select state from signalbox.settled`;
  return {
    said: output.trimEnd().split('\n'),
    fates: valuesOf(fates),
    emissions: (await sql`select from signalbox.emission`).length,
    deliveries: valuesOf(deliveries),
  };
}

const valuesOf = (rows: readonly { value: string }[]): string[] => rows.map(({ value }) => value);

const NOTHING_STORED = { emissions: 0, deliveries: [] };

test('calling the order from the payment makes a circle of modules that do not load, and of objects that cannot be made', async () => {
  expect(await run('call-the-order')).toEqual({
    said: [
      expect.stringMatching(/^Loading the payment module throws: ReferenceError: Cannot access '\w+' before initialization$/),
      expect.stringMatching(/^Without imports, making the services throws: .*Payments.*Orders.*Payments.*\[CircularDependency\]$/),
      'The customer has paid. In the database: payment initiated, order pending.',
    ],
    fates: ['initiated pending'],
    ...NOTHING_STORED,
  });
});

test('polling completes the order late, and most checks are in vain', async () => {
  const { said, ...stored } = await run('poll-every-minute');
  expect(said[0]).toBe('Right after a check, in the database: payment succeeded, order pending.');
  const [, minutes] = /^([\d.]+) minutes later, in the database: payment succeeded, order completed\.$/.exec(said[1]!)!;
  expect(Number(minutes)).toBeGreaterThanOrEqual(1);
  expect(said[2]).toMatch(/^10 checks, 9 of them in vain\./);
  expect(stored).toEqual({ fates: ['succeeded completed'], ...NOTHING_STORED });
});

test('emit inside the transaction: the error of the receiver fails the payment', async () => {
  expect(await run('emit-inside')).toEqual({
    said: [
      expect.stringMatching(/^The payment failed, with the error of the order: the order of payment 1 has no address$/),
      'The customer has paid. In the database: payment initiated, order pending.',
    ],
    fates: ['initiated pending'],
    ...NOTHING_STORED,
  });
});

test('emitRobust inside the transaction: a receiver holds the lock, and reports a payment that is then rolled back', async () => {
  expect(await run('emit-robust-inside')).toEqual({
    said: [
      expect.stringMatching(/^While the receiver runs, the payment's row is locked: /),
      'Then the transaction rolled back (the bookkeeping is closed). In the database: payment initiated, order pending.',
      'The statistics service has counted 1 payment that never succeeded.',
    ],
    fates: ['initiated pending'],
    ...NOTHING_STORED,
  });
});

test('emitRobust after the transaction, or afterCommit: kill -9 after the COMMIT loses the signal', async () => {
  const fates = 'undisturbed: payment succeeded, order completed. Killed after its COMMIT: payment succeeded, order pending.';
  expect(await run('emit-robust-after')).toEqual({
    said: [`by hand, ${fates}`, `by afterCommit, ${fates}`, expect.stringMatching(/^Nothing in the database says/)],
    fates: ['succeeded completed', 'succeeded pending', 'succeeded completed', 'succeeded pending'],
    ...NOTHING_STORED,
  });
});

test('emitReliable inside the transaction: neither kill -9, nor an error, nor a rollback does harm', async () => {
  expect(await run('emit-reliable-inside')).toEqual({
    said: [
      'Killed after its COMMIT: payment succeeded, order pending.',
      "While the receiver runs, the payment's row is free.",
      'A worker ran the delivery: 1 run failed, 1 completed it. Now: payment succeeded, order completed.',
      'Rolled back: payment initiated, order pending. Of the 2 emits, 1 is stored.',
    ],
    fates: ['initiated pending', 'succeeded completed'],
    emissions: 1,
    deliveries: ['completed'],
  });
});

test('no way is left untried', async () => {
  const files = await readdir(new URL('../../examples/ways', import.meta.url));
  expect(files.filter((file) => file.endsWith('.ts') && file !== 'fixture.ts').sort()).toEqual([
    'call-the-order.ts',
    'emit-inside.ts',
    'emit-reliable-inside.ts',
    'emit-robust-after.ts',
    'emit-robust-inside.ts',
    'poll-every-minute.ts',
  ]);
});
