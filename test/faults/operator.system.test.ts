// Every statement of an operator who acts, and of a repair, meets every fault.
import { vi } from 'vitest';
import { matrixOf } from './matrix.ts';
import { operator, repair } from './scenarios.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));

await matrixOf(operator);
await matrixOf(repair);
