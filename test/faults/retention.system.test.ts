// Every statement that prunes, erases and counts meets every fault.
import { vi } from 'vitest';
import { matrixOf } from './matrix.ts';
import { pruneTurns, retention } from './scenarios.ts';
import { tallying } from './tally-scenario.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));

await matrixOf(retention);
await matrixOf(pruneTurns);
await matrixOf(tallying);
