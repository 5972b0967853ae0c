// A worker as a script of the user's own: what the command does, without the command.
import { expect, test } from 'vitest';
import { createEffects, readEffects } from '../support/effects.ts';
import { createCliProject } from './support.ts';
import { untilBlocked } from '../store/waits.ts';
import { packageVersion } from '../../src/version.ts';

test('a script that calls run() works until SIGTERM, finishes what runs and ends by itself', async () => {
  await using project = await createCliProject();
  const sql = project.database.connect({ max: 2 });
  await createEffects(sql);
  await project.write(
    'worker.ts',
    `import { client } from './database.js';
     import box from './signalbox.config.ts';
     await box.worker().run();
     await box.close();
     await client.end();`,
  );
  const blocker = await sql.reserve();
  await blocker`select pg_advisory_lock(7)`;
  const worker = project.node('--import', '@oxc-node/core/register', 'worker.ts');
  await worker.says('worker started');
  expect(JSON.parse(worker.output.split('\n', 1)[0]!)).toMatchObject({ msg: 'signalbox worker', version: packageVersion() });
  await project.emit('wait');
  await untilBlocked(sql);
  worker.child.kill('SIGTERM');
  await worker.says('finishing what runs');
  await blocker`select pg_advisory_unlock(7)`;
  expect(await worker.exitCode).toBe(0);
  expect(worker.output).toContain('completed Listener.receive');
  expect(await readEffects(sql)).toEqual(['started:1', 'wait:1']);
  blocker.release();
});

test('run() leaves the level of a logger alone that was given', async () => {
  await using project = await createCliProject();
  await project.write(
    'worker.ts',
    `import 'reflect-metadata';
     import { pino } from 'pino';
     import { createSignalbox } from 'signalbox';
     import { client, db } from './database.js';
     import { Clock, Listener, Mail } from './services.ts';
     const box = createSignalbox({ db, services: [Clock, Listener, Mail], log: pino({ level: 'warn' }) });
     box.on('worker.started', () => console.log('it works'));
     await box.worker().run();
     await box.close();
     await client.end();`,
  );
  const worker = project.node('--import', '@oxc-node/core/register', 'worker.ts');
  await worker.says('it works');
  worker.child.kill('SIGTERM');
  expect([await worker.exitCode, worker.output]).toEqual([0, 'it works\n']);
});
