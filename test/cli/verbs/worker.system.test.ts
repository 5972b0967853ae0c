// signalbox worker, as a process of its own in a project of its own.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { readDeliveries } from '../../support/deliveries.ts';
import { createEffects, readEffects } from '../../support/effects.ts';
import { createCliProject } from '../support.ts';
import { untilBlocked } from '../../store/waits.ts';
import { packageVersion } from '../../../src/version.ts';

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
  expect(JSON.parse(started)).toMatchObject({ concurrency: 3, queues: [], receivers: ['Listener.receive', 'Mail.send'] });
  expect((JSON.parse(started) as { database: string }).database).toMatch(new RegExp(`^[^:]+@.+:\\d+/${project.database.name}$`));
  expect(JSON.parse(worker.output.split('\n', 1)[0]!)).toMatchObject({
    msg: 'signalbox worker',
    version: packageVersion(),
    node: process.version,
  });
});

test('--port serves probes and metrics until the worker ends', async () => {
  await using project = await createCliProject();
  await createEffects(project.database.connect({ max: 1 }));
  const worker = project.start('worker', '--port', '0');
  await worker.says('worker started');
  await project.emit('hello');
  await worker.says('completed Listener.receive');
  const { port } = JSON.parse(worker.output.split('\n').find((line) => line.includes('are served on port'))!) as { port: number };
  const ask = async (path: string, method = 'GET'): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method });
    return [response.status, await response.text()];
  };
  expect(await ask('/live')).toEqual([200, 'alive\n']);
  expect(await ask('/live', 'HEAD')).toEqual([200, '']);
  expect(await ask('/ready')).toEqual([200, expect.stringContaining('"ok":true')]);
  expect(await ask('/metrics')).toEqual([200, expect.stringContaining('signalbox_deliveries_total{')]);
  expect((await ask('/else'))[0]).toBe(404);
  worker.child.kill('SIGTERM');
  expect(await worker.exitCode).toBe(0);
  await expect(ask('/live')).rejects.toThrow();
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
  // What failed may be due again before the run ends.
  const messages = lines.map(({ msg }) => msg.replace(/^[45] deliveries/, 'some deliveries'));
  expect([...new Set(messages)].toSorted()).toEqual([
    'completed Listener.receive',
    'completed Mail.send',
    'failed Listener.receive, runs again',
    'some deliveries run',
  ]);
});

test('keeps payloads out of the log when queries fail, whose errors carry parameters and rows', async () => {
  await using project = await createCliProject();
  await createEffects(project.database.connect({ max: 1 }));
  await project.emit('violate-s3cret', 'throw-s3cret');
  const worker = project.start('worker', '--once', '--queues', 'default');
  expect(await worker.exitCode).toBe(0);
  expect(worker.output).not.toContain('s3cret');
  const errors = worker.output
    .trim()
    .split('\n')
    .map((line) => (JSON.parse(line) as { err: { message: string; code?: string; stack?: string } }).err)
    .slice(0, -1) // the last line says how many were run
    .toSorted((a, b) => Number(b.code !== undefined) - Number(a.code !== undefined));
  expect(errors).toHaveLength(2);
  expect(errors[0]).toMatchObject({ code: '23502', message: expect.stringMatching(/Failed query: insert.*violates not-null/) as string });
  expect(errors[0]!.stack).toMatch(/at .*services\.ts:\d+/);
  expect(errors[1]).toMatchObject({ type: 'Thrown', message: '{"value":"…"}' });
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
    await untilBlocked(sql);
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

test('--once: SIGTERM lets what runs finish and takes nothing more; a second one gives it back', async () => {
  await using project = await createCliProject();
  const sql = project.database.connect({ max: 2 });
  await createEffects(sql);
  await project.emit('wait', 'later');
  const blocker = await sql.reserve();
  for (const signals of [2, 1]) {
    await blocker`select pg_advisory_lock(7)`;
    const worker = project.start('worker', '--once', '--queues', 'default', '--concurrency', '1');
    await untilBlocked(sql);
    worker.child.kill('SIGTERM');
    await worker.says('finishing what runs');
    if (signals === 2) {
      worker.child.kill('SIGINT');
      await worker.says('interrupting what runs');
    }
    await blocker`select pg_advisory_unlock(7)`;
    expect([await worker.exitCode, worker.child.signalCode]).toEqual([0, null]);
    const deliveries = (await readDeliveries(sql)).filter(({ receiver }) => receiver === 'Listener.receive');
    expect(deliveries.map(({ state, attempt }) => `${state} ${attempt}`)).toEqual(
      signals === 2 ? ['ready 0', 'ready 0'] : ['completed 1', 'ready 0'],
    );
    expect(await sql`select from signalbox.worker`).toHaveLength(0);
  }
  blocker.release();
});

test('a second signal ends a worker that still waits for its database', async () => {
  await using project = await createCliProject();
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket.on('error', () => {})));
  const connected = once(silent, 'connection');
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  project.environment['DATABASE_URL'] = `postgres://nobody@127.0.0.1:${(silent.address() as AddressInfo).port}/none`;
  const worker = project.start('worker');
  await connected;
  worker.child.kill('SIGTERM');
  await worker.says('finishing what runs');
  worker.child.kill('SIGTERM');
  expect([await worker.exitCode, worker.child.signalCode]).toEqual([null, 'SIGTERM']);
  expect(worker.output).not.toMatch(/Error/);
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test('works with a box of another copy of the package, whose errors it knows too', async () => {
  await using project = await createCliProject({ copy: true });
  const sql = project.database.connect({ max: 1 });
  await createEffects(sql);
  await project.emit('hello');
  const worker = project.start('worker', '--once');
  expect(await worker.exitCode).toBe(0);
  expect(await readEffects(sql)).toEqual(['hello:1']);
  const refused = project.start('worker', '--queues', 'mial');
  expect(await refused.exitCode).toBe(1);
  expect(refused.output).toMatch(/^signalbox: Worker: no receiver .*\[InvalidOption\]\n$/);
});

test('a configuration elsewhere is compiled by the tsconfig.json beside it', async () => {
  await using project = await createCliProject();
  await createEffects(project.database.connect({ max: 1 }));
  await project.emit('hello');
  await project.run('mkdir app');
  await project.run('mv tsconfig.json database.js signals.js services.ts signalbox.config.ts app');
  await project.write('tsconfig.json', JSON.stringify({ compilerOptions: { target: 'ES2022', module: 'NodeNext' } }));
  const worker = project.start('worker', '--once', '--config', 'app/signalbox.config.ts');
  expect(await worker.exitCode).toBe(0);
  expect(worker.output).toContain('completed Listener.receive');
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
  expect([await worker.exitCode, worker.output]).toEqual([0, expect.stringMatching(/^.*nothing was due.*\n$/)]);
});

test('a configuration that was compiled to CommonJS works', async () => {
  await using project = await createCliProject({ without: ['@oxc-node/core'] });
  await project.run('rm signalbox.config.ts');
  await project.write('package.json', JSON.stringify({ name: 'a-project', private: true }));
  await project.write(
    'signalbox.config.js',
    `Object.defineProperty(exports, '__esModule', { value: true });
     const { drizzle } = require('drizzle-orm/postgres-js');
     const { createSignalbox } = require('signalbox');
     const client = require('postgres')(process.env.DATABASE_URL, { max: 5 });
     exports.default = createSignalbox({ db: drizzle({ client }), services: [] });`,
  );
  const worker = project.start('worker', '--once');
  expect([await worker.exitCode, worker.output]).toEqual([0, expect.stringContaining('this box has no receivers')]);
});

test('with --json it prints one document when it ends: what --once ran and what waits, or that it was stopped', async () => {
  await using project = await createCliProject();
  await createEffects(project.database.connect({ max: 1 }));
  await project.emit('hello');
  const once = project.start('worker', '--once', '--json');
  expect([await once.exitCode, once.document]).toEqual([0, { version: 1, run: 2, waiting: [] }]);
  expect(once.errors).toContain('2 deliveries run');
  const worker = project.start('worker', '--json');
  await worker.says('worker started');
  worker.child.kill('SIGTERM');
  expect([await worker.exitCode, worker.document]).toEqual([0, { version: 1, stopped: true }]);
});
