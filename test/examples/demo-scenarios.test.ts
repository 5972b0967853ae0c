// The demo cannot make a false claim: a failed check, a stopped scenario and a demo without checks all lead to exit
// code 1, and the summary says which it was.
import { describe, expect, test } from 'vitest';
import { type ScenarioReport, check, exitCodeOf } from '../../examples/demo/checks.ts';
import { type Scenario, runScenarios } from '../../examples/demo/scenario.ts';
import { type Teller, teller } from '../../examples/demo/teller.ts';

const good: Scenario<number> = {
  title: 'Good',
  proves: 'two is two',
  run: async (environment, { check: claim }) => claim('it is two', environment, 2),
};
const wrong: Scenario<number> = {
  title: 'Wrong',
  proves: 'two is three',
  async run(environment, { check: claim }) {
    claim('it is three', environment, 3);
    claim('it is two', environment, 2);
  },
};
const broken: Scenario<number> = { title: 'Broken', proves: 'nothing', run: () => Promise.reject(new Error('no database')) };
const silent: Scenario<number> = { title: 'Silent', proves: 'nothing', run: async () => {} };

async function tell(...scenarios: Scenario<number>[]): Promise<{ code: 0 | 1; reports: ScenarioReport[]; text: string }> {
  const lines: string[] = [];
  const out: Teller = teller((line) => void lines.push(line), { colours: false });
  const reports = await runScenarios(scenarios, 2, out);
  out.summary(reports, 1);
  return { code: exitCodeOf(reports), reports, text: lines.join('\n') };
}

test('a demo whose checks all hold exits with 0', async () => {
  const { code, text } = await tell(good, good);
  expect(code).toBe(0);
  expect(text).toContain('Every claim held: 2 of 2 checks');
  expect(text).not.toContain('✗');
});

test('a check that fails gives exit code 1 and is named, and the demo goes on', async () => {
  const { code, text } = await tell(wrong, good);
  expect(code).toBe(1);
  expect(text).toContain('✗ NOT TRUE: it is three\n      expected 3, found 2');
  expect(text).toContain('Does not hold: Wrong\n  ✗ it is three\n');
  expect(text).toContain('Not every claim held: 2 of 3 checks');
});

test('a scenario that stops gives exit code 1 and ends the demo', async () => {
  const { code, reports, text } = await tell(good, broken, good);
  expect(code).toBe(1);
  expect(reports).toHaveLength(2);
  expect(text).toContain('✗ stopped: no database');
  expect(text).toContain('Does not hold: Broken');
});

test('a scenario that checks nothing proves nothing, and neither does a demo without scenarios', async () => {
  expect((await tell(good, silent)).code).toBe(1);
  expect((await tell()).code).toBe(1);
});

describe('check compares deeply and by type', () => {
  test.each([
    { found: { state: 'dead', attempt: 4 }, expected: { attempt: 4, state: 'dead' }, holds: true },
    { found: [], expected: [], holds: true },
    { found: [1], expected: [], holds: false },
    { found: '1', expected: 1, holds: false },
    { found: 1n, expected: 1, holds: false },
    { found: undefined, expected: null, holds: false },
  ])('$found against $expected: $holds', ({ found, expected, holds }) => {
    expect(check('so', found, expected).holds).toBe(holds);
  });
});
