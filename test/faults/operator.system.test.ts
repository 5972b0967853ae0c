// Every statement of an operator who acts, and of an owner, meets every fault.
import { vi } from 'vitest';
import { matrixOf } from './matrix.ts';
import { operator, owner } from './scenarios.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));

await matrixOf(operator);
await matrixOf(owner);
