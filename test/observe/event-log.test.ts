// The log lines of lifecycle events: one line each, with ids and names, and without payloads.
import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineSignal, Discard, OnSignal, Unrecoverable } from '../../src/index.ts';
import { eventLog } from '../../src/observe/event-log.ts';
import { Events } from '../../src/observe/events.ts';
import type { Fields, SignalboxEvents } from '../../src/observe/event-types.ts';
import { harness } from '../support/harness.ts';
import { recordingLogger } from '../support/log.ts';

const delivery = {
  deliveryId: '7',
  emissionId: 'e-1',
  signal: 'order.placed',
  receiver: 'Mailer.onMail',
  attempt: 2,
  epoch: 3,
  workerId: 4,
  queue: 'mail',
};
const ids = { deliveryId: '7', emissionId: 'e-1', signal: 'order.placed', attempt: 2 };
const error = new Error('no');

type Row = {
  [E in keyof SignalboxEvents]: [event: E, raised: Fields<E>, level: string, message: string, fields: object];
}[keyof SignalboxEvents];

test.each<Row>([
  ['delivery.completed', { ...delivery, durationMs: 1.6 }, 'info', 'completed Mailer.onMail', { ...ids, durationMs: 2 }],
  [
    'delivery.retrying',
    { ...delivery, durationMs: 0, error, delayMs: 9 },
    'warn',
    'failed Mailer.onMail, runs again',
    { ...ids, durationMs: 0, delayMs: 9, err: error },
  ],
  ['delivery.dead', { ...delivery, durationMs: 1, error }, 'error', 'dead Mailer.onMail', { ...ids, durationMs: 1, err: error }],
  [
    'delivery.cancelled',
    { ...delivery, durationMs: 1, error: new Discard('not mine') },
    'info',
    'cancelled Mailer.onMail',
    { ...ids, durationMs: 1, reason: 'not mine' },
  ],
  ['delivery.released', delivery, 'info', 'released Mailer.onMail', ids],
  ['delivery.stale', delivery, 'warn', 'stale Mailer.onMail: its claim is no longer valid', ids],
  ['delivery.rescued', { ...delivery, crashes: 1 }, 'warn', 'rescued a delivery from a dead worker', { ...delivery, crashes: 1 }],
  [
    'worker.started',
    { workerId: 1, database: 'app@db:5432/shop', concurrency: 2, queues: ['default'], receivers: ['A.x'] },
    'info',
    'worker started',
    { workerId: 1, database: 'app@db:5432/shop', concurrency: 2, queues: ['default'], receivers: ['A.x'] },
  ],
  [
    'worker.lost',
    { workerId: 1, newWorkerId: 2 },
    'warn',
    'the lease of this worker has expired; it continues under a new id',
    { workerId: 1, newWorkerId: 2 },
  ],
  [
    'worker.failing',
    { workerId: 1, error },
    'error',
    'the worker cannot do its work: the database does not answer, or receivers cannot be called; trying again',
    { workerId: 1, err: error },
  ],
  ['worker.recovered', { workerId: 1 }, 'info', 'the worker can do its work again', { workerId: 1 }],
  ['worker.stopping', { workerId: 1, running: 3 }, 'info', 'worker stopping', { workerId: 1, running: 3 }],
  ['worker.stopped', { workerId: 1 }, 'info', 'worker stopped', { workerId: 1 }],
])('%s is one line', (event, raised, level, message, fields) => {
  const { log, lines } = recordingLogger();
  const events = new Events(log);
  events.onEach(eventLog(log).events);
  events.raise(event, raised);
  expect(lines).toEqual([{ level, message, fields }]);
});

test('events of every run or every poll are not logged', () => {
  const { log, lines } = recordingLogger();
  const events = new Events(log);
  events.onEach(eventLog(log).events);
  events.raise('delivery.started', { ...delivery, lagMs: 1 });
  events.raise('worker.idle', { workerId: 1 });
  expect(lines).toEqual([]);
});

test('a delivery that is cancelled by a value that is no error has its text as the reason', () => {
  const { log, lines } = recordingLogger();
  const events = new Events(log);
  events.onEach(eventLog(log).events);
  events.raise('delivery.cancelled', { ...delivery, durationMs: 1, error: 'text' });
  expect(lines).toMatchObject([{ fields: { reason: 'text' } }]);
});

test('nothing is logged after the undo', () => {
  const { log, lines } = recordingLogger();
  const events = new Events(log);
  const undo = events.onEach(eventLog(log).events);
  undo();
  events.raise('delivery.completed', { ...delivery, durationMs: 1 });
  events.raise('worker.stopped', { workerId: 1 });
  expect(lines).toEqual([]);
});

const happened = defineSignal('events.happened', z.object({ secret: z.string() }));

class Listener {
  @OnSignal(happened)
  static async fine(): Promise<void> {}
  @OnSignal(happened)
  static async broken(): Promise<void> {
    throw new Unrecoverable('cannot be done');
  }
  @OnSignal(happened)
  static async unwanted(): Promise<void> {
    throw new Discard('not mine');
  }
  @OnSignal(happened)
  static async busy(): Promise<void> {
    throw new Error('busy');
  }
}

test('each run of a delivery is one line, with ids and names and nothing of the payload', async () => {
  const { log, lines } = recordingLogger();
  await using h = await harness({ services: [Listener], log });
  await h.db.transaction(async (tx) => void (await happened.emitReliable(tx, { secret: 'hunter2' }, { headers: { key: 'hunter3' } })));
  await h.box.drain();
  expect(lines.map(({ level, message }) => `${level}: ${message}`).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'error: dead Listener.broken',
    'info: cancelled Listener.unwanted',
    'info: completed Listener.fine',
    'warn: failed Listener.busy, runs again',
  ]);
  for (const { fields } of lines)
    expect(fields).toMatchObject({
      deliveryId: expect.any(String) as string,
      emissionId: expect.any(String) as string,
      signal: 'events.happened',
      attempt: 1,
      durationMs: expect.any(Number) as number,
    });
  expect(JSON.stringify(lines)).not.toMatch(/hunter/);
});

const changed = defineSignal('events.changed', z.object({ secret: z.string() }), { version: 2 });

class Reader {
  @OnSignal(changed)
  static async read(): Promise<void> {}
}

test('a payload that cannot be read is not logged either', async () => {
  const { log, lines } = recordingLogger();
  await using h = await harness({ services: [Reader], log });
  await h.db.transaction(async (tx) => void (await changed.emitReliable(tx, { secret: 'hunter2' })));
  await h.sql`update signalbox.emission set payload = '{"password": "hunter2"}', version = 1`;
  await h.box.drain();
  expect(lines).toMatchObject([{ level: 'warn', message: 'failed Reader.read, runs again' }]);
  const { err } = lines[0]!.fields as { err: Error };
  expect(err).toMatchObject({ code: 'StoredPayloadInvalid' });
  expect(`${err.stack} ${JSON.stringify(err)} ${JSON.stringify(err.cause)}`).not.toMatch(/hunter/);
});
