// Every statement of an operator meets every fault.
import { vi } from 'vitest';
import { matrixOf } from './matrix.ts';
import { observer, operator, retention } from './scenarios.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));

await matrixOf(observer);
await matrixOf(operator);
await matrixOf(retention);
