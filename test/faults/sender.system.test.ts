// Every statement of a sender meets every fault.
import { vi } from 'vitest';
import { matrixOf } from './matrix.ts';
import { deduping } from './dedupe-scenario.ts';
import { sender } from './scenarios.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));

await matrixOf(sender);
await matrixOf(deduping);
