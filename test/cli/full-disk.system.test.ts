// Processes whose standard error takes nothing: a full disk, or a pipe that nobody reads any more. Their work goes on.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import path from 'node:path';
import { expect, test, vi } from 'vitest';
import { readDeliveries } from '../support/deliveries.ts';
import { createEffects, readEffects } from '../support/effects.ts';
import { createCliProject, type CliProject } from './support.ts';

/** Every write to it fails, as to a full disk. */
const FULL = '/dev/full';

function startWorker(project: CliProject, stderr: number | 'pipe', ...args: string[]): ChildProcess {
  const command = [path.join(project.folder, 'node_modules/.bin/signalbox'), 'worker', ...args];
  const env = { ...process.env, ...project.environment };
  return spawn(process.execPath, command, { cwd: project.folder, env, stdio: ['ignore', 'ignore', stderr] });
}

const exitCode = async (child: ChildProcess): Promise<unknown> => (await once(child, 'close'))[0];

// Only Linux has a device that is always full.
test.skipIf(!existsSync(FULL))(
  'a worker that logs to a full disk runs its deliveries, stores their errors, and ends as it is told',
  async () => {
    await using project = await createCliProject();
    const sql = project.database.connect({ max: 1 });
    await createEffects(sql);
    const full = openSync(FULL, 'w');
    const worker = startWorker(project, full);
    closeSync(full);
    try {
      await project.emit('hello', 'fail', 'violate');
      await vi.waitFor(async () => expect((await readDeliveries(sql)).filter(({ attempt }) => attempt > 0)).toHaveLength(6), {
        timeout: 60_000,
      });
      await vi.waitFor(async () => expect(await readEffects(sql)).toEqual(['hello:1']), { timeout: 60_000 });
      const ended = exitCode(worker);
      worker.kill('SIGTERM');
      expect(await ended).toBe(0);
    } finally {
      worker.kill('SIGKILL');
    }
    expect(await sql`select from signalbox.worker`).toHaveLength(0);
  },
);

// Only Linux has a device that is always full.
test.skipIf(!existsSync(FULL))('a command that fails says so by its exit code, also where it cannot say why', async () => {
  await using project = await createCliProject();
  const full = openSync(FULL, 'w');
  const worker = startWorker(project, full, '--concurency', '3');
  closeSync(full);
  expect(await exitCode(worker)).toBe(2);
});

test('a worker whose log is a pipe that is closed runs its deliveries', async () => {
  await using project = await createCliProject();
  const sql = project.database.connect({ max: 1 });
  await createEffects(sql);
  await project.emit('hello', 'fail', 'violate');
  const worker = startWorker(project, 'pipe', '--once');
  const ended = exitCode(worker);
  worker.stderr!.destroy();
  expect(await ended).toBe(0);
  expect(await readEffects(sql)).toEqual(['hello:1']);
});
