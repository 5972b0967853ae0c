// The memory that a worker needs for deliveries that it has claimed and not run yet.
import { setTimeout as pause } from 'node:timers/promises';
import { textOf } from '../payload.ts';
import { now } from '../protocol.ts';
import type { Row } from './row.ts';
import { fill } from './drain.ts';

const HELD = { quick: 2_000, full: 10_000 };
const PATIENCE_MS = 15_000;
const FILLER = textOf(200);

export const memory: Row = {
  name: 'memory',
  what:
    `How much RSS and heap (after a collection) of a worker grow from before its start until it holds deliveries with payloads of 200 bytes, of ${HELD.full.toLocaleString('en')} stored: as many ` +
    'as it can be told to hold, while its receivers do not end. Per delivery held, as not all can hold that many. Signalbox, which claims ' +
    'no more ahead than it will start soon, holds them in ten calls of a receiver of batches.',
  together: true,
  run: async (round) => {
    const stored = round.scale.quick ? HELD.quick : HELD.full;
    const database = await round.database();
    await fill(round, database, 'noop', stored, FILLER);
    const worker = round.child();
    const before = await worker.call('memory');
    await worker.call('startWorker', database.url, { work: 'noop', hold: stored, stuck: true });
    const waiting = async (): Promise<number> => ((await database.sql.unsafe(round.tables.waiting)) as unknown as [{ n: number }])[0].n;
    const deadline = now() + PATIENCE_MS;
    let held = 0;
    for (let stable = 0; stable < 5 && now() < deadline; await pause(200)) {
      const next = stored - (await waiting());
      stable = next > 0 && next === held ? stable + 1 : 0;
      held = next;
    }
    const after = await worker.call('memory');
    if (held === 0) throw new Error('Nothing was held.');
    return [
      { row: 'memory: deliveries held', unit: 'deliveries', better: 'higher', value: held },
      { row: 'memory: heap per delivery', unit: 'bytes', better: 'lower', value: (after.heapUsed - before.heapUsed) / held },
      { row: 'memory: RSS', unit: 'MB', better: 'lower', value: (after.rss - before.rss) / 1e6 },
    ];
  },
};
