// Every statement of the store under the rights that `signalbox grants` gives to the role that sends it, with a search_path that leads to
// tables of the same names: each scenario of the matrix does the same as under the owner's rights.
import { expect, test, vi } from 'vitest';
import type { RoleKind } from '../../src/store/schema/grants.ts';
import { deduping } from './dedupe-scenario.ts';
import { errands } from './errand-scenario.ts';
import { runScenario, type Scenario } from './matrix.ts';
import { observer } from './observer-scenario.ts';
import { SCENARIOS } from './scenarios.ts';
import { tallying } from './tally-scenario.ts';
import { statements, OF_TESTS } from './statements.ts';

vi.mock('../../src/drivers/detect.ts', async (original) => (await import('./faulty-driver.ts')).faultyModule(await original()));

/** Only the owner may lock tables, advance sequences and drop partitions. */
const OF_OWNER = ['owner'];

const KINDS: Readonly<Record<string, RoleKind>> = { observer: 'viewer', operator: 'operator', errands: 'operator', retention: 'operator' };

const ALL: Readonly<Record<string, Scenario>> = { ...SCENARIOS, observer, errands, tallying, deduping };
const RESTRICTED = Object.entries(ALL).filter(([name]) => !OF_OWNER.includes(name));

const sent = new Set<string>();

test.concurrent.each(RESTRICTED)('the statements of %s pass under the rights of its role', async (name, scenario) => {
  const as = [KINDS[name] ?? 'worker'] as const;
  const { violations, uses } = await runScenario({ ...scenario, options: { ...scenario.options, as } });
  expect(violations).toEqual([]);
  for (const { name: statement } of uses) sent.add(statement);
});

test('and those are all but the ones of the owner, and of tests', async () => {
  const others = new Set([...OF_TESTS, ...OF_OWNER.flatMap((name) => ALL[name]!.only!)]);
  expect([...(await statements()).keys()].filter((name) => !sent.has(name) && !others.has(name))).toEqual([]);
});
