// Tests the examples as a reader runs them: the demo runs all scenarios on a server of its own and leaves nothing
// behind, however it ends, and the shop's scripts work on a database that DATABASE_URL names.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { describe, expect, test } from 'vitest';
import { orders } from '../../examples/shop/order/schema.ts';
import { paymentProcess } from '../../examples/shop/payment/schema.ts';
import { createDatabase } from '../support/database.ts';

const DEMO_MS = 180_000;
/** The time that its processes may outlive a killed demo, with a reserve for a busy machine. */
const GONE = { timeout: 10_000, interval: 20 };
const root = fileURLToPath(new URL('../..', import.meta.url));

function runExample(file: string, env: NodeJS.ProcessEnv = {}) {
  const { DATABASE_URL: _unset, ...inherited } = process.env;
  return spawn(process.execPath, ['--import', '@oxc-node/core/register', `examples/${file}`], {
    cwd: root,
    env: { ...inherited, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

async function endOf(child: ReturnType<typeof runExample>): Promise<{ code: number | null; output: string; errors: string }> {
  const [output, errors, [code]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { code, output, errors };
}

/** The output of the demo so far, once it contains `words`. */
async function outputUntil(child: ReturnType<typeof runExample>, words: string): Promise<string> {
  let output = '';
  for await (const chunk of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    output += chunk;
    if (output.includes(words)) return output;
  }
  throw new Error(`The demo ended before it said "${words}":\n${output}`);
}

const findIn = (output: string, pattern: RegExp): string => pattern.exec(output)?.[1] ?? expect.fail(`no ${pattern} in:\n${output}`);

/** Whether the process is alive; one that is not reaped yet counts as dead. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^\d+ \(.*\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

describe('the demo', () => {
  test('proves all of its claims, and leaves nothing behind', { timeout: DEMO_MS }, async () => {
    const { code, output, errors } = await endOf(runExample('demo/main.ts'));
    expect(errors).toBe('');
    expect(output).toMatch(/What was proven(\n {2}✓ .+\d checks){7}\n\nEvery claim held: (\d+) of \2 checks/);
    expect(output).not.toContain('✗');
    expect(code).toBe(0);
    expect(existsSync(findIn(output, /keeps its data in (\S+),/))).toBe(false);
  });

  // Windows has no signals.
  test.skipIf(process.platform === 'win32').each(['SIGKILL', 'SIGINT'] as const)(
    'killed by %s in the middle, it leaves no worker, no server and no data behind',
    { timeout: DEMO_MS },
    async (signal) => {
      const demo = runExample('demo/main.ts');
      const output = await outputUntil(demo, '2. A rollback');
      const worker = Number(findIn(output, /later, process (\d+) has completed/));
      const folder = findIn(output, /keeps its data in (\S+),/);
      const postmaster = Number(readFileSync(`${folder}/data/postmaster.pid`, 'utf8').split('\n')[0]);
      expect([worker, postmaster].map(isAlive)).toEqual([true, true]);
      await kill(demo, signal);
      await expect.poll(() => [isAlive(worker), isAlive(postmaster), existsSync(folder)], GONE).toEqual([false, false, false]);
    },
  );
});

async function kill(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exited = once(child, 'exit');
  child.kill(signal);
  await exited;
}

describe("the shop's scripts", () => {
  test('reconcile updates the orders that were left behind, and reports them', async () => {
    await using database = await createDatabase();
    const db = drizzle({ client: database.connect() });
    const [paid] = await db.insert(paymentProcess).values({ reference: 'paid', amountCents: 1, status: 'succeeded' }).returning();
    const [order] = await db.insert(orders).values({ item: 'a lamp', paymentProcessId: paid!.id }).returning();
    const env = { DATABASE_URL: database.url };
    expect(await endOf(runExample('shop/reconcile.ts', env))).toMatchObject({
      code: 0,
      output: `Updated orders: ${order!.id}.\n`,
    });
    expect(await db.select().from(orders)).toEqual([{ ...order, status: 'completed' }]);
    expect(await endOf(runExample('shop/reconcile.ts', env))).toMatchObject({
      code: 0,
      output: 'Every order is up to date with its payment.\n',
    });
  });

  test('the worker runs until SIGTERM, then ends by itself', async () => {
    await using database = await createDatabase();
    const sql = database.connect();
    const worker = runExample('shop/worker.ts', { DATABASE_URL: database.url });
    const ended = endOf(worker);
    await expect.poll(async () => (await sql`select from signalbox.worker`).length, GONE).toBe(1);
    worker.kill('SIGTERM');
    expect((await ended).code).toBe(0);
    expect(await sql`select from signalbox.worker`).toHaveLength(0);
  });

  test('without DATABASE_URL they name the missing variable', async () => {
    const { code, errors } = await endOf(runExample('shop/reconcile.ts'));
    expect(code).not.toBe(0);
    expect(errors).toContain('DATABASE_URL is not set');
  });
});
