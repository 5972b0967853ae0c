// The matrix of one scenario: the scenario runs once without a fault, to record its statements. Then it runs again for
// each of these statements and each fault, at the first and at the second use of the statement.
import { describe, expect, test } from 'vitest';
import { groupBy } from '../../src/core/group-by.ts';
import type { Violation } from '../evidence/checker.ts';
import type { Fault } from './faults.ts';
import { FAULTS } from './faults.ts';
import type { PlannedFault } from './faulty-driver.ts';
import { withFaultHarness, type FaultHarness, type FaultHarnessOptions } from './fault-harness.ts';
import { statements } from './statements.ts';

export interface Scenario {
  /** The sender of the statements: the beginning of a sentence. */
  readonly role: string;
  readonly options?: FaultHarnessOptions;
  /** Tests only these statements: the others are in other scenarios as well. */
  readonly only?: readonly string[];
  /** Omits these statements: they are in a scenario of their own. */
  readonly not?: readonly string[];
  /** Its statements change nothing, so that no run needs to find out which of them did: each run gives all of them one fault. */
  readonly onlyReads?: true;
  run(h: FaultHarness): Promise<void>;
}

interface Use {
  readonly name: string;
  readonly text: string;
  readonly use: number;
  readonly atEnd: boolean;
}

export interface ScenarioResult {
  readonly violations: readonly Violation[];
  readonly uses: readonly Use[];
  /** Sent texts that no module of the store exports. */
  readonly unknown: readonly string[];
}

const USES = 2;
/** Faults whose consequences may differ when the statement has been used before. */
const AT_SECOND_USE: readonly Fault[] = [
  'is executed, and its caller sees an error',
  'finds its session ended by the server (57P01)',
  'is executed, and its connection is lost before the answer',
];

type Planned = PlannedFault & { readonly atEnd: boolean };

/** Runs a scenario, with faults or without. */
export async function runScenario(scenario: Scenario, planned: readonly Planned[] = []): Promise<ScenarioResult & { missed: string[] }> {
  const known = new Map([...(await statements())].map(([name, { text }]) => [text, name]));
  const plannedFaults = [...planned, ...(scenario.options?.plannedFaults ?? [])];
  const awaited = planned.filter(({ atEnd }) => !atEnd);
  return withFaultHarness({ ...scenario.options, plannedFaults, awaited }, async (h) => {
    await scenario.run(h);
    const violations = await h.judge();
    const sent = [...h.injector.uses];
    return {
      violations,
      missed: planned.filter((one) => !h.injector.hasMet(one)).map(({ text }) => known.get(text) ?? text),
      unknown: sent.flatMap(([text]) => (known.has(text) ? [] : [text])),
      uses: sent.flatMap(([text, phases]) =>
        !concerns(scenario, known.get(text))
          ? []
          : phases
              .slice(0, USES)
              .map((phase, index) => ({ name: known.get(text) ?? text, text, use: index + 1, atEnd: phase === 'ending' })),
      ),
    };
  });
}

const concerns = ({ only, not = [] }: Scenario, name = ''): boolean => (only?.includes(name) ?? true) && !not.includes(name);

const nth = (use: number): string => (use === 1 ? 'first' : 'second');

/** Declares the tests of a scenario: to be awaited at the top of a test file. */
export async function matrixOf(scenario: Scenario): Promise<void> {
  const { uses } = await runScenario(scenario);
  const faults = Object.keys(FAULTS) as Fault[];
  const cases = uses.flatMap(({ use, name, ...sent }) =>
    (use === 1 ? faults : AT_SECOND_USE).map((fault) => ({ use, fault, name: scenario.onlyReads ? 'each statement' : name, ...sent })),
  );
  const runs = groupBy(cases, ({ use, fault, name }) => `${nth(use)} ${name} ${fault}`);
  describe.concurrent(`${scenario.role}, whose`, () => {
    test.each([...runs])('%s: nothing is lost, done twice or charged', { timeout: 120_000 }, async (_name, planned) => {
      const { violations, missed } = await runScenario(scenario, planned);
      expect(violations).toEqual([]);
      expect(missed).toEqual([]);
    });
  });
}
