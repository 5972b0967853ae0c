// Tests that the matrix is complete: some scenario sends every statement of the store, and none sends any other.
import { beforeAll, expect, test, vi } from 'vitest';
import { type ScenarioResult, runScenario } from './matrix.ts';
import { OF_TESTS, statements } from './statements.ts';
import { tallying } from './tally-scenario.ts';
import { deduping } from './dedupe-scenario.ts';
import { errands } from './errand-scenario.ts';
import { observer } from './observer-scenario.ts';
import { SCENARIOS } from './scenarios.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));

vi.mock('../../src/worker/running/sharing.ts', async (original) =>
  (await import('../worker/running/patient-sharing.ts')).patient(await original()),
);

let results: readonly (ScenarioResult & { readonly role: string })[];

beforeAll(async () => {
  results = await Promise.all(
    [...Object.values(SCENARIOS), observer, errands, tallying, deduping].map(async (scenario) => ({
      role: scenario.role,
      ...(await runScenario(scenario)),
    })),
  );
}, 60_000);

test('every statement that the store exports meets its faults in a scenario', async () => {
  const sent = new Set(results.flatMap(({ uses }) => uses.map(({ name }) => name)));
  expect([...(await statements()).keys()].filter((name) => !sent.has(name)).sort()).toEqual([...OF_TESTS].sort());
});

test('a box sends no statement that the store does not export', () => {
  expect(results.flatMap(({ unknown }) => unknown)).toEqual([]);
});

test('without a fault, each scenario ends well', () => {
  expect(results.flatMap(({ role, violations }) => violations.map(({ kind, text }) => `${role}: ${kind}: ${text}`))).toEqual([]);
});
