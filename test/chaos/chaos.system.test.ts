// A short chaos run: whatever happens to processes, connections and the database, no delivery is lost or done twice.
import { expect, test } from 'vitest';
import { runChaos } from './chaos.ts';

test(
  'a fleet that is killed, frozen, cut off and starved for 15 s delivers every emission, once, and counts each end',
  { timeout: 240_000 },
  async () => {
    const { violations, evidence, faults, tallied } = await runChaos({ seconds: 15, seed: 11, workers: 3, senders: 2 });
    expect(violations).toEqual([]);
    expect(faults.length).toBeGreaterThan(5);
    expect(evidence.deliveries.length).toBeGreaterThan(0);
    expect(tallied.counted).toBeGreaterThan(0);
  },
);
