// The hub of lifecycle events: the listeners that are called, their order, and the end of their registration.
import { expect, test } from 'vitest';
import { Events } from '../../src/observe/events.ts';
import { recordingLogger } from '../support/log.ts';

const at = expect.any(Date) as Date;

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

test('a listener that throws is logged, and does not stop the others', () => {
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
  expect(await second).toEqual({ workerId: 2, at });
});

test('next does not resolve with an earlier event, and resolves once with its match', async () => {
  const events = new Events(recordingLogger().log);
  events.raise('worker.idle', { workerId: 1 });
  const [any, other] = [events.next('worker.idle'), events.next('worker.recovered')];
  events.raise('worker.idle', { workerId: 2 });
  events.raise('worker.recovered', { workerId: 3 });
  expect([await any, await other]).toEqual([
    { workerId: 2, at },
    { workerId: 3, at },
  ]);
});

test('a match that throws is logged, and next goes on waiting', async () => {
  const { log, lines } = recordingLogger();
  const events = new Events(log);
  const found = events.next('worker.idle', ({ workerId }) => {
    if (workerId === 1) throw new Error('match');
    return true;
  });
  events.raise('worker.idle', { workerId: 1 });
  events.raise('worker.idle', { workerId: 2 });
  expect(await found).toEqual({ workerId: 2, at });
  events.raise('worker.idle', { workerId: 1 });
  expect(lines).toMatchObject([{ level: 'error', fields: { err: { message: 'match' } } }]);
});

test('a listener that rejects is logged, and does not stop the others', async () => {
  const { log, lines } = recordingLogger();
  const events = new Events(log);
  const heard: number[] = [];
  const rejected = Promise.reject(new Error('later'));
  events.on('worker.idle', () => rejected);
  events.on('worker.idle', ({ workerId }) => heard.push(workerId));
  events.raise('worker.idle', { workerId: 1 });
  expect(heard).toEqual([1]);
  await rejected.catch(() => {});
  expect(lines).toMatchObject([
    { level: 'error', fields: { err: { message: 'later' }, event: 'worker.idle' }, message: 'a listener of worker.idle threw' },
  ]);
});

test('an event without listeners is raised silently', () => {
  const { log, lines } = recordingLogger();
  new Events(log).raise('worker.idle', { workerId: 1 });
  expect(lines).toEqual([]);
});

test('all listeners get the same event, with its fields and its time', () => {
  const events = new Events(recordingLogger().log);
  const heard: unknown[] = [];
  for (let count = 0; count < 2; count++) events.on('worker.idle', (raised) => heard.push(raised));
  const before = Date.now();
  events.raise('worker.idle', Object.freeze({ workerId: 1 }));
  expect(heard[0]).toEqual({ workerId: 1, at });
  expect(heard[1]).toBe(heard[0]);
  expect((heard[0] as { at: Date }).at.getTime()).toBeGreaterThanOrEqual(before);
});

test("a listener of '*' gets every event with its name, after the listeners of the event itself, until it is undone", () => {
  const events = new Events(recordingLogger().log);
  const heard: unknown[] = [];
  const undo = events.on('*', ({ name, event }) => heard.push([name, event]));
  events.on('worker.idle', ({ workerId }) => heard.push(workerId));
  events.raise('worker.idle', { workerId: 1 });
  events.raise('worker.recovered', { workerId: 2 });
  undo();
  events.raise('worker.recovered', { workerId: 3 });
  expect(heard).toEqual([1, ['worker.idle', { workerId: 1, at }], ['worker.recovered', { workerId: 2, at }]]);
});

test('the fields of an event without listeners are not gathered', () => {
  const events = new Events(recordingLogger().log);
  expect(events.has('worker.idle')).toBe(false);
  const undo = [events.on('worker.idle', () => {}), events.on('worker.idle', () => {})];
  expect([events.has('worker.idle'), events.has('worker.lost')]).toEqual([true, false]);
  undo[0]!();
  undo[0]!();
  expect(events.has('worker.idle')).toBe(true);
  undo[1]!();
  expect(events.has('worker.idle')).toBe(false);
  const off = events.on('*', () => {});
  expect(events.has('worker.lost')).toBe(true);
  off();
  expect(events.has('worker.lost')).toBe(false);
});

test('a listener may undo itself, and the others still get the event', () => {
  const events = new Events(recordingLogger().log);
  const heard: string[] = [];
  const undo = events.on('worker.idle', () => {
    heard.push('once');
    undo();
  });
  events.on('worker.idle', () => heard.push('always'));
  for (const workerId of [1, 2]) events.raise('worker.idle', { workerId });
  expect(heard).toEqual(['once', 'always', 'always']);
});

test('a listener that is undone by an earlier one is not called any more', () => {
  const events = new Events(recordingLogger().log);
  const heard: string[] = [];
  events.on('worker.idle', () => undo());
  const undo = events.on('worker.idle', () => heard.push('undone'));
  events.raise('worker.idle', { workerId: 1 });
  expect(heard).toEqual([]);
});

test('a listener that is added while an event is raised gets the next event', () => {
  const events = new Events(recordingLogger().log);
  const heard: string[] = [];
  const undo = events.on('worker.idle', ({ workerId }) => {
    undo();
    events.on('worker.idle', (later) => heard.push(`raised ${workerId}, heard ${later.workerId}`));
  });
  events.raise('worker.idle', { workerId: 1 });
  expect(heard).toEqual([]);
  events.raise('worker.idle', { workerId: 2 });
  expect(heard).toEqual(['raised 1, heard 2']);
});

test('a listener given twice is called twice, and undone one by one', () => {
  const events = new Events(recordingLogger().log);
  const heard: number[] = [];
  const listener = ({ workerId }: { workerId: number }): number => heard.push(workerId);
  const [undo] = [events.on('worker.idle', listener), events.on('worker.idle', listener)];
  events.raise('worker.idle', { workerId: 1 });
  undo();
  undo();
  events.raise('worker.idle', { workerId: 2 });
  expect(heard).toEqual([1, 1, 2]);
});
