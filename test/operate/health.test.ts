// What health is made of: the database, and every started worker of the process.
import { expect, test } from 'vitest';
import { checkHealth, type WorkerHealth } from '../../src/operate/health.ts';

const well: WorkerHealth = { id: 1, running: 3, failing: false, paused: ['Caller.receive'] };
const failing: WorkerHealth = { id: 2, running: 0, failing: true, paused: [] };
const away = new Error('away');
const answers = async (): Promise<void> => {};
const fails = (): Promise<void> => Promise.reject(away);

test.each<[what: string, ok: boolean, check: () => Promise<void>, workers: WorkerHealth[]]>([
  ['without a worker', true, answers, []],
  ['with workers that do their work, though a receiver is paused', true, answers, [well, well]],
  ['with a worker that is failing', false, answers, [well, failing]],
  ['without its database', false, fails, [well]],
])('a process %s is healthy: %s', async (_what, ok, check, workers) => {
  const database = check === answers ? { ok: true } : { ok: false, error: away };
  expect(await checkHealth(check, workers)).toEqual({ ok, database, workers });
});
