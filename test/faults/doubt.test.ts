// Every statement that a worker sends only at times meets every fault: after lost answers, and when it is never idle.
import { vi } from 'vitest';
import { matrixOf } from './matrix.ts';
import { doubting, busy } from './stories.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));

await matrixOf(doubting);
await matrixOf(busy);
