// The time from the COMMIT to the start of a receiver.
import { setTimeout as pause } from 'node:timers/promises';
import { now } from '../protocol.ts';
import { percentile, type Sample } from '../stats.ts';
import type { Row } from './row.ts';

const RATES = [10, 50, 200] as const;
const PATIENCE_MS = 10_000;

export const latency: Row = {
  name: 'latency',
  what:
    'Milliseconds from when the sender has the answer to its COMMIT until the receiver is called, in another process, at 10, 50 and 200 transactions ' +
    'per second; the receiver does nothing. A start that comes before that answer counts as 0. All systems listen for notifications and poll besides.',
  run: async ({ database, child, scale }) => {
    const samples: Sample[] = [];
    for (const rate of scale.quick ? [50] : RATES) {
      const { url } = await database();
      const [sender, worker] = [child(), child()];
      await worker.call('startWorker', url, { work: 'noop', times: true });
      await sender.call('openSender', url, rate > 100 ? 16 : 4);
      // Connections are opened and statements prepared before anything counts.
      const warmUp = await sender.call('emitAtRate', 'noop', rate, 500);
      await pause(scale.quick ? 200 : 1_000);
      const before = (await worker.call('starts')).length;
      const committed = await sender.call('emitAtRate', 'noop', rate, scale.quick ? 1_200 : 15_000);
      const deadline = now() + PATIENCE_MS;
      while ((await worker.call('progress')).runs < warmUp.length + committed.length && now() < deadline) await pause(20);
      const starts = (await worker.call('starts')).slice(before);
      const waits = starts.map(([value, at]) => Math.max(0, at - committed[value]!)).filter((wait) => !Number.isNaN(wait));
      if (waits.length < committed.length * 0.99) throw new Error(`Only ${waits.length} of ${committed.length} were started.`);
      const told = (name: string, share: number): Sample => ({
        row: `latency ${name} at ${rate}/s`,
        unit: 'ms',
        better: 'lower',
        value: percentile(waits, share),
      });
      samples.push(told('p50', 0.5), told('p99', 0.99));
      await Promise.all([sender.kill(), worker.kill()]);
    }
    return samples;
  },
};
