// Tells the acts in order and keeps what came of each. An act that does not come to its end ends the story: the next
// ones build on it.
import { type ActReport, check, type CheckResult } from './checks.ts';
import type { Teller } from './teller.ts';

/** What an act is handed beside the stage. */
export interface Narration {
  say(text: string): void;
  show(text: string): void;
  /** Claims something: `found` must equal `expected`. */
  check(claim: string, found: unknown, expected: unknown): void;
}

export interface Act<Stage> {
  readonly title: string;
  readonly proves: string;
  play(stage: Stage, narration: Narration): Promise<void>;
}

export async function tellStory<Stage>(acts: readonly Act<Stage>[], stage: Stage, teller: Teller): Promise<ActReport[]> {
  const reports: ActReport[] = [];
  for (const { title, proves, play } of acts) {
    teller.act(title);
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
      await play(stage, narration);
      reports.push({ title, proves, checks });
    } catch (error) {
      teller.stopped(error);
      reports.push({ title, proves, checks, error });
      break;
    }
  }
  return reports;
}
