// Every statement that prunes and erases meets every fault.
import { vi } from 'vitest';
import { matrixOf } from './matrix.ts';
import { pruneTurns, retention } from './scenarios.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));

await matrixOf(retention);
await matrixOf(pruneTurns);
