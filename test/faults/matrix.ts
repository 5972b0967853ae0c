// The matrix of one story: it is played once without a fault, to see which statements it sends; each of those is then
// given each fault, at its first and at its second use, and the story played again.
import { describe, expect, test } from 'vitest';
import type { Violation } from '../chaos/checker.ts';
import type { Fault } from './faults.ts';
import { FAULTS } from './faults.ts';
import type { Plan } from './faulty-driver.ts';
import { onStage, type Stage, type StageOptions } from './stage.ts';
import { statements } from './statements.ts';

export interface Story {
  /** Who sends the statements: the beginning of a sentence. */
  readonly who: string;
  readonly options?: StageOptions;
  /** Only these statements: the others are in other stories as well. */
  readonly only?: readonly string[];
  /** Not these: they are in a story of their own. */
  readonly not?: readonly string[];
  play(stage: Stage): Promise<void>;
}

interface Use {
  readonly name: string;
  readonly text: string;
  readonly use: number;
  readonly atEnd: boolean;
}

export interface Played {
  readonly violations: readonly Violation[];
  readonly uses: readonly Use[];
  /** Texts that were sent and that no module of the store exports. */
  readonly unknown: readonly string[];
}

const USES = 2;
/** Those whose consequences may be others when the statement has been used before. */
const AT_SECOND_USE: readonly Fault[] = [
  'is executed, and its caller sees an error',
  'finds its session ended by the server (57P01)',
  'is executed, and its connection is lost before the answer',
];

/** Plays a story, with a fault or without. */
export async function playStory(story: Story, plan?: Plan & { readonly atEnd: boolean }): Promise<Played & { met: boolean }> {
  const known = new Map([...(await statements())].map(([name, { text }]) => [text, name]));
  const base = story.options?.plans ?? [];
  const plans = plan ? [plan, ...base] : base;
  return onStage({ ...story.options, plans, awaited: plan?.atEnd === false ? plan : undefined }, async (stage) => {
    await story.play(stage);
    const violations = await stage.judge();
    const sent = [...stage.injector.uses];
    return {
      violations,
      met: plan === undefined || stage.injector.has(plan),
      unknown: sent.flatMap(([text]) => (known.has(text) ? [] : [text])),
      uses: sent.flatMap(([text, phases]) =>
        !concerns(story, known.get(text))
          ? []
          : phases
              .slice(0, USES)
              .map((phase, index) => ({ name: known.get(text) ?? text, text, use: index + 1, atEnd: phase === 'ending' })),
      ),
    };
  });
}

const concerns = ({ only, not = [] }: Story, name = ''): boolean => (only?.includes(name) ?? true) && !not.includes(name);

const nth = (use: number): string => (use === 1 ? 'first' : 'second');

/** Declares the tests of a story: to be awaited at the top of a test file. */
export async function matrixOf(story: Story): Promise<void> {
  const { uses } = await playStory(story);
  const faults = Object.keys(FAULTS) as Fault[];
  const cells = uses.flatMap(({ use, ...sent }) =>
    (use === 1 ? faults : AT_SECOND_USE).map((fault) => [nth(use), sent.name, fault, { ...sent, use, fault }] as const),
  );
  describe.concurrent(`${story.who}, whose`, () => {
    test.each(cells)('%s %s %s: nothing is lost, done twice or charged', { timeout: 120_000 }, async (_nth, _name, _fault, cell) => {
      const { violations, met } = await playStory(story, cell);
      expect(violations).toEqual([]);
      expect(met).toBe(true);
    });
  });
}
