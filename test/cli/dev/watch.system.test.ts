// signalbox worker --watch: real processes, real files. The old code ends in order before the new code begins.
import { untilBlocked } from '../../store/waits.ts';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import type postgres from 'postgres';
import { expect, test, vi } from 'vitest';
import { readDeliveries } from '../../support/deliveries.ts';
import { createEffects, readEffects } from '../../support/effects.ts';
import { type CliProcess, type CliProject, createCliProject } from '../support.ts';

// Each test starts processes one after the other.
vi.setConfig({ testTimeout: 60_000 });

/** A receiver that writes its version; asked to wait, it stands at an advisory lock in its own transaction. */
const services = (version: string): string => `
import { sql } from 'drizzle-orm';
import { OnSignal, Service } from 'signalbox';
import { happened } from './signals.js';
import { word } from './lib/word.ts';
@Service()
export class Clock {}
@Service()
export class Mail {}
@Service()
export class Listener {
  @OnSignal(happened)
  async receive({ value }: { value: string }, { tx }: { tx: any }) {
    if (value === 'wait') await tx.execute(sql\`select pg_advisory_xact_lock(7)\`);
    await tx.execute(sql\`insert into effect values (\${value + ' ' + word + ' ${version}'}, 1)\`);
  }
}
`;

async function createWatched(): Promise<CliProject & { sql: postgres.Sql }> {
  const project = await createCliProject();
  await project.write('services.ts', services('v1'));
  await project.write('lib/word.ts', "export const word: string = 'by';");
  const sql = project.database.connect({ max: 2 });
  await createEffects(sql);
  return { ...project, sql };
}

/** Resolves when the output has said `text` so many times. */
async function saysTimes(process: CliProcess, text: string, times: number): Promise<void> {
  const pattern = process.output.split(text);
  if (pattern.length > times) return;
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (process.output.split(text).length > times) resolve();
    };
    process.child.stdout!.on('data', look);
    process.child.stderr!.on('data', look);
    void process.exitCode.then(() => reject(new Error(`It ended without saying ${text} ${times} times:\n${process.output}`)));
  });
}

test('a receiver that changes runs the next delivery with the new code, and so does what it imports', async () => {
  await using project = await createWatched();
  const worker = project.start('worker', '--watch');
  await saysTimes(worker, 'worker started', 1);
  await project.emit('one');
  await saysTimes(worker, 'completed Listener.receive', 1);
  await project.write('services.ts', services('v2'));
  await saysTimes(worker, 'worker started', 2);
  await project.emit('two');
  await saysTimes(worker, 'completed Listener.receive', 2);
  await project.write('lib/word.ts', "export const word: string = 'with';");
  await saysTimes(worker, 'worker started', 3);
  await project.emit('three');
  await saysTimes(worker, 'completed Listener.receive', 3);
  worker.child.kill('SIGINT');
  expect([await worker.exitCode, worker.child.signalCode]).toEqual([0, null]);
  expect(await readEffects(project.sql)).toEqual(['one by v1:1', 'two by v2:1', 'three with v2:1']);
  expect(await project.sql`select from signalbox.worker`).toHaveLength(0);
  expect(worker.output.match(/changed: the worker starts again/g)).toHaveLength(2);
});

test('a receiver that runs during the change finishes with the old code, once', async () => {
  await using project = await createWatched();
  const blocker = await project.sql.reserve();
  await blocker`select pg_advisory_lock(7)`;
  const worker = project.start('worker', '--watch');
  await saysTimes(worker, 'worker started', 1);
  await project.emit('wait');
  await untilBlocked(project.sql);
  await project.write('services.ts', services('v2'));
  await worker.says('finishing what runs');
  await blocker`select pg_advisory_unlock(7)`;
  blocker.release();
  await saysTimes(worker, 'worker started', 2);
  expect((await readDeliveries(project.sql)).map(({ state, attempt }) => `${state} ${attempt}`)).toEqual(['completed 1']);
  worker.child.kill('SIGTERM');
  expect(await worker.exitCode).toBe(0);
  expect(await readEffects(project.sql)).toEqual(['wait by v1:1']);
  expect(worker.output).not.toContain('interrupting');
});

test('one that does not finish within 5 s is interrupted: nothing stays claimed, and the new code runs it, once and at no cost', async () => {
  await using project = await createWatched();
  const blocker = await project.sql.reserve();
  await blocker`select pg_advisory_lock(7)`;
  const worker = project.start('worker', '--watch');
  await saysTimes(worker, 'worker started', 1);
  await project.emit('wait');
  await untilBlocked(project.sql);
  await project.write('services.ts', services('v2').replace("value === 'wait'", 'false'));
  await worker.says('interrupting what runs');
  await blocker`select pg_advisory_unlock(7)`;
  blocker.release();
  await saysTimes(worker, 'worker started', 2);
  await saysTimes(worker, 'completed Listener.receive', 1);
  expect((await readDeliveries(project.sql)).map(({ state, attempt, crashes }) => `${state} ${attempt} ${crashes}`)).toEqual([
    'completed 1 0',
  ]);
  expect(await project.sql`select from signalbox.worker`).toHaveLength(1);
  worker.child.kill('SIGTERM');
  expect(await worker.exitCode).toBe(0);
  expect(await readEffects(project.sql)).toEqual(['wait by v2:1']);
});

test('a file that is broken, missing or throws is said, and the worker starts again when it is mended', async () => {
  await using project = await createWatched();
  const worker = project.start('worker', '--watch');
  await saysTimes(worker, 'worker started', 1);
  await project.write('services.ts', services('v2').replace('export class Clock {}', 'export class {'));
  await saysTimes(worker, 'starts again when a file changes', 1);
  expect(worker.output).toMatch(/services\.ts/);
  await project.write('services.ts', `${services('v2')}throw new Error('not yet');`);
  await saysTimes(worker, 'starts again when a file changes', 2);
  expect(worker.output).toContain('not yet');
  await rm(path.join(project.folder, 'lib'), { recursive: true });
  await project.write('services.ts', services('v3'));
  await saysTimes(worker, 'starts again when a file changes', 3);
  await project.write('lib/word.ts', "export const word: string = 'again';");
  await saysTimes(worker, 'worker started', 2);
  await project.emit('one');
  await worker.says('completed Listener.receive');
  worker.child.kill('SIGINT');
  expect(await worker.exitCode).toBe(0);
  expect(await readEffects(project.sql)).toEqual(['one again v3:1']);
});

test('told to end while it waits for a mended file, it ends', async () => {
  await using project = await createWatched();
  await project.write('services.ts', 'export class {');
  const worker = project.start('worker', '--watch');
  await worker.says('starts again when a file changes');
  worker.child.kill('SIGINT');
  expect([await worker.exitCode, worker.child.signalCode]).toEqual([0, null]);
});

test('several files at once are one change, and files that no code has loaded are none', async () => {
  await using project = await createWatched();
  const worker = project.start('worker', '--watch');
  await saysTimes(worker, 'worker started', 1);
  await project.write('notes.md', 'nothing');
  await project.write('other.ts', 'export {};');
  await Promise.all([
    project.write('services.ts', services('v2')),
    project.write('lib/word.ts', "export const word: string = 'both';"),
    project.write(
      'signals.js',
      "import { z } from 'zod';\nimport { defineSignal } from 'signalbox';\nexport const happened = defineSignal('cli.happened', z.object({ value: z.string() }));\n",
    ),
  ]);
  await saysTimes(worker, 'worker started', 2);
  await project.emit('one');
  await worker.says('completed Listener.receive');
  worker.child.kill('SIGTERM');
  expect(await worker.exitCode).toBe(0);
  expect(await readEffects(project.sql)).toEqual(['one both v2:1']);
  expect(worker.output.match(/changed: the worker starts again/g)).toHaveLength(1);
});

test('a second signal interrupts what runs', async () => {
  await using project = await createWatched();
  const blocker = await project.sql.reserve();
  await blocker`select pg_advisory_lock(7)`;
  const worker = project.start('worker', '--watch');
  await saysTimes(worker, 'worker started', 1);
  await project.emit('wait');
  await untilBlocked(project.sql);
  worker.child.kill('SIGINT');
  await worker.says('finishing what runs');
  worker.child.kill('SIGINT');
  await worker.says('interrupting what runs');
  await blocker`select pg_advisory_unlock(7)`;
  blocker.release();
  expect([await worker.exitCode, worker.child.signalCode]).toEqual([0, null]);
  expect((await readDeliveries(project.sql)).map(({ state, attempt }) => `${state} ${attempt}`)).toEqual(['ready 0']);
});

test('when it is killed its worker does not live on with old code', async () => {
  await using project = await createWatched();
  const worker = project.start('worker', '--watch');
  await saysTimes(worker, 'worker started', 1);
  worker.child.kill('SIGKILL');
  // The child holds the same output open until it ends.
  expect(await worker.exitCode).toBe(null);
  expect(worker.output).toContain('finishing what runs');
  expect(await project.sql`select from signalbox.worker`).toHaveLength(0);
});

test('a configuration that is not there, or a wrong command line, ends it at once', async () => {
  await using project = await createCliProject();
  const missing = project.start('worker', '--watch', '--config', 'elsewhere.ts');
  const both = project.start('worker', '--watch', '--once');
  const wrong = project.start('worker', '--watch', '--concurrency', 'many');
  expect([await missing.exitCode, await both.exitCode, await wrong.exitCode]).toEqual([1, 2, 2]);
  expect(missing.output).toContain('[ConfigNotFound]');
  expect(both.output).toContain('--once and --watch do not go together');
});
