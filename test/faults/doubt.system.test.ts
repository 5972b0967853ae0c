// Every statement that a worker sends only in special cases meets every fault: after lost answers, when the worker is
// never idle, and when it would sleep.
import { vi } from 'vitest';
import { matrixOf } from './matrix.ts';
import { busy, lostAnswers, pendingAppend } from './scenarios.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));

await matrixOf(lostAnswers);
await matrixOf(busy);
await matrixOf(pendingAppend);
