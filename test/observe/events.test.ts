// The hub of lifecycle events, and what of them is logged.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, OnSignal, Unrecoverable } from '../../src/index.ts';
import { Events } from '../../src/observe/events.ts';
import { defaultLogger, raiseToInfo } from '../../src/observe/log.ts';
import { harness } from '../support/harness.ts';
import { recordingLogger } from '../support/log.ts';

test('listeners are called in their order until they are undone', () => {
  const events = new Events(recordingLogger().log);
  const heard: string[] = [];
  const undo = events.on('worker.idle', ({ workerId }) => heard.push(`first ${workerId}`));
  events.on('worker.idle', ({ workerId }) => heard.push(`second ${workerId}`));
  events.raise('worker.idle', { workerId: 1 });
  undo();
  events.raise('worker.idle', { workerId: 2 });
  events.raise('worker.recovered', { workerId: 3 });
  expect(heard).toEqual(['first 1', 'second 1', 'second 2']);
});

test('a listener that throws is logged, and stops nobody', () => {
  const { log, lines } = recordingLogger();
  const events = new Events(log);
  const heard: number[] = [];
  events.on('worker.idle', () => {
    throw new Error('listener');
  });
  events.on('worker.idle', ({ workerId }) => heard.push(workerId));
  events.raise('worker.idle', { workerId: 1 });
  expect(heard).toEqual([1]);
  expect(lines).toMatchObject([{ level: 'error', fields: { err: { message: 'listener' }, event: 'worker.idle' } }]);
});

test('next waits for the first event that matches', async () => {
  const events = new Events(recordingLogger().log);
  const second = events.next('worker.idle', ({ workerId }) => workerId === 2);
  for (const workerId of [1, 2, 3]) events.raise('worker.idle', { workerId });
  expect(await second).toEqual({ workerId: 2 });
});

const happened = defineSignal('events.happened', z.object({ secret: z.string() }));

class Listener {
  @OnSignal(happened)
  static async fine(): Promise<void> {}
  @OnSignal(happened)
  static async broken(): Promise<void> {
    throw new Unrecoverable('cannot be done');
  }
}

test('each run of a delivery is one line, with ids and names and nothing of the payload', async () => {
  const { log, lines } = recordingLogger();
  await using h = await harness({ services: [Listener], log });
  await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { secret: 'hunter2' }, { headers: { key: 'hunter3' } })));
  await h.box.drain();
  expect(lines.map(({ level, message }) => `${level}: ${message}`).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'error: dead Listener.broken',
    'info: completed Listener.fine',
  ]);
  for (const { fields } of lines)
    expect(fields).toMatchObject({ deliveryId: expect.any(String) as string, emissionId: expect.any(String) as string });
  expect(JSON.stringify(lines)).not.toMatch(/hunter/);
});

test('the level of the default logger comes from the environment, or rises to info in a worker', () => {
  const before = process.env['SIGNALBOX_LOG_LEVEL'];
  try {
    const levels: [environment: string | undefined, level: string, inWorker: string][] = [
      [undefined, 'warn', 'info'],
      ['error', 'error', 'error'],
      ['warn', 'warn', 'warn'],
      ['loud', 'warn', 'info'],
    ];
    for (const [environment, level, inWorker] of levels) {
      if (environment === undefined) delete process.env['SIGNALBOX_LOG_LEVEL'];
      else process.env['SIGNALBOX_LOG_LEVEL'] = environment;
      const log = defaultLogger();
      expect(log.level).toBe(level);
      raiseToInfo(log);
      expect(log.level).toBe(inWorker);
    }
  } finally {
    if (before === undefined) delete process.env['SIGNALBOX_LOG_LEVEL'];
    else process.env['SIGNALBOX_LOG_LEVEL'] = before;
  }
});
