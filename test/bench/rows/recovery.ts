// The time until the delivery of a killed worker runs again.
import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../protocol.ts';
import type { SystemName } from '../systems/system.ts';
import type { Row } from './row.ts';

/** The peers' defaults by their documentation: too long to wait for here. */
const DOCUMENTED: Partial<Record<SystemName, { seconds: number; note: string }>> = {
  'graphile-worker': { seconds: 14_400, note: '≥ 14,400 (documented: locks end after 4 h)' },
  'pg-boss': { seconds: 900, note: '≥ 900 (documented: expireInSeconds is 15 min)' },
};
const LIMIT_MS = 60_000;
/** Signalbox' workers check each other from 3 s after their start. */
const SETTLED_MS = 5_000;

export const recovery: Row = {
  name: 'recovery',
  what:
    'Seconds from SIGKILL of the worker that runs a delivery until another worker has started it, two workers that are up for 5 s. Of the peers it is ' +
    'not measured but documented: what their defaults are. (The floor holds a transaction open while it works, which ends with the connection.)',
  together: true,
  run: async ({ system, database, child }) => {
    const row = { row: 'recovery after SIGKILL', unit: 's', better: 'lower' } as const;
    const documented = DOCUMENTED[system];
    if (documented) return [{ ...row, value: documented.seconds, note: documented.note }];
    const { url } = await database();
    const workers = [child(), child()];
    for (const worker of workers) await worker.call('startWorker', url, { work: 'once', stuck: true });
    const sender = child();
    await sender.call('openSender', url, 1);
    await pause(SETTLED_MS);
    await sender.call('emitTimes', 'once', 1);
    const runsOf = async (worker: (typeof workers)[number]): Promise<number> => (await worker.call('progress')).runs;
    const deadline = now() + LIMIT_MS;
    const until = async <T>(look: () => Promise<T | undefined>): Promise<T> => {
      for (;;) {
        const found = await look();
        if (found !== undefined) return found;
        if (now() > deadline) throw new Error(`Nobody started it in ${LIMIT_MS / 1_000} s.`);
        await pause(5);
      }
    };
    const first = await until(async () => {
      for (const worker of workers) if ((await runsOf(worker)) > 0) return worker;
      return undefined;
    });
    const other = workers.find((worker) => worker !== first)!;
    const from = now();
    await first.kill();
    const at = await until(async () => {
      const { runs, firstAt } = await other.call('progress');
      return runs > 0 ? firstAt : undefined;
    });
    return [{ ...row, value: (at - from) / 1_000 }];
  },
};
