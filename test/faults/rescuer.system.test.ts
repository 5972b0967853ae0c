// Every statement of a rescuer meets every fault.
import { vi } from 'vitest';
import { matrixOf } from './matrix.ts';
import { rescuer } from './scenarios.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));

await matrixOf(rescuer);
