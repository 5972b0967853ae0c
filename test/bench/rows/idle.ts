// The cost of an idle worker, and the time until a worker is ready.
import { setTimeout as pause } from 'node:timers/promises';
import { countWire } from '../wire-count.ts';
import type { Row } from './row.ts';

export const idle: Row = {
  name: 'idle',
  what:
    'A worker with nothing to do: the statements that it sends in a minute, counted by a proxy (in --quick over 20 s), each simple query and ' +
    'each BEGIN among them, heartbeats and maintenance too, from 3 s after it is ready; with the settings of the other rows, so pg-boss polls ' +
    'every 30 s and listens, graphile-worker polls every 2 s and listens.',
  rounds: 1,
  together: true,
  run: async ({ database, child, scale }) => {
    const { url } = await database();
    await using counted = await countWire(url);
    const worker = child();
    await worker.call('startWorker', counted.url, { work: 'once' });
    await pause(3_000);
    counted.take();
    const ms = scale.quick ? 20_000 : 60_000;
    await pause(ms);
    const { statements, bytes } = counted.take();
    await worker.kill();
    return [
      { row: 'idle: statements', unit: 'per minute', better: 'lower', value: (statements * 60_000) / ms },
      { row: 'idle: bytes', unit: 'per minute', better: 'lower', value: (bytes * 60_000) / ms },
    ];
  },
};

export const start: Row = {
  name: 'start',
  what:
    'Milliseconds from the call that makes a worker until it says that it is ready, in a process that has loaded its code and on a database that is ' +
    'migrated: connecting, checking, announcing.',
  run: async ({ database, child }) => {
    const { url } = await database();
    const worker = child();
    return [{ row: 'start of a worker', unit: 'ms', better: 'lower', value: await worker.call('startWorker', url, { work: 'once' }) }];
  },
};
