// signalbox worker, as a process of its own in a project of its own.
import { expect, test } from 'vitest';
import { createEffects, readDeliveries, readEffects } from '../support/effects.ts';
import { createCliProject } from './support.ts';

test('works from a TypeScript configuration with injection by type, until SIGTERM', async () => {
  await using project = await createCliProject();
  const sql = project.database.connect({ max: 1 });
  await createEffects(sql);
  const worker = project.start('worker');
  await worker.says('worker started');
  await project.emit('hello');
  await worker.says('completed Listener.receive');
  worker.child.kill('SIGTERM');
  expect(await worker.exitCode).toBe(0);
  expect(await readEffects(sql)).toEqual(['hello:1']);
  expect(await sql`select from signalbox.worker`).toHaveLength(0);
  const started = worker.output.split('\n').find((line) => line.includes('worker started'))!;
  expect(JSON.parse(started)).toMatchObject({ concurrency: 3, receivers: ['Listener.receive', 'Mail.send'] });
});

test('writes one line for each run of a delivery, and nothing of its payload', async () => {
  await using project = await createCliProject();
  await createEffects(project.database.connect({ max: 1 }));
  await project.emit('s3cret', 'fail');
  const worker = project.start('worker', '--once', '--concurrency', '1');
  expect(await worker.exitCode).toBe(0);
  expect(worker.output).not.toContain('s3cret');
  const lines = worker.output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { msg: string; deliveryId?: string });
  expect(lines.map(({ msg }) => msg).toSorted()).toEqual([
    'completed Listener.receive',
    'completed Mail.send',
    'completed Mail.send',
    'failed Listener.receive, runs again',
  ]);
});

test('SIGTERM lets a running receiver finish; a second one interrupts it, and its delivery costs no attempt', async () => {
  await using project = await createCliProject();
  const sql = project.database.connect({ max: 2 });
  await createEffects(sql);
  for (const signals of [1, 2]) {
    const blocker = await sql.reserve();
    await blocker`select pg_advisory_lock(7)`;
    const worker = project.start('worker', '--queues', 'default');
    await worker.says('worker started');
    await project.emit('wait');
    while ((await sql`select from pg_locks where locktype = 'advisory' and not granted`).length === 0);
    worker.child.kill('SIGTERM');
    await worker.says('finishing what runs');
    if (signals === 2) {
      worker.child.kill('SIGTERM');
      await worker.says('interrupting what runs');
    }
    await blocker`select pg_advisory_unlock(7)`;
    expect(await worker.exitCode).toBe(0);
    blocker.release();
    const deliveries = (await readDeliveries(sql)).filter(({ receiver }) => receiver === 'Listener.receive');
    expect(deliveries.map(({ state }) => state)).toEqual(signals === 1 ? ['completed'] : ['completed', 'ready']);
    expect(deliveries.at(-1)!.attempt).toBe(signals === 1 ? 1 : 0);
  }
  expect(await readEffects(sql)).toEqual(['started:1', 'wait:1']);
});

test('--once does what is due in the queues given, and ends', async () => {
  await using project = await createCliProject();
  const sql = project.database.connect({ max: 1 });
  await createEffects(sql);
  await project.emit('one', 'two');
  const worker = project.start('worker', '--once', '--queues', 'mail');
  expect(await worker.exitCode).toBe(0);
  expect((await readDeliveries(sql)).map(({ receiver, state }) => `${receiver} ${state}`)).toEqual([
    'Listener.receive ready',
    'Listener.receive ready',
    'Mail.send completed',
    'Mail.send completed',
  ]);
});

test('a JavaScript configuration needs no loader', async () => {
  await using project = await createCliProject({ without: ['@oxc-node/core'] });
  await project.run('rm signalbox.config.ts');
  await project.write(
    'signalbox.config.mjs',
    `import { createSignalbox, OnSignal } from 'signalbox';
     import { db } from './database.js';
     import { happened } from './signals.js';
     class Plain { static async receive() {} }
     OnSignal(happened)(Plain, 'receive', Object.getOwnPropertyDescriptor(Plain, 'receive'));
     export default Promise.resolve(createSignalbox({ db, services: [Plain] }));`,
  );
  const worker = project.start('worker', '--once');
  expect([await worker.exitCode, worker.output]).toEqual([0, '']);
});
