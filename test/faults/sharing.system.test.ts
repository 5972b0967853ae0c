// Every statement of a worker whose deliveries share transactions meets every fault.
import { vi } from 'vitest';
import { matrixOf } from './matrix.ts';
import { sharing } from './scenarios.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));
vi.mock('../../src/worker/running/sharing.ts', async (original) =>
  (await import('../worker/running/patient-sharing.ts')).patient(await original()),
);

await matrixOf(sharing);
