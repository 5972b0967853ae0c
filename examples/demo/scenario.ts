// Runs the scenarios of the demo in order and keeps the outcome of each. A scenario that does not complete ends the
// demo, because the next ones build on it.
import { type ScenarioReport, check, type CheckResult } from './checks.ts';
import type { Teller } from './teller.ts';

/** The functions that a scenario gets beside the environment. */
export interface Narration {
  say(text: string): void;
  show(text: string): void;
  /** Claims something: `found` must equal `expected`. */
  check(claim: string, found: unknown, expected: unknown): void;
}

export interface Scenario<DemoEnvironment> {
  readonly title: string;
  readonly proves: string;
  run(environment: DemoEnvironment, narration: Narration): Promise<void>;
}

export async function runScenarios<DemoEnvironment>(
  scenarios: readonly Scenario<DemoEnvironment>[],
  environment: DemoEnvironment,
  teller: Teller,
): Promise<ScenarioReport[]> {
  const reports: ScenarioReport[] = [];
  for (const { title, proves, run } of scenarios) {
    teller.title(title);
    const checks: CheckResult[] = [];
    const narration: Narration = {
      say: (text) => teller.say(text),
      show: (text) => teller.show(text),
      check(claim, found, expected) {
        const result = check(claim, found, expected);
        checks.push(result);
        teller.checked(result);
      },
    };
    try {
      await run(environment, narration);
      reports.push({ title, proves, checks });
    } catch (error) {
      teller.stopped(error);
      reports.push({ title, proves, checks, error });
      break;
    }
  }
  return reports;
}
