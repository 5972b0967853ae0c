// Every statement of an operator's errands meets every fault.
import { vi } from 'vitest';
import { errands } from './errand-scenario.ts';
import { matrixOf } from './matrix.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));

await matrixOf(errands);
