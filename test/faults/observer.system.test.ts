// Every statement that only reads meets every fault.
import { vi } from 'vitest';
import { matrixOf } from './matrix.ts';
import { observer } from './observer-scenario.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));

await matrixOf(observer);
