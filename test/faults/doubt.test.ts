// Every statement that a worker sends only at times meets every fault: after lost answers, when it is never idle, and when
// it would sleep.
import { vi } from 'vitest';
import { matrixOf } from './matrix.ts';
import { busy, doubting, sleepless } from './stories.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));

await matrixOf(doubting);
await matrixOf(busy);
await matrixOf(sleepless);
