// The default time that a worker may take to stop.
import { expect, test } from 'vitest';
import { INTERRUPTION_MS, SIGN_OFF_MS, workerSettings } from '../../src/worker/options.ts';

/** The default of Kubernetes: terminationGracePeriodSeconds. */
const GIVEN_MS = 30_000;

test('a worker has stopped before its process is killed, with a second to spare for the end of the process itself', () => {
  const { shutdownMs } = workerSettings({}, [], { maxConnections: 10 });
  expect(shutdownMs + INTERRUPTION_MS + SIGN_OFF_MS).toBeLessThanOrEqual(GIVEN_MS - 1_000);
});
